"""``solve outage``: what a loss breaks, and what comes back."""

from __future__ import annotations

import shlex
import time
from dataclasses import dataclass
from functools import reduce

import click

from solver.cli.exits import ExitCode
from solver.cli.flags import (
    InputFlags,
    OutputFlags,
    SelectionFlags,
    input_flags,
    output_flags,
    planning_flags_with,
    progress_flags,
    selection_flags,
)
from solver.cli.inputs import read_documents
from solver.cli.load import Loaded, load
from solver.cli.output import emit, forms, tell_times, warn
from solver.cli.overrides import Said, overrides_of, storage_flags
from solver.cli.parsed import Parsed
from solver.cli.progress import answering
from solver.cli.record import run_record
from solver.cli.selection import asked_about, matching
from solver.kube.catalogue import read_catalogue
from solver.model.catalogue import NodeType
from solver.model.config import SolveConfig
from solver.model.names import ZONE
from solver.model.outcome import StoppedBy
from solver.model.pod import WorkloadKey
from solver.model.snapshot import Snapshot
from solver.planning.outage.answer import Assumptions, LossVerdict, Wanted
from solver.planning.outage.limits import not_modelled
from solver.planning.outage.loss import Domain, outside, parse_domain, parse_key, short_key
from solver.planning.outage.pods import workload_of
from solver.planning.outage.quorum import parse_quorums
from solver.planning.outage.remedy import NO_REMEDIES
from solver.planning.outage.timing import DEFAULT_TIMING, Timing, with_setting
from solver.report.outage import document, text
from solver.report.outage.facts import OutageFacts
from solver.report.units import count

_TIME_LIMIT_S = 60.0
_CODES = {
    LossVerdict.OK: ExitCode.YES,
    LossVerdict.DEGRADED: ExitCode.YES,
    LossVerdict.UNKNOWN: ExitCode.UNKNOWN,
    LossVerdict.FAILS: ExitCode.PROVED_NO,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """The verb's own flags."""

    domains: tuple[Domain, ...]
    keys: tuple[str, ...]
    """Topology keys in full, or ``node``."""
    quorums: tuple[Wanted, ...]
    timing: Timing
    nodes_deleted: bool
    storage: tuple[Said, ...]
    storage_files: tuple[str, ...]
    with_timeline: bool
    types: tuple[NodeType, ...] | None
    fixes: bool
    again: str
    """These flags once more, for the command suggested next."""


def _checked(text: str) -> str:
    with_setting(DEFAULT_TIMING, text)
    return text


@click.command(short_help="What the loss of zones or nodes breaks, what comes back, and what stays down.")
@click.option(
    "--lose",
    multiple=True,
    type=Parsed("domain", parse_domain),
    metavar="zone=a|node=NAME|LABEL=VALUE",
    help="Lose this domain. Repeated: all of them at once.",
)
@click.option(
    "--each",
    multiple=True,
    type=Parsed("key", parse_key),
    metavar="zone|node|LABEL",
    help="Lose every domain of this key, each on its own. Repeatable. The default: --each zone.",
)
@click.option(
    "--quorum",
    multiple=True,
    type=Parsed("quorum", parse_quorums),
    metavar="zk=2,db=majority",
    help="Replicas that a workload needs at once. Else its annotation bulkhead.dev/quorum; else a majority "
    "of a StatefulSet, one of anything else.",
)
@click.option("--with-timeline", is_flag=True, help="Also say what happens when.")
@click.option(
    "--timing",
    multiple=True,
    type=Parsed("timing", _checked),
    metavar="KEY=DURATION",
    help="grace, eviction, detach or start, e.g. eviction=30s. Repeatable.",
)
@click.option(
    "--nodes-deleted", is_flag=True, help="Something deletes the Node objects of lost nodes for you."
)
@click.option("--catalog", multiple=True, metavar="PATH", help="Node types and prices for fixes. Repeatable.")
@click.option("--no-fixes", is_flag=True, help="Do not look for fixes.")
@storage_flags
@input_flags
@selection_flags
@planning_flags_with(_TIME_LIMIT_S)
@output_flags
@progress_flags
def outage(
    lose: tuple[Domain, ...],
    each: tuple[str, ...],
    quorum: tuple[tuple[Wanted, ...], ...],
    with_timeline: bool,
    timing: tuple[str, ...],
    nodes_deleted: bool,
    catalog: tuple[str, ...],
    no_fixes: bool,
    storage: tuple[Said, ...],
    storage_file: tuple[str, ...],
    inputs: InputFlags,
    selection: SelectionFlags,
    config: SolveConfig,
    show: OutputFlags,
) -> int:
    """What is lost at once with a zone, a node or any other domain, what comes back elsewhere by itself or
    after fencing, what stays down and why, and whether quorums hold.

    Pods that wait, and those of -f and -k, are first planned as `solve fit` plans them. Exit code 0: every
    loss is survived, if degraded. 3: a quorum is lost, or a workload is down. 4: not known.

    \b
    solve outage --each zone --quorum zk=2,db=2 --snapshot prod.json --with-timeline
    solve outage --lose zone=a --lose node=b1 --snapshot prod.json
    """
    asked = _Asked(
        domains=lose,
        keys=each if each or lose else (ZONE,),
        quorums=tuple(wanted for several in quorum for wanted in several),
        timing=reduce(with_setting, timing, DEFAULT_TIMING),
        nodes_deleted=nodes_deleted,
        storage=storage,
        storage_files=storage_file,
        with_timeline=with_timeline,
        types=read_catalogue(read_documents(catalog)).types if catalog else None,
        fixes=not no_fixes,
        again=_again(lose, each, quorum, nodes_deleted=nodes_deleted),
    )
    return _answer(load(inputs, selection.namespace), inputs, selection, config, show, asked)


def _answer(
    loaded: Loaded,
    inputs: InputFlags,
    selection: SelectionFlags,
    config: SolveConfig,
    show: OutputFlags,
    asked: _Asked,
) -> int:
    from solver.engine.budget import Budget
    from solver.planning.outage.asking import Asking, Losses, answer  # OR-Tools takes its time to import
    from solver.planning.outage.fixes import remedies

    snapshot = loaded.snapshot
    asking = Asking(
        losses=Losses(together=asked.domains, each=asked.keys),
        waiting=lambda cluster: asked_about(cluster, selection)[0],
        assumptions=Assumptions(
            quorums=asked.quorums,
            overrides=overrides_of(asked.storage, asked.storage_files),
            timing=asked.timing,
            nodes_deleted=asked.nodes_deleted,
            rebuild=asked.fixes,
            workloads=_selected(snapshot, selection),
        ),
        config=config,
    )
    started = time.monotonic()
    with answering(show, config) as (stop, watch):
        budget = Budget(config.time_limit_s, stop, watch)
        found = answer(asking, snapshot, budget)
        mended = NO_REMEDIES
        if asked.fixes and found.outage.verdict is not LossVerdict.OK:
            mended = remedies(asking, loaded.inputs, found, asked.types, budget)
    interrupted = found.outage.stopped_by is StoppedBy.INTERRUPT or stop.is_set()
    code = ExitCode.INTERRUPTED if interrupted else _CODES[found.outage.verdict]
    facts = OutageFacts(
        run=run_record(loaded, inputs, selection, config, exit_code=code, started=started),
        assumptions=asking.assumptions,
        settled=found.settled,
        before=found.before,
        outage=found.outage,
        remedies=mended,
        stopped_by=budget.stopped_by,
        with_timeline=asked.with_timeline,
        skipped=(
            *snapshot.skipped,
            *asked_about(snapshot, selection)[1],
            *not_modelled(nodes_deleted=asked.nodes_deleted),
        ),
        warnings=(*snapshot.warnings, *_outside(found.settled, asked.keys)),
        again=asked.again,
    )
    warn(show, facts.warnings)
    tell_times(show, facts.run)
    emit(show, document.document(facts), forms(facts, text.render, text.names, text.csv))
    return code


def _selected(snapshot: Snapshot, selection: SelectionFlags) -> frozenset[WorkloadKey] | None:
    """The workloads that ``-n`` and ``-l`` leave; None for all."""
    if selection.namespace is None and selection.selector.is_empty:
        return None
    pods = matching(snapshot.pods, selection.namespace, selection.selector)
    return frozenset(workload_of(pod) for pod in pods)


def _outside(snapshot: Snapshot, keys: tuple[str, ...]) -> list[str]:
    """A node without the label is in none of its domains: no loss of the list takes it."""
    numbers = [(key, outside(snapshot, key)) for key in keys]
    return [
        f"{count(number, 'node')} without the label {key}: no loss here takes them"
        for key, number in numbers
        if number
    ]


def _again(
    lose: tuple[Domain, ...],
    each: tuple[str, ...],
    quorum: tuple[tuple[Wanted, ...], ...],
    *,
    nodes_deleted: bool,
) -> str:
    words: list[str] = []
    for domain in lose:
        words += ["--lose", f"{short_key(domain.key)}={domain.value}"]
    for key in each:
        words += ["--each", short_key(key)]
    for several in quorum:
        words += ["--quorum", ",".join(f"{wanted.name}={wanted.needs or 'majority'}" for wanted in several)]
    return shlex.join([*words, *["--nodes-deleted"] * nodes_deleted])
