"""Bodies that are not `keyword value`: reply patterns, bounce categories, sender patterns, MX rollups."""

import re
from dataclasses import dataclass

from . import regexes, units


def check_actions(text):
    """`mode=backoff,backoff-to-normal-after=1h`. Raises ValueError on what is unknown or contradicts."""
    if not text:
        raise ValueError('an action is missing after the regular expression')
    seen = []
    for action in (part.strip() for part in text.split(',')):
        name, _, value = action.partition('=')
        name = name.lower()
        if name == 'mode':
            if value.lower() not in ('backoff', 'normal'):
                raise ValueError(f'"{action}": a mode is backoff or normal')
            name = f'mode={value.lower()}'
        elif name in ('backoff-to-normal-after', 'reenable-after'):
            if value.lower() != 'never':
                units.interval(value)
        elif name not in ('skip-mx', 'bounce-queue', 'bounce-rcpt', 'disable-source-ip', 'defer-queue') or value:
            raise ValueError(f'"{action}" is not an action')
        _check_order(name, seen)
        seen.append(name)


def _check_order(name, seen):
    if name in seen:
        raise ValueError(f'"{name}" is given twice')
    together = {name, *seen}
    for pair in (('mode=backoff', 'mode=normal'), ('skip-mx', 'bounce-queue')):
        if together.issuperset(pair):
            raise ValueError(f'"{pair[0]}" and "{pair[1]}" exclude each other')
    if name == 'backoff-to-normal-after' and 'mode=backoff' not in seen:
        raise ValueError('"backoff-to-normal-after" comes after "mode=backoff" of the same rule')
    if name == 'reenable-after' and 'disable-source-ip' not in seen:
        raise ValueError('"reenable-after" comes after "disable-source-ip" of the same rule')


def check_reply(value):
    pattern, rest = regexes.take(value)
    regexes.compile_pattern(pattern)
    check_actions(rest)


@dataclass
class ReplyRule:
    """An entry of a smtp-pattern-list: what a reply that it matches makes the queue do."""

    regex: 're.Pattern'
    actions: dict  # {action: its value, '' where it has none}


def parse_reply(value):
    pattern, rest = regexes.take(value)
    actions = {}
    for action in rest.split(','):
        name, _, argument = action.strip().partition('=')
        actions[name.lower()] = argument.lower()
    return ReplyRule(regexes.compile_pattern(pattern), actions)


def check_bounce_category(line):
    pattern, category = regexes.take(line)
    regexes.compile_pattern(pattern)
    if not category:
        raise ValueError('a category is missing after the regular expression')


@dataclass
class Pattern:
    """An entry of a pattern-list. `kind`: mail-from, rcpt-to, header or `*`; one of the results is set."""

    kind: str
    header: str
    regex: 're.Pattern | None'
    virtual_mta: 'str | None' = None
    priority: 'int | None' = None
    call_to: 'str | None' = None
    inline: 'list | None' = None


def parse_pattern(statement, nested=False):
    """An entry without its inline list's entries. Raises ValueError where it is not one."""
    kind, value = statement.keyword, statement.value
    if kind == '*' and nested:
        entry, result = Pattern('*', '', None), value
    elif kind in ('mail-from', 'rcpt-to', 'header'):
        name = ''
        if kind == 'header':
            name, *rest = value.split(None, 1)
            value = rest[0] if rest else ''
        pattern, result = regexes.take(value)
        entry = Pattern(kind, name.lower(), regexes.compile_pattern(pattern))
    else:
        raise ValueError(f'"{kind}" does not start an entry of a pattern-list (header, mail-from or rcpt-to)')
    if statement.inline is not None:
        if result:
            raise ValueError(f'"{result}": an inline <pattern-list> is the only result of its entry')
        entry.inline = []
        return entry
    _parse_result(entry, result)
    return entry


def _parse_result(entry, result):
    call = re.fullmatch(r'call-to:(\S+)', result)
    if call:
        entry.call_to = call.group(1)
        return
    for part in result.split(','):
        name, separator, value = part.strip().partition('=')
        if name.lower() == 'virtual-mta' and value and entry.virtual_mta is None and entry.priority is None:
            entry.virtual_mta = value.strip('"')
        elif name.lower() == 'recipient-priority' and re.fullmatch(r'\d+', value) and int(value) <= 100:
            entry.priority = int(value)
        else:
            raise ValueError(f'"{result}" is not virtual-mta=NAME, recipient-priority=0..100 or call-to:LIST')
