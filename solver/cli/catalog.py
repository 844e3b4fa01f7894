"""``solve catalog``: node types and prices for ``solve size``."""

from __future__ import annotations

from importlib.resources import files

import click

from solver.cli.exits import ExitCode
from solver.cli.output import write


@click.command(short_help="Print a sample of the node types and prices that size works with.")
def catalog() -> int:
    """A small catalogue with invented prices, to be changed into your own.

    \b
    solve catalog > nodes.yaml
    """
    write(files("solver.planning.size").joinpath("sample-catalogue.yaml").read_text(encoding="utf-8"))
    return ExitCode.YES
