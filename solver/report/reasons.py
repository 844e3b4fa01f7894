"""Rule to sentence: the only place with prose for users. Layout is in ``text``, keys are in ``json``."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import assert_never

from solver.model.outcome import Outcome, Proof, Reason, ReasonCode, StoppedBy, Verdict
from solver.model.pod import Pod, WorkloadKey
from solver.planning.compare.answer import OrderName
from solver.planning.compare.outlook import Stranding
from solver.report.facts import Leaning, Note, OrderMatters, ScaleDown, SpreadFact, UnreachedZone
from solver.report.units import count

HEADLINE = {
    Verdict.FITS: "FITS",
    Verdict.DOES_NOT_FIT: "DOES NOT FIT",
    Verdict.CONTRADICTION: "CONTRADICTION",
    Verdict.UNKNOWN: "UNKNOWN",
}

SENTENCE = {
    ReasonCode.RESOURCES: "no node it may use has enough free resources",
    ReasonCode.POD_COUNT: "every node it may use is full by number of pods",
    ReasonCode.HOST_PORT: "its host port is taken on every node it may use",
    ReasonCode.NODE_SELECTION: "no node matches its node selector or required node affinity",
    ReasonCode.TAINT: "every node it may use has a taint it does not tolerate",
    ReasonCode.VOLUME_ACCESS: "its volumes cannot be reached or made on any node it may use",
    ReasonCode.VOLUME_CAPACITY: "no node it may use offers enough storage of its class",
    ReasonCode.VOLUME_LIMIT: "every node it may use has as many volumes attached as it can",
    ReasonCode.ACCESS_MODE: "a claim's access mode does not allow another user",
    ReasonCode.TOPOLOGY_SPREAD: "a hard spread rule leaves no domain with room",
    ReasonCode.POD_AFFINITY: "no node satisfies its required pod affinity",
    ReasonCode.POD_ANTI_AFFINITY: "required pod anti-affinity closes every node it may use",
    ReasonCode.ORDERED_BEHIND: "it is created only after a pod that has no place",
    ReasonCode.UNSUPPORTED: "it uses something that is not modelled",
    ReasonCode.BAD_OBJECT: "something it refers to is missing or unusable",
}

_WORKLOADS = 4
"""Named of an order."""
_BESIDE_TEMPLATE = "spec.podManagementPolicy"
"""The one field named in a reason that a workload has outside its pod template."""


def sentence(reason: Reason) -> str:
    """The reason's own message where it has one, else what its code means."""
    return reason.message or SENTENCE[reason.code]


def shared(reason: Reason, pod: Pod) -> str:
    """The sentence as siblings of the pod are told it: none is named, and all wait for the same (W14)."""
    if reason.code is ReasonCode.ORDERED_BEHIND:
        return SENTENCE[reason.code]
    told = sentence(reason)
    return re.sub(rf"\b{re.escape(pod.name)}\b", "<pod>", told) if pod.name in told else told


def located(source: str, path: str) -> tuple[str, str]:
    """The object a pod is written in (``Pod.source``) and a field path from that object's own top."""
    owner, _, template = source.partition(" ")
    if not template or path == _BESIDE_TEMPLATE:
        return owner, path
    return owner, f"{template}.{path}" if path else template


def certainty(outcome: Outcome) -> str:
    """How sure the verdict is. "Proved" and "not found in time" are never the same words."""
    match outcome.verdict:
        case Verdict.FITS:
            optimal = outcome.proof is Proof.OPTIMAL
            return "proved optimal" if optimal else "proved to fit; preferences may be met better"
        case Verdict.DOES_NOT_FIT | Verdict.CONTRADICTION:
            best = "no placement is better" if outcome.proof is Proof.OPTIMAL else "a better part may exist"
            return f"proved: not all of them can be placed; {best}"
        case Verdict.UNKNOWN:
            return f"not proved either way: {_stopped(outcome.search.stopped_by)}"
        case _:
            assert_never(outcome.verdict)


def _stopped(by: StoppedBy) -> str:
    match by:
        case StoppedBy.COMPLETE:
            return "the search space was narrowed for this question"
        case StoppedBy.DETERMINISTIC:
            return "the search reached its work limit"
        case StoppedBy.WALL:
            return "the search reached its time limit"
        case StoppedBy.INTERRUPT:
            return "the search was interrupted"
        case _:
            assert_never(by)


def rule_words(fact: SpreadFact) -> str:
    """``at most 1, hard``."""
    if fact.rule is None:
        return "none"
    return f"at most {fact.rule.max_skew}, {'hard' if fact.rule.hard else 'soft'}"


def rule_state(fact: SpreadFact) -> str:
    """``ok``, or why a skew above the rule is what it is (J4), or that the rule sees no node (T4)."""
    if fact.rule is None:
        return ""
    if not fact.counts:
        return "no node it may use has this label"
    if fact.skew <= fact.rule.max_skew:
        return "ok"
    return "exceeded by pods from before" if fact.rule.hard else "not met"


def note_words(note: Note, label: Callable[[WorkloadKey], str]) -> str:
    """One finding about the plan; ``label`` is what the report calls a workload."""
    match note:
        case ScaleDown():
            return _scale_down(note, label(note.workload))
        case UnreachedZone():
            return _unreached(note, label(note.workload))
        case Leaning():
            name = label(note.workload)
            return (
                f"{name} has {note.here} of {note.of} pods in zone {note.zone}. See: solve outage --each zone"
            )
        case OrderMatters():
            return _order(note.found, label)
        case _:
            assert_never(note)


def _order(found: Stranding, label: Callable[[WorkloadKey], str]) -> str:
    how = "as written" if found.order is OrderName.MANIFEST else "in Helm's install order"
    names = ", then ".join(label(workload) for workload in found.workloads[:_WORKLOADS])
    names += ", …" * (len(found.workloads) > _WORKLOADS)
    return (
        f"Order matters: {how} ({names}) kube-scheduler, emulated, strands"
        f" {count(len(found.stranded), 'pod')}. See: solve compare"
    )


def _scale_down(note: ScaleDown, label: str) -> str:
    if note.worst_prefix == 0:
        return f"{label} is scale-down safe: every prefix {_prefixes(note.names)} is balanced across zones."
    left = "/".join(str(number) for _, number in note.worst_counts)
    zones = "/".join(name for name, _ in note.worst_counts)
    return (
        f"{label} is not scale-down safe: with {count(note.worst_prefix, 'pod')} left,"
        f" zones {zones} would hold {left}."
    )


def _prefixes(names: tuple[str, ...]) -> str:
    """``(db-0, db-0..1, db-0..2)``, the middle left out when it is long."""
    last = [name.rpartition("-")[2] for name in names]
    ranges = [names[0], *(f"{names[0]}..{ordinal}" for ordinal in last[1:])]
    shown = ranges if len(ranges) <= 4 else [*ranges[:2], "…", ranges[-1]]
    return f"({', '.join(shown)})"


def _unreached(note: UnreachedZone, label: str) -> str:
    if not note.refusals:
        return f"{label} has no pod in zone {note.zone}, though one of its pods could be there."
    told = "; ".join(f"{reason} ({count(nodes, 'node')})" for reason, nodes in note.refusals)
    return f"{label} has no pod in zone {note.zone}, and none of its pods could be there: {told}."
