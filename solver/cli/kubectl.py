"""``kubectl_complete-place_volumes``: completes the words after ``kubectl place-volumes``.

Its contract: the words typed so far as arguments, the last one incomplete; on stdout a candidate a line, then
a colon and cobra's directive.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

import click
from click.shell_completion import ShellComplete

from solver.cli.app import app

_FILES, _NO_FILES = 0, 4
"""Cobra's ShellCompDirectiveDefault and ShellCompDirectiveNoFileComp."""


def complete(words: Sequence[str] | None = None) -> int:
    *before, incomplete = list(sys.argv[1:] if words is None else words) or [""]
    offered = ShellComplete(app, {}, "kubectl place-volumes", "").get_completions(before, incomplete)
    for item in offered:
        if item.type == "plain":
            click.echo(f"{item.value}\t{item.help}" if item.help else item.value)
    wants_files = any(item.type != "plain" for item in offered)
    click.echo(f":{_FILES if wants_files else _NO_FILES}")
    return 0
