"""Bytes of configuration files to a tree of statements and blocks.

Only the syntax is judged here: comments, tags, nesting of lines, includes. What names and values mean is for config_check.
"""

import glob
import os
import re
from dataclasses import dataclass, field

from .problem import ConfigError, Place, Problem

MAX_INCLUDE_DEPTH = 10
OPEN_TAG = re.compile(r'^<\s*([A-Za-z][A-Za-z0-9-]*)(?:\s+(.*?))?\s*>$')
CLOSE_TAG = re.compile(r'^<\s*/\s*([A-Za-z][A-Za-z0-9-]*)(?:\s+(.*?))?\s*>$')
INLINE_LIST = re.compile(r'^(.*?)\s*<\s*pattern-list\s*>$', re.IGNORECASE)


@dataclass
class Statement:
    """`keyword value`, or a raw entry such as `/re/ category`. `inline` is a pattern-list opened at the line's end."""

    keyword: str
    value: str
    place: Place
    inline: 'Block | None' = None


@dataclass
class Block:
    """`<tag name>` … `</tag>`; `tag` is lower case, `name` as written without quotes."""

    tag: str
    name: str
    place: Place
    children: list = field(default_factory=list)

    def blocks(self, *tags):
        return [child for child in self.children if isinstance(child, Block) and child.tag in tags]

    def statements(self, *keywords):
        return [
            child
            for child in self.children
            if isinstance(child, Statement) and (not keywords or child.keyword in keywords)
        ]


def unquote(text):
    """The text without its quotes; raises ValueError when they do not balance. A bare text stays as it is."""
    if not text.startswith('"'):
        return text
    match = re.fullmatch(r'"((?:[^"\\]|\\.)*)"', text)
    if not match:
        raise ValueError('quotes do not balance')
    return re.sub(r'\\(["\\])', r'\1', match.group(1))


class Parser:
    def __init__(self):
        self.problems = []
        self.files = []

    def parse(self, *paths):
        """One tree out of several files, each continuing the top level of the one before."""
        root = Block('global', '', Place(paths[-1], 1))
        for path in paths:
            self._file(path, root, Place(path, 0), 0)
        return root

    def _error(self, place, message):
        self.problems.append(Problem(place, message))

    def _file(self, path, parent, asked_by, depth):
        if depth > MAX_INCLUDE_DEPTH:
            self._error(asked_by, f'include "{path}" is nested deeper than {MAX_INCLUDE_DEPTH} levels (a loop?)')
            return
        try:
            with open(path, 'rb') as handle:
                content = handle.read()
        except OSError as error:
            self._error(asked_by, f'cannot read "{path}": {error.strerror}')
            return
        self.files.append(path)
        self._lines(path, content.decode('latin-1'), parent, depth)

    def _lines(self, path, text, root, depth):
        stack = [root]
        lines = _without_comments(text)
        position = 0
        while position < len(lines):
            line, place = lines[position], Place(path, position + 1)
            position += 1
            if not line:
                continue
            if line.startswith('<'):
                self._tag(line, place, stack)
                continue
            keyword, value = _split(line)
            if keyword == 'domain-macro':
                position, value = _continue_macro(lines, position, value)
            statement = Statement(keyword, value, place)
            inline = INLINE_LIST.match(value) if stack[-1].tag == 'pattern-list' else None
            if inline:
                statement.value = inline.group(1)
                statement.inline = Block('pattern-list', '', place)
                stack.append(statement.inline)
                stack[-2].children.append(statement)
            elif keyword == 'include' and value:
                stack[-1].children.append(statement)
                self._include(statement, stack[-1], depth)
            else:
                stack[-1].children.append(statement)
        for block in stack[1:]:
            self._error(block.place, f'<{block.tag}> is never closed')

    def _tag(self, line, place, stack):
        closing = CLOSE_TAG.match(line)
        if closing:
            tag = closing.group(1).lower()
            if len(stack) == 1:
                self._error(place, f'</{tag}> closes nothing')
            elif stack[-1].tag != tag:
                self._error(place, f'</{tag}> closes <{stack[-1].tag}> opened at {stack[-1].place}')
                if any(block.tag == tag for block in stack[1:]):
                    while stack.pop().tag != tag:
                        pass
            else:
                stack.pop()
            return
        opening = OPEN_TAG.match(line)
        if not opening:
            self._error(place, f'malformed tag "{line}"')
            return
        name = opening.group(2) or ''
        try:
            name = unquote(name)
        except ValueError as error:
            self._error(place, f'<{opening.group(1)}>: {error}')
        block = Block(opening.group(1).lower(), name, place)
        stack[-1].children.append(block)
        stack.append(block)

    def _include(self, statement, parent, depth):
        try:
            target = unquote(statement.value)
        except ValueError as error:
            self._error(statement.place, f'include: {error}')
            return
        if re.match(r'https?://', target, re.IGNORECASE):
            self._error(statement.place, f'include "{target}": this stand-in has no network to fetch it from')
            return
        path = os.path.join(os.path.dirname(statement.place.file), target)
        # An empty wildcard is undocumented; it includes nothing here.
        paths = sorted(glob.glob(path)) if glob.has_magic(path) else [path]
        for one in paths:
            self._file(one, parent, statement.place, depth + 1)


def _without_comments(text):
    """`#` starts a comment anywhere on a line, even inside a regex or quotes; there is no escape for it."""
    return [line.split('#', 1)[0].strip() for line in text.replace('\r\n', '\n').split('\n')]


def _split(line):
    """Keyword and value; an entry that starts with a regex has the keyword ''."""
    if line.startswith('/'):
        return '', line
    keyword, *rest = line.split(None, 1)
    return keyword.lower(), rest[0] if rest else ''


def _continue_macro(lines, position, value):
    """A macro's list may go on: after a trailing comma, or on the next line when only the name was given."""
    while position < len(lines) and (value.endswith(',') or len(value.split()) == 1):
        follower = lines[position]
        if follower.startswith('<'):
            break
        position += 1
        value = f'{value} {follower}'.strip()
    return position, value


def parse_files(*paths):
    """The tree and the files read; raises ConfigError with every syntax error."""
    parser = Parser()
    root = parser.parse(*paths)
    if parser.problems:
        raise ConfigError(parser.problems)
    return root, parser.files
