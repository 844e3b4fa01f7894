"""``solve schema``: the JSON Schema of everything ``-o json`` prints."""

from __future__ import annotations

import click

from solver.cli.output import write
from solver.report.schema import bundled_text, kinds


@click.command(short_help="The JSON Schema of what -o json prints.")
@click.argument("kind", required=False, type=click.Choice(kinds(), case_sensitive=False), metavar="[KIND]")
def schema(kind: str | None) -> None:
    """The JSON Schema (draft 2020-12) of what -o json prints, with every closed enumeration.

    With KIND, of documents of that kind only: PlacementResult, NodeVerdicts, LintReport or CheckReport.
    """
    write(bundled_text(kind))
