"""``solve version``: which solve this is, and the kube-scheduler it speaks for."""

from __future__ import annotations

from importlib.metadata import version as installed

import click

SCHEDULER_VERSION = "v1.34.1"
DISTRIBUTION = "kube-bulkhead"


@click.command(short_help="Versions of solve, its solver and the scheduler it mirrors.")
def version() -> None:
    """Versions of solve, its solver and the scheduler it mirrors."""
    click.echo(f"solve {installed(DISTRIBUTION)}")
    click.echo(f"kube-scheduler semantics {SCHEDULER_VERSION}")
    click.echo(f"OR-Tools {installed('ortools')}")
