"""Which virtual MTA takes a message: X-Virtual-MTA, then the pattern-list, then the source's default."""

from dataclasses import dataclass

from . import units

DEFAULT_VMTA = '{default}'
MAX_CALLS = 16


class UnknownVirtualMta(Exception):
    def __init__(self, name):
        super().__init__(f'unknown virtual MTA "{name}"')


@dataclass(frozen=True)
class Route:
    vmta: str
    pool: 'str | None'
    priority: int = 50


@dataclass(frozen=True)
class Envelope:
    mail_from: str
    recipients: tuple
    headers: tuple  # (lower-case name, raw body without the line's end)


class Router:
    """Keeps the round robin of the pools; the configuration may change under it."""

    def __init__(self):
        self._turns = {}

    def choose(self, config, source, envelope, local_address):
        """Raises UnknownVirtualMta where the header names none and the source insists."""
        asked = self._asked_for(config, source, envelope)
        name, priority = asked, 50
        if source.get('pattern-list'):
            found, urgent = match(config.pattern_lists, source.get('pattern-list'), envelope)
            priority = urgent if urgent is not None else 50
            name = name or found
        name = name or source.get('default-virtual-mta') or DEFAULT_VMTA
        if name.lower() == 'by-smtp-source-ip':
            name = _by_address(config, local_address)
        return self._resolve(config, name, priority)

    def _asked_for(self, config, source, envelope):
        if not source.flag('process-x-virtual-mta'):
            return None
        values = [body.strip() for name, body in envelope.headers if name == 'x-virtual-mta']
        if not values or (not values[0] and source.flag('allow-empty-x-virtual-mta')):
            return None
        if values[0] in config.vmtas or values[0] in config.pools:
            return values[0]
        if source.flag('reject-invalid-virtual-mta'):
            raise UnknownVirtualMta(values[0])
        return config.settings.get('invalid-virtual-mta-fallback')

    def _resolve(self, config, name, priority):
        if name not in config.pools:
            return Route(name, None, priority)
        members = config.pools[name].members
        turn = self._turns.get(name, 0)
        self._turns[name] = turn + 1
        return Route(members[turn % len(members)], name, priority)


def match(lists, name, envelope):
    """(virtual MTA or None, priority or None) of the first entry that matches."""
    return _first(lists, lists[name], envelope, 0)


def _first(lists, entries, envelope, depth):
    for entry in entries:
        if not _matches(entry, envelope):
            continue
        following = entry.inline if entry.inline is not None else lists.get(entry.call_to)
        if following is None:
            return entry.virtual_mta, entry.priority
        if depth < MAX_CALLS:
            return _first(lists, following, envelope, depth + 1)
    return None, None


def _matches(entry, envelope):
    if entry.kind == '*':
        return True
    if entry.kind == 'mail-from':
        return bool(entry.regex.search(envelope.mail_from))
    if entry.kind == 'rcpt-to':
        # The first match takes the whole message, whatever its other recipients.
        return any(entry.regex.search(recipient) for recipient in envelope.recipients)
    return any(entry.regex.search(body) for name, body in envelope.headers if name == entry.header)


def _by_address(config, local_address):
    for vmta in config.vmtas.values():
        if any(local_address in units.cidr(network) for network, _ in vmta.source_hosts):
            return vmta.name
    return DEFAULT_VMTA
