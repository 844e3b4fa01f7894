"""Placements and verdicts as rows for spreadsheets: plain numbers in base units, one pod a row."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from solver.model.names import ZONE
from solver.model.pod import Pod
from solver.report import reasons
from solver.report.facts import FitFacts, PlacedPod
from solver.report.table import comma_separated
from solver.scheduler.framework import PodVerdict

PLACEMENT_HEAD = (
    "namespace",
    "pod",
    "workload",
    "ordinal",
    "node",
    "zone",
    "cpu_millis",
    "memory_bytes",
    "claims",
    "new_volume_bytes",
    "reasons",
)
VERDICT_HEAD = ("namespace", "pod", "node", "score", "plugin", "code", "reasons")


def placements(facts: FitFacts) -> str:
    """Placed pods in an admissible order, then those without a node and why."""
    rows = [_placed(placed) for placed in facts.placed]
    for pod, unplaced in zip(facts.unplaced_pods, facts.outcome.unplaced, strict=True):
        told = "; ".join(reasons.sentence(reason) for reason in unplaced.reasons)
        rows.append([*_asked(pod), "", "", *_size(pod), "", "", told])
    return comma_separated(PLACEMENT_HEAD, rows)


def verdicts(judged: Iterable[PodVerdict]) -> str:
    """A row per pod and node; one without a node for a pod that no node was asked about."""
    return comma_separated(VERDICT_HEAD, [row for verdict in judged for row in _verdict(verdict)])


def _placed(placed: PlacedPod) -> Sequence[object]:
    new = sum(volume.size_bytes for volume in placed.volumes if volume.will_be_provisioned)
    claims = " ".join(volume.claim.partition("/")[2] for volume in placed.volumes)
    zone = dict(placed.domains).get(ZONE, "")
    return [*_asked(placed.pod), placed.node, zone, *_size(placed.pod), claims, new, ""]


def _asked(pod: Pod) -> Sequence[object]:
    ordinal = "" if pod.ordinal is None else pod.ordinal
    return [pod.namespace, pod.name, str(pod.workload) if pod.workload else "", ordinal]


def _size(pod: Pod) -> Sequence[object]:
    return [pod.requests.get("cpu", 0), pod.requests.get("memory", 0)]


def _verdict(verdict: PodVerdict) -> list[Sequence[object]]:
    namespace, _, name = verdict.pod.partition("/")
    rows: list[Sequence[object]] = [
        [namespace, name, node, verdict.totals.get(node, ""), "", "", ""] for node in sorted(verdict.feasible)
    ]
    refusals = [(str(node), verdict.failed[node]) for node in sorted(verdict.failed)]
    if verdict.prefilter is not None:
        refusals = [("", verdict.prefilter)]
    for node, status in refusals:
        told = "; ".join(sorted(set(status.reasons)))
        rows.append([namespace, name, node, "", status.plugin, status.code.value, told])
    return rows
