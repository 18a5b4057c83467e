"""The table of directives: which name is known in which scope, and the shape of its value."""

import os
from dataclasses import dataclass
from functools import lru_cache

TABLE = os.path.join(os.path.dirname(__file__), 'directives.tsv')

# tag: 'required' | 'none' | 'optional' name, and the blocks it may stand in ('global' = top level).
TAGS = {
    'spool': ('required', ('global',)),
    'bounce-processor': ('none', ('global',)),
    'feedback-loop-processor': ('none', ('global',)),
    'address-list': ('none', ('bounce-processor', 'feedback-loop-processor')),
    'email-patterns': ('optional', ('global',)),
    'source': ('required', ('global',)),
    'smtp-user': ('required', ('global',)),
    'source-group': ('required', ('global',)),
    'domain': ('required', ('global', 'virtual-mta', 'virtual-mta-pool')),
    'acct-file': ('required', ('global',)),
    'virtual-mta': ('required', ('global',)),
    'virtual-mta-pool': ('required', ('global',)),
    'pattern-list': ('required', ('global',)),
    'smtp-pattern-list': ('required', ('global',)),
    'dns': ('none', ('global',)),
    'smtp-listener': ('required', ('global',)),
    'rewrite-list': ('required', ('global',)),
    'domain-key-list': ('required', ('global',)),
    'transmissions-api': ('optional', ('global',)),
    'transmissions-api-listener': ('required', ('global',)),
    'proxy': ('required', ('global',)),
    'vault': ('optional', ('global',)),
    'bounce-category-patterns': ('none', ('global',)),
    'mx-rollup-list': ('optional', ('global',)),
    'signals': ('optional', ('global',)),
    'gm-imprinter': ('optional', ('global',)),
}

# The table names one scope for these; relaying and what belongs to a virtual MTA are legal in more: a warning, no error.
LENIENT = {
    'relay-domain': ('source',),
    'relay-address': ('source',),
    'cold-virtual-mta': ('virtual-mta-pool',),
    'max-smtp-out': ('global',),
    'max-smtp-msg-rate': ('global',),
    'host-name': ('virtual-mta-pool',),
    'include': ('virtual-mta-pool',),
}

# `""` clears an inherited value of these.
CLEARABLE = {
    'backoff-notify',
    'queue-to',
    'smtp-hosts',
    'reroute-to-virtual-mta',
    'backoff-reroute-to-virtual-mta',
    'dkim-headers',
    'auth-username',
}


@dataclass(frozen=True)
class Directive:
    scope: str
    name: str
    value: 'str | None'
    default: 'str | None'
    flags: tuple

    @property
    def deprecated(self):
        return 'deprecated' in self.flags


@lru_cache(maxsize=1)
def directives():
    """{(scope, name): Directive}"""
    table = {}
    with open(TABLE, encoding='utf-8') as handle:
        for line in handle:
            if line.startswith('#'):
                continue
            scope, name, value, default, flags = line.rstrip('\n').split('\t')
            table[scope, name] = Directive(scope, name, _stated(value), _stated(default), tuple(flags.split(',')))
    return table


def _ordinary(default):
    """Of `true ({sparkpost}) | false (others)`, what the others have."""
    return default.rpartition('| ')[2].replace(' (others)', '').replace(' (off)', '')


def _stated(cell):
    return None if cell == '-' else cell


@lru_cache(maxsize=1)
def scopes_by_name():
    scopes = {}
    for scope, name in directives():
        scopes.setdefault(name, []).append(scope)
    return scopes


def domain_defaults():
    """{name: default or ''} of everything a <domain> may set. A default that follows another directive is left empty."""
    return {
        row.name: '' if row.default and row.default.startswith('=') else _ordinary(row.default or '')
        for row in directives().values()
        if row.scope == 'domain' and row.name != 'include' and not row.deprecated
    }
