"""PodTopologySpread's score of soft constraints, the pod's own or default ones (T15-T19)."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from solver.model.names import HOSTNAME, TopologyKey
from solver.model.pod import Pod, SpreadConstraint
from solver.scheduler.plugin import MAX_NODE_SCORE, Scores
from solver.scheduler.spread_counts import domain_counts, node_counts
from solver.scheduler.state import ClusterState, NodeState


class _Term(NamedTuple):
    """One soft constraint, ready to be asked about a node."""

    topology_key: str
    counts: Mapping[str, int]
    per_node: bool
    """Counts are by node name instead of by domain (T17)."""
    weight: float
    allowance: float
    """``maxSkew - 1`` (T18)."""


def soft_scores(
    pod: Pod,
    constraints: Sequence[SpreadConstraint],
    nodes: Sequence[NodeState],
    state: ClusterState,
    *,
    ignore_unlabelled: bool,
) -> Scores:
    """Scores of the feasible nodes. ``ignore_unlabelled`` is False only for the system defaults (T15)."""
    keys = [c.topology_key for c in constraints] if ignore_unlabelled else []
    scored = [all(key in node.node.labels for key in keys) for node in nodes]
    considered = [node for node, counts in zip(nodes, scored, strict=True) if counts]
    terms = [_term(pod, constraint, keys, considered, state) for constraint in constraints]
    normalized = iter(_normalize([_raw(node, terms) for node in considered]))
    return [next(normalized) if counts else 0 for counts in scored]


def _term(
    pod: Pod,
    constraint: SpreadConstraint,
    keys: Sequence[TopologyKey],
    nodes: Sequence[NodeState],
    state: ClusterState,
) -> _Term:
    key = constraint.topology_key
    per_node = key == HOSTNAME
    if per_node:
        size = len(nodes)
        tally = node_counts(pod, constraint, state)
    else:
        # T16: with the system defaults a missing label is one more value.
        size = len({node.node.labels.get(key, "") for node in nodes})
        tally = domain_counts(pod, constraint, keys, state)
    weight = math.log(size + 2)
    return _Term(key, tally.occupied, per_node, weight, float(constraint.max_skew - 1))


def _raw(node: NodeState, terms: Sequence[_Term]) -> int:
    """T18."""
    score = 0.0
    for topology_key, counts, per_node, weight, allowance in terms:
        domain = node.node.labels.get(topology_key)
        if domain is not None:
            count = counts.get(node.node.name if per_node else domain, 0)
            score += count * weight + allowance
    return _round(score)


def _round(value: float) -> int:
    """Half away from zero, as Go rounds; values here are never negative."""
    whole = math.floor(value)
    return whole + (value - whole >= 0.5)


def _normalize(raw: Sequence[int]) -> Scores:
    """T19."""
    if not raw:
        return []
    largest, smallest = max(raw), min(raw)
    if largest == 0:
        return [MAX_NODE_SCORE] * len(raw)
    return [MAX_NODE_SCORE * (largest + smallest - value) // largest for value in raw]
