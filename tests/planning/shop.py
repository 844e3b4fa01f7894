"""The shop once its plan is carried out, as a snapshot."""

from __future__ import annotations

from solver.model.names import NodeName, PodKey
from solver.model.placement import Assignment, Placement
from solver.model.snapshot import Snapshot
from solver.planning.carried_out import carried_out
from solver.planning.change import Change, apply, inputs_of
from tests.scenario_files import shop_documents

HOMES = {
    "db-0": "a2", "db-1": "b2", "db-2": "c1", "web-0": "a1", "web-1": "a1", "web-2": "b1", "web-3": "b1",
}  # fmt: skip


def running_shop(change: Change = Change()) -> Snapshot:  # noqa: B008 - frozen
    """zk 2/1/0, db 1/1/1 and web 2/2/0 over zones a, b and c, after ``change`` to cluster or manifests."""
    snapshot = apply(inputs_of(*shop_documents()), change).snapshot()
    return carried_out(
        snapshot,
        Placement(
            assignments=tuple(
                Assignment(pod=PodKey(f"default/{pod}"), node=NodeName(node)) for pod, node in HOMES.items()
            )
        ),
    )
