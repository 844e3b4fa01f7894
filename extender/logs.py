"""Structured logs: one event a line, ``event=name key=value``. Callers decide what is worth an event."""

from __future__ import annotations

import json
import logging

FORMAT = "time=%(asctime)s level=%(levelname)s logger=%(name)s %(message)s"


def event(name: str, **values: object) -> str:
    """``event=name key=value …``; values with blanks, quotes or line ends in them are quoted as JSON."""
    return " ".join([f"event={name}", *(f"{key}={_shown(value)}" for key, value in values.items())])


def configure(level: int) -> None:
    logging.basicConfig(level=level, format=FORMAT, datefmt="%Y-%m-%dT%H:%M:%S%z")


def _shown(value: object) -> str:
    text = str(value)
    plain = text.isprintable() and not any(mark in text for mark in ' "=')
    return text if plain and text else json.dumps(text)
