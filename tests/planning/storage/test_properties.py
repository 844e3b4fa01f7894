"""Where a volume is said to be is where kube-scheduler lets its pod go: no node outside, and none less."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from solver.model.names import ZONE, VolumeName
from solver.model.snapshot import Snapshot
from solver.planning.storage import Kind, Nature, StorageBook
from solver.scheduler.framework import verdict
from solver.scheduler.state import ClusterState
from tests import builders as b

NODES = {"a1": "za", "a2": "za", "b1": "zb", "b2": "zb", "c1": "zc"}
SOME_ZONES = st.lists(st.sampled_from(["za", "zb", "zc"]), min_size=1, max_size=3, unique=True)
SOME_NODES = st.lists(st.sampled_from(sorted(NODES)), min_size=1, max_size=2, unique=True)
DRIVERS = st.sampled_from(
    ["ebs.csi.aws.com", "pd.csi.storage.gke.io", "disk.csi.azure.com", "csi.example.com"]
)


def within(key: str, values: list[str]) -> b.Raw:
    return b.node_term(expressions=[b.expression(key=key, operator="In", values=values)])


@st.composite
def volumes(draw: st.DrawFn) -> b.Raw:
    bound: dict[str, Any] = {"name": "v", "claim": "data"}
    match draw(st.sampled_from(["zones", "terms", "label", "local"])):
        case "zones":
            return b.volume(**bound, driver=draw(DRIVERS), affinity=[within(ZONE, draw(SOME_ZONES))])
        case "terms":
            terms = [within(ZONE, zones) for zones in draw(st.lists(SOME_ZONES, min_size=2, max_size=2))]
            return b.volume(**bound, driver=draw(DRIVERS), affinity=terms)
        case "label":
            return b.volume(**bound, driver=draw(DRIVERS), labels={ZONE: "__".join(draw(SOME_ZONES))})
        case _:
            return b.volume(**bound, local=True, affinity=[within(b.HOSTNAME, draw(SOME_NODES))])


def told(volume: b.Raw) -> tuple[Nature, set[str]]:
    """What the volume is said to be, and the nodes on which kube-scheduler would place a pod that uses it."""
    snapshot: Snapshot = b.snapshot(
        *b.f_nodes(), volume, b.claim(name="data", volume="v"), b.pod(name="p", claims=["data"])
    )
    (pod,) = snapshot.pending
    feasible = verdict(pod, ClusterState.of(snapshot), scored=False).feasible
    return StorageBook(snapshot).of_volume(snapshot.volume_by_name[VolumeName("v")]), set(feasible)


@settings(max_examples=60)
@given(volumes())
def test_a_volume_is_where_kube_scheduler_lets_its_pod_go(volume: b.Raw) -> None:
    found, feasible = told(volume)
    assert found.located, found
    if found.kind is Kind.LOCAL:
        assert found.nodes == feasible
    else:
        assert found.kind in (Kind.ZONAL, Kind.REGIONAL)
        assert {node for node, zone in NODES.items() if zone in (found.zones or ())} == feasible


def test_the_claim_would_fail_for_a_nature_that_lies() -> None:
    """The volume of another zone is told apart: the property is no tautology."""
    here, feasible = told(
        b.volume(name="v", claim="data", driver="ebs.csi.aws.com", affinity=[within(ZONE, ["za"])])
    )
    there, _ = told(
        b.volume(name="v", claim="data", driver="ebs.csi.aws.com", affinity=[within(ZONE, ["zb"])])
    )
    assert feasible == {"a1", "a2"}
    assert (here.zones, there.zones) == ({"za"}, {"zb"})
