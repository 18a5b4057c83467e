"""`/PCRE/` as the configuration writes it, compiled with Python's `re`: case-insensitive unless `(?-i)` says otherwise."""

import re

POSIX_CLASSES = {
    'alnum': 'a-zA-Z0-9', 'alpha': 'a-zA-Z', 'digit': '0-9', 'lower': 'a-z', 'upper': 'A-Z', 'space': r'\s',
    'punct': r'!-/:-@\[-`{-~', 'xdigit': '0-9A-Fa-f', 'word': r'\w', 'blank': r' \t',
}


def take(text):
    """Pattern and rest of `/pattern/ rest`. Raises ValueError where there is no opening or closing slash.

    A slash inside should have a backslash. Whether the product refuses one that has none is not known: a slash closes the
    expression here only where a blank or the end of the line follows, and has_bare_slash() tells of the others.
    """
    if not text.startswith('/'):
        raise ValueError('a regular expression starts with "/"')
    position = 1
    while position < len(text):
        if text[position] == '\\':
            position += 2
        elif text[position] == '/' and not text[position + 1 : position + 2].strip():
            return text[1:position], text[position + 1 :].strip()
        else:
            position += 1
    raise ValueError('the regular expression has no closing "/" (is there a "#" in it?)')


def has_bare_slash(pattern):
    return '/' in re.sub(r'\\.', '', pattern)


def compile_pattern(pattern):
    """Raises ValueError where the expression is not valid."""
    translated = re.sub(r'\[:(\w+):\]', lambda match: POSIX_CLASSES.get(match.group(1), match.group(0)), pattern)
    translated = translated.replace(r'\h', r'[ \t]').replace(r'\/', '/')
    if '(?-i)' in translated:
        before, after = translated.split('(?-i)', 1)
        translated = f'{before}(?-i:{after})'
    try:
        return re.compile(translated, re.IGNORECASE)
    except re.error as error:
        raise ValueError(f'invalid regular expression: {error}') from None
