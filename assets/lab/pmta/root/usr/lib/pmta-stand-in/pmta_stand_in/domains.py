"""Which <domain> settings a queue has: general to specific, and global < pool < virtual MTA."""

import re

from . import catalogue, units


def specificity(pattern, domain):
    """None where the pattern does not match, else a key that sorts from general to specific."""
    domain = domain.lower().rstrip('.')
    if pattern == '*':
        return (0, 0)
    literal = re.fullmatch(r'\[([^*\]]+)\]', pattern)
    if literal:
        address = re.fullmatch(r'\[([^\]]+)\]', domain)
        try:
            network = units.cidr(literal.group(1))
            return (2, network.prefixlen) if address and units.ip(address.group(1)) in network else None
        except ValueError:
            return None
    wildcard = re.match(r'(\*\.|\[\*\.\])', pattern)
    name = pattern[len(wildcard.group(1)) :] if wildcard else pattern
    if domain == name:
        return (3 if not wildcard else 1, name.count('.') + 1) if not wildcard or wildcard.group(1) != '*.' else None
    if wildcard and domain.endswith('.' + name):
        return (1, name.count('.') + 1)
    return None


def _layer(domains, domain):
    matching = []
    for index, (pattern, from_macro, settings) in enumerate(domains):
        key = specificity(pattern, domain)
        if key is not None:
            # A literal name beats the same name out of a macro; of equals, the later one wins (undocumented).
            matching.append((key, not from_macro, index, settings))
    merged = {}
    for *_, settings in sorted(matching, key=lambda one: one[:3]):
        merged.update(settings)
    return merged


def stated(config, domain, vmta=None, pool=None):
    """{directive: value} that the configuration gives a queue, without the product's defaults."""
    settings = _layer(config.domains, domain)
    pools = [config.pools[pool]] if pool in config.pools else [
        one for one in config.pools.values() if one.domains and vmta in one.members
    ]
    for one in pools:
        settings.update(_layer(one.domains, domain))
    if vmta in config.vmtas:
        settings.update(_layer(config.vmtas[vmta].domains, domain))
    return settings


def effective(config, domain, vmta=None, pool=None):
    """{directive: value} of a queue, defaults included."""
    settings = {**catalogue.domain_defaults(), **stated(config, domain, vmta, pool)}
    for name in ('max-connect-rate', 'max-data-volume-rate', 'max-msg-rate'):
        settings[f'backoff-{name}'] = settings[f'backoff-{name}'] or settings[name]
    return settings


def queue_domain(config, domain, vmta):
    """The domain part of the queue's name: the recipient's domain, or what queue-to says."""
    return effective(config, domain, vmta).get('queue-to') or domain.lower()
