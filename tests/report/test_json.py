"""The documents: as the schema says, with closed enumerations, and nothing undescribed in them."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import jsonschema
import pytest
import yaml

from solver.cli.exits import ExitCode
from solver.model.names import PodKey
from solver.model.outcome import (
    Proof,
    Reason,
    ReasonCode,
    SearchReport,
    Stage,
    StoppedBy,
    Unplaced,
    Verdict,
)
from solver.model.snapshot import Skipped
from solver.report.facts import FitFacts, VolumeState
from solver.report.json import node_verdicts, placement_result, to_json, to_yaml
from solver.report.schema import bundle
from solver.scheduler.framework import verdict
from solver.scheduler.state import ClusterState
from solver.scheduler.status import Code
from tests import builders as b
from tests.report.plans import RUN, facts

SCHEMA = bundle()


def closed(schema: Any) -> Any:
    """The schema with no room for keys it does not describe."""
    if isinstance(schema, list):
        return [closed(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    copy = {key: part if key == "allOf" else closed(part) for key, part in schema.items()}
    if "properties" in copy and "additionalProperties" not in copy:
        copy["additionalProperties"] = False
    return copy


CLOSED = jsonschema.Draft202012Validator(closed(SCHEMA))


@pytest.fixture
def plan() -> FitFacts:
    """A plan that uses every part of the document."""
    labels = {"app": "db"}
    rules = [b.spread(labels=labels), b.spread(labels=labels, key="rack", soft=True)]
    manifest = b.stateful_set(
        name="db",
        replicas=3,
        parallel=True,
        spec=b.pod_spec(
            spread=rules,
            volumes=[b.ephemeral_volume(name="scratch", storage_class="ssd")],
            extra={"schedulerName": "other"},
        ),
        claims={"data": b.claim_spec(storage="10Gi", storage_class="ssd")},
    )
    objects = [
        *b.f_nodes(),
        b.storage_class(name="ssd"),
        b.storage_class(name="local", provisioner="kubernetes.io/no-provisioner"),
        b.volume(name="pv", storage="1Gi", storage_class="local"),
        b.claim(name="c", storage_class="local"),
        b.volume(name="bound", claim="kept", affinity=[b.in_zones("za")]),
        b.claim(name="kept", volume="bound"),
        b.pod(name="p", claims=["c", "kept"]),
    ]
    snapshot = b.snapshot(*objects, manifests=[manifest])
    reason = Reason(code=ReasonCode.TOPOLOGY_SPREAD, message="", object="StatefulSet/prod/db", path="spec.x")
    search = SearchReport(stages=(Stage(name="unplaced", value=1, bound=0),), stopped_by=StoppedBy.WALL)
    return facts(
        snapshot,
        {"p": "a1", "db-0": "a1", "db-1": "b1"},
        unplaced=[Unplaced(pod=snapshot.pending[-1].key, reasons=(reason,))],
        verdict=Verdict.UNKNOWN,
        proof=Proof.NOT_PROVED,
        search=search,
        skipped=[Skipped(code="SKIP-013", feature="pods with scheduling gates", example="Pod prod/g")],
        run=replace(RUN, exit_code=4, manifest_digests=("sha256:" + "1" * 64,)),
    )


def test_the_schema_describes_every_key_of_a_placement_result(plan: FitFacts) -> None:
    CLOSED.validate(placement_result(plan))


def test_the_schema_refuses_what_is_not_in_an_enumeration(plan: FitFacts) -> None:
    document = placement_result(plan)
    document["answer"]["verdict"] = "Maybe"
    assert not jsonschema.Draft202012Validator(SCHEMA).is_valid(document)


def test_the_document_says_what_the_plan_says(plan: FitFacts) -> None:
    document = placement_result(plan)
    assert document["answer"] == {"verdict": "Unknown", "proof": "NotProved", "exitCode": 4}
    assert document["summary"] == {
        "podsPlaced": 3,
        "podsRequested": 4,
        "volumesNew": 4,
        "maxZoneSkew": 1,
    }
    assert [placement["pod"] for placement in document["placements"]] == ["prod/p", "prod/db-0", "prod/db-1"]
    db = document["placements"][1]
    assert (db["workload"], db["ordinal"], db["node"]) == ("StatefulSet/prod/db", 0, "a1")
    assert db["schedulerName"] == "other"
    assert db["domains"] == {b.ZONE: "za"}
    assert {volume["claim"]: volume["state"] for volume in db["volumes"]} == {
        "data-db-0": "New",
        "db-0-scratch": "Ephemeral",
    }
    bare = document["placements"][0]
    assert (bare["workload"], bare["ordinal"]) == (None, None)
    assert [(v["state"], v["persistentVolume"]) for v in bare["volumes"]] == [
        ("Static", "pv"),
        ("Bound", "bound"),
    ]
    assert document["unplaced"] == [
        {
            "pod": "prod/db-2",
            "reasons": [
                {
                    "code": "TopologySpread",
                    "message": "a hard spread rule leaves no domain with room",
                    "object": "StatefulSet/prod/db",
                    "path": "spec.x",
                }
            ],
        }
    ]


def test_reasons_name_the_object_and_a_path_from_its_top() -> None:
    """A StatefulSet's management policy stands beside its pod template, its pods' rules inside."""
    source = "StatefulSet/prod/db spec.template"
    snapshot = b.snapshot(*b.f_nodes(), manifests=[b.stateful_set(name="db", replicas=1)])
    behind = Reason(
        code=ReasonCode.ORDERED_BEHIND, message="", object=source, path="spec.podManagementPolicy"
    )
    spread = Reason(
        code=ReasonCode.TOPOLOGY_SPREAD, message="", object=source, path="spec.topologySpreadConstraints"
    )
    refused = Unplaced(pod=PodKey("prod/db-0"), reasons=(behind, spread))
    found = placement_result(facts(snapshot, {}, unplaced=(refused,)))["unplaced"][0]["reasons"]
    assert [(reason["object"], reason["path"]) for reason in found] == [
        ("StatefulSet/prod/db", "spec.podManagementPolicy"),
        ("StatefulSet/prod/db", "spec.template.spec.topologySpreadConstraints"),
    ]


def test_constraints_name_the_object_and_field_that_state_them(plan: FitFacts) -> None:
    hard, soft = placement_result(plan)["constraints"]
    assert (hard["id"], hard["kind"], hard["hard"], hard["slack"]) == (
        "spread/prod/db/zone",
        "TopologySpread",
        True,
        0,
    )
    assert hard["source"] == {
        "object": "StatefulSet/prod/db",
        "path": "spec.template.spec.topologySpreadConstraints[0]",
    }
    assert (soft["id"], soft["hard"]) == ("spread/prod/db/rack/soft", False)


def test_times_stand_only_in_seconds_of_the_solver(plan: FitFacts) -> None:
    slow = replace(plan, run=replace(plan.run, read_seconds=55.0, wall_seconds=66.0, verify_seconds=44.0))
    one, other = placement_result(plan), placement_result(slow)
    assert one != other
    for document in (one, other):
        for key in [key for key in document["solver"] if key.endswith("Seconds")]:
            del document["solver"][key]
    assert one == other


def test_yaml_is_the_same_document_with_readable_sizes(plan: FitFacts) -> None:
    document = placement_result(plan)
    as_yaml = yaml.safe_load(to_yaml(document))
    CLOSED.validate(as_yaml)
    sizes = [v.pop("size") for p in as_yaml["placements"] for v in p["volumes"]]
    assert "10Gi" in sizes
    assert as_yaml == json.loads(to_json(document))


def test_the_schema_describes_every_key_of_node_verdicts() -> None:
    nodes = b.f_nodes()
    nodes[0]["spec"]["taints"] = [b.taint(key="t")]
    snapshot = b.snapshot(*nodes, b.pod(name="p", requests={"cpu": "1"}), b.pod(name="q", claims=["gone"]))
    state = ClusterState.of(snapshot)
    document = node_verdicts(verdict(pod, state) for pod in snapshot.pending)
    CLOSED.validate(document)
    assert document["pods"][0]["failed"]["a1"]["plugin"] == "TaintToleration"


@pytest.mark.parametrize(
    ("path", "values"),
    [
        ("answer/properties/verdict", [v.value for v in Verdict]),
        ("answer/properties/proof", [p.value for p in Proof]),
        ("volume/properties/state", [s.value for s in VolumeState]),
        ("reason/properties/code", [c.value for c in ReasonCode]),
        ("stoppedBy", [s.value for s in StoppedBy]),
        ("rejection/properties/code", [c.value for c in Code]),
    ],
)
def test_enumerations_of_schema_and_code_are_the_same(path: str, values: list[str]) -> None:
    part = SCHEMA["$defs"]
    for step in path.split("/"):
        part = part[step]
    assert part["enum"] == values


def test_exit_codes_of_the_schema_are_those_a_placement_can_end_with() -> None:
    listed = SCHEMA["$defs"]["answer"]["properties"]["exitCode"]["enum"]
    assert listed == sorted(set(ExitCode) - {ExitCode.ERROR, ExitCode.USAGE})
