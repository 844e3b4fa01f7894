"""``solve compare`` for people: the answer, order by order, what went wrong, and what helps."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from solver.model.names import NodeName
from solver.model.pod import WorkloadKey
from solver.model.units import amount
from solver.planning.compare import (
    Ask,
    Attempt,
    Closing,
    NodeAnswer,
    OrderName,
    Remedy,
    Row,
    Shortfall,
    Tally,
    WentWrong,
)
from solver.planning.compare.orders import Arrival, runs_of
from solver.report import reasons
from solver.report.compare.facts import CompareFacts
from solver.report.naming import few
from solver.report.skipped import skipped_block
from solver.report.table import columns, paragraphs, shortened
from solver.report.text import Labels
from solver.report.text import names as placed_names
from solver.report.units import count

_ROWS = 12
_NODES = 6
_STRANDED = 3
_WORKLOADS = 4
"""Workloads named for an order."""
_LOTS = 50


def render(facts: CompareFacts, *, wide: bool = False) -> str:
    labels = Labels(facts.comparison.requested)
    limit = None if wide else _ROWS
    blocks = [
        _head(facts),
        _table(facts, labels),
        _wrong(facts, labels, limit),
        _remedies(facts, labels),
        _notes(facts),
        skipped_block(facts.joint.skipped),
        [f"next: {_next(facts)}"],
    ]
    return paragraphs(blocks)


def names(facts: CompareFacts) -> str:
    """The joint plan's, as ``solve fit`` names them."""
    return placed_names(facts.joint)


def _head(facts: CompareFacts) -> list[str]:
    comparison = facts.comparison
    total, joint = len(comparison.requested), comparison.target
    word, said = _judged(facts)
    indent = " " * (len(word) + 5)
    return [
        f"{word}     {said}; the joint plan places {joint} of {total}",
        f"{indent}{reasons.certainty(comparison.joint)}   (default scheduler emulated, {_ties(facts)})",
    ]


def _judged(facts: CompareFacts) -> tuple[str, str]:
    """In manifest order first: that is what happens when nobody does anything about it."""
    comparison = facts.comparison
    total, target = len(comparison.requested), comparison.target
    manifest, helm, sampled = comparison.manifest.placed[0], comparison.helm, comparison.sampled
    if comparison.manifest.worst.cut_short:
        return "UNKNOWN", "time was up before the default scheduler's run was through"
    if manifest < target:
        return "WORSE", f"the default scheduler places {manifest} of {total} in manifest order"
    if helm is not None and helm.placed[0] < target:
        return "DEPENDS", f"the default scheduler places {helm.placed[0]} of {total} in Helm's order"
    if sampled is not None and sampled.fewest < target:
        return "DEPENDS", f"the default scheduler places {sampled.fewest} of {total} in the worst order tried"
    return "SAME", f"the default scheduler places {manifest} of {total} in manifest order"


def _table(facts: CompareFacts, labels: Labels) -> list[str]:
    comparison = facts.comparison
    total = len(comparison.requested)
    joint = f"{comparison.target} of {total}"
    rows = [["", "default scheduler (emulated)", "", "joint"]]
    named = [*comparison.named, *(remedy.row for remedy in comparison.remedies)]
    rows += [[_order(row, labels), *_result(row, total, labels), joint] for row in named]
    if comparison.sampled is not None and comparison.sampled.orders:
        rows.append(_sampled_row(facts, comparison.sampled, labels))
    return columns(rows)


def _order(row: Row, labels: Labels) -> str:
    match row.name:
        case OrderName.MANIFEST:
            return f"manifest order ({_in_short(row.arrival, labels)})"
        case OrderName.HELM:
            return f"Helm's order ({_in_short(row.arrival, labels)})"
        case _:
            return f"{_first(row.led_by, labels)} first"


def _in_short(arrival: Arrival, labels: Labels) -> str:
    runs = runs_of(arrival)
    alone = len({workload for workload, _ in runs}) == len(runs)
    words = [labels.workload(w) if alone else f"{labels.workload(w)} ×{n}" for w, n in runs[:_WORKLOADS]]
    more = len(runs) - len(words)
    return ", then ".join(words) + (f" … {more} more" if more else "")


def _first(workloads: Sequence[WorkloadKey], labels: Labels) -> str:
    names = [labels.workload(workload) for workload in workloads]
    shown = ", then ".join(names[:_WORKLOADS])
    return shown + (f" … {len(names) - _WORKLOADS} more by size" if len(names) > _WORKLOADS else "")


def _result(row: Row, total: int, labels: Labels) -> list[str]:
    fewest, most = row.placed
    span_of = str(fewest) if fewest == most else f"{fewest} to {most}"
    complete = sum(not attempt.stranded for attempt in row.attempts)
    if row.worst.cut_short:
        return [f"{span_of} of {total} when time was up", ""]
    runs = f", {complete} of {len(row.attempts)} runs complete" if len(row.attempts) > 1 else ""
    return [f"{span_of} of {total}{runs}", _stranded(row.worst, labels)]


def _stranded(attempt: Attempt, labels: Labels) -> str:
    names = [labels.by_key(key) for key in attempt.stranded]
    if not names:
        return ""
    return f"stranded {few(names, _STRANDED)}"


def _sampled_row(facts: CompareFacts, tally: Tally, labels: Labels) -> list[str]:
    comparison = facts.comparison
    what = "all" if comparison.all_orders else "random"
    name = (
        f"{what} {tally.orders} distinct orders" if comparison.all_orders else f"{tally.orders} random orders"
    )
    if tally.runs != tally.orders:
        name += f", {tally.runs} runs"
    strand = [
        f"{number} strand {labels.workload(workload)}{' pods' * (workload.kind != 'Pod')}"
        for workload, number in tally.strands
    ]
    told = ", ".join([f"{tally.complete} complete", *strand[:3]])
    full = comparison.target == len(comparison.requested)
    joint = f"{tally.orders} complete" if full else f"{comparison.target} of {len(comparison.requested)}"
    return [
        name,
        told,
        f"{tally.fewest} to {tally.most} pods placed" if tally.fewest != tally.most else "",
        joint,
    ]


# what went wrong


def _wrong(facts: CompareFacts, labels: Labels, limit: int | None) -> list[str]:
    wrong = facts.comparison.wrong
    if wrong is None:
        return []
    name = labels.pod(wrong.pod)
    manifest = bool(facts.comparison.manifest.worst.stranded)
    order = "manifest order" if manifest else "Helm's order"
    at_first = count(len(wrong.open_at_first), "node")
    lines = [f"WHAT WENT WRONG ({order})   {name}, which could go on {at_first} at first"]
    lines += shortened([f" {line}" for line in columns(_steps(wrong, labels))], limit, "steps")
    lines += [f" {line}" for line in columns(_answers(wrong, name))]
    return lines


def _steps(wrong: WentWrong, labels: Labels) -> list[list[str]]:
    return [
        [f"{closing.step:>3}", labels.by_key(closing.pod), closing.node, _closed(closing)]
        for closing in wrong.closings
    ]


def _closed(closing: Closing) -> str:
    left = f"{closing.left} left" if closing.left else "none left"
    return f"closes {_names(closing.closed)}; {left}"


def _names(nodes: Sequence[NodeName]) -> str:
    return few(nodes, _NODES, " ")


def _answers(wrong: WentWrong, name: str) -> list[list[str]]:
    """Reason by reason, the nodes with most left first."""
    if not wrong.answers:
        return [[f"{name} then", wrong.refusal]]
    by_resource: defaultdict[str, list[tuple[NodeAnswer, Shortfall]]] = defaultdict(list)
    others: defaultdict[str, list[NodeName]] = defaultdict(list)
    for answer in wrong.answers:
        for short in answer.short_of:
            by_resource[short.resource].append((answer, short))
        for reason in answer.reasons:
            if not answer.short_of:
                others[reason].append(answer.node)
    rows = [_shortage(resource, found) for resource, found in sorted(by_resource.items())]
    rows += [f"{reason}: {_names(nodes)}" for reason, nodes in sorted(others.items())]
    return [["" if number else f"{name} then", row] for number, row in enumerate(rows)]


def _shortage(resource: str, found: Sequence[tuple[NodeAnswer, Shortfall]]) -> str:
    ranked = sorted(found, key=lambda one: (-one[1].free, one[0].node))
    shown = few([f"{answer.node} {amount(resource, short.free)}" for answer, short in ranked], _NODES)
    return f"{shown} {resource} free, needs {amount(resource, ranked[0][1].wanted)}"


# what helps


def _remedies(facts: CompareFacts, labels: Labels) -> list[str]:
    comparison = facts.comparison
    short = [row for row in comparison.named if row.placed[0] < comparison.target]
    if not short or any(row.worst.cut_short for row in short):
        return []
    total = len(comparison.requested)
    ways: list[str] = []
    for remedy in comparison.remedies:
        name = _first(remedy.workloads, labels)
        result = f"{remedy.row.placed[0]} of {total}"
        ways.append(f"deploy {name} first, the rest once its pods have nodes: {result}{_waiting(remedy)}")
        if remedy.by_priority is not None:
            ways.append(f"or {_by_priority(remedy, name)}: {result}")
    last = f"let the extender hold the places of the joint plan: {comparison.target} of {total}"
    if not ways:
        none = (
            "NO WAY TO THE GOOD RESULT WITHOUT US was found among workloads first, pairs and orders by size"
        )
        return [none, f" 1  {last}"]
    return [
        "CHEAPEST WAY TO GET THE GOOD RESULT WITHOUT US   each was run",
        *(f" {number}  {way}" for number, way in enumerate((*ways, f"or {last}"), start=1)),
    ]


def _waiting(remedy: Remedy) -> str:
    if not remedy.waiting:
        return ""
    pods = count(remedy.waiting, "pod")
    return f" ({pods} of it in the queue already: the others would have to be created again)"


def _by_priority(remedy: Remedy, name: str) -> str:
    restarts = f", which restarts {count(remedy.restarts, 'running pod')}" if remedy.restarts else ""
    return f"give {name} a higher priority class that does not preempt (-o json has the patch){restarts}"


def _notes(facts: CompareFacts) -> list[str]:
    comparison = facts.comparison
    note = f"note: emulation, {count(len(facts.profiles), 'profile')}, {_ties(facts)}."
    if not comparison.seeds:
        note += f" --seeds {_LOTS} tries random tie-breaks."
    if comparison.cut_short:
        note += " Time was up before every order was tried."
    return [note]


def _ties(facts: CompareFacts) -> str:
    seeds = facts.comparison.seeds
    return f"{count(seeds, 'random tie-break')} for each order" if seeds else "ties by name"


def _next(facts: CompareFacts) -> str:
    run = facts.run
    if facts.comparison.cut_short:
        longer = f"--time-limit {4 * run.config.time_limit_s:g}s"
        words = ["solve compare", run.arguments, run.selection, *_asked(facts.comparison.ask), longer]
    elif facts.joint.unplaced_pods:
        words = ["solve why", run.arguments, run.selection]
    elif facts.comparison.sampled is None:
        words = ["solve compare", run.arguments, run.selection, "--orders 20"]
    else:
        words = ["solve fit", run.arguments, run.selection, "--out plan.json"]
    return " ".join(word for word in words if word)


def _asked(ask: Ask) -> list[str]:
    orders = "all" if ask.orders is None else ask.orders
    return [f"--orders {orders}"] * (orders != 0) + [f"--seeds {ask.seeds}"] * (ask.seeds > 0)
