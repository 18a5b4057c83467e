"""The configuration as plain values, which the server uses."""

import os
from dataclasses import dataclass, field

from . import units


@dataclass
class VirtualMta:
    name: str
    source_hosts: list = field(default_factory=list)  # (network text, host name)
    domain_keys: list = field(default_factory=list)  # (selector, domain, file)
    settings: dict = field(default_factory=dict)
    domains: list = field(default_factory=list)  # (pattern, from a macro, {directive: value})


@dataclass
class Pool(VirtualMta):
    members: list = field(default_factory=list)


@dataclass
class Listener:
    network: 'ipaddress.IPv4Network | ipaddress.IPv6Network'
    port: int
    source: 'str | None' = None
    immediate_tls: bool = False
    certificate: 'str | None' = None


@dataclass
class User:
    name: str
    password: str
    method: str
    source: 'str | None'


@dataclass
class AcctFile:
    target: str
    records: list
    settings: dict
    record_fields: dict
    header_maps: list = field(default_factory=list)  # (record type, header name, field)


@dataclass
class Configuration:
    files: list
    warnings: list
    settings: dict
    listeners: list
    sources: list  # (name, network or None, {directive: value})
    users: dict
    vmtas: dict
    pools: dict
    pattern_lists: dict
    domains: list
    domain_keys: list
    source_hosts: list
    reply_patterns: dict  # {smtp-pattern-list: [entries.ReplyRule]}
    bounce_categories: list  # (regex, category)
    name_servers: list
    processors: list  # returned_mail.Processor
    relay_domains: list
    relay_addresses: list
    acct_files: list
    spool: str
    http_access: list

    def flag(self, name, default):
        return units.boolean(self.settings.get(name, 'yes' if default else 'no'))

    @property
    def host_name(self):
        return self.settings.get('host-name') or os.uname().nodename

    def every_domain_key(self):
        return self.domain_keys + [key for one in [*self.vmtas.values(), *self.pools.values()] for key in one.domain_keys]
