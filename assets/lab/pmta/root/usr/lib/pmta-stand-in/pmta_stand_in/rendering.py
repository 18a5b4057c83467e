"""An answer as --dom lines, --xml or --json."""

import json


def escape(text):
    return text.replace('&', '&amp;').replace('<', '&lt;').replace('>', '&gt;')


def dom(data):
    """`key="value"` lines; lists count from 0: `vmta[0].name="…"`."""
    return '\n'.join(f'{key}="{_escaped(value)}"' for key, value in _leaves(data, ''))


def _escaped(value):
    return str(value).replace('\\', '\\\\').replace('"', '\\"')


def _leaves(value, path):
    if isinstance(value, dict):
        for name, one in value.items():
            yield from _leaves(one, f'{path}.{name}' if path else name)
    elif isinstance(value, list):
        for index, one in enumerate(value):
            yield from _leaves(one, f'{path}[{index}]')
    else:
        yield path, value


def xml(reply):
    end = '<succ/>' if reply['ok'] else f'<err>{escape(reply["text"])}</err>'
    return f'<rsp><data>{"".join(_elements(reply["data"]))}</data>{end}</rsp>'


def _elements(data):
    for name, value in data.items():
        for one in value if isinstance(value, list) else [value]:
            content = ''.join(_elements(one)) if isinstance(one, dict) else escape(str(one))
            yield f'<{name}>{content}</{name}>'


def as_json(reply):
    return json.dumps({'data': reply['data'], 'status': 'success' if reply['ok'] else 'error', 'message': reply['text']}, indent=2)
