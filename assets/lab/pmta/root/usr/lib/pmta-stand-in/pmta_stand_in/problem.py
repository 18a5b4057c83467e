"""What the configuration checker says about a line."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Place:
    """A line of a file; lines count from 1."""

    file: str
    line: int

    def __str__(self):
        return f'{self.file}:{self.line}'


@dataclass(frozen=True)
class Problem:
    place: Place
    message: str
    severity: str = 'error'

    def __str__(self):
        prefix = 'warning: ' if self.severity == 'warning' else ''
        return f'{self.place}: {prefix}{self.message}'


class ConfigError(Exception):
    """The configuration cannot be used. Carries every error found, in file order."""

    def __init__(self, problems):
        self.problems = list(problems)
        super().__init__('\n'.join(str(problem) for problem in self.problems))
