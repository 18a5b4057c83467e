"""The checked tree of the configuration, turned into plain values."""

import re

from . import entries, regexes, units
from .config_parser import unquote
from .model import AcctFile, Configuration, Listener, Pool, User, VirtualMta
from .returned_mail import Processor
from .values import LONG_RECORDS


def _text(statement):
    return unquote(statement.value)


def _settings(block):
    """{directive: last value}."""
    return {one.keyword: _text(one) for one in block.statements()}


def build(root, files, warnings):
    macros = _macros(root)
    merged = _settings(root)
    spools = root.blocks('spool')
    return Configuration(
        files=files,
        warnings=warnings,
        settings=merged,
        listeners=_listeners(root),
        sources=_sources(root),
        users=_users(root),
        vmtas={block.name: _vmta(VirtualMta(block.name), block, macros) for block in root.blocks('virtual-mta')},
        pools=_pools(root, macros),
        pattern_lists={block.name: _patterns(block) for block in root.blocks('pattern-list')},
        domains=_domains(root, macros),
        domain_keys=_keys(root),
        source_hosts=_source_hosts(root),
        reply_patterns={block.name: _reply_rules(block) for block in root.blocks('smtp-pattern-list')},
        bounce_categories=_bounce_categories(root),
        name_servers=[_text(one) for one in root.statements('name-server')],
        processors=_processors(root, macros),
        relay_domains=[name for one in root.statements('relay-domain') for name in _expand(_text(one), macros)],
        relay_addresses=[_address(_text(one)) for one in root.statements('relay-address')],
        acct_files=[_acct_file(block) for block in root.blocks('acct-file')],
        spool=spools[0].name if spools else merged.get('spool', '/var/spool/pmta'),
        http_access=[_text(one).split() for one in root.statements('http-access')],
    )


def _macros(root):
    macros = {}
    for one in root.statements('domain-macro'):
        name, _, members = _text(one).partition(' ')
        macros[name] = [member.strip() for member in members.split(',')]
    return macros


def _expand(text, macros):
    """The names that a pattern with macros stands for; without a macro, the pattern itself."""
    used = re.search(r'\$(\w+)', text)
    if not used:
        return [text.lower()]
    names = []
    for member in macros.get(used.group(1), ()):
        names += _expand(text[: used.start()] + member + text[used.end() :], macros)
    return names


def _domains(block, macros):
    domains = []
    for one in block.blocks('domain'):
        settings = _settings(one)
        domains += [(name, '$' in one.name, settings) for name in _expand(one.name, macros)]
    return domains


def _keys(block):
    return [tuple(part.strip() for part in _text(one).split(',')) for one in block.statements('domain-key')]


def _source_hosts(block):
    return [tuple(_text(one).split()) for one in block.statements('smtp-source-host')]


def _reply_rules(block):
    return [entries.parse_reply(one.value) for one in block.statements('reply')]


def _bounce_categories(root):
    patterns = []
    for block in root.blocks('bounce-category-patterns'):
        for one in block.statements():
            pattern, category = regexes.take(f'{one.keyword} {one.value}'.strip())
            patterns.append((regexes.compile_pattern(pattern), category))
    return patterns


def _vmta(vmta, block, macros):
    vmta.source_hosts = _source_hosts(block)
    vmta.domain_keys = _keys(block)
    vmta.settings = {name: value for name, value in _settings(block).items() if name not in ('smtp-source-host', 'domain-key')}
    vmta.domains = _domains(block, macros)
    return vmta


def _pools(root, macros):
    pools = {}
    for block in root.blocks('virtual-mta-pool'):
        pool = _vmta(Pool(block.name), block, macros)
        pool.settings.pop('virtual-mta', None)
        pool.members = [_text(one).split()[0] for one in block.statements('virtual-mta')]
        pools[block.name] = pool
    return pools


def _listeners(root):
    listeners = []
    for one in root.statements('smtp-listener'):
        address, *options = _text(one).split()
        network, port = units.listener(address)
        options = dict(option.lower().split('=', 1)[:1] + option.split('=', 1)[1:] for option in options)
        listeners.append(Listener(network, port, options.get('source'), options.get('tls', 'no').lower() in ('yes', 'true')))
    for block in root.blocks('smtp-listener'):
        network, port = units.listener(block.name)
        settings = _settings(block)
        certificate = settings.get('tls-certificate', '').split()
        tls = units.boolean(settings.get('immediate-tls', 'no'))
        listeners.append(Listener(network, port, settings.get('source'), tls, certificate[0] if certificate else None))
    # Any listener of its own removes the implicit one on port 25.
    return listeners or [Listener(units.cidr('0.0.0.0'), 25)]


def _sources(root):
    sources = []
    for block in root.blocks('source'):
        try:
            network = units.cidr(block.name)
        except ValueError:
            network = None
        sources.append((block.name, network, _settings(block)))
    return sources


def _users(root):
    users = {}
    for block in root.blocks('smtp-user'):
        settings = _settings(block)
        method = settings.get('authentication-method', 'password').lower()
        users[block.name] = User(block.name, settings.get('password', ''), method, settings.get('source'))
    return users


def _patterns(block, nested=False):
    patterns = []
    for statement in block.statements():
        entry = entries.parse_pattern(statement, nested)
        if statement.inline:
            entry.inline = _patterns(statement.inline, nested=True)
        patterns.append(entry)
    return patterns


def _address(text):
    return regexes.compile_pattern(regexes.take(text)[0]) if text.startswith('/') else text.lower()


def _processors(root, macros):
    found = []
    for block in root.blocks('bounce-processor', 'feedback-loop-processor'):
        one = Processor(block.tag, settings=_settings(block))
        for addresses in block.blocks('address-list'):
            one.addresses += [_address(_text(line)) for line in addresses.statements('address')]
            one.domains += [name for line in addresses.statements('domain') for name in _expand(_text(line), macros)]
        found.append(one)
    return found


def _acct_file(block):
    settings = _settings(block)
    records = [name.strip().lower() for name in settings.get('records', 'd,b').split(',')]
    fields = {}
    for one in block.statements('record-fields'):
        kind, _, names = _text(one).partition(' ')
        fields[LONG_RECORDS.get(kind.lower(), kind.lower())] = [name.strip() for name in names.split(',')]
    maps = []
    for one in block.statements('map-header-to-field'):
        kind, header, name = _text(one).split()
        maps.append((LONG_RECORDS.get(kind.lower(), kind.lower()), header, name))
    return AcctFile(block.name, [LONG_RECORDS.get(name, name) for name in records], settings, fields, maps)
