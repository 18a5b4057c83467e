"""Names, scopes and shapes: the judgement of each line by itself. What lines say of each other is in references.py.

What the product is known or believed to refuse at load is an error here. What it accepts although it is dangerous (an open
relay, an open web monitor, keys without dkim-sign) is a warning: a stand-in that refused it would hide the danger.
"""

from . import catalogue, entries, regexes, units, values
from .config_parser import Block, Statement, unquote
from .problem import Problem

RAW_BODIES = ('bounce-category-patterns', 'pattern-list', 'smtp-pattern-list', 'gm-imprinter')


class LineChecker:
    def __init__(self):
        self.problems = []

    def error(self, place, message):
        self.problems.append(Problem(place, message))

    def warn(self, place, message):
        self.problems.append(Problem(place, message, 'warning'))

    def check(self, block):
        for child in block.children:
            if isinstance(child, Block):
                self._tag(child, block.tag)
                self.check(child)
            elif block.tag in RAW_BODIES:
                self._entry(child, block)
            else:
                self._directive(child, block.tag)

    # Tags

    def _tag(self, block, parent):
        if block.tag not in catalogue.TAGS:
            self.error(block.place, f'unknown tag <{block.tag}>')
            return
        naming, parents = catalogue.TAGS[block.tag]
        if parent not in parents:
            where = 'at the top level' if parent == 'global' else f'in <{parent}>'
            self.error(block.place, f'<{block.tag}> is not allowed {where}')
        if naming == 'required' and not block.name:
            self.error(block.place, f'<{block.tag}> needs a name')
        elif naming == 'none' and block.name:
            self.error(block.place, f'<{block.tag}> takes no name')
        elif block.name:
            self._try(block.place, f'<{block.tag}>', _tag_name_check(block.tag), block.name)

    # Directives

    def _directive(self, statement, scope):
        name, place = statement.keyword, statement.place
        if statement.value.endswith('{'):
            self.error(place, f'{name}: a directive has no body in braces')
            return
        row = self._row(name, scope, place)
        if row is None:
            return
        if row.deprecated:
            self.warn(place, f'"{name}" is deprecated')
        text = statement.value
        if not text:
            self.error(place, f'{name}: a value is missing')
            return
        try:
            text = unquote(text)
        except ValueError as error:
            self.error(place, f'{name}: {error}')
            return
        if text == '':
            if name not in catalogue.CLEARABLE and row.value not in ('STRING', None):
                self.error(place, f'{name}: the value cannot be empty')
            return
        if name == 'virtual-mta' and scope == 'virtual-mta-pool':
            text, *more = text.split()
            if more:
                self.warn(place, f'virtual-mta: "{" ".join(more)}" after the member is not documented')
        self._try(place, name, lambda value: values.check_value(row, value), text)

    def _row(self, name, scope, place):
        """The table's row; scopes that the facts leave open are a warning, an unknown name never is."""
        table = catalogue.directives()
        if (scope, name) in table:
            return table[scope, name]
        elsewhere = catalogue.scopes_by_name().get(name)
        where = 'at the top level' if scope == 'global' else f'in <{scope}>'
        if elsewhere is None:
            self.error(place, f'unknown directive "{name}" {where}')
        elif scope in catalogue.LENIENT.get(name, ()):
            self.warn(place, f'"{name}" is documented for {_scopes(elsewhere)}, not {where}')
            return table[elsewhere[0], name]
        elif scope in catalogue.TAGS or scope == 'global':
            self.error(place, f'"{name}" is not allowed {where} (it belongs in {_scopes(elsewhere)})')
        return None

    # Entries of lists

    def _entry(self, statement, block):
        self._bare_slash(statement)
        if block.tag == 'pattern-list':
            self._pattern(statement, nested=False)
        elif block.tag == 'smtp-pattern-list':
            if statement.keyword == 'reply':
                self._try(statement.place, 'reply', entries.check_reply, statement.value)
            elif statement.keyword != 'include':
                self.error(statement.place, f'"{statement.keyword}": only "reply /…/ action" stands in <smtp-pattern-list>')
        elif block.tag == 'bounce-category-patterns':
            line = f'{statement.keyword} {statement.value}'.strip()
            self._try(statement.place, 'bounce category', entries.check_bounce_category, line)

    def _bare_slash(self, statement):
        start = statement.value.find('/')
        try:
            if start >= 0 and regexes.has_bare_slash(regexes.take(statement.value[start:])[0]):
                self.warn(statement.place, 'a "/" inside the regular expression has no backslash')
        except ValueError:
            pass  # told by the check of the entry itself

    def _pattern(self, statement, nested):
        self._try(statement.place, 'pattern-list', lambda _: entries.parse_pattern(statement, nested), '')
        for child in statement.inline.children if statement.inline else ():
            if isinstance(child, Statement):
                self._pattern(child, nested=True)
            else:
                self.error(child.place, f'<{child.tag}> is not allowed in <pattern-list>')

    def _try(self, place, subject, check, text):
        try:
            check(text)
        except ValueError as error:
            self.error(place, f'{subject}: {error}')


def _scopes(scopes):
    return ', '.join('the top level' if scope == 'global' else f'<{scope}>' for scope in scopes)


def _tag_name_check(tag):
    """What a block's name may look like."""
    if tag == 'domain':
        return values.domain_pattern
    if tag == 'source':
        return _source_name
    if tag == 'acct-file':
        return values.any_text
    if tag in ('smtp-listener', 'transmissions-api-listener'):
        return units.listener
    return values.one_word


def _source_name(text):
    """A network, or a name such as {pmta-auth} or vps1: what looks like an address must be one."""
    values.one_word(text)
    if text[0].isdigit() and ('/' in text or text.replace('.', '').isdigit()):
        units.cidr(text)
