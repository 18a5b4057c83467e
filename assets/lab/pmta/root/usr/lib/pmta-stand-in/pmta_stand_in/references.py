"""What lines say of each other: names that must exist, names that may exist once, and the order of definition."""

import re

from .config_parser import Block, Statement, unquote
from .problem import Problem

BUILT_IN_VMTAS = ('{default}', '{sparkpost}', '{gmimprinter}')


class ReferenceChecker:
    def __init__(self, root):
        self.root = root
        self.problems = []
        self.vmtas = root.blocks('virtual-mta')
        self.pools = root.blocks('virtual-mta-pool')
        self.routes = {block.name for block in self.vmtas + self.pools}
        self.names = {
            tag: {block.name for block in root.blocks(tag)}
            for tag in ('source', 'pattern-list', 'smtp-pattern-list', 'rewrite-list', 'source-group', 'proxy', 'domain')
        }
        self.macros = {}

    def error(self, place, message):
        self.problems.append(Problem(place, message))

    def warn(self, place, message):
        self.problems.append(Problem(place, message, 'warning'))

    def check(self):
        self._duplicates()
        self._pools()
        self._macros()
        self._sources()
        self._pattern_lists()
        self._listeners()
        self._walk(self.root)
        for block in self.root.blocks('acct-file'):
            for statement in block.statements('records')[1:]:
                self.error(statement.place, f'<acct-file {block.name}> has more than one records line')
        if not self.root.statements('log-file'):
            self.error(self.root.place, 'log-file is mandatory')
        for statement in self.root.statements('log-file'):
            if not _text(statement).startswith('/'):
                self.error(statement.place, f'log-file: "{_text(statement)}" is not an absolute file name')
        return self.problems

    # Virtual MTAs and pools: one namespace

    def _duplicates(self):
        seen, folded = {}, {}
        for block in sorted(self.vmtas + self.pools, key=lambda one: (one.place.file, one.place.line)):
            if block.name in seen:
                self.error(block.place, f'<{block.tag} {block.name}>: the name is taken at {seen[block.name].place}')
            elif block.name.lower() in folded:
                self.warn(block.place, f'"{block.name}" and "{folded[block.name.lower()]}" differ only by case')
            seen.setdefault(block.name, block)
            folded.setdefault(block.name.lower(), block.name)
        for tag in ('pattern-list', 'smtp-pattern-list', 'smtp-user'):
            once = set()
            for block in self.root.blocks(tag):
                if block.name in once:
                    self.warn(block.place, f'<{tag} {block.name}> is defined a second time')
                once.add(block.name)

    def _pools(self):
        vmta_names = {block.name for block in self.vmtas}
        with_domains = {}
        for pool in self.pools:
            if not pool.statements('virtual-mta'):
                self.error(pool.place, f'<virtual-mta-pool {pool.name}> has no members')
            for member in pool.statements('virtual-mta'):
                name = _text(member).split(' ')[0] if _text(member) else ''
                if name and name not in vmta_names:
                    self.error(member.place, f'virtual-mta "{name}" is not defined')
                if pool.blocks('domain'):
                    other = with_domains.setdefault(name, pool)
                    if other is not pool:
                        self.error(member.place, f'"{name}" is in two pools with <domain> blocks: {other.name}, {pool.name}')

    # Macros

    def _macros(self):
        for statement in self.root.statements('domain-macro'):
            name, _, members = _text(statement).partition(' ')
            if name in self.macros:
                self.warn(statement.place, f'domain-macro {name} is defined a second time')
            self.macros[name] = (statement, [member.strip() for member in members.split(',')])
        for name, (statement, _) in self.macros.items():
            self._follow_macro(name, statement, (name,))

    def _follow_macro(self, name, statement, path):
        for member in self.macros[name][1]:
            for used in re.findall(r'\$(\w+)', member):
                if used not in self.macros:
                    self.error(statement.place, f'domain-macro {path[0]}: macro "${used}" is not defined')
                elif used in path:
                    self.error(statement.place, f'domain-macro {path[0]}: loop {" > ".join((*path, used))}')
                else:
                    self._follow_macro(used, statement, (*path, used))

    def _macro_use(self, place, text):
        for name in re.findall(r'\$(\w+)', text):
            if name not in self.macros:
                self.error(place, f'macro "${name}" is not defined')

    # Sources and pattern lists

    def _sources(self):
        """A pattern-list precedes the source that names it: the one order that is documented."""
        defined, used = set(), {}
        for child in self.root.children:
            if not isinstance(child, Block):
                continue
            if child.tag == 'pattern-list':
                defined.add(child.name)
            if child.tag != 'source':
                continue
            for statement in child.statements('pattern-list'):
                name = _text(statement)
                if child.name in used:
                    self.error(statement.place, f'<source {child.name}> has more than one pattern-list')
                used[child.name] = statement
                if name not in self.names['pattern-list']:
                    self.error(statement.place, f'pattern-list "{name}" is not defined')
                elif name not in defined:
                    self.error(statement.place, f'pattern-list "{name}" must be defined before the source that uses it')

    def _pattern_lists(self):
        for block in self.root.blocks('pattern-list'):
            self._pattern_entries(block)

    def _pattern_entries(self, block):
        for statement in block.statements():
            target = re.search(r'(?:^|[\s,])virtual-mta=("?)([^\s,"]+)\1', statement.value, re.IGNORECASE)
            if target:
                self._route(statement.place, target.group(2))
            call = re.search(r'\bcall-to:(\S+)$', statement.value)
            if call and call.group(1) not in self.names['pattern-list']:
                self.error(statement.place, f'pattern-list "{call.group(1)}" is not defined')
            if statement.inline:
                self._pattern_entries(statement.inline)

    def _listeners(self):
        taken = {}
        lines = [(one.place, _text(one).split()[0]) for one in self.root.statements('smtp-listener') if _text(one)]
        lines += [(one.place, one.name) for one in self.root.blocks('smtp-listener')]
        for place, address in lines:
            if address in taken:
                self.error(place, f'smtp-listener {address} is given a second time (first at {taken[address]})')
            taken.setdefault(address, place)

    # Directives that name something, wherever they stand

    def _route(self, place, name):
        if name and name not in self.routes and name.lower() not in BUILT_IN_VMTAS:
            self.error(place, f'virtual MTA or pool "{name}" is not defined')

    def _named(self, statement, tag, name):
        if name and name not in self.names[tag]:
            self.error(statement.place, f'{statement.keyword}: <{tag} {name}> is not defined')

    def _walk(self, block):
        for child in block.children:
            if isinstance(child, Block):
                if child.tag == 'domain':
                    self._macro_use(child.place, child.name)
                if child.tag != 'pattern-list':
                    self._walk(child)
                if child.tag == 'smtp-listener':
                    for statement in child.statements('source'):
                        self._named(statement, 'source', _text(statement))
            else:
                self._directive(child, block)

    def _directive(self, statement, block):
        name, value = statement.keyword, _text(statement)
        if name in ('relay-domain', 'domain-key'):
            self._macro_use(statement.place, value)
        if name == 'default-virtual-mta' and value.lower() != 'by-smtp-source-ip':
            self._route(statement.place, value)
        elif name in ('reroute-to-virtual-mta', 'backoff-reroute-to-virtual-mta', 'cold-virtual-mta', 'invalid-virtual-mta-fallback'):
            self._route(statement.place, value)
        elif name == 'smtp-pattern-list' and block.tag == 'domain':
            self._named(statement, 'smtp-pattern-list', value)
        elif name == 'source' and block.tag == 'smtp-user':
            self._named(statement, 'source', value)
        elif name in ('rewrite-list', 'source-group'):
            self._named(statement, name, value)
        elif name == 'use-proxy' and value.lower() != 'none':
            for one in re.split(r'[\s,]+', value):
                self._named(statement, 'proxy', one)
        elif name == 'queue-to' and value and not self._queue_exists(value):
            self.error(statement.place, f'queue-to: there is no <domain {value}>')
        elif name == 'smtp-listener' and block.tag == 'global':
            for option in value.split()[1:]:
                if option.lower().startswith('source='):
                    self._named(statement, 'source', option[7:])

    def _queue_exists(self, name):
        rollups = {_text(one).split()[1] for block in self.root.blocks('mx-rollup-list') for one in block.statements('mx')
                   if len(_text(one).split()) > 1}
        return name in rollups or name.lower() in {one.lower() for one in self.names['domain']}


def _text(statement: Statement):
    try:
        return unquote(statement.value)
    except ValueError:
        return statement.value
