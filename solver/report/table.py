"""Rows as aligned columns of text, or comma-separated, and blocks of lines. Knows nothing of what the cells
mean."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

GAP = "   "


def columns(rows: Sequence[Sequence[str]]) -> list[str]:
    """Left-aligned lines, every column as wide as its widest cell, no trailing blanks.

    A row may be shorter than the others; a last cell never widens a column.
    """
    width: dict[int, int] = {}
    for row in rows:
        for column, cell in enumerate(row[:-1]):
            width[column] = max(width.get(column, 0), len(cell))
    return [
        GAP.join(cell.ljust(width.get(column, 0)) for column, cell in enumerate(row)).rstrip() for row in rows
    ]


def shortened(lines: list[str], limit: int | None, noun: str) -> list[str]:
    """At most ``limit`` lines, the last of them saying how many were left out."""
    if limit is None or len(lines) <= limit:
        return lines
    hidden = len(lines) - limit + 1
    return [*lines[: limit - 1], f"… and {hidden} more {noun}; -o wide or -o json lists all"]


def paragraphs(blocks: Iterable[Sequence[str]]) -> str:
    """Blocks of lines with a blank line between them; empty ones are left out."""
    return "\n\n".join("\n".join(block) for block in blocks if block) + "\n"


def comma_separated(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """RFC 4180 but for line ends, which are those of this system's other text."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(head)
    writer.writerows(rows)
    return text.getvalue()
