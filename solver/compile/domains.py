"""Topology key to domain index of every node."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from solver.compile.problem import BoolArray, IntArray
from solver.model.node import Node


class Domains:
    """Domains of every topology key over one list of nodes; each key is indexed once."""

    def __init__(self, nodes: Sequence[Node]) -> None:
        self._nodes = nodes
        self._of: dict[str, IntArray] = {}

    def of(self, key: str) -> IntArray:
        """[N], domain index by sorted domain name, -1 where the label is missing."""
        if key not in self._of:
            values = [node.labels.get(key) for node in self._nodes]
            index = {name: i for i, name in enumerate(sorted({v for v in values if v is not None}))}
            self._of[key] = np.array([-1 if v is None else index[v] for v in values], dtype=np.int64)
        return self._of[key]


def restricted(domain_of: IntArray, eligible: BoolArray) -> IntArray:
    """Domains over the eligible nodes only, renumbered without gaps (T5)."""
    kept = np.where(eligible, domain_of, -1)
    used = np.unique(kept[kept >= 0])
    renumbered = np.full(kept.shape, -1, dtype=np.int64)
    inside = kept >= 0
    renumbered[inside] = np.searchsorted(used, kept[inside])
    return renumbered


def domain_count(domain_of: IntArray) -> int:
    return int(domain_of.max(initial=-1)) + 1


def per_domain(values: IntArray, domain_of: IntArray) -> IntArray:
    """[D], the sum of ``values`` [N] over each domain's nodes."""
    inside = domain_of >= 0
    return np.bincount(domain_of[inside], weights=values[inside], minlength=domain_count(domain_of)).astype(
        np.int64
    )
