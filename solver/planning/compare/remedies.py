"""The cheapest ways to the joint result without the extender: workloads deployed before all others, or given
a priority class. Each is run before it is told."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import chain, islice, permutations

from solver.model.names import PodKey
from solver.model.pod import Pod
from solver.model.snapshot import Snapshot
from solver.planning.change import Change, Inputs, Object, Ref, adding, apply, editing
from solver.planning.compare.answer import Attempt, OrderName, Remedy, Row
from solver.planning.compare.emulate import Emulator
from solver.planning.compare.orders import Arrival, Lane, led_by
from solver.planning.workloads import pod_spec, running_pods_of, workload_ref

_TOLD = 3
_SINGLES = 50
"""Workloads tried alone, those that strand pods first, the largest before others."""
_PAIRS = 30
"""Pairs of workloads tried, those that strand pods first."""
_FEW = 2
_STEP = 1000
_HIGHEST = 1_000_000_000
"""Largest value a PriorityClass of users may have."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """What remedies are looked for."""

    inputs: Inputs
    snapshot: Snapshot
    emulator: Emulator
    lanes: tuple[Lane, ...]
    base: Row
    """The order that is to be mended."""
    target: int
    """Pods that a good result places."""
    seeds: tuple[int, ...]
    spent: Callable[[], bool]


def remedies(case: Case) -> tuple[Remedy, ...]:
    """Single workloads; failing these the largest ones by size, or a pair where that is fewer."""
    if case.base.placed[0] >= case.target or case.base.worst.cut_short:
        return ()
    lanes = _stranded_first(case)
    singles = list(islice(_good(case, ((lane,) for lane in lanes[:_SINGLES])), _TOLD))
    if singles:
        return tuple(singles)
    by_size = _by_size(case)
    if by_size and len(by_size[0].workloads) <= _FEW:
        return by_size
    return tuple(islice(_good(case, islice(permutations(lanes, 2), _PAIRS)), 1)) or by_size


def _good(case: Case, tries: Iterable[tuple[Lane, ...]]) -> Iterator[Remedy]:
    for lanes in tries:
        if case.spent():
            return
        workloads = tuple(lane.workload for lane in lanes)
        stages = led_by(lanes, case.base.arrival)
        row = Row(
            name=OrderName.LED,
            arrival=tuple(chain.from_iterable(stages)),
            attempts=case.emulator.attempts(*stages),
            led_by=workloads,
        )
        if row.placed[0] >= case.target:
            yield _remedy(case, lanes, row)


def _by_size(case: Case) -> tuple[Remedy, ...]:
    """The largest workloads first: as few of them as do, as far as halving finds out."""
    ranked = tuple(_largest_first(case))
    found = tuple(_good(case, (ranked,)))
    least, enough = 0, len(ranked)
    while found and enough - least > 1 and not case.spent():
        middle = (least + enough) // 2
        fewer = tuple(_good(case, (ranked[:middle],)))
        if fewer:
            found, enough = fewer, middle
        else:
            least = middle
    return found


def _remedy(case: Case, lanes: Sequence[Lane], row: Row) -> Remedy:
    refs = [workload_ref(lane.workload) for lane in lanes]
    return Remedy(
        workloads=row.led_by,
        row=row,
        by_priority=_proved_change(case, lanes, refs),
        restarts=sum(len(running_pods_of(case.inputs, ref)) for ref in refs),
        waiting=sum(not pod.from_manifest for lane in lanes for pod in lane.pods),
    )


def _stranded_first(case: Case) -> list[Lane]:
    stranded = set(case.base.worst.stranded)
    return sorted(_largest_first(case), key=lambda lane: not any(pod.key in stranded for pod in lane.pods))


def _largest_first(case: Case) -> list[Lane]:
    """By the share of the largest node that one pod takes, of whatever it takes most of."""
    most: dict[str, int] = {}
    for node in case.snapshot.nodes:
        for resource, amount in node.allocatable.items():
            most[resource] = max(most.get(resource, 0), amount)

    def share(lane: Lane) -> float:
        requests = lane.pods[0].requests.items()
        return max((amount / max(1, most.get(resource, 0)) for resource, amount in requests), default=0.0)

    return sorted(case.lanes, key=share, reverse=True)


# by priority


def _proved_change(case: Case, lanes: Sequence[Lane], refs: Sequence[Ref]) -> Change | None:
    """The change, if all the workloads are in the input and it was run with the good result."""
    if any(
        case.inputs.get(ref) is None or not pod.from_manifest
        for ref, lane in zip(refs, lanes, strict=True)
        for pod in lane.pods
    ):
        return None
    change = _with_classes(case, refs)
    if change is None:
        return None
    changed = replace(apply(case.inputs, change).snapshot(), profiles=case.snapshot.profiles)
    arrival = _same(case.base.arrival, changed)
    if arrival is None:
        return None
    attempts: tuple[Attempt, ...] = Emulator(changed, case.seeds).attempts(arrival)
    return change if all(len(attempt.placed) >= case.target for attempt in attempts) else None


def _with_classes(case: Case, refs: Sequence[Ref]) -> Change | None:
    """A class for each workload, above every pod asked about, the first the highest. They do not preempt:
    only the queue changes (Q2)."""
    above = max(pod.priority for pod in case.base.arrival)
    change = Change()
    for place, ref in enumerate(refs):
        value = above + _STEP * (len(refs) - place)
        if value > _HIGHEST or _pod_spec_of(case.inputs, ref) is None:
            return None
        name = _free_name(case.inputs, f"{ref.name}-first")
        change += adding(Ref(kind="PriorityClass", name=name), _priority_class(name, value))
        change += editing(case.inputs, ref, partial(_set_class, name))
    return change


def _pod_spec_of(inputs: Inputs, ref: Ref) -> Object | None:
    return pod_spec(inputs.get(ref) or {})


def _free_name(inputs: Inputs, wanted: str) -> str:
    name, number = wanted, 2
    while inputs.get(Ref(kind="PriorityClass", name=name)) is not None:
        name, number = f"{wanted}-{number}", number + 1
    return name


def _priority_class(name: str, value: int) -> Object:
    return {
        "apiVersion": "scheduling.k8s.io/v1",
        "kind": "PriorityClass",
        "metadata": {"name": name},
        "value": value,
        "preemptionPolicy": "Never",
    }


def _set_class(name: str, found: Object) -> None:
    spec = pod_spec(found)
    assert spec is not None  # looked at before
    spec["priorityClassName"] = name
    spec.pop("priority", None)


def _same(arrival: Arrival, changed: Snapshot) -> Arrival | None:
    """The arrival order with the pods as they are in the changed snapshot."""
    pods: dict[PodKey, Pod] = dict(changed.pod_by_key)
    if any(pod.key not in pods for pod in arrival):
        return None
    return tuple(pods[pod.key] for pod in arrival)
