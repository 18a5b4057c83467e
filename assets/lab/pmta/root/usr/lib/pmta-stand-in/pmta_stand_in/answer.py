"""What a command answers, and its tables."""

from dataclasses import dataclass, field


@dataclass
class Reply:
    """`data` is for --dom, --xml and --json; `text` for people."""

    ok: bool = True
    text: str = ''
    data: dict = field(default_factory=dict)


def table(header, rows):
    cells = [header, *[[str(cell) for cell in row] for row in rows]]
    widths = [max(len(row[column]) for row in cells) for column in range(len(header))]
    return '\n'.join('  '.join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip() for row in cells)
