"""``solve schema``: the JSON Schema of everything ``-o json`` prints."""

from __future__ import annotations

import click

from solver.report.json import schema_text


@click.command(short_help="The JSON Schema of what -o json prints.")
def schema() -> None:
    """The JSON Schema (draft 2020-12) of what -o json prints, with every closed enumeration."""
    click.echo(schema_text(), nl=False)
