"""What the product accepts although an operator would regret it: warnings only."""

import re

from . import units
from .config_parser import Block, unquote
from .problem import Problem


def warnings(root):
    found = []
    for source in root.blocks('source'):
        anyone = _is_anyone(source.name)
        if anyone and _is_yes(source, 'always-allow-relaying') and not _is_yes(source, 'require-auth'):
            found.append(Problem(source.place, f'<source {source.name}> lets anyone relay', 'warning'))
        if anyone and _is_yes(source, 'allow-unencrypted-plain-auth'):
            found.append(Problem(source.place, f'<source {source.name}> takes passwords in clear', 'warning'))
    for statement in root.statements('http-access'):
        network, *level = statement.value.split()
        if _is_anyone(network) and level != ['none']:
            found.append(Problem(statement.place, 'the web monitor is open to anyone', 'warning'))
    keys = [one for block in [root, *root.blocks('virtual-mta', 'virtual-mta-pool')] for one in block.statements('domain-key')]
    if keys and not any(_signs(block) for block in _domains(root)):
        found.append(Problem(keys[0].place, 'domain-key is set but no <domain> has dkim-sign: mail leaves unsigned', 'warning'))
    return found + [
        Problem(one.place, f'"{one.value}" looks like a placeholder', 'warning')
        for one in _statements(root)
        if re.search(r'YOUR_|CHANGE_ME|\{\{|\$\{', one.value)
    ]


def _is_anyone(text):
    try:
        return units.cidr(text).prefixlen == 0
    except ValueError:
        return False


def _is_yes(block, name):
    return any(units.BOOLEANS.get(one.value.lower()) for one in block.statements(name)[-1:])


def _signs(block):
    return any(unquote(one.value).lower() not in ('no', 'false') for one in block.statements('dkim-sign'))


def _domains(root):
    nested = [one for block in root.blocks('virtual-mta', 'virtual-mta-pool') for one in block.blocks('domain')]
    return root.blocks('domain') + nested


def _statements(block):
    for child in block.children:
        if isinstance(child, Block):
            yield from _statements(child)
        else:
            yield child
