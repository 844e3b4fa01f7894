"""Helpers of the extender's tests: plans with placements written out, and the application around them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from flask.testing import FlaskClient

from extender.app import create_app, planner_of
from extender.book.newcomers import Newcomers
from extender.book.plans import Plan
from extender.book.slots import Slots
from extender.book.verdicts import Refusal, SlotJudge
from extender.config import ExtenderConfig
from extender.snapshots import Sighting
from solver.model.names import NodeName, PodKey, pod_key
from solver.model.outcome import Outcome, Proof, Unplaced, Verdict
from solver.model.placement import Assignment, Placement
from solver.model.snapshot import Snapshot
from tests.builders import NAMESPACE, Raw

JSON = "application/json"


def key(name: str) -> PodKey:
    return pod_key(NAMESPACE, name)


def placed(**nodes: str) -> Placement:
    """``db_0="a1"`` puts pod ``db-0`` on node ``a1``; in plan order."""
    return Placement(
        assignments=tuple(
            Assignment(pod=key(name.replace("_", "-")), node=NodeName(node)) for name, node in nodes.items()
        )
    )


def slots_of(snapshot: Snapshot, placement: Placement, shared_nodes: int = 4) -> Slots:
    return Slots(snapshot, placement, shared_nodes)


def refusals(slots: Slots, pod: str, nodes: Iterable[str] = ()) -> dict[str, Refusal]:
    """What a pod with a slot is refused of these nodes (default: all of the snapshot)."""
    names = [NodeName(n) for n in nodes] or [n.name for n in slots.snapshot.nodes]
    return dict(SlotJudge(slots).refusals(slots.group_of[key(pod)], names))


def kept(slots: Slots, pod: str, nodes: Iterable[str] = ()) -> set[str]:
    names = set(nodes) or {n.name for n in slots.snapshot.nodes}
    return names - refusals(slots, pod, names).keys()


def newcomer_kept(newcomers: Newcomers, slots: Slots, pod: str, nodes: Iterable[str] = ()) -> set[str]:
    """Where a pod of the snapshot without a slot may go."""
    names = [NodeName(n) for n in nodes] or [n.name for n in slots.snapshot.nodes]
    return set(names) - newcomers.judge(slots.snapshot.pod_by_key[key(pod)], names).keys()


def plan_of(
    snapshot: Snapshot, placement: Placement, verdict: Verdict = Verdict.FITS, shared_nodes: int = 4
) -> Plan:
    asked = (pod for pod in snapshot.pending if not pod.scheduling_gates)
    unplaced = tuple(Unplaced(pod=pod.key) for pod in asked if pod.key not in placement.node_of)
    outcome = Outcome(verdict=verdict, proof=Proof.PROVED, placement=placement, unplaced=unplaced)
    return Plan(
        sighting=Sighting(snapshot=snapshot, generation=1),
        outcome=outcome,
        slots=Slots(snapshot, placement, shared_nodes),
        made_at=0.0,
        newcomers=ExtenderConfig().newcomers,
    )


def client_of(
    snapshot: Snapshot, placement: Placement, verdict: Verdict = Verdict.FITS, **settings: Any
) -> FlaskClient:
    """The application with this plan in its book."""
    config = ExtenderConfig(**settings)
    app = create_app(config)
    planner_of(app).book.adopt(plan_of(snapshot, placement, verdict, config.shared_nodes))
    return app.test_client()


def args(pod: Raw, names: Sequence[str]) -> Raw:
    """A request as kube-scheduler words it with ``nodeCacheCapable: true``."""
    return {"Pod": pod, "Nodes": None, "NodeNames": list(names)}


def full_args(pod: Raw, nodes: Sequence[Raw]) -> Raw:
    """The same with ``nodeCacheCapable: false``."""
    return {"Pod": pod, "Nodes": {"metadata": {}, "items": list(nodes)}, "NodeNames": None}


def post(client: FlaskClient, verb: str, body: Any) -> Any:
    """The decoded answer; anything but a 200 with Content-Length is an error to kube-scheduler (X1)."""
    response = client.post(f"/{verb}", data=json.dumps(body), content_type=JSON)
    assert response.status_code == 200
    assert response.content_length == len(response.data)
    return json.loads(response.data)


def told(answer: Mapping[str, Any]) -> dict[str, str]:
    """Every node of a filter answer, kept ones as ``kept``, refused ones with their reason."""
    names = answer["NodeNames"]
    if names is None:
        names = [node["metadata"]["name"] for node in answer["Nodes"]["items"]]
    refused = {**answer["FailedNodes"], **answer["FailedAndUnresolvableNodes"]}
    assert len(names) == len(set(names))
    assert not set(names) & refused.keys()
    return {**dict.fromkeys(names, "kept"), **refused}
