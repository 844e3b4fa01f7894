"""``solve rebalance`` and ``solve drain``: the fewest and cheapest moves to a goal, and their order."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

import click

from solver.cli import complete
from solver.cli.exits import ExitCode, code_of
from solver.cli.flags import (
    InputFlags,
    OutputFlags,
    SelectionFlags,
    input_flags,
    output_flags,
    planning_flags,
    progress_flags,
    selection_flags,
    with_all,
)
from solver.cli.load import Loaded, load
from solver.cli.output import emit, forms, warn, write
from solver.cli.parsed import Parsed
from solver.cli.progress import answering
from solver.cli.record import run_record
from solver.cli.selection import asked_about
from solver.errors import Fault, InputError
from solver.kube.unsupported import DISRUPTION_BUDGET
from solver.model.config import SolveConfig
from solver.model.names import ZONE
from solver.model.snapshot import Snapshot
from solver.planning.outage.answer import Wanted
from solver.planning.outage.quorum import parse_quorums
from solver.planning.rebalance.answer import Prices
from solver.planning.rebalance.goal import (
    FORMS,
    Crowd,
    Empty,
    FitPending,
    Goal,
    Skew,
    emptied,
    parse_empty,
    parse_goal,
)
from solver.planning.rebalance.needs import needs
from solver.planning.rebalance.wish import Wish
from solver.planning.setting import find_workload
from solver.report.rebalance import commands, document, text
from solver.report.rebalance.facts import RebalanceFacts

_COST = re.compile(r"(pod|volume|gib)=(\d{1,6})")


class Form(StrEnum):
    PLAN = "plan"
    COMMANDS = "commands"


@dataclass(frozen=True, slots=True)
class _Costs:
    prices: Prices
    volumes: bool
    """A price for new volumes was named."""


def _costs(text: str) -> _Costs:
    """``pod=1,volume=50,gib=1``; what is left out keeps its default."""
    found = [_COST.fullmatch(part.strip()) for part in text.split(",")]
    if not all(found):
        raise ValueError(f"{text!r} is not of the form pod=1,volume=50,gib=1")
    named = {match[1]: int(match[2]) for match in found if match is not None}
    return _Costs(replace(Prices(), **named), "volume" in named)


def _flags(command: Callable[..., Any]) -> Callable[..., Any]:
    """Those that both verbs have."""
    return with_all(
        command,
        click.option(
            "--cost",
            "prices",
            type=Parsed("costs", _costs),
            metavar="pod=N,volume=N,gib=N",
            help="Of an eviction, of a claim created anew, and of each GiB in it (1, 50 and 1). A price for "
            "volumes allows new ones for every class, unless --recreate names some.",
        ),
        click.option("--budget", type=click.IntRange(min=0), metavar="COST", help="Spend no more than this."),
        click.option(
            "--recreate",
            multiple=True,
            metavar="CLASS",
            help="Claims of this storage class may be created anew, their data rebuilt by the application. "
            "Repeatable.",
        ),
        click.option(
            "--quorum",
            multiple=True,
            type=Parsed("quorum", parse_quorums),
            metavar="zk=2,db=majority",
            help="Replicas that a workload keeps all the way; as for `solve outage`.",
        ),
        click.option(
            "--as",
            "form",
            type=click.Choice(Form, case_sensitive=False),
            default=Form.PLAN,
            help="The plan (default), or commands that carry it out.",
        ),
        click.option(
            "--detailed-exitcode", is_flag=True, help=f"Exit {ExitCode.CHANGES} when there is anything to do."
        ),
        input_flags,
        selection_flags,
        planning_flags,
        output_flags,
        progress_flags,
    )


@click.command(short_help="The fewest and cheapest moves to a goal, in an order that can be carried out.")
@click.argument("workloads", nargs=-1, metavar="[KIND/NAME | NAME]...", shell_complete=complete.workloads)
@click.option(
    "--goal",
    "goals",
    multiple=True,
    type=Parsed("goal", parse_goal),
    metavar="GOAL",
    help=f"{FORMS}. Repeatable: all of them. The default: zone-skew<=1.",
)
@_flags
def rebalance(workloads: tuple[str, ...], goals: tuple[Goal, ...], **flags: Any) -> int:
    """Moves of running pods that reach every goal at the least cost, and an order in which kube-scheduler
    accepts each of them, budgets and quorums kept.

    Bound volumes hold their pods where they can be reached, unless --recreate names their class. Exit code 0:
    a plan, or nothing to do. 3: proved that there is none. 4: not known. Nothing is run.

    \b
    solve rebalance --goal 'zone-skew<=1' --snapshot prod.json --recreate ssd-zonal
    solve rebalance sts/es-data -n logs --snapshot logs.json --as commands
    """
    return _run("rebalance", workloads, goals or (Skew(topology_key=ZONE, most=1),), **flags)


@click.command(short_help="Where the pods of a node or zone go when it is drained, and in which order.")
@click.argument(
    "domains",
    nargs=-1,
    required=True,
    type=Parsed("domain", parse_empty),
    metavar="node/NAME | zone/NAME...",
    shell_complete=complete.nodes,
)
@_flags
def drain(domains: tuple[Empty, ...], **flags: Any) -> int:
    """Rebalance with the goal that nothing is left on the nodes that could move; other pods move if they
    must.

    \b
    solve drain node/a1 --snapshot prod.json
    solve drain zone/a --snapshot prod.json --recreate ssd-zonal --as commands
    """
    return _run("drain", (), domains, **flags)


def _run(
    verb: str,
    workloads: tuple[str, ...],
    goals: tuple[Goal, ...],
    prices: _Costs | None,
    budget: int | None,
    recreate: tuple[str, ...],
    quorum: tuple[tuple[Wanted, ...], ...],
    form: Form,
    detailed_exitcode: bool,
    inputs: InputFlags,
    selection: SelectionFlags,
    config: SolveConfig,
    show: OutputFlags,
) -> int:
    loaded = load(inputs, selection.namespace)
    question, gated = asked_about(loaded.snapshot, selection)
    asks_pending = any(isinstance(goal, FitPending) for goal in goals)
    wish = Wish(
        goals=_about(goals, workloads, loaded, selection.namespace),
        prices=prices.prices if prices else Prices(),
        renewable=_renewable(loaded.snapshot, recreate, every=prices is not None and prices.volumes),
        most_cost=budget,
        pending=question.pods,
        needs=needs(loaded.snapshot, [wanted for several in quorum for wanted in several]),
    )
    facts = _answer(verb, wish, loaded, inputs, selection, config, show)
    if detailed_exitcode and facts.run.exit_code == ExitCode.YES and facts.steps:
        facts = replace(facts, run=replace(facts.run, exit_code=int(ExitCode.CHANGES)))
    facts = replace(facts, skipped=(*facts.skipped, *(gated if asks_pending else ())))
    warn(show, facts.warnings)
    if form is Form.COMMANDS and facts.answer.steps is not None:
        write(commands.commands(facts))
    else:
        emit(show, document.document(facts), forms(facts, text.render, text.names, text.csv))
    return facts.run.exit_code


def _answer(
    verb: str,
    wish: Wish,
    loaded: Loaded,
    inputs: InputFlags,
    selection: SelectionFlags,
    config: SolveConfig,
    show: OutputFlags,
) -> RebalanceFacts:
    from solver.planning.rebalance.rebalance import hindered, rebalance  # OR-Tools takes its time to import

    started = time.monotonic()
    with answering(show, config) as (stop, _):
        answer = rebalance(loaded.snapshot, wish, config, stop)
        left_s = config.time_limit_s - (time.monotonic() - started)
        asks_why = answer.steps is None and left_s > 0
        rest = replace(config, time_limit_s=max(left_s, 0))
        hindrance = hindered(loaded.snapshot, wish, rest, stop) if asks_why else None
    code = ExitCode.INTERRUPTED if stop.is_set() else code_of(document.judged(answer)[0])
    return RebalanceFacts(
        run=run_record(loaded, inputs, selection, config, exit_code=code, started=started),
        verb=verb,
        goals=tuple(map(str, wish.goals)),
        renewable=tuple(sorted(wish.renewable)),
        answer=answer,
        leaving=tuple(sorted(emptied(wish.goals, loaded.snapshot))),
        hindered=hindrance,
        skipped=tuple(skip for skip in loaded.snapshot.skipped if skip.code != DISRUPTION_BUDGET.code),
        warnings=loaded.snapshot.warnings,
        most_cost=wish.most_cost,
    )


def _about(
    goals: tuple[Goal, ...], workloads: tuple[str, ...], loaded: Loaded, namespace: str | None
) -> tuple[Goal, ...]:
    """Goals about every workload, narrowed to those named."""
    if not workloads:
        return goals
    refs = [find_workload(loaded.inputs, name, namespace, name) for name in workloads]
    found: list[Goal] = []
    for goal in goals:
        if isinstance(goal, Skew | Crowd) and goal.workload is None:
            found += [replace(goal, workload=f"{ref.kind}/{ref.namespace}/{ref.name}") for ref in refs]
        else:
            found.append(goal)
    return tuple(found)


def _renewable(snapshot: Snapshot, names: tuple[str, ...], *, every: bool) -> frozenset[str]:
    """Raises InputError for classes that are not there, or whose volumes are not made where the pod goes."""
    if every and not names:
        return frozenset(known.name for known in snapshot.storage_classes if known.waits)
    faults = []
    for name in names:
        known = snapshot.class_by_name.get(name)
        if known is None:
            there = ", ".join(sorted(snapshot.class_by_name)) or "none"
            faults.append(_fault(name, "no such storage class", f"one of {there}"))
        elif not known.waits:
            found = f"volumeBindingMode {known.binding_mode}"
            faults.append(_fault(name, found, "WaitForFirstConsumer: else the volume is made before its pod"))
    if faults:
        raise InputError(faults)
    return frozenset(names)


def _fault(name: str, found: str, expected: str) -> Fault:
    return Fault(kind="StorageClass", name=name, path="", found=found, expected=expected, source="--recreate")
