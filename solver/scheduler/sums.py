"""What the pods on each node add up to, as arrays by node index that follow the cluster state.

``NodeState`` is where sums are kept; here they are only copied, for nodes that something happened on.
"""

from __future__ import annotations

from collections.abc import Callable
from operator import attrgetter

from solver.scheduler.columns import IntArray, exact, is_exact
from solver.scheduler.state import ClusterState, NodeState

_Amount = Callable[[NodeState], int]


class Sums:
    """Get it with ``sums``. Arrays are [N], good until the state changes, and not for others to write to."""

    def __init__(self, state: ClusterState) -> None:
        self._nodes = state.nodes
        self._cursor = state.journal.everything()
        self._columns: dict[str, tuple[_Amount, IntArray]] = {}

    def pods(self) -> IntArray:
        return self._column("pods", lambda node: len(node.pods))

    def requested(self, resource: str) -> IntArray:
        return self._column(f"requests {resource}", lambda node: node.requested.get(resource, 0))

    def score_cpu_millis(self) -> IntArray:
        return self._column("score cpu", attrgetter("score_cpu_millis"))

    def score_memory_bytes(self) -> IntArray:
        return self._column("score memory", attrgetter("score_memory_bytes"))

    def _column(self, name: str, amount_of: _Amount) -> IntArray:
        if name not in self._columns:
            self._columns[name] = amount_of, exact([amount_of(node) for node in self._nodes])
        return self._columns[name][1]

    def fork(self, state: ClusterState) -> Sums:
        self.refresh()
        twin = Sums(state)
        twin._cursor = state.journal.from_now()
        twin._columns = {name: (of, values.copy()) for name, (of, values) in self._columns.items()}
        return twin

    def refresh(self) -> Sums:
        """Take in what happened since the last call."""
        touched = {change.node for change in self._cursor.fresh()}
        for name, (amount_of, values) in self._columns.items():
            amounts = {index: amount_of(self._nodes[index]) for index in touched}
            if not is_exact(amounts.values()):
                values = values.astype(object)
                self._columns[name] = amount_of, values
            for index, amount in amounts.items():
                values[index] = amount
        return self


def sums(state: ClusterState) -> Sums:
    return state.table("sums", lambda: Sums(state)).refresh()
