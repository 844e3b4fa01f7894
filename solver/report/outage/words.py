"""Sentences about losses; layout is in ``text``, keys are in ``document``."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import assert_never

from solver.model.names import PodKey
from solver.model.outcome import ReasonCode
from solver.model.pod import Pod
from solver.model.units import amount
from solver.planning.outage.answer import (
    Fencing,
    LossVerdict,
    Model,
    Obstacle,
    Quorum,
    QuorumSource,
    Returned,
    StaysDown,
    WorkloadFate,
    WorkloadVerdict,
)
from solver.planning.outage.timing import Span, Timing
from solver.planning.storage import Recovery
from solver.report.naming import few

NONE = "-"

LOSS = {
    LossVerdict.OK: "OK",
    LossVerdict.DEGRADED: "DEGRADED",
    LossVerdict.UNKNOWN: "UNKNOWN",
    LossVerdict.FAILS: "FAILS",
}

MODEL = {
    Model.STATELESS: "no data of its own",
    Model.SHARED_DATA: "all replicas share data",
    Model.SHARD_AND_REPLICATE: "shard and replicate",
}

SOURCE = {
    QuorumSource.FLAG: "--quorum",
    QuorumSource.ANNOTATION: "annotation bulkhead.dev/quorum",
    QuorumSource.MAJORITY: "a majority, by default",
    QuorumSource.ONE: "one replica serves, by default",
}

_OBSTACLE = {
    Obstacle.VOLUMES: "volumes",
    Obstacle.DATA: "its data is lost with the domain",
    Obstacle.RESOURCES: "no room",
    Obstacle.SPREAD: "its spread rule",
    Obstacle.SEPARATION: "its anti-affinity",
    Obstacle.ORDERED: "waits behind an earlier ordinal",
    Obstacle.RULES: "no node it may use",
    Obstacle.NO_CONTROLLER: "nobody makes it again",
    Obstacle.OVERRIDE: "its storage does not come back, as you say",
    Obstacle.UNKNOWN_CONTROLLER: "its controller is not known",
    Obstacle.UNKNOWN_STORAGE: "where its data lives is not known",
    Obstacle.NOT_READY: "its node is not ready today",
    Obstacle.NOT_DECIDED: "not placed, not proved impossible",
}

FENCING = {
    Fencing.STATEFUL_SET: "a StatefulSet never runs two pods of one name (C21)",
    Fencing.ATTACHED_VOLUME: "its volume is still attached to the lost node (C18)",
    Fencing.SINGLE_POD_CLAIM: "its claim allows one pod, and the old one still counts (C14)",
    Fencing.TOLERATES_FOR_EVER: "it tolerates an unreachable node for ever (C16)",
    Fencing.EVICTIONS_STOPPED: "evictions stop when so much of a zone is down (C20)",
    Fencing.OVERRIDE: "its storage needs it, as you say (C10)",
}


def verdict(fate: WorkloadFate) -> str:
    needs = fate.quorum.needs
    match fate.verdict:
        case WorkloadVerdict.UNAFFECTED:
            return "unaffected"
        case WorkloadVerdict.QUORUM_HELD:
            return "quorum held"
        case WorkloadVerdict.QUORUM_LOST:
            return f"QUORUM LOST, needs {needs}"
        case WorkloadVerdict.RECOVERS:
            return f"back to {fate.left + fate.back} of {fate.now}"
        case WorkloadVerdict.DEGRADED:
            return f"{fate.left + fate.back} of {fate.now}{_fenced(fate)}"
        case WorkloadVerdict.DOWN:
            return f"DOWN, 0 of {fate.now}{_fenced(fate)}"
        case WorkloadVerdict.UNKNOWN:
            return f"UNKNOWN, {fate.left} certain, needs {needs}"
        case _:
            assert_never(fate.verdict)


def _fenced(fate: WorkloadFate) -> str:
    late = sum(one.recovery is Recovery.FENCE for one in fate.returned)
    return f", {late} more after fencing" if late else ""


def quorum(found: Quorum) -> str:
    return f"needs {found.needs} ({SOURCE[found.source]})"


def comes_back(fate: WorkloadFate, names: Mapping[PodKey, Pod]) -> str:
    """``1 on b1``, ``zk-1 on a1 after fencing``, ``0``; a dash when nothing was lost."""
    if not fate.is_affected:
        return NONE
    parts = []
    for recovery in (Recovery.AUTO, Recovery.FENCE):
        some = [one for one in fate.returned if one.recovery is recovery]
        if some:
            late = " after fencing" if recovery is Recovery.FENCE else ""
            parts.append(f"{_pods([one.pod for one in some], names)} on {_nodes(some)}{late}")
    return ", ".join(parts) or "0"


def _nodes(returned: Iterable[Returned]) -> str:
    nodes = list(dict.fromkeys(sorted(one.node for one in returned)))
    return few(nodes, 4, " ", " …")


def _pods(keys: Sequence[PodKey], names: Mapping[PodKey, Pod]) -> str:
    """By name where names last, else how many."""
    pods = [names[key] for key in keys]
    if any(pod.ordinal is None for pod in pods):
        return str(len(pods))
    return few([pod.name for pod in pods], 4, " ", " …")


def stays_down(fate: WorkloadFate, names: Mapping[PodKey, Pod]) -> str:
    if not fate.is_affected:
        return NONE
    groups: dict[tuple[str, bool], list[PodKey]] = defaultdict(list)
    for one in fate.down:
        groups[why(one, names[one.pod]), one.obstacle is Obstacle.VOLUMES].append(one.pod)
    return ", ".join(_together(keys, why, names) for (why, _), keys in groups.items())


def _together(keys: Sequence[PodKey], why: str, names: Mapping[PodKey, Pod]) -> str:
    pods = _pods(keys, names)
    return f"{pods}: {why}" if pods.isdigit() else f"{pods} ({why})"


def why(down: StaysDown, pod: Pod) -> str:
    if down.obstacle is Obstacle.RESOURCES and down.lacking:
        wanted = [_slot(resource, pod) for resource in down.lacking]
        return f"no {' and '.join(wanted)} slot"
    if down.obstacle is Obstacle.VOLUMES and len(down.claims) == 1:
        return "volume"
    if down.obstacle is Obstacle.SPREAD and down.lost_domain:
        return "its spread rule still counts the lost domain"
    if down.obstacle is Obstacle.RULES:
        told = {reason.code for reason in down.reasons} - {ReasonCode.TAINT}
        return ", ".join(sorted(code.value for code in told)) or _OBSTACLE[down.obstacle]
    return _OBSTACLE[down.obstacle]


def _slot(resource: str, pod: Pod) -> str:
    label = {"cpu": "CPU", "memory": "memory"}.get(resource, resource)
    return f"{amount(resource, pod.requests.get(resource, 0))} {label}"


def clock(span: Span) -> str:
    """``5:40-6:00``."""
    low, high = _minutes(span.low_s), _minutes(span.high_s)
    return low if low == high else f"{low}-{high}"


def _minutes(seconds: int) -> str:
    return f"{seconds // 60}:{seconds % 60:02}"


def timing_words(timing: Timing) -> str:
    if not timing.overridden:
        return "cluster defaults assumed; override with --timing"
    return f"with {', '.join(timing.overridden)}; cluster defaults otherwise"
