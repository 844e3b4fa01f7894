"""What happens to a pod from a manifest on its way into the cluster: W24, W26-W29."""

from __future__ import annotations

from typing import Any

import pytest

from solver.errors import Fault, InputError
from solver.model.pod import Pod
from tests import builders as b
from tests.builders import NAMESPACE, Raw, f_nodes, snapshot

NOT_READY = "node.kubernetes.io/not-ready"


def admitted(*policy: Raw, **spec: Any) -> Pod:
    return snapshot(*f_nodes(), *policy, manifests=[b.pod(name="p", spec=spec)]).pods[0]


def rejected(*policy: Raw, **spec: Any) -> list[Fault]:
    with pytest.raises(InputError) as caught:
        admitted(*policy, **spec)
    return list(caught.value.faults)


def test_ex_w8_a_toleration_of_everything_leaves_nothing_to_add() -> None:
    assert len(admitted(tolerations=[b.toleration(operator="Exists")]).tolerations) == 1


def test_ex_w9_a_toleration_of_another_effect_does_not_count() -> None:
    made = admitted(tolerations=[b.toleration(key=NOT_READY, operator="Exists", effect="NoSchedule")])
    assert [(t.key, t.effect) for t in made.tolerations] == [
        (NOT_READY, "NoSchedule"),
        (NOT_READY, "NoExecute"),
        ("node.kubernetes.io/unreachable", "NoExecute"),
    ]


# Priority


def test_ex_w18_an_unknown_priority_class_is_rejected() -> None:
    (fault,) = rejected(priorityClassName="gold")
    assert (fault.kind, fault.name, fault.path) == ("Pod", f"{NAMESPACE}/p", "spec.priorityClassName")
    assert fault.found == '"gold"'


def test_priority_comes_from_the_class() -> None:
    """W26."""
    gold = b.priority_class(name="gold", value=1000, policy="Never")
    made = admitted(gold, priorityClassName="gold")
    assert (made.priority, made.preemption_policy) == (1000, "Never")
    assert admitted(gold).priority == 0


def test_built_in_priority_classes_need_no_object() -> None:
    assert admitted(priorityClassName="system-node-critical").priority == 2_000_001_000


def test_the_lowest_default_class_applies_to_pods_without_one() -> None:
    made = admitted(
        b.priority_class(name="high", value=50, default=True),
        b.priority_class(name="low", value=5, default=True),
        b.priority_class(name="other", value=1),
    )
    assert made.priority == 5


def test_a_priority_that_differs_from_the_class_is_rejected() -> None:
    faults = rejected(b.priority_class(name="gold", value=1000), priorityClassName="gold", priority=7)
    assert [(f.path, f.found) for f in faults] == [("spec.priority", "7")]


def test_a_preemption_policy_that_differs_from_the_class_is_rejected() -> None:
    faults = rejected(priorityClassName="system-node-critical", preemptionPolicy="Never")
    assert [f.path for f in faults] == ["spec.preemptionPolicy"]


def test_stored_pods_keep_the_priority_they_were_given() -> None:
    """W4: the class may be long gone."""
    stored = b.pod(name="p", priority=77, spec={"priorityClassName": "gone"})
    assert snapshot(*f_nodes(), stored).pods[0].priority == 77


# Runtime classes

KATA: Raw = {
    "apiVersion": "node.k8s.io/v1",
    "kind": "RuntimeClass",
    "metadata": {"name": "kata"},
    "handler": "kata",
    "overhead": {"podFixed": {"cpu": "250m", "memory": "160Mi"}},
    "scheduling": {
        "nodeSelector": {"kata": "yes"},
        "tolerations": [{"key": "kata", "operator": "Exists"}],
    },
}


def test_ex_w20_the_overhead_of_a_runtime_class_is_added() -> None:
    made = admitted(KATA, runtimeClassName="kata", containers=[b.container(requests={"cpu": "1"})])
    assert made.requests == {"cpu": 1250, "memory": 160 * 2**20}


def test_a_runtime_class_adds_node_selector_and_tolerations() -> None:
    """W27."""
    made = admitted(KATA, runtimeClassName="kata", nodeSelector={"disk": "ssd"})
    assert made.node_selector == {"disk": "ssd", "kata": "yes"}
    assert "kata" in [t.key for t in made.tolerations]


@pytest.mark.parametrize(
    ("spec", "path"),
    [
        ({"runtimeClassName": "gvisor"}, "spec.runtimeClassName"),
        ({"runtimeClassName": "kata", "nodeSelector": {"kata": "no"}}, "spec.nodeSelector[kata]"),
        ({"runtimeClassName": "kata", "overhead": {"cpu": "1"}}, "spec.overhead"),
        ({"overhead": {"cpu": "1"}}, "spec.overhead"),
    ],
)
def test_what_disagrees_with_the_runtime_class_is_rejected(spec: Raw, path: str) -> None:
    """W27."""
    assert [f.path for f in rejected(KATA, **spec)] == [path]


# Limit ranges


def limit_range(**item: Any) -> Raw:
    return {
        "apiVersion": "v1",
        "kind": "LimitRange",
        "metadata": {"name": "limits", "namespace": NAMESPACE},
        "spec": {"limits": [{"type": "Container", **item}]},
    }


@pytest.mark.parametrize(
    ("item", "request_millis"),
    [
        ({"default": {"cpu": "2"}, "defaultRequest": {"cpu": "1"}}, 1000),
        ({"default": {"cpu": "2"}}, 2000),
        ({"max": {"cpu": "3"}}, 3000),
        ({"min": {"cpu": "1"}}, 1000),
        ({"min": {"cpu": "1"}, "max": {"cpu": "3"}}, 3000),
    ],
)
def test_a_limit_range_fills_in_requests(item: Raw, request_millis: int) -> None:
    """W28: default falls back to max; defaultRequest to default, then min."""
    assert admitted(limit_range(**item), containers=[b.container()]).requests == {"cpu": request_millis}


def test_a_stated_limit_is_the_request_before_the_limit_range_is_asked() -> None:
    """W28 after W20."""
    made = admitted(limit_range(defaultRequest={"cpu": "1"}), containers=[b.container(limits={"cpu": "4"})])
    assert made.requests == {"cpu": 4000}


def test_containers_outside_minimum_and_maximum_are_rejected() -> None:
    faults = rejected(
        limit_range(min={"cpu": "500m"}, max={"memory": "1Gi"}),
        containers=[
            b.container(requests={"cpu": "100m"}),
            b.container(name="d", limits={"memory": "2Gi"}),
        ],
    )
    assert [(f.path, f.found) for f in faults] == [
        ("spec.containers[0].resources.requests.cpu", '"100m"'),
        ("spec.containers[1].resources.limits.memory", '"2Gi"'),
        ("spec.containers[1].resources.requests.memory", '"2Gi"'),
    ]


def test_a_limit_below_the_minimum_is_rejected() -> None:
    low = b.container(requests={"cpu": "100m"}, limits={"cpu": "200m"})
    faults = rejected(limit_range(min={"cpu": "500m"}), containers=[low])
    assert [f.path.rpartition("resources.")[2] for f in faults] == ["requests.cpu", "limits.cpu"]


def test_limit_ranges_of_other_namespaces_and_stored_pods_are_left_alone() -> None:
    """W4."""
    elsewhere = limit_range(default={"cpu": "2"})
    elsewhere["metadata"]["namespace"] = "other"
    assert admitted(elsewhere, containers=[b.container()]).requests == {}
    stored = b.pod(name="p")
    assert snapshot(*f_nodes(), limit_range(default={"cpu": "2"}), stored).pods[0].requests == {}


def test_other_limits_are_listed_as_not_modelled() -> None:
    other = limit_range()
    other["spec"]["limits"][0]["type"] = "Pod"
    assert [s.code for s in snapshot(*f_nodes(), other).skipped] == ["SKIP-007"]


# Storage classes of claims


def test_ex_w15_the_newest_default_class_is_used() -> None:
    made = snapshot(
        *f_nodes(),
        b.storage_class(name="old", default=True, created="2023-05-01T00:00:00Z"),
        b.storage_class(name="new", default=True, created="2024-05-01T00:00:00Z"),
        b.storage_class(name="newest", created="2025-05-01T00:00:00Z"),
        manifests=[b.claim(name="data")],
    )
    assert made.claims[0].storage_class == "new"


def test_default_classes_of_one_age_are_taken_by_name() -> None:
    classes = [b.storage_class(name=n, default=True, created="2024-05-01T00:00:00Z") for n in ("b", "a")]
    assert snapshot(*f_nodes(), *classes, manifests=[b.claim(name="data")]).claims[0].storage_class == "a"


def test_ex_w16_an_explicit_empty_class_stays_empty() -> None:
    made = snapshot(
        *f_nodes(),
        b.storage_class(name="std", default=True),
        manifests=[b.claim(name="data", storage_class="")],
    )
    assert made.claims[0].storage_class == ""


def test_the_default_class_reaches_templates_and_unbound_stored_claims_only() -> None:
    """W29."""
    made = snapshot(
        *f_nodes(),
        b.storage_class(name="std", default=True),
        b.claim(name="open"),
        b.claim(name="bound", volume="pv"),
        manifests=[b.stateful_set(name="db", replicas=1, claims={"data": b.claim_spec()})],
    )
    assert {c.name: c.storage_class for c in made.claims} == {
        "open": "std",
        "bound": "",
        "data-db-0": "std",
    }


def test_the_beta_annotation_names_the_class() -> None:
    """V3."""
    note = {"volume.beta.kubernetes.io/storage-class": "beta"}
    made = snapshot(
        *f_nodes(),
        b.claim(name="d", storage_class="x", annotations=note),
        b.volume(name="v", annotations=note),
    )
    assert (made.claims[0].storage_class, made.volumes[0].storage_class) == ("beta", "beta")
