"""Rows for spreadsheets: every pod asked about is in them, and numbers are plain."""

from __future__ import annotations

import csv
import io

from solver.model.names import PodKey
from solver.model.outcome import Reason, ReasonCode, Unplaced
from solver.report.csv import placements, verdicts
from solver.report.table import comma_separated
from solver.scheduler.framework import verdict
from solver.scheduler.state import ClusterState
from tests import builders as b
from tests.report.plans import facts


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_placed_pods_have_a_node_and_the_others_a_reason() -> None:
    manifest = b.stateful_set(
        name="db",
        replicas=2,
        spec=b.pod_spec(requests={"cpu": "1500m", "memory": "1Gi"}),
        claims={"data": b.claim_spec(storage="10Gi", storage_class="ssd")},
    )
    snapshot = b.snapshot(*b.f_nodes(), b.storage_class(name="ssd"), manifests=[manifest])
    why = Reason(code=ReasonCode.RESOURCES, message="", object="StatefulSet/prod/db", path="spec")
    left = Unplaced(pod=PodKey("prod/db-1"), reasons=(why,))
    one, other = rows(placements(facts(snapshot, {"db-0": "a1"}, unplaced=[left])))
    assert (one["node"], one["zone"], one["cpu_millis"], one["memory_bytes"]) == (
        "a1",
        "za",
        "1500",
        str(2**30),
    )
    assert (one["claims"], one["new_volume_bytes"], one["reasons"]) == ("data-db-0", str(10 * 2**30), "")
    assert (other["pod"], other["node"], other["ordinal"]) == ("db-1", "", "1")
    assert other["reasons"]


def test_verdicts_have_a_row_for_each_node() -> None:
    nodes = b.f_nodes()
    nodes[0]["spec"]["taints"] = [b.taint(key="t")]
    snapshot = b.snapshot(*nodes, b.pod(name="p", requests={"cpu": "1"}), b.pod(name="q", claims=["gone"]))
    state = ClusterState.of(snapshot)
    found = rows(verdicts(verdict(pod, state) for pod in snapshot.pending))
    p = [row for row in found if row["pod"] == "p"]
    assert sorted(row["node"] for row in p) == sorted(node["metadata"]["name"] for node in nodes)
    assert [(row["node"], row["plugin"]) for row in p if row["plugin"]] == [("a1", "TaintToleration")]
    (q,) = (row for row in found if row["pod"] == "q")
    assert (q["node"], q["plugin"]) == ("", "VolumeRestrictions")


def test_cells_with_commas_and_quotes_survive() -> None:
    text = comma_separated(["a", "b"], [['x, "y"', 1]])
    assert list(csv.reader(io.StringIO(text))) == [["a", "b"], ['x, "y"', "1"]]
