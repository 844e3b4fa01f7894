"""A rebalance for people: what moves, what the zones look like before and after, in which order."""

from __future__ import annotations

from collections.abc import Iterator

from solver.model.names import ZONE, NodeName
from solver.model.outcome import Unplaced
from solver.model.units import size
from solver.planning.rebalance.answer import Step, StepKind
from solver.report import reasons
from solver.report.naming import few
from solver.report.rebalance.document import preconditions
from solver.report.rebalance.facts import RebalanceFacts
from solver.report.table import columns, comma_separated, shortened
from solver.report.units import count

_LINES = 40
_SIGNS = {StepKind.MOVE: "~", StepKind.REPLACE: "-/+", StepKind.PLACE: "+"}


def render(facts: RebalanceFacts, *, wide: bool = False) -> str:
    if facts.answer.in_the_way:
        return "\n".join([_hampered(facts), "", *_plan(facts, wide=wide)]) + "\n"
    if facts.answer.steps is None:
        return "\n".join(_no_plan(facts)) + "\n"
    if not facts.steps:
        return "\n".join(["NOTHING TO DO   The goal holds as the cluster is.", *_remarks(facts)]) + "\n"
    return "\n".join(_plan(facts, wide=wide)) + "\n"


def _plan(facts: RebalanceFacts, *, wide: bool) -> list[str]:
    if not facts.steps:
        return list(_remarks(facts))
    limit = None if wide else _LINES
    lines = [_headline(facts), "", *shortened(columns(list(_changes(facts))), limit, "steps")]
    lines += ["", *_zones(facts), "", *shortened(columns(list(_order(facts))), limit, "steps")]
    return [*lines, *_remarks(facts), _totals(facts)]


def _hampered(facts: RebalanceFacts) -> str:
    pods = count(len(facts.answer.kept), "pod")
    return f"NOT ALL CAN LEAVE   {pods} would stay whatever else moves; what can be done is below."


def names(facts: RebalanceFacts) -> str:
    return "".join(f"pod/{step.pod} node/{step.target}\n" for step in facts.steps)


def csv(facts: RebalanceFacts) -> str:
    rows = [
        (
            number,
            step.kind.value,
            step.pod,
            step.source or "",
            step.target,
            sum(r.size_bytes for r in step.renewed),
        )
        for number, step in enumerate(facts.steps, start=1)
    ]
    return comma_separated(("order", "kind", "pod", "from", "to", "bytes"), rows)


def _headline(facts: RebalanceFacts) -> str:
    answer = facts.answer
    moved, replaced = facts.of_kind(StepKind.MOVE), facts.of_kind(StepKind.REPLACE)
    parts = [count(len(moved), "pod")] if moved else []
    if replaced:
        volumes = sum(len(step.renewed) for step in replaced)
        data = size(sum(one.size_bytes for step in replaced for one in step.renewed))
        parts.append(f"{count(len(replaced), 'pod')} with {count(volumes, 'new volume')} ({data})")
    if facts.of_kind(StepKind.PLACE):
        parts.append(f"{count(len(facts.of_kind(StepKind.PLACE)), 'pending pod')} placed")
    sure = (
        "Proved cheapest."
        if answer.proved
        else f"Not proved cheapest: at least {answer.bound} of {answer.cost}."
    )
    pinned = f", {answer.pinned} of them pinned by volumes" if answer.pinned else ""
    stay = "stays" if answer.stay == 1 else "stay"
    moves = count(len(moved) + len(replaced), "move")
    return f"PLAN   {moves}: {', '.join(parts)}. {count(answer.stay, 'pod')} {stay}{pinned}. {sure}"


def _changes(facts: RebalanceFacts) -> Iterator[list[str]]:
    for step in facts.steps:
        volumes = ", ".join(_renewal(facts, step)) or (
            "volumes follow" if _has_claims(facts, step) else "no volume"
        )
        yield [f" {_SIGNS[step.kind]}", step.pod, f"{step.source or 'pending'} → {step.target}", volumes]


def _renewal(facts: RebalanceFacts, step: Step) -> Iterator[str]:
    """A pod that waits is nowhere yet, and its volume may be anywhere."""
    delete = "delete" if step.source is None else f"delete in {_zone(facts, step.source)}"
    for one in step.renewed:
        name = one.claim.partition("/")[2]
        created = f"create in {_zone(facts, step.target)}, re-sync {size(one.size_bytes)}"
        yield f"claim {name}: {delete}, {created}"


def _zone(facts: RebalanceFacts, node: NodeName) -> str:
    """Or the node, where it is in no zone."""
    return facts.answer.before.node_by_name[node].labels.get(ZONE, node)


def _has_claims(facts: RebalanceFacts, step: Step) -> bool:
    return bool(facts.answer.before.pod_by_key[step.pod].claims)


def _zones(facts: RebalanceFacts) -> list[str]:
    """Of every workload: pods by zone, and how many are left right after losing each zone."""
    if not facts.zones or not facts.spreads:
        return []
    zones = "/".join(facts.zones)
    rows = [["", f"pods in {zones}", f"left at once after losing {zones}"]]
    for spread in facts.spreads:
        name = str(spread.workload).rpartition("/")[2]
        counts = [_slashed(spread.before), _slashed(spread.after)]
        left = [_slashed(_left(spread.before)), f"{_slashed(_left(spread.after))} of {sum(spread.after)}"]
        rows.append([name, " → ".join(dict.fromkeys(counts)), " → ".join(_once(left))])
    return columns(rows)


def _once(left: list[str]) -> list[str]:
    return left[1:] if left[1].startswith(f"{left[0]} of") else left


def _left(counts: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(sum(counts) - here for here in counts)


def _slashed(counts: tuple[int, ...]) -> str:
    return "/".join(map(str, counts))


def _order(facts: RebalanceFacts) -> Iterator[list[str]]:
    yield ["ORDER", "", "each step is admissible when the ones before it are done"]
    for number, step in enumerate(facts.steps, start=1):
        words = [_deed(step), *preconditions(step)]
        if step.others:
            words.append(f"cordon meanwhile: {few(step.others, 4, ' ')}")
        yield [f" {number}", step.pod, "; ".join(words)]


def _deed(step: Step) -> str:
    match step.kind:
        case StepKind.MOVE:
            return "evict"
        case StepKind.REPLACE:
            return "delete the claim, evict, keep the old volume until the new replica is in sync"
        case StepKind.PLACE:
            return "has a place now"


def _remarks(facts: RebalanceFacts) -> Iterator[str]:
    yield from shortened(
        columns([["STAYS", kept.pod, f"on {kept.node}", kept.why] for kept in facts.answer.kept]), 10, "pods"
    )
    for approximation in facts.answer.approximations:
        yield f"SIMPLIFIED   {approximation}"
    for skip in facts.skipped:
        yield f"SKIPPED   {skip.code} {skip.feature} (×{skip.count})"


def _totals(facts: RebalanceFacts) -> str:
    kinds = [len(facts.of_kind(kind)) for kind in (StepKind.PLACE, StepKind.MOVE, StepKind.REPLACE)]
    words = f"{kinds[0]} to add, {kinds[1]} to move, {kinds[2]} to replace, {facts.answer.stay} unchanged"
    return f"Plan: {words}.   commands: the same with --as commands"


def _no_plan(facts: RebalanceFacts) -> Iterator[str]:
    answer = facts.answer
    goals = ", ".join(facts.goals)
    costs = "" if facts.most_cost is None else f" at a cost of at most {facts.most_cost}"
    if answer.proved:
        yield f"NO PLAN   No placement of the running pods reaches {goals}{costs}. Proved."
    elif answer.stuck:
        in_time = "" if answer.searched_all else " in time"
        yield f"UNKNOWN   A placement with {goals} was found, but no admissible order of its moves{in_time}."
        yield f"          no turn for {few(answer.stuck, 5)}"
    elif answer.searched_all:
        yield f"UNKNOWN   No plan for {goals}{costs} by rules simplified as below. Not proved impossible."
    else:
        yield f"UNKNOWN   No plan for {goals} was found in time. Not proved impossible."
    if facts.hindered is not None:
        rows = [[unplaced.pod, _first(unplaced)] for unplaced in facts.hindered.unplaced]
        yield from shortened(columns([["", *row] for row in rows]), 10, "pods")
    if not facts.renewable and any(pod.claims for pod in answer.before.running):
        yield "          Bound volumes pin their pods; --recreate CLASS allows new ones, which start empty."
    yield from _remarks(facts)


def _first(unplaced: Unplaced) -> str:
    return reasons.sentence(unplaced.reasons[0]) if unplaced.reasons else "no place was found"
