"""Whether the default scheduler would place what fits: told where it would not, silent where it would."""

from __future__ import annotations

import pytest

from solver.model.snapshot import Snapshot
from solver.planning.compare import outlook
from solver.planning.compare.answer import OrderName
from solver.planning.compare.outlook import Stranding, stranding
from tests import builders as b


def shop(first: str, then: str) -> Snapshot:
    """Two nodes: one small pod on each leaves no room for the large one."""
    cpu = {"web": ("1", 2, "Deployment"), "db": ("4", 1, "ReplicaSet")}
    nodes = [b.node(name=name, zone="za", cpu="4") for name in ("n1", "n2")]
    manifests = [
        b.deployment(
            name=name,
            replicas=cpu[name][1],
            kind=cpu[name][2],
            spec=b.pod_spec(requests={"cpu": cpu[name][0]}),
        )
        for name in (first, then)
    ]
    return b.snapshot(*nodes, manifests=manifests)


def asked(snapshot: Snapshot) -> Stranding | None:
    return stranding(snapshot, snapshot.pending)


def test_small_pods_first_leave_the_large_one_over() -> None:
    found = asked(shop("web", "db"))
    assert found is not None
    assert found.order is OrderName.MANIFEST
    assert [workload.name for workload in found.workloads] == ["web", "db"]
    assert [key.startswith("prod/db") for key in found.stranded] == [True]


def test_the_large_pod_first_leaves_none_over() -> None:
    assert asked(shop("db", "web")) is None


def test_helms_order_is_tried_where_the_manifests_do_well() -> None:
    nodes = [b.node(name=name, zone="za", cpu="4") for name in ("n1", "n2")]
    large = b.stateful_set(name="db", replicas=1, spec=b.pod_spec(requests={"cpu": "4"}))
    small = b.deployment(name="web", replicas=2, spec=b.pod_spec(requests={"cpu": "1"}))
    found = asked(b.snapshot(*nodes, manifests=[large, small]))
    assert found is not None
    assert found.order is OrderName.HELM
    assert found.stranded == ("prod/db-0",)


def test_a_single_workload_has_no_order() -> None:
    one = b.deployment(name="web", replicas=9, spec=b.pod_spec(requests={"cpu": "1"}))
    assert asked(b.snapshot(b.node(name="n1", cpu="4"), manifests=[one])) is None


def test_what_is_not_quick_is_not_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outlook, "_QUICK", 5)
    assert asked(shop("web", "db")) is None
