"""``solve nodes``: what kube-scheduler's filters say now, pod by pod and node by node."""

from __future__ import annotations

import re
from collections.abc import Sequence

import click

from solver.cli import complete
from solver.cli.exits import ExitCode
from solver.cli.flags import (
    Format,
    InputFlags,
    OutputFlags,
    SelectionFlags,
    input_flags,
    output_flags,
    selection_flags,
)
from solver.cli.load import load
from solver.cli.output import Forms, emit, warn
from solver.cli.scheduling import not_modelled, profiled, scheduler_flags
from solver.cli.selection import matching, named, waiting
from solver.cli.unmatched import unmatched
from solver.model.pod import Pod
from solver.model.snapshot import Snapshot
from solver.report import csv
from solver.report.json import node_verdicts
from solver.report.verdicts import render
from solver.scheduler.framework import PodVerdict, verdict
from solver.scheduler.state import ClusterState


@click.command(short_help="What kube-scheduler would say now about each pending pod, node by node.")
@click.argument("pods", nargs=-1, metavar="[pod/NAME | NS/NAME]...", shell_complete=complete.pods)
@input_flags
@selection_flags
@scheduler_flags()
@output_flags
def nodes(
    pods: tuple[str, ...],
    inputs: InputFlags,
    selection: SelectionFlags,
    show: OutputFlags,
) -> int:
    """What kube-scheduler's filters and scores say now, for each pending pod on its own.

    No joint reasoning: every pod is judged against the cluster as it is. Exit code 0 whenever
    verdicts were printed.

    \b
    solve nodes --snapshot prod.json
    solve nodes pod/es-data-2 -n logs --snapshot prod.json -o wide
    """
    for name in pods:
        if not re.fullmatch(r"(pod/)?[^/]+/[^/]+", name):
            raise click.UsageError(f"{name!r} does not name a pod; write pod/NAME or NAMESPACE/NAME")
    cluster = profiled(load(inputs, selection.namespace), inputs).snapshot
    warn(show, (*cluster.warnings, *not_modelled(cluster), *(() if pods else unmatched(cluster, selection))))
    state = ClusterState.of(cluster)
    verdicts = [verdict(pod, state) for pod in _asked(cluster, pods, selection)]
    emit(show, node_verdicts(verdicts), _forms(verdicts))
    return ExitCode.YES


def _forms(verdicts: Sequence[PodVerdict]) -> Forms:
    return {
        Format.TABLE: lambda: render(verdicts, ""),
        Format.WIDE: lambda: render(verdicts, "wide"),
        Format.NAME: lambda: render(verdicts, "name"),
        Format.CSV: lambda: csv.verdicts(verdicts),
    }


def _asked(cluster: Snapshot, names: tuple[str, ...], selection: SelectionFlags) -> tuple[Pod, ...]:
    if names:
        return named(cluster, names, selection.namespace)
    return matching(waiting(cluster, selection.ignore_pending), selection.namespace, selection.selector)
