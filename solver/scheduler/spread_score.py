"""PodTopologySpread's score of soft constraints, the pod's own or default ones (T15-T19)."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from solver.model.names import HOSTNAME, NodeName, TopologyKey
from solver.model.pod import Pod, SpreadConstraint
from solver.scheduler.columns import IntArray
from solver.scheduler.plugin import MAX_NODE_SCORE, Scores
from solver.scheduler.spread_counts import domain_counts, node_counts
from solver.scheduler.state import ClusterState

FloatArray = NDArray[np.float64]


def soft_scores(
    pod: Pod,
    constraints: Sequence[SpreadConstraint],
    nodes: IntArray,
    state: ClusterState,
    *,
    ignore_unlabelled: bool,
) -> Scores:
    """Scores of the feasible nodes. ``ignore_unlabelled`` is False only for the system defaults (T15)."""
    keys = [c.topology_key for c in constraints] if ignore_unlabelled else []
    scored = np.ones(len(nodes), dtype=np.bool_)
    for key in keys:
        scored &= state.columns.labelled(key)[nodes]
    considered = nodes[scored]
    raw = np.zeros(len(considered))
    for constraint in constraints:  # T18: added up in floating point, in this order
        raw += _term(pod, constraint, keys, considered, state)
    scores = np.zeros(len(nodes), dtype=np.int64)
    scores[scored] = _normalize(_round(raw))
    return scores


def _term(
    pod: Pod,
    constraint: SpreadConstraint,
    keys: Sequence[TopologyKey],
    nodes: IntArray,
    state: ClusterState,
) -> FloatArray:
    """T18 for one constraint: matching pods times weight, and ``maxSkew - 1``; nothing without the label."""
    key = constraint.topology_key
    columns = state.columns
    if key == HOSTNAME:  # T17: counted by node name
        size = len(nodes)
        counts = np.zeros(len(state.nodes), dtype=np.int64)
        for name, count in node_counts(pod, constraint, state).occupied.items():
            counts[state.node(NodeName(name)).index] = count
    else:
        # T16: with the system defaults a missing label is one more value.
        size = len(np.unique(columns.looks((key,)).of[nodes]))
        counts = columns.amounts(key, domain_counts(pod, constraint, keys, state).occupied)
    weight = math.log(size + 2)
    term = counts[nodes] * weight + float(constraint.max_skew - 1)
    return np.where(columns.labelled(key)[nodes], term, 0.0)


def _round(values: FloatArray) -> IntArray:
    """Half away from zero, as Go rounds; values here are never negative."""
    whole = np.floor(values)
    rounded: IntArray = (whole + (values - whole >= 0.5)).astype(np.int64)
    return rounded


def _normalize(raw: IntArray) -> Scores:
    """T19."""
    if not len(raw):
        return raw
    largest, smallest = raw.max(), raw.min()
    if largest == 0:
        return np.full_like(raw, MAX_NODE_SCORE)
    scores: Scores = MAX_NODE_SCORE * (largest + smallest - raw) // largest
    return scores
