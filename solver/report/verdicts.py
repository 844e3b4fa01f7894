"""What kube-scheduler says about single pods, for people. The JSON form is in ``json``."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from solver.model.names import NodeName
from solver.report.naming import resource_names, span, stem
from solver.report.table import columns, shortened
from solver.report.units import count
from solver.scheduler.framework import PodVerdict, explain

ROWS = 8
"""Nodes shown per pod in the short form."""


def render(verdicts: Sequence[PodVerdict], form: str) -> str:
    """``name``: one line per pod and feasible node; ``wide``: every node; else a summary per pod."""
    if form == "name":
        return resource_names((verdict.pod, node) for verdict in verdicts for node in _ranked(verdict))
    if verdicts:
        blocks = [_pods(group, form == "wide") for group in _folded(verdicts)]
        lines = "\n\n".join("\n".join(block) for block in blocks).splitlines()
    else:
        lines = ["No pending pod matches."]
    return "".join(f"{line}\n" for line in lines)


def _folded(verdicts: Sequence[PodVerdict]) -> list[list[PodVerdict]]:
    """Neighbouring siblings that were told exactly the same together."""
    groups: list[list[PodVerdict]] = []
    for verdict in verdicts:
        if groups and _told_alike(verdict, groups[-1][0]):
            groups[-1].append(verdict)
        else:
            groups.append([verdict])
    return groups


def _told_alike(one: PodVerdict, other: PodVerdict) -> bool:
    return stem(one.pod) == stem(other.pod) and replace(one, pod=other.pod) == other


def _pods(group: Sequence[PodVerdict], wide: bool) -> list[str]:
    verdict = group[0]
    name = span([one.pod for one in group])
    if not verdict.feasible:
        return [f"{name}   no node   {explain(verdict)}", *(_every_node(verdict) if wide else [])]
    head = f"{name}   {len(verdict.feasible)} of {count(verdict.node_count, 'node')}"
    if verdict.score_error is not None:
        return [head, f"  scoring fails, so it would not be placed: {'; '.join(verdict.score_error.reasons)}"]
    if wide:
        return [head, *_every_node(verdict)]
    rows = [[node, f"score {verdict.totals[node]}"] for node in _ranked(verdict)]
    lines = [f"  {line}" for line in shortened(columns(rows), ROWS, "nodes")]
    return [head, *lines, *(f"  not: {text}" for text in _refusals(verdict))]


def _every_node(verdict: PodVerdict) -> list[str]:
    rows = []
    for node in _ranked(verdict):
        parts = verdict.scores.get(node, {})
        rows.append([node, str(verdict.totals.get(node, 0)), " ".join(f"{k}={v}" for k, v in parts.items())])
    for node in sorted(verdict.failed):
        status = verdict.failed[node]
        rows.append(
            [node, "-", f"{status.plugin}: {', '.join(sorted(status.reasons))} ({status.code.value})"]
        )
    return [f"  {line}" for line in columns([["NODE", "SCORE", "WHY"], *rows])] if rows else []


def _ranked(verdict: PodVerdict) -> list[NodeName]:
    """Best score first, ties by name."""
    return sorted(verdict.feasible, key=lambda node: (-verdict.totals.get(node, 0), node))


def _refusals(verdict: PodVerdict) -> list[str]:
    reasons = Counter(reason for status in verdict.failed.values() for reason in sorted(status.reasons))
    return [f"{reason} ({count(number, 'node')})" for reason, number in sorted(reasons.items())]
