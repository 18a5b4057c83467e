"""DKIM: which key signs a message, over which header fields. The signing itself is python3-dkim's (RFC 6376)."""

import logging
import re
import time
from email.utils import parseaddr

import dkim

from . import message, regexes

ALWAYS = (
    'from', 'sender', 'reply-to', 'subject', 'date', 'message-id', 'to', 'cc', 'mime-version', 'content-type',
    'content-transfer-encoding', 'content-id', 'content-description', 'resent-date', 'resent-from', 'resent-sender', 'resent-to',
    'resent-cc', 'resent-message-id', 'in-reply-to', 'references', 'list-id', 'list-help', 'list-unsubscribe',
    'list-unsubscribe-post', 'list-subscribe', 'list-post', 'list-owner', 'list-archive', 'feedback-id',
)
NEVER_SIGNED = ('dkim-signature', 'received', 'return-path', 'bcc', 'resent-bcc')
LOG = logging.getLogger('pmta-stand-in.dkim')
LOG.addHandler(logging.NullHandler())
LOG.propagate = False


class CannotSign(Exception):
    """A key was chosen and does not sign."""


class _Signer(dkim.DKIM):
    """dkimpy always writes t=; here it and x= are the configuration's to ask for."""

    def __init__(self, content, timestamp, expire_after, **options):
        super().__init__(content, logger=LOG, **options)
        self._timestamp, self._expire_after = timestamp, expire_after
        self.should_not_sign = {name.encode() for name in NEVER_SIGNED}

    def gen_header(self, fields, *arguments, **options):
        kept = [one for one in fields if one[0] != b't' or self._timestamp]
        if self._expire_after:
            kept.insert(-3, (b'x', str(int(time.time() + self._expire_after)).encode()))
        return super().gen_header(kept, *arguments, **options)


def keys_in_order(config, vmta, pool):
    """[(selector, domain, file)]: the virtual MTA's, its pool's, then the global ones."""
    own = config.vmtas[vmta].domain_keys if vmta in config.vmtas else []
    pooled = config.pools[pool].domain_keys if pool in config.pools else []
    return [*own, *pooled, *config.domain_keys]


def choose(keys, domain):
    """The first key whose domain is the identity's or a parent of it; `*` is any."""
    domain = domain.lower()
    for selector, known, file in keys:
        if known == '*' or domain == known.lower() or domain.endswith('.' + known.lower()):
            return selector, domain if known == '*' else known.lower(), file
    return None


def identity(settings, fields, prefix=''):
    """(local part, domain) that is signed for; ('', '') where the message names nobody."""
    wanted = settings.text(f'{prefix}dkim-identity') or 'sender-or-from'
    if '@' in wanted:
        return _split(wanted)
    sender = message.first(fields, 'sender') if wanted.lower() == 'sender-or-from' else None
    return _split(parseaddr(sender or message.first(fields, 'from') or '')[1])


def _split(address):
    local, _, domain = address.rpartition('@')
    return local, domain.lower()


def wanted_headers(settings, fields, prefix=''):
    """Every field that is signed, in the order of the message, a name as often as it stands there."""
    names, patterns = set(ALWAYS), []
    for item in re.split(r'\s*,\s*', settings.text(f'{prefix}dkim-headers')):
        if item.startswith('/'):
            patterns.append(regexes.compile_pattern(regexes.take(item)[0]))
        elif item:
            names.add(item.lower())
    signed = [
        name for name, _, _ in fields
        if name not in NEVER_SIGNED and (name in names or any(one.search(name) for one in patterns))
    ]
    extra = [one.strip().lower() for one in settings.text(f'{prefix}dkim-disallow-adding-headers').split(',')]
    return signed + [name for name in extra if name and name not in NEVER_SIGNED]


def asked_for(settings, fields, prefix=''):
    text = settings.text(f'{prefix}dkim-sign').lower()
    if text == 'if-x-dkim-options-present':
        return message.first(fields, 'x-dkim-options') is not None
    return settings.flag(f'{prefix}dkim-sign')


def signatures(settings, keys, key_files, content):
    """The DKIM-Signature fields for a message, b'' for none: no key that matches is no error. Raises CannotSign."""
    fields, _ = message.split(content)
    return b''.join(_signature(settings, keys, key_files, content, fields, prefix) for prefix in ('second-', '')
                    if asked_for(settings, fields, prefix))


def _signature(settings, keys, key_files, content, fields, prefix):
    local, domain = identity(settings, fields, prefix)
    chosen = choose(keys, domain) if domain else None
    if chosen is None and settings.text(f'{prefix}dkim-identity-fallback'):
        local, domain = _split(settings.text(f'{prefix}dkim-identity-fallback'))
        chosen = choose(keys, domain)
    if chosen is None or message.first(fields, 'from') is None:
        return b''
    selector, signing_domain, file = chosen
    expire = settings.seconds(f'{prefix}dkim-expire-after')
    signer = _Signer(content, settings.flag(f'{prefix}dkim-add-timestamp'), expire if expire != float('inf') else 0)
    canon = [(settings.text(f'{prefix}dkim-{part}-canon') or 'relaxed').lower().encode() for part in ('headers', 'body')]
    # Only what needs no quoting in i= (RFC 6376 §2.11) is quoted from the address.
    shown = local if re.fullmatch(r'[A-Za-z0-9._+-]+', local) else ''
    try:
        return signer.sign(
            selector.encode(), signing_domain.encode(), key_files[file],
            signature_algorithm=(settings.text(f'{prefix}dkim-algorithm') or 'rsa-sha256').lower().encode(),
            identity=f'{shown}@{domain}'.encode(), canonicalize=canon, include_headers=wanted_headers(settings, fields, prefix),
            length=settings.flag(f'{prefix}dkim-add-body-limit'),
        )
    except (dkim.DKIMException, KeyError, ValueError) as error:
        raise CannotSign(f'domain-key {selector},{signing_domain},{file}: {error}') from None
