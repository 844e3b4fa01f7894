"""``solve size``: which nodes to add, of which type, in which zones, at what cost; or how many replicas
fit."""

from __future__ import annotations

import re
import time
from dataclasses import replace
from typing import NamedTuple

import click

from solver.cli.exits import ExitCode, code_of
from solver.cli.flags import (
    Format,
    InputFlags,
    OutputFlags,
    SelectionFlags,
    input_flags,
    output_flags,
    planning_flags,
    progress_flags,
    selection_flags,
)
from solver.cli.inputs import read_documents
from solver.cli.load import Loaded, load
from solver.cli.output import emit, forms, warn
from solver.cli.parsed import Parsed
from solver.cli.progress import answering
from solver.cli.record import run_record
from solver.cli.selection import asked_about
from solver.cli.unmatched import unmatched
from solver.kube.catalogue import read_catalogue
from solver.model.config import SolveConfig
from solver.model.outcome import Outcome, Question, Verdict
from solver.model.pod import WorkloadKey
from solver.model.snapshot import Snapshot
from solver.planning.change import apply
from solver.planning.setting import Setting, find_workload, parse_setting
from solver.planning.size.answer import ShareLimit, Wish
from solver.planning.size.how_many import OUT_OF_TIME, stranded
from solver.planning.size.how_many import how_many as how_many_fit
from solver.planning.size.like import like_existing
from solver.planning.workloads import scaling, workload_key
from solver.report.size import document, text
from solver.report.size.facts import HowManyFacts, SizeFacts
from solver.report.size.how_many import how_many_document, how_many_text, how_many_verdict

_FOR = re.compile(r"(?P<workload>[^=]+)=(?P<replicas>\d+)")
_SHARE = re.compile(r"(?P<workload>[^=]+)=(?P<percent>\d{1,3})%(/zone)?")


def _replicas(text: str) -> Setting:
    """``db=6``, as the setting it stands for. Raises ValueError."""
    found = _FOR.fullmatch(text)
    if found is None:
        raise ValueError(f"{text!r} is not WORKLOAD=REPLICAS, such as db=6")
    return parse_setting(f"{found['workload']}.replicas={found['replicas']}")


class _Share(NamedTuple):
    workload: str
    percent: int


def _share(text: str) -> _Share:
    """``web=50%/zone``. Raises ValueError."""
    found = _SHARE.fullmatch(text)
    if found is None or not 1 <= int(found["percent"]) <= 100:
        raise ValueError(f"{text!r} is not WORKLOAD=PERCENT%/zone, such as web=50%/zone")
    return _Share(found["workload"], int(found["percent"]))


@click.command(short_help="Which nodes to add, in which zones, at what cost; or how many replicas fit.")
@click.option(
    "--catalog",
    "catalog",
    multiple=True,
    metavar="PATH",
    help="Node types and prices; nodes like those there are, counted, without it. Repeatable.",
)
@click.option(
    "--for",
    "replicas",
    multiple=True,
    type=Parsed("replicas", _replicas),
    metavar="WORKLOAD=N",
    help="Plan for N replicas, e.g. db=6. Repeatable.",
)
@click.option("--how-many", metavar="WORKLOAD", help="How many replicas fit the cluster as it is.")
@click.option(
    "--max-moves",
    type=click.IntRange(min=0),
    default=0,
    show_default=True,
    help="Running pods that may move.",
)
@click.option(
    "--max-share",
    "shares",
    multiple=True,
    type=Parsed("share", _share),
    metavar="WORKLOAD=P%/zone",
    help="At most this share of a workload in one zone, e.g. web=50%/zone. Repeatable.",
)
@input_flags
@selection_flags
@planning_flags
@output_flags
@progress_flags
def size(
    catalog: tuple[str, ...],
    replicas: tuple[Setting, ...],
    how_many: str | None,
    max_moves: int,
    shares: tuple[_Share, ...],
    inputs: InputFlags,
    selection: SelectionFlags,
    config: SolveConfig,
    show: OutputFlags,
) -> int:
    """The cheapest nodes with which everything fits, and what moving running pods would save.

    Every purchase is verified on the cluster with just those nodes. Exit code 0: it fits, or nodes to add
    were found. 3: proved that no such nodes help. 4: not known within the limits.

    \b
    solve size --for db=6 -f app.yaml --snapshot prod.json --catalog nodes.yaml --max-moves 4
    solve size --how-many db -f app.yaml --snapshot prod.json
    """
    inputs = replace(inputs, settings=(*inputs.settings, *replicas))
    loaded = load(inputs, selection.namespace)
    if how_many is not None:
        return _how_many(how_many, loaded, inputs, selection, config, show)
    wish = Wish(
        catalogue=read_catalogue(read_documents(catalog)) if catalog else like_existing(loaded.snapshot),
        asked=tuple(f"{s.workload}={s.value}" for s in replicas),
        most_moves=max_moves,
        shares=tuple(_limit(loaded, share, selection.namespace) for share in shares),
    )
    return _size(wish, loaded, inputs, selection, config, show)


def _limit(loaded: Loaded, share: _Share, namespace: str | None) -> ShareLimit:
    ref = find_workload(loaded.inputs, share.workload, namespace, f"--max-share {share.workload}")
    workload = workload_key(ref)
    pods = [
        p for p in loaded.snapshot.pods if p.workload == workload and not (p.terminating or p.is_terminal)
    ]
    return ShareLimit(workload=workload, most=share.percent * len(pods) // 100)


def _size(
    wish: Wish,
    loaded: Loaded,
    inputs: InputFlags,
    selection: SelectionFlags,
    config: SolveConfig,
    show: OutputFlags,
) -> int:
    from solver.planning.size.size import size as find  # OR-Tools takes its time to import

    question, gated = asked_about(loaded.snapshot, selection)
    started = time.monotonic()
    with answering(show, config) as (stop, watch):
        answer = find(loaded.snapshot, question, wish, config, stop=stop, watch=watch)
    code = ExitCode.INTERRUPTED if stop.is_set() else code_of(document.judged(answer)[0])
    facts = SizeFacts(
        run=run_record(loaded, inputs, selection, config, exit_code=code, started=started),
        wish=wish,
        answer=answer,
        skipped=(*loaded.snapshot.skipped, *gated),
        warnings=(*loaded.snapshot.warnings, *unmatched(loaded.snapshot, selection)),
    )
    warn(show, facts.warnings)
    emit(show, document.document(facts), forms(facts, text.render, text.names, text.csv))
    return code


def _how_many(
    name: str,
    loaded: Loaded,
    inputs: InputFlags,
    selection: SelectionFlags,
    config: SolveConfig,
    show: OutputFlags,
) -> int:
    from solver.pipeline import place  # OR-Tools takes its time to import

    ref = find_workload(loaded.inputs, name, selection.namespace, f"--how-many {name}")
    workload = workload_key(ref)
    started = time.monotonic()
    with answering(show, config) as (stop, watch):

        def solved(cluster: Snapshot, question: Question) -> Outcome:
            left_s = config.time_limit_s - (time.monotonic() - started)
            if left_s <= 0 or stop.is_set():
                return OUT_OF_TIME
            return place(cluster, question, replace(config, time_limit_s=left_s), stop, watch=watch)

        def ask(replicas: int) -> Outcome:
            if time.monotonic() - started > config.time_limit_s:
                return OUT_OF_TIME
            cluster = apply(loaded.inputs, scaling(loaded.inputs, ref, replicas)).snapshot()
            pods = (key for key in asked_about(cluster, selection)[0].pods if key not in left_out)
            return solved(cluster, Question(pods=tuple(pods)))

        waiting, gated = asked_about(loaded.snapshot, selection)
        left_out = frozenset(
            stranded(loaded.snapshot, waiting, workload, lambda asked: solved(loaded.snapshot, asked))
        )
        now = _count(loaded.snapshot, workload)
        found = how_many_fit(now, ceiling=_pods_held(loaded.snapshot), ask=ask)
    answer = replace(found, left_out=tuple(sorted(left_out)))
    code = ExitCode.UNKNOWN if how_many_verdict(answer) is Verdict.UNKNOWN else ExitCode.YES
    facts = HowManyFacts(
        run=run_record(
            loaded,
            inputs,
            selection,
            config,
            exit_code=ExitCode.INTERRUPTED if stop.is_set() else code,
            started=started,
        ),
        workload=workload,
        answer=answer,
        skipped=(*loaded.snapshot.skipped, *gated),
        warnings=loaded.snapshot.warnings,
    )
    warn(show, facts.warnings)
    words = how_many_text(facts)
    emit(
        show,
        how_many_document(facts),
        dict.fromkeys((Format.TABLE, Format.WIDE, Format.NAME, Format.CSV), lambda: words),
    )
    return facts.run.exit_code


def _count(snapshot: Snapshot, workload: WorkloadKey) -> int:
    return sum(p.workload == workload and not (p.terminating or p.is_terminal) for p in snapshot.pods)


def _pods_held(snapshot: Snapshot) -> int:
    """No workload has more replicas than all nodes hold pods."""
    return sum(node.allocatable.get("pods", 0) for node in snapshot.nodes)
