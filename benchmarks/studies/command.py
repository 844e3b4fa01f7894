"""``python -m benchmarks study``: arguments in, a report in Markdown out, and every row as JSON on demand.

Like ``benchmarks.cli`` it imports what is heavy only where it is needed.
"""

from __future__ import annotations

import shlex
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click
import msgspec

from benchmarks.case import UnavailableError
from solver.cli.flags import DURATION, EXECUTOR

_executor = click.option("--executor", type=EXECUTOR, default="inline", show_default=True)
_out = click.option("--out", type=click.Path(path_type=Path), metavar="FILE", help="Every row, as JSON.")


@click.group()
def study() -> None:
    """Questions that need many instances for one answer."""


@study.command("priority-matters")
@click.option("--seeds", type=click.IntRange(1), default=100, show_default=True, help="Of every shape.")
@click.option("--sample", type=click.IntRange(1), help="Only so many instances, drawn from all of them.")
@click.option(
    "--limit", type=DURATION, multiple=True, default=(1.0, 10.0), show_default="1s, 10s", help="Repeatable."
)
@_executor
@_out
def priority_matters_study(
    seeds: int, sample: int | None, limit: tuple[float, ...], executor: str, out: Path | None
) -> None:
    """How often is there a better placement than kube-scheduler's, and is it found within the limits?"""
    from benchmarks.studies.priority_matters import items, report, study

    examined = study(items(seeds, sample), limit, executor)
    _tell(report(examined), examined, out)


@study.command("outages")
@click.option("--seed", type=click.IntRange(0), default=1, show_default=True)
@_executor
@_out
def outage_study(seed: int, executor: str, out: Path | None) -> None:
    """How long do the losses of every zone, and of every node, take?"""
    from benchmarks.studies.outages import report, study

    found = list(study(seed, executor))
    _tell(report(found), found, out)


@study.command("compaction")
@click.option("--orders", type=click.IntRange(1), default=5, show_default=True, help="Shuffles of the nodes.")
@click.option("--limit", type=DURATION, default=2.0, show_default="2s", help="Of each placement.")
@_executor
@_out
def compaction_study(orders: int, limit: float, executor: str, out: Path | None) -> None:
    """The fewest nodes that still hold a workload."""
    from benchmarks.studies.compaction import INSTANCES, Compacted, head, report, study

    found: dict[str, list[Compacted]] = {}
    for name, build in INSTANCES.items():
        try:
            found[name] = study(build(), orders, limit, executor)
        except UnavailableError as error:
            click.echo(f"{name}: {error}", err=True)
    _tell("\n".join([head(), *(report(name, rows) for name, rows in found.items())]), found, out)


@study.command("published")
@click.option("--limit", type=DURATION, default=1.0, show_default="1s", help="Of each placement.")
@_out
def published_study(limit: float, out: Path | None) -> None:
    """Published runs of kube-scheduler beside the planner."""
    from benchmarks.studies.published import report, study

    try:
        runs = study(limit)
    except UnavailableError as error:
        raise click.ClickException(str(error)) from None
    _tell(report(runs), runs, out)


def _tell(report: str, rows: Sequence[Any] | Mapping[str, Any], out: Path | None) -> None:
    """The report, and what it was made with."""
    from benchmarks.machine import commit, machine, versions

    here = machine()
    click.echo(report.rstrip() + "\n")
    click.echo(f"Command: python -m benchmarks {shlex.join(sys.argv[1:])}")
    click.echo(f"Machine: {here.cpu}, {here.cores} cores, {here.memory_gib} GiB; commit {commit()}")
    click.echo("Versions: " + ", ".join(f"{name} {number}" for name, number in versions().items()))
    if out is not None:
        out.write_bytes(msgspec.json.format(msgspec.json.encode(rows), indent=1) + b"\n")
