"""The shapes that a directive's value may have, by the notation of the table."""

import re

from . import regexes, units

HOST = re.compile(r'^(?=.{1,253}$)[A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9_])?(\.[A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9_])?)*\.?$')
MAIL = re.compile(r'^[^@\s,<>]+@[^@\s,<>]+$')
HEADER = re.compile(r'^[!-9;-~]+$')
RECORD_TYPES = {
    'd': 'delivery', 'b': 'bounce', 't': 'transient', 'tq': 'transient-queue', 'r': 'receipt', 'f': 'feedback-loop',
    'rb': 'remote-bounce', 'rs': 'remote-status',
}
LONG_RECORDS = {long: short for short, long in RECORD_TYPES.items()}


def fail(text, wanted):
    raise ValueError(f'"{text}" is not {wanted}')


def one(pattern, wanted):
    expression = re.compile(pattern, re.IGNORECASE)

    def check(text):
        if not expression.fullmatch(text):
            fail(text, wanted)

    return check


def words(*allowed):
    def check(text):
        if text.lower() not in allowed:
            fail(text, ' or '.join(allowed))

    return check


def either(*checks):
    """The first check that accepts wins; the last one's words explain a refusal."""

    def check(text):
        for index, attempt in enumerate(checks):
            try:
                attempt(text)
                return
            except ValueError:
                if index == len(checks) - 1:
                    raise

    return check


def listed(check, separators=r','):
    def check_list(text):
        for item in re.split(rf'\s*[{separators}]\s*', text.strip()):
            check(item)

    return check_list


def fields(*checks, optional=0):
    """Exactly as many words as checks, the last `optional` ones may be missing."""

    def check(text):
        parts = text.split()
        least = len(checks) - optional
        if not least <= len(parts) <= len(checks):
            wanted = f'{least}' if not optional else f'{least} to {len(checks)}'
            raise ValueError(f'"{text}": {wanted} values are wanted, {len(parts)} are given')
        for part, attempt in zip(parts, checks):
            attempt(part)

    return check


def any_text(text):
    if not text:
        raise ValueError('a value is missing')


def one_word(text):
    if not text or re.search(r'\s', text):
        fail(text, 'one word')


def host_name(text):
    if not HOST.match(text) or re.fullmatch(r'[\d.]+', text):
        fail(text, 'a host name')


def email(text):
    if not MAIL.match(text):
        fail(text, 'an e-mail address')


def header(text):
    if not HEADER.match(text):
        fail(text, 'a header name')


def regex(text):
    pattern, rest = regexes.take(text)
    if rest:
        raise ValueError(f'"{rest}" follows the regular expression')
    regexes.compile_pattern(pattern)


def domain_pattern(text):
    """`*`, `d`, `*.d`, `[*.]d`, `[ip/mask]`, `$macro`, `prefix.$macro`: one pattern, never a list."""
    if re.search(r'[\s,]', text):
        fail(text, 'one domain pattern (for several names use domain-macro and <domain $name>)')
    if text == '*' or re.fullmatch(r'\{\w+\}', text):
        return
    literal = re.fullmatch(r'\[([0-9A-Fa-f.:/]+)\]', text)
    if literal:
        units.cidr(literal.group(1))
        return
    name = re.sub(r'^(\*\.|\[\*\.\])', '', text)
    if not HOST.match(re.sub(r'\$\w+', 'x', name)):
        fail(text, 'a domain pattern')


def domain_name(text):
    if not HOST.match(text):
        fail(text, 'a domain')


def domain_key(text):
    """`SELECTOR, DOMAIN|*, FILE`, exactly three."""
    parts = [part.strip() for part in text.split(',')]
    if len(parts) != 3:
        raise ValueError(f'"{text}": selector, domain and key file are wanted, {len(parts)} values are given')
    selector, domain, file = parts
    if not HOST.match(selector):
        fail(selector, 'a selector')
    if domain != '*' and not HOST.match(re.sub(r'\$\w+', 'x', domain)):
        fail(domain, 'a domain or "*"')
    if not file or (not file.startswith('/') and not file.startswith('{vault}:/')):
        fail(file, 'an absolute file name')


def domain_macro(text):
    name, _, members = text.partition(' ')
    if not re.fullmatch(r'\w+', name):
        fail(name, 'a macro name (letters, digits and "_")')
    listed(either(one(r'\$\w+', 'a macro'), domain_pattern))(members)


def smtp_listener(text):
    address, *options = text.split()
    units.listener(address)
    for option in options:
        if not re.fullmatch(r'source=\S+|tls=(yes|no|true|false)', option, re.IGNORECASE):
            fail(option, 'source=NAME (a listener on one line has no body)')


def record_type(text):
    if text.lower() not in RECORD_TYPES and text.lower() not in LONG_RECORDS:
        fail(text, f'a record type ({", ".join(RECORD_TYPES)})')


def record_fields(text):
    kind, _, names = text.partition(' ')
    record_type(kind)
    listed(one(r'\*|!?[A-Za-z][\w-]*', 'a field'))(names.strip())


def http_access(text):
    network, *level = text.split()
    units.cidr(network)
    if len(level) != 1:
        raise ValueError(f'"{text}": a network and a level are wanted')
    words('monitor', 'monitor,deny-logs', 'operator', 'admin', 'none')(level[0])


def smtp_host(text):
    if text.startswith('lookup-mx:'):
        return domain_name(text[10:])
    literal = re.fullmatch(r'\[([^\]]+)\](?::\d+)?', text)
    if literal:
        return units.ip(literal.group(1))
    return domain_name(re.sub(r':\d+$', '', text))


def not_a_line(text):
    raise ValueError('this is a block, not a line')


number = one(r'\d+', 'a number')
vmta_name = one_word
network = units.cidr

CHECKS = {
    None: any_text,
    'BOOLEAN': units.boolean,
    'N': number,
    'TIME-INTERVAL': units.interval,
    'FILENAME': one_word,
    'STRING': any_text,
    'EMAIL-ADDRESS': email,
    'RATE': units.rate,
    '{ FILENAME | URL }': one_word,
    '{ N | unlimited }': either(words('unlimited'), number),
    'OPENSSL-CIPHER-LIST': one_word,
    'CIPHERSUITE-LIST': one_word,
    'SIZE': units.size,
    'DATA-RATE': units.data_rate,
    '{ TIME-INTERVAL | never }': either(words('never'), units.interval),
    'SELECTOR, { DOMAIN | * }, { FILENAME | {vault}:/PATH:KEY }': domain_key,
    'DIRECTORY': one_word,
    'DOMAIN': domain_pattern,
    'EMAIL-ADDRESS-LIST': listed(email),
    'HEADER-LIST': listed(header),
    'FILENAME [PASSWORD]': fields(one_word, any_text, optional=1),
    'FILENAME PASSWORD': fields(one_word, any_text, optional=1),  # the password is absent for an unencrypted key
    'NAME': one_word,
    'VMTA-NAME': vmta_name,
    '{ EMAIL-ADDRESS | REGEX }': either(regex, email),
    '{ VMTA-NAME | VMTA-POOL-NAME }': vmta_name,
    'TIME-INTERVAL-LIST': lambda text: [units.interval(item) for item in text.split(',')] and None,
    '{ simple | relaxed }': words('simple', 'relaxed'),
    'URL': one(r'https?://\S+', 'a URL'),
    'CIDR RATE': fields(network, units.rate),
    'CIDR N': fields(network, number),
    'CIDR DATA-RATE': fields(network, units.data_rate),
    'IP': units.ip,
    'HOST-NAME': host_name,
    '{ IP | CIDR } PROXY-SERVER:PORT PROXY-CLIENT-IP[:PORT] HOST-NAME': fields(network, one_word, one_word, host_name),
    '{ IP | CIDR } HOST-NAME': fields(network, host_name),
    'IP HOST-NAME': fields(units.ip, host_name),
    'PROXY-SERVER-LIST': any_text,
    'HEADER-NAME': header,
    'SOURCE-NAME': one_word,
    '{ Nd | never }': either(words('never'), one(r'\d+d', 'a number of days such as 8d')),
    'gzip': words('gzip', 'none'),
    'http[s]://HOST[:PORT][/PATH]': one(r'https?://\S+', 'a URL'),
    'RECORD-TYPE header_NAME ACCT-FIELD-NAME': fields(record_type, one(r'header_\S+', 'header_NAME'), one_word),
    '{ retain | redact | siphash | siphash-hexkey | hmac-sha256 | hmac-sha256-hexkey } [STRING]': fields(
        words('retain', 'redact', 'siphash', 'siphash-hexkey', 'hmac-sha256', 'hmac-sha256-hexkey'), any_text, optional=1
    ),
    'QUEUE-NAME-LIST': listed(one_word),
    'RECORD-TYPE FIELD-LIST': record_fields,
    'RECORD-TYPE-LIST': listed(record_type),
    '{ BOOLEAN | TIME-INTERVAL | never }': either(words('never'), units.boolean, units.interval),
    'TYPES': listed(record_type),
    '{ rsa-sha1 | rsa-sha256 }': words('rsa-sha1', 'rsa-sha256'),
    '{ HEADER-NAME | REGEX } LIST': listed(either(regex, header)),
    '{ EMAIL-ADDRESS | @DOMAIN | sender-or-from | strict-from }': either(
        words('sender-or-from', 'strict-from'), one(r'@[\w.-]+', '@domain'), email
    ),
    '{ EMAIL-ADDRESS | @DOMAIN }': either(one(r'@[\w.-]+', '@domain'), email),
    '{ BOOLEAN | if-x-dkim-options-present }': either(words('if-x-dkim-options-present'), units.boolean),
    '{ standard | plain-text }': words('standard', 'plain-text'),
    '{ newfile-plain | newfile-pickup | append-mbox }': words('newfile-plain', 'newfile-pickup', 'append-mbox'),
    'DAILY-LIMITS': listed(one(r'\d+/(d|day)', 'a daily limit such as 400/d')),
    'QUEUE-NAME': one_word,
    '{ HOST[:PORT] | [IP][:PORT] | lookup-mx:DOMAIN } LIST': listed(smtp_host, ',;'),
    '{ smtp | pipe | file | discard | http-delivery }': words('smtp', 'pipe', 'file', 'discard', 'http-delivery'),
    'SOURCE TARGET': fields(one_word, one_word),
    'MACRO-NAME DOMAIN-LIST': domain_macro,
    'CIDR { monitor[,deny-logs] | operator | admin | none }': http_access,
    '{ rcpt | name | size }': words('rcpt', 'name', 'size'),
    'MX-NAME N': fields(one_word, number),
    'PICKUP-DIRECTORY BAD-FILE-DIRECTORY': fields(one_word, one_word),
    'CIDR:PORT [source=SOURCE-NAME]': smtp_listener,
    '{ N | auto }': either(words('auto'), number),
    'MX-PATTERN ROLLUP-NAME [rollup-by-ip]': fields(one_word, one_word, words('rollup-by-ip'), optional=1),
    'IP[:PORT] hostname': fields(one_word, host_name),
    '{IP | hostname }:PORT': lambda text: units.host_and_port(text) and None,
    'SOURCE-DOMAIN TARGET-DOMAIN': fields(domain_pattern, domain_name),
    'SOURCE-ADDRESS TARGET-ADDRESS': fields(one_word, email),
    '{ password | system | certificate }': words('password', 'system', 'certificate'),
    '{ no | yes | override }': either(words('override'), units.boolean),
    '{ reception | delivery }': words('reception', 'delivery'),
    '{ VMTA-NAME | VMTA-POOL-NAME | by-smtp-source-ip }': vmta_name,
    '{ headers | full | system }': words('headers', 'full', 'system'),
    '{ SIZE | 0 | unlimited }': either(words('0', 'unlimited'), number, units.size),  # a bare number: the deprecated form
    'PATTERN-LIST-NAME': one_word,
    'SOURCE-GROUP-NAME': one_word,
    'SUPPRESSION-LIST-NAME': any_text,
    '{ SIZE | 0 }': either(words('0'), units.size),
    'http[s]://{ IP | HOST-NAME }[:PORT]': one(r'https?://\S+', 'a URL'),
    '<domain> block': not_a_line,
    # Entries of lists; their grammar is in entries.py.
    'REGEX RESULT': any_text,
    'HEADER-NAME REGEX RESULT': any_text,
    'REGEX ACTION[,ACTION...]': any_text,
}


def check_value(directive, text):
    """Raises ValueError where `text` has not the shape that the table gives the directive."""
    notation = directive.value
    if notation and notation.startswith('same as '):
        from .catalogue import directives

        notation = directives()['domain', notation[8:]].value
    if text == '0' and directive.default == '0':
        return
    CHECKS[notation](text)
