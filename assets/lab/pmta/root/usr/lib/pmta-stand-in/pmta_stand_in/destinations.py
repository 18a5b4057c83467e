"""Where a queue's mail goes: `smtp-hosts`, else the MX records of the domain, else its address, asked of the host's resolver."""

import os
import random
import re
from dataclasses import dataclass

import dns.asyncresolver
import dns.exception
import dns.resolver

from . import units

RESOLV_CONF = '/etc/resolv.conf'
CACHE_ENTRIES = 5000


class NoMailExchanger(Exception):
    """The domain has no server for mail. `final` where it says so itself (RFC 7505) and waiting is useless."""

    def __init__(self, text, final=False):
        super().__init__(text)
        self.final = final


class LookupFailed(Exception):
    """DNS gave no answer: for now, nobody knows where the mail goes."""


@dataclass(frozen=True)
class Target:
    host: str
    address: str
    port: int

    def __str__(self):
        return f'{self.host} ({self.address})'


class Resolver:
    """MX, A and AAAA, with a cache that honours the records' times. A changed resolv.conf is read again."""

    def __init__(self, name_servers=(), port=53, resolv_conf=RESOLV_CONF):
        self._name_servers, self._port, self._resolv_conf = list(name_servers), port, resolv_conf
        self._stamp = None
        self._resolver = None

    def _current(self):
        stamp = None
        if not self._name_servers:
            try:
                stamp = os.stat(self._resolv_conf).st_mtime_ns
            except OSError:
                raise LookupFailed(f'{self._resolv_conf} cannot be read') from None
        if self._resolver is None or stamp != self._stamp:
            self._stamp = stamp
            try:
                one = dns.asyncresolver.Resolver(self._resolv_conf, configure=not self._name_servers)
            except dns.exception.DNSException as error:
                raise LookupFailed(str(error)) from None
            if self._name_servers:
                one.nameservers = self._name_servers
            one.port, one.lifetime, one.cache = self._port, 10, dns.resolver.LRUCache(CACHE_ENTRIES)
            self._resolver = one
        return self._resolver

    async def _ask(self, name, kind):
        """The records, [] where there are none. Raises LookupFailed."""
        try:
            return list(await self._current().resolve(name.rstrip('.') + '.', kind, search=False))
        except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
            return []
        except (dns.exception.DNSException, OSError, ValueError) as error:
            raise LookupFailed(f'{name} {kind}: {error}') from None

    async def mail_exchangers(self, domain):
        """[[host of the best preference…], …]; [] without MX records."""
        found = {}
        for one in await self._ask(domain, 'MX'):
            found.setdefault(one.preference, []).append(one.exchange.to_text(omit_final_dot=True))
        if list(found.values()) in ([['']], [['.']]):
            raise NoMailExchanger(f'{domain} accepts no mail (null MX)', final=True)
        return [found[key] for key in sorted(found)]

    async def addresses(self, host, version):
        return [one.address for one in await self._ask(host, 'AAAA' if version == 6 else 'A')]

    def forget(self, domain):
        """Whether anything was known."""
        cache = self._resolver.cache if self._resolver else None
        known = [key for key in cache.data if key[0].to_text(True).lower() == domain.lower()] if cache else []
        for key in known:
            cache.flush(key)
        return bool(known)


async def resolve(resolver, settings, version):
    """Targets in the order in which they are to be tried. Raises NoMailExchanger or LookupFailed."""
    port = int(settings.text('default-smtp-port') or 25)
    hosts = settings.text('smtp-hosts')
    groups = await _listed(resolver, hosts, port) if hosts else await _of_domain(resolver, settings.domain, port)
    targets, failure = [], None
    for group in groups:
        random.shuffle(group)
        for host, address, at in group:
            if address:
                targets.append(Target(host, address, at))
                continue
            try:
                targets += [Target(host, one, at) for one in await resolver.addresses(host, version)]
            except LookupFailed as error:
                failure = error
    if targets:
        return targets
    if failure:
        raise failure
    raise NoMailExchanger(f'no server for {settings.domain} has an address')


async def _of_domain(resolver, domain, port):
    literal = re.fullmatch(r'\[(?:IPv6:)?([0-9A-Fa-f:.]+)\]', domain, re.IGNORECASE)
    if literal:
        return [[(domain, str(units.ip(literal.group(1))), port)]]
    exchangers = await resolver.mail_exchangers(domain)
    # Without MX records the domain itself is its mail exchanger (RFC 5321 §5.1).
    return [[(host, None, port) for host in group] for group in exchangers or [[domain]]]


async def _listed(resolver, text, port):
    """`a,b;c`: a comma is the same preference, a semicolon the next."""
    groups = []
    for part in text.split(';'):
        group, following = [], []
        for item in (one.strip() for one in part.split(',')):
            literal = re.fullmatch(r'\[([^\]]+)\](?::(\d+))?', item)
            if item.lower().startswith('lookup-mx:'):
                following += await _of_domain(resolver, item[10:], port)
            elif literal:
                group.append((item, str(units.ip(literal.group(1))), int(literal.group(2) or port)))
            elif item:
                host, _, own = item.partition(':')
                group.append((host, None, int(own or port)))
        groups += [one for one in (group, *following) if one]
    return groups
