"""``solve compare``: the default scheduler beside the joint plan, over orders of arrival."""

from __future__ import annotations

import time
from dataclasses import replace

import click

from solver.cli.exits import exit_code_of
from solver.cli.flags import (
    InputFlags,
    OutputFlags,
    SelectionFlags,
    input_flags,
    output_flags,
    planning_flags,
    progress_flags,
    selection_flags,
)
from solver.cli.interrupt import stop_on_interrupt
from solver.cli.load import Loaded, load
from solver.cli.output import emit, forms, tell_times, warn
from solver.cli.parsed import Parsed
from solver.cli.progress import watching
from solver.cli.record import run_record
from solver.cli.scheduling import profiled, scheduler_flags
from solver.cli.selection import asked_about
from solver.cli.unmatched import unmatched
from solver.kube.unsupported import NO_EVICTION, SAMPLING, SkipList
from solver.model.config import SolveConfig
from solver.model.outcome import Question
from solver.model.progress import Watcher
from solver.model.snapshot import Skipped, Snapshot
from solver.planning.compare import Ask
from solver.planning.profiled import joint_view
from solver.report.collect import fit_facts
from solver.report.compare import document, text
from solver.report.compare.facts import CompareFacts

_SAMPLED_NODES = 100
"""G9: below so many nodes kube-scheduler looks at all of them."""


def _orders(text: str) -> Ask:
    """``manifest``, ``all`` or a number of random orders; as ``Ask`` has it. Raises ValueError."""
    if text in ("manifest", "all"):
        return Ask(orders=None if text == "all" else 0)
    if not text.isdecimal() or int(text) == 0:
        raise ValueError(f"{text!r} is not manifest, all or a number of random orders")
    return Ask(orders=int(text))


@click.command(short_help="The default scheduler beside the joint plan, over orders of arrival.")
@click.option(
    "--orders",
    type=Parsed("orders", _orders),
    default=Ask(),
    show_default="manifest",
    metavar="manifest|all|N",
    help="Orders in which the pods arrive: as written, every distinct one, or N random ones.",
)
@click.option(
    "--seeds",
    type=click.IntRange(0, 10_000),
    default=0,
    show_default=True,
    metavar="N",
    help="Runs for each order with random choices among equal nodes, as kube-scheduler "
    "chooses; 0: one run, the first by name.",
)
@input_flags
@selection_flags
@planning_flags
@scheduler_flags("--profile")
@output_flags
@progress_flags
def compare(
    orders: Ask,
    seeds: int,
    inputs: InputFlags,
    selection: SelectionFlags,
    config: SolveConfig,
    show: OutputFlags,
) -> int:
    """What the default scheduler would do with the pods one at a time, what a joint plan does, where the
    former goes wrong, and the cheapest way to get the good result without the extender.

    The default scheduler is emulated, with the filters and scores that `solve nodes` shows. Exit codes are
    those of `solve fit` for the joint plan.

    \b
    solve compare -f app.yaml --snapshot prod.json
    solve compare -f app.yaml --snapshot prod.json --orders all
    solve compare -f app.yaml --snapshot prod.json --orders 20 --seeds 10
    """
    with watching(show.progress_mode, config) as watch:
        loaded = profiled(load(inputs, selection.namespace), inputs)
        facts = _answer(loaded, inputs, selection, replace(orders, seeds=seeds), config, watch)
    warn(show, facts.joint.warnings)
    tell_times(show, facts.run)
    emit(show, document.document(facts), forms(facts, text.render, text.names, document.rows))
    return facts.run.exit_code


def _answer(
    loaded: Loaded,
    inputs: InputFlags,
    selection: SelectionFlags,
    ask: Ask,
    config: SolveConfig,
    watch: Watcher,
) -> CompareFacts:
    from solver.planning.compare.compare import compare as answered  # OR-Tools takes its time to import

    cluster = loaded.snapshot
    question, gated = asked_about(cluster, selection)
    started = time.monotonic()
    with stop_on_interrupt() as stop:
        comparison = answered(loaded.inputs, cluster, question, ask, config, stop, watch)
    run = run_record(
        loaded,
        inputs,
        selection,
        config,
        exit_code=exit_code_of(comparison.joint),
        started=started,
    )
    skipped = (*gated, *joint_view(cluster, question).skipped, *_not_emulated(cluster, question))
    joint = fit_facts(cluster, question, comparison.joint, run, skipped)
    joint = replace(joint, warnings=(*joint.warnings, *unmatched(cluster, selection)))
    names = {cluster.pod_by_key[key].scheduler_name for key in question.pods}
    return CompareFacts(comparison=comparison, joint=joint, profiles=tuple(sorted(names)))


def _not_emulated(cluster: Snapshot, question: Question) -> tuple[Skipped, ...]:
    """What kube-scheduler would do and the emulation does not, where it could matter."""
    skipped = SkipList()
    asked = [cluster.pod_by_key[key] for key in question.pods]
    lowest = min((pod.priority for pod in (*cluster.running, *asked)), default=0)
    for pod in asked:
        if pod.priority > lowest and pod.preemption_policy != "Never":
            skipped.add(NO_EVICTION, f"Pod {pod.key}, priority {pod.priority}")
    if len(cluster.nodes) >= _SAMPLED_NODES and not any(s.code == SAMPLING.code for s in cluster.skipped):
        skipped.add(SAMPLING, f"{len(cluster.nodes)} nodes")
    return tuple(skipped.rows())
