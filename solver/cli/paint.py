"""Colours for people at a terminal. Text is made without them; here the words that say yes or no are painted.

Who decides, in this order: ``NO_COLOR`` (https://no-color.org), ``CLICOLOR_FORCE``, ``CLICOLOR=0`` and
``TERM=dumb``, and whether the stream is a terminal.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TextIO

import click

_STYLE: Mapping[str, Mapping[str, object]] = {
    "green": {"fg": "green", "bold": True},
    "red": {"fg": "red", "bold": True},
    "yellow": {"fg": "yellow", "bold": True},
    "heading": {"bold": True},
}
_WORDS = {
    "green": ("FITS", "PASSED", "OK", "unaffected", "ok"),
    "red": ("DOES NOT FIT", "CONTRADICTION", "FAILED", "FAILS", "QUORUM LOST", "LOST", "broken", "error"),
    "yellow": ("UNKNOWN", "DEGRADED", "NOT PROVED", "not proved", "warning"),
}
_COLOUR_OF = {word: colour for colour, words in _WORDS.items() for word in words}
_TOLD = re.compile(
    r"(?<![\w./-])(" + "|".join(sorted(map(re.escape, _COLOUR_OF), key=len, reverse=True)) + r")(?![\w./-])"
)
_HEADING = re.compile(r"^(?:NODE|POD|UNPLACED|NOTES|SKIPPED|FIXES|[A-Z][A-Z -]{2,}[A-Z])(?=\s|$)")
"""Words in capitals that begin a line, where they are no verdict."""


def wants_colour(stream: TextIO, environment: Mapping[str, str]) -> bool:
    if environment.get("NO_COLOR"):
        return False
    if environment.get("CLICOLOR_FORCE", "0") not in ("", "0"):
        return True
    if environment.get("CLICOLOR") == "0" or environment.get("TERM") == "dumb":
        return False
    return stream.isatty()


def painted(text: str) -> str:
    """The same text with colours around verdicts and headings; stripped of them it is the same again."""
    return "\n".join(_line(line) for line in text.split("\n"))


def _line(line: str) -> str:
    heading = _HEADING.match(line)
    if heading and heading[0] not in _COLOUR_OF:
        return _styled(heading[0], "heading") + _verdicts(line[heading.end() :])
    return _verdicts(line)


def _verdicts(text: str) -> str:
    return _TOLD.sub(lambda found: _styled(found[0], _COLOUR_OF[found[0]]), text)


def _styled(text: str, style: str) -> str:
    return click.style(text, **_STYLE[style])  # type: ignore[arg-type]  # the table holds style's own keywords
