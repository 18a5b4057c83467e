"""Reads the configuration: loaded, checked, and turned into the plain values of model.py."""

import os

from . import building, dangers
from .config_check import LineChecker
from .config_parser import parse_files
from .problem import ConfigError
from .references import ReferenceChecker

ETC = '/etc/pmta'


def load(directory=ETC):
    """Reads config-defaults, then config. Raises ConfigError with every error, in the order of the files."""
    defaults = os.path.join(directory, 'config-defaults')
    paths = [defaults] if os.path.exists(defaults) else []
    root, files = parse_files(*paths, os.path.join(directory, 'config'))
    lines = LineChecker()
    lines.check(root)
    problems = lines.problems + ReferenceChecker(root).check()
    errors = [one for one in problems if one.severity == 'error']
    if errors:
        raise ConfigError(_in_order(errors, files))
    return building.build(root, files, _in_order(problems + dangers.warnings(root), files))


def _in_order(problems, files):
    order = {file: index for index, file in enumerate(files)}
    return sorted(problems, key=lambda one: (order.get(one.place.file, 0), one.place.line))
