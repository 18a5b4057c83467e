"""Intervals, sizes, rates, networks: the words of the language as numbers. Every parser raises ValueError."""

import ipaddress
import re

SECONDS = {'w': 604800, 'd': 86400, 'h': 3600, 'm': 60, 's': 1}
RATE_UNITS = {
    'd': 86400, 'day': 86400, 'h': 3600, 'hr': 3600, 'm': 60, 'min': 60, 's': 1, 'sec': 1,
}
BYTES = {'b': 1, 'k': 1024, 'm': 1024**2, 'g': 1024**3, 't': 1024**4}
BOOLEANS = {'yes': True, 'true': True, 'no': False, 'false': False}


def boolean(text):
    if text.lower() not in BOOLEANS:
        raise ValueError(f'"{text}" is not yes, no, true or false')
    return BOOLEANS[text.lower()]


def interval(text):
    """Seconds in `4d12h`."""
    if not re.fullmatch(r'(\d+[wdhms])+', text, re.IGNORECASE):
        raise ValueError(f'"{text}" is not a time interval such as 10m or 4d12h')
    return sum(int(n) * SECONDS[unit.lower()] for n, unit in re.findall(r'(\d+)([wdhms])', text, re.IGNORECASE))


def size(text):
    match = re.fullmatch(r'(\d+)([bkmgt])', text, re.IGNORECASE)
    if not match:
        raise ValueError(f'"{text}" is not a size such as 50M')
    return int(match.group(1)) * BYTES[match.group(2).lower()]


def _per(text, amount):
    match = re.fullmatch(amount + r'/(\d*)(day|d|hr|h|min|m|sec|s)', text, re.IGNORECASE)
    if not match:
        raise ValueError(f'"{text}" is not a rate such as 250/h')
    multiplier = match.group(match.lastindex - 1)
    if multiplier and int(multiplier) == 0:
        raise ValueError(f'"{text}": the time of a rate cannot be 0')
    return match


def rate(text):
    """(count, seconds), or None for unlimited. What a bare 0 means is not documented; it parses."""
    if text.lower() in ('unlimited', '0'):
        return None
    match = _per(text, r'(\d+)')
    if int(match.group(1)) == 0:
        raise ValueError(f'"{text}": the count of a rate cannot be 0 (use "pmta pause queue" to pause)')
    return int(match.group(1)), int(match.group(2) or 1) * RATE_UNITS[match.group(3).lower()]


def data_rate(text):
    if text.lower() in ('unlimited', '0'):
        return None
    match = _per(text, r'(\d+)([bkmgt])')
    return int(match.group(1)) * BYTES[match.group(2).lower()], int(match.group(3) or 1) * RATE_UNITS[match.group(4).lower()]


def ip(text):
    try:
        return ipaddress.ip_address(text.strip('[]'))
    except ValueError:
        raise ValueError(f'"{text}" is not an IP address') from None


def cidr(text):
    """`10/8`, `0/0`, an address, or IPv6."""
    short = re.fullmatch(r'(\d{1,3}(?:\.\d{1,3}){0,2})/(\d{1,2})', text)
    full = text
    if short:
        octets = short.group(1).split('.')
        full = '.'.join(octets + ['0'] * (4 - len(octets))) + '/' + short.group(2)
    try:
        return ipaddress.ip_network(full, strict=False)
    except ValueError:
        raise ValueError(f'"{text}" is not an IP address or a network such as 10/8') from None


def host_and_port(text):
    """`192.0.2.1:25`, `[2001:db8::1]:25`; the host part is not judged."""
    match = re.fullmatch(r'(\[[0-9A-Fa-f:.]+\](?:/\d+)?|[^:\s]+):(\d{1,5})', text)
    if not match or not 0 < int(match.group(2)) < 65536:
        raise ValueError(f'"{text}" is not ADDRESS:PORT')
    return match.group(1), int(match.group(2))


def listener(text):
    """(network, port); a wildcard is 0.0.0.0/32 or 0.0.0.0/0."""
    host, port = host_and_port(text)
    return cidr(host.replace('[', '').replace(']', '')), port


def count(text):
    """A number, or infinity for `unlimited`."""
    return float('inf') if text.lower() == 'unlimited' else int(text)
