"""Bad objects: every fault is found, and says which object and field, what was found and what is expected."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from solver.errors import Fault, InputError
from solver.kube.read import read_snapshot
from tests import builders as b
from tests.builders import NAMESPACE, Raw, document, f_nodes, snapshot

LABELS = {"app": "web"}


def faults_of(*objects: Raw, manifests: tuple[Raw, ...] = ()) -> list[Fault]:
    with pytest.raises(InputError) as caught:
        snapshot(*f_nodes(), *objects, manifests=manifests)
    return list(caught.value.faults)


def paths(faults: list[Fault]) -> list[str]:
    return [fault.path for fault in faults]


def rule(kind: str, **term: Any) -> Raw:
    return {kind: {"requiredDuringSchedulingIgnoredDuringExecution": [term]}}


# Wrong types: stored objects and manifests alike


@pytest.mark.parametrize(
    ("spec", "path", "found", "expected"),
    [
        ({"containers": "x"}, "spec.containers", '"x"', "a list"),
        ({"containers": [5]}, "spec.containers[0]", "5", "an object"),
        ({"containers": [None]}, "spec.containers[0]", "null", "an object"),
        ({"nodeName": 5}, "spec.nodeName", "5", "a string"),
        ({"priority": "high"}, "spec.priority", '"high"', "a whole number"),
        ({"priority": 1.5}, "spec.priority", "1.5", "a whole number"),
        ({"priority": True}, "spec.priority", "true", "a whole number"),
        ({"priority": 2**31}, "spec.priority", "2147483648", "a whole number"),
        ({"hostNetwork": "yes"}, "spec.hostNetwork", '"yes"', "true or false"),
        ({"nodeSelector": {"disk": 1}}, "spec.nodeSelector[disk]", "1", "a string"),
        ({"nodeSelector": ["disk"]}, "spec.nodeSelector", '["disk"]', "an object"),
        (
            {"overhead": {"cpu": True}},
            "spec.overhead[cpu]",
            "true",
            "a string (numbers, true, false and null need quotes) or a whole number or a number",
        ),
        ({"overhead": {"cpu": None}}, "spec.overhead[cpu]", "null", "a string"),
        ({"affinity": []}, "spec.affinity", "[]", "an object"),
        ({"tolerations": {"key": "x"}}, "spec.tolerations", '{"key": "x"}', "a list"),
        (
            {"topologySpreadConstraints": [{"labelSelector": {"matchLabels": {"a": None}}}]},
            "spec.topologySpreadConstraints[0].labelSelector.matchLabels[a]",
            "null",
            "a string",
        ),
    ],
)
def test_a_value_of_the_wrong_type_is_located(spec: Raw, path: str, found: str, expected: str) -> None:
    (fault,) = faults_of(b.pod(name="p", spec=spec))
    assert (fault.kind, fault.name, fault.source) == ("Pod", f"{NAMESPACE}/p", "dump.json")
    assert (fault.path, fault.found) == (path, found)
    assert fault.expected.startswith(expected)


def test_every_mismatch_of_an_object_is_reported() -> None:
    faults = faults_of(
        b.pod(
            name="p", spec={"containers": 1, "priority": "x", "volumes": [{"name": 3}]}, status={"phase": 4}
        )
    )
    assert sorted(paths(faults)) == [
        "spec.containers",
        "spec.priority",
        "spec.volumes[0].name",
        "status.phase",
    ]


def test_metadata_of_the_wrong_type_is_located() -> None:
    (fault,) = faults_of({"kind": "Pod", "metadata": "none"})
    assert (fault.name, fault.path) == ("document 1 items[5]", "metadata")


@pytest.mark.parametrize("field", ["labels", "annotations", "ownerReferences"])
def test_null_is_absence(field: str) -> None:
    stored = b.pod(name="p", spec={"tolerations": None, "affinity": None, "volumes": None}, status=None)
    stored["metadata"][field] = None
    stored["status"] = None
    assert snapshot(*f_nodes(), stored).pods[0].phase == "Pending"


# Names


@pytest.mark.parametrize("name", [None, "", "Upper", "a/b", "a b", "-a", "a" * 254, "a\x00", "ä"])
def test_objects_need_a_proper_name(name: str | None) -> None:
    stored = b.pod(name="p")
    stored["metadata"]["name"] = name
    assert paths(faults_of(stored)) == ["metadata.name"]


def test_namespaces_need_a_proper_name() -> None:
    assert paths(faults_of(b.pod(name="p", namespace="No/Way"))) == ["metadata.namespace"]


def test_equal_duplicates_of_a_dump_count_once() -> None:
    assert len(snapshot(*f_nodes(), b.pod(name="p"), b.pod(name="p")).pods) == 1


def test_different_duplicates_of_a_dump_are_a_fault() -> None:
    (fault,) = faults_of(b.pod(name="p"), b.pod(name="p", node="a1"))
    assert (fault.kind, fault.name) == ("Pod", f"{NAMESPACE}/p")
    assert "another Pod of this name" in fault.found


def test_two_different_manifests_of_one_name_are_a_fault() -> None:
    """W3."""
    (fault,) = faults_of(manifests=(b.deployment(name="w"), b.deployment(name="w", replicas=2)))
    assert (fault.kind, fault.source) == ("Deployment", "app.json")


def test_a_manifest_takes_the_place_of_the_stored_object() -> None:
    """W3."""
    made = snapshot(
        *f_nodes(), b.claim(name="d", storage="1Gi"), manifests=[b.claim(name="d", storage="2Gi")]
    )
    assert [c.request_milli for c in made.claims] == [2 * 2**30 * 1000]


def test_names_are_per_kind_and_namespace() -> None:
    made = snapshot(*f_nodes(), b.pod(name="x"), b.pod(name="x", namespace="other"), b.claim(name="x"))
    assert len(made.pods) == 2


# Nodes and documents


def test_without_nodes_there_is_no_verdict() -> None:
    """W37."""
    with pytest.raises(InputError, match="no nodes"):
        snapshot(b.pod(name="p"))


def test_an_empty_input_is_refused() -> None:
    with pytest.raises(InputError, match="no nodes"):
        read_snapshot([])


def test_missing_nodes_are_not_mentioned_beside_the_fault_that_explains_them() -> None:
    with pytest.raises(InputError) as caught:
        snapshot(b.node(name="Bad Name"))
    assert paths(list(caught.value.faults)) == ["metadata.name"]


@pytest.mark.parametrize(
    ("stored", "path"),
    [
        (b.node(name="n", cpu="lots"), "status.allocatable.cpu"),
        (b.node(name="n", memory="-1Gi"), "status.allocatable.memory"),
        (b.node(name="n", taints=[b.taint(key="k", effect="Sometimes")]), "spec.taints[0].effect"),
        (b.node(name="n", taints=[b.taint(key="")]), "spec.taints[0].key"),
        ({"kind": "PersistentVolume", "metadata": {"name": "v"}}, "spec"),
        ({"kind": "PersistentVolumeClaim", "metadata": {"name": "v"}}, "spec"),
        ({"kind": "Pod", "metadata": {"name": "v"}}, "spec"),
        ({"kind": "ReplicaSet", "metadata": {"name": "v"}}, "spec"),
        (b.csi_node(name="a1", limits={"": 1}), "spec.drivers[0].name"),
        (b.claim(name="c", storage="huge"), "spec.resources.requests.storage"),
        (b.claim(name="c", spec={"volumeMode": "Tape"}), "spec.volumeMode"),
        (b.volume(name="v", storage="-5Gi"), "spec.capacity.storage"),
        (b.volume(name="v", spec={"claimRef": {"name": "c"}}), "spec.claimRef"),
        (b.csi_node(name="a1", limits={"d": -1}), "spec.drivers[0].allocatable.count"),
        (b.capacity(name="c", storage_class="s", topology={}, capacity="x"), "capacity"),
        (b.attachment(name="a", attacher="d", node="", volume="v"), "spec.nodeName"),
    ],
)
def test_values_no_cluster_could_hold_are_faults(stored: Raw, path: str) -> None:
    assert path in paths(faults_of(stored))


def test_an_unknown_binding_mode_is_a_fault() -> None:
    stored = b.storage_class(name="s")
    stored["volumeBindingMode"] = "Sometimes"
    assert paths(faults_of(stored)) == ["volumeBindingMode"]


# Pod specs that have no meaning, stored or not

MEANINGLESS: list[tuple[Raw, str]] = [
    ({"containers": [b.container(requests={"cpu": "1x"})]}, "containers[0].resources.requests.cpu"),
    ({"containers": [b.container(requests={"cpu": "-1"})]}, "containers[0].resources.requests.cpu"),
    ({"containers": [b.container(limits={"cpu": "NaN"})]}, "containers[0].resources.limits.cpu"),
    ({"containers": [b.container(requests={"cpu": "9" * 99})]}, "containers[0].resources.requests.cpu"),
    (
        {"initContainers": [b.container(name="i", requests={"a.b/c": ""})]},
        "initContainers[0].resources.requests[a.b/c]",
    ),
    ({"containers": [b.container(ports=[{"hostPort": 70000}])]}, "containers[0].ports[0].hostPort"),
    ({"resources": {"requests": {"cpu": "1 "}}}, "resources.requests.cpu"),
    ({"overhead": {"cpu": "1,5"}}, "overhead.cpu"),
    ({"topologySpreadConstraints": [b.spread(max_skew=0)]}, "topologySpreadConstraints[0].maxSkew"),
    ({"topologySpreadConstraints": [b.spread(key="")]}, "topologySpreadConstraints[0].topologyKey"),
    ({"topologySpreadConstraints": [b.spread(min_domains=0)]}, "topologySpreadConstraints[0].minDomains"),
    (
        {"topologySpreadConstraints": [{**b.spread(), "whenUnsatisfiable": "Maybe"}]},
        "topologySpreadConstraints[0].whenUnsatisfiable",
    ),
    (
        {"topologySpreadConstraints": [b.spread(taints_policy="Sometimes")]},
        "topologySpreadConstraints[0].nodeTaintsPolicy",
    ),
    (
        {"affinity": rule("podAffinity", labelSelector={})},
        "affinity.podAffinity.requiredDuringSchedulingIgnoredDuringExecution[0].topologyKey",
    ),
    (
        {"affinity": {"podAntiAffinity": b.preferred_terms((5, {}))}},
        "affinity.podAntiAffinity.preferredDuringSchedulingIgnoredDuringExecution[0].podAffinityTerm.topologyKey",
    ),
    ({"volumes": [{"name": "a", "persistentVolumeClaim": {}}]}, "volumes[0].persistentVolumeClaim.claimName"),
    ({"volumes": [b.claim_volume(claim="a"), b.claim_volume(claim="b", name="a")]}, "volumes[1].name"),
    ({"volumes": [{"persistentVolumeClaim": {"claimName": "a"}}]}, "volumes[0].name"),
]


@pytest.mark.parametrize(("spec", "path"), MEANINGLESS)
def test_what_has_no_meaning_is_refused_in_stored_pods_too(spec: Raw, path: str) -> None:
    assert paths(faults_of(b.pod(name="p", spec=spec))) == [f"spec.{path}"]


@pytest.mark.parametrize(("spec", "path"), MEANINGLESS)
def test_what_has_no_meaning_is_refused_in_templates(spec: Raw, path: str) -> None:
    manifest = b.deployment(name="w", spec=b.pod_spec(extra=spec))
    (fault,) = faults_of(manifests=(manifest,))
    assert (fault.kind, fault.name) == ("Deployment", f"{NAMESPACE}/w")
    assert fault.path == f"spec.template.spec.{path}"


# Pod specs that only the API server would refuse

_NODE_TERMS = "affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms"
_WISHES = "affinity.nodeAffinity.preferredDuringSchedulingIgnoredDuringExecution"
_TERMS = "affinity.podAntiAffinity.requiredDuringSchedulingIgnoredDuringExecution"


def required(*expressions: Raw, fields: tuple[Raw, ...] = ()) -> Raw:
    term = b.node_term(expressions=expressions, fields=fields)
    return {"affinity": {"nodeAffinity": b.required_nodes(term)}}


def anti(**term: Any) -> Raw:
    return {"affinity": {"podAntiAffinity": b.required_terms(b.affinity_term(**term))}}


def tolerating(**fields: Any) -> Raw:
    return {"tolerations": [fields]}


def spreading(**fields: Any) -> Raw:
    return {"topologySpreadConstraints": [b.spread(**fields)]}


NOT_ADMITTED: list[tuple[Raw, str]] = [
    ({"containers": []}, "containers"),
    ({"containers": [b.container(), b.container()]}, "containers[1].name"),
    ({"containers": [b.container(name="")]}, "containers[0].name"),
    (
        {"containers": [b.container(requests={"cpu": "2"}, limits={"cpu": "1"})]},
        "containers[0].resources.requests.cpu",
    ),
    (
        {"containers": [b.container(ports=[{"containerPort": 1, "protocol": "ICMP"}])]},
        "containers[0].ports[0].protocol",
    ),
    ({"preemptionPolicy": "Always"}, "preemptionPolicy"),
    ({"nodeSelector": {"a b": "x"}}, "nodeSelector"),
    ({"nodeSelector": {"a": "x y"}}, "nodeSelector[a]"),
    # K4
    (tolerating(value="x"), "tolerations[0].operator"),
    (tolerating(key="k", operator="Exists", value="x"), "tolerations[0].value"),
    (tolerating(key="k", operator="Gt", value="1"), "tolerations[0].operator"),
    (tolerating(key="k", effect="Never"), "tolerations[0].effect"),
    (tolerating(key="k", effect="NoSchedule", tolerationSeconds=5), "tolerations[0].effect"),
    # L4-L7
    ({"affinity": {"nodeAffinity": b.required_nodes()}}, _NODE_TERMS),
    (required(b.expression(key="a", operator="In")), f"{_NODE_TERMS}[0].matchExpressions[0].values"),
    (required(b.expression(key="a", operator="NotIn")), f"{_NODE_TERMS}[0].matchExpressions[0].values"),
    (
        required(b.expression(key="a", operator="Exists", values=["x"])),
        f"{_NODE_TERMS}[0].matchExpressions[0].values",
    ),
    (
        required(b.expression(key="a", operator="Gt", values=["much"])),
        f"{_NODE_TERMS}[0].matchExpressions[0].values",
    ),
    (
        required(b.expression(key="a", operator="Lt", values=["1", "2"])),
        f"{_NODE_TERMS}[0].matchExpressions[0].values",
    ),
    (
        required(b.expression(key="a", operator="Is", values=["x"])),
        f"{_NODE_TERMS}[0].matchExpressions[0].operator",
    ),
    (required(b.expression(key="a b", operator="Exists")), f"{_NODE_TERMS}[0].matchExpressions[0].key"),
    (
        required(b.expression(key="a", operator="In", values=["x y"])),
        f"{_NODE_TERMS}[0].matchExpressions[0].values[0]",
    ),
    (
        required(fields=(b.expression(key="spec.x", operator="In", values=["n"]),)),
        f"{_NODE_TERMS}[0].matchFields[0].key",
    ),
    (
        required(fields=(b.expression(key="metadata.name", operator="In", values=["n", "m"]),)),
        f"{_NODE_TERMS}[0].matchFields[0].values",
    ),
    (
        required(fields=(b.expression(key="metadata.name", operator="Exists", values=["n"]),)),
        f"{_NODE_TERMS}[0].matchFields[0].operator",
    ),
    ({"affinity": {"nodeAffinity": b.preferred_nodes((0, b.in_zones("za")))}}, f"{_WISHES}[0].weight"),
    ({"affinity": {"nodeAffinity": b.preferred_nodes((101, b.in_zones("za")))}}, f"{_WISHES}[0].weight"),
    # T2
    (spreading(soft=True, min_domains=2, labels=LABELS), "topologySpreadConstraints[0].minDomains"),
    (
        {"topologySpreadConstraints": [b.spread(labels=LABELS), b.spread(max_skew=2, labels=LABELS)]},
        "topologySpreadConstraints[1]",
    ),
    # S5
    (spreading(match_keys=["app"]), "topologySpreadConstraints[0].matchLabelKeys"),
    (spreading(labels=LABELS, match_keys=["app"]), "topologySpreadConstraints[0].matchLabelKeys"),
    (anti(match_keys=["app"]), f"{_TERMS}[0].matchLabelKeys"),
    (anti(mismatch_keys=["app"]), f"{_TERMS}[0].mismatchLabelKeys"),
    (anti(labels=LABELS, match_keys=["app"]), f"{_TERMS}[0].matchLabelKeys"),
    (anti(labels=LABELS, match_keys=["v"], mismatch_keys=["v"]), f"{_TERMS}[0].mismatchLabelKeys"),
    # S1
    (
        anti(label_selector=b.selector(expressions=[b.expression(key="a", operator="Gt", values=["1"])])),
        f"{_TERMS}[0].labelSelector.matchExpressions[0].operator",
    ),
    (anti(labels={"a": "x y"}), f"{_TERMS}[0].labelSelector.matchLabels[a]"),
    (
        anti(labels=LABELS, namespace_selector=b.selector(labels={"/": "x"})),
        f"{_TERMS}[0].namespaceSelector.matchLabels",
    ),
    # ephemeral volumes
    (
        {"volumes": [{"name": "t", "ephemeral": {}}]},
        "volumes[0].ephemeral.volumeClaimTemplate.spec",
    ),
]


@pytest.mark.parametrize(("spec", "path"), NOT_ADMITTED)
def test_what_the_api_server_would_refuse_is_refused_in_manifests(spec: Raw, path: str) -> None:
    faults = faults_of(manifests=(b.pod(name="p", spec=spec),))
    assert paths(faults) == [f"spec.{path}"]
    assert faults[0].source == "app.json"


@pytest.mark.parametrize(("spec", "path"), NOT_ADMITTED)
def test_what_was_stored_all_the_same_is_read(spec: Raw, path: str) -> None:
    """W4, L6, A14: it has a meaning at run time."""
    assert len(snapshot(*f_nodes(), b.pod(name="p", spec=copy.deepcopy(spec))).pods) == 1


# Controllers


def without(manifest: Raw, *path: str) -> Raw:
    changed = copy.deepcopy(manifest)
    at = changed
    for key in path[:-1]:
        at = at[key]
    del at[path[-1]]
    return changed


def with_value(manifest: Raw, value: Any, *path: str) -> Raw:
    changed = copy.deepcopy(manifest)
    at = changed
    for key in path[:-1]:
        at = at[key]
    at[path[-1]] = value
    return changed


WEB = b.deployment(name="w")
DB = b.stateful_set(name="w", claims={"data": b.claim_spec()})
JOB = b.job(name="w")
RC = {**b.deployment(name="w", kind="ReplicationController"), "apiVersion": "v1"}
RC["spec"] = {**RC["spec"], "selector": {"app": "w"}}
CRON: Raw = {
    "apiVersion": "batch/v1",
    "kind": "CronJob",
    "metadata": {"name": "w", "namespace": NAMESPACE},
    "spec": {"jobTemplate": {"spec": JOB["spec"]}},
}
LABELS_OF_TEMPLATE = "spec.template.metadata.labels"


@pytest.mark.parametrize(
    ("manifest", "path"),
    [
        (without(WEB, "apiVersion"), "apiVersion"),
        (with_value(WEB, "extensions/v1beta1", "apiVersion"), "apiVersion"),
        (with_value(WEB, "v1", "apiVersion"), "apiVersion"),
        (without(with_value(WEB, "ReplicaSet", "kind"), "spec"), "spec"),
        (without(RC, "spec"), "spec"),
        (with_value(RC, {"app": "x"}, "spec", "selector"), "spec.template.metadata.labels"),
        (without(DB, "spec"), "spec"),
        (without(b.daemon_set(name="w"), "spec"), "spec"),
        (without(b.daemon_set(name="w"), "spec", "selector"), "spec.selector"),
        (
            with_value(WEB, {"a b": "x", "app": "w"}, "spec", "template", "metadata", "labels"),
            LABELS_OF_TEMPLATE,
        ),
        (without(WEB, "spec"), "spec"),
        (without(WEB, "spec", "selector"), "spec.selector"),
        (with_value(WEB, {}, "spec", "selector"), "spec.selector"),
        (without(WEB, "spec", "template"), "spec.template"),
        (without(WEB, "spec", "template", "spec"), "spec.template.spec"),
        (with_value(WEB, -1, "spec", "replicas"), "spec.replicas"),
        (
            with_value(WEB, {"app": "x"}, "spec", "template", "metadata", "labels"),
            "spec.template.metadata.labels",
        ),
        (
            with_value(WEB, "Never", "spec", "template", "spec", "restartPolicy"),
            "spec.template.spec.restartPolicy",
        ),
        (with_value(DB, "Random", "spec", "podManagementPolicy"), "spec.podManagementPolicy"),
        (with_value(DB, {"start": -1}, "spec", "ordinals"), "spec.ordinals.start"),
        (
            with_value(DB, [{"spec": b.claim_spec()}], "spec", "volumeClaimTemplates"),
            "spec.volumeClaimTemplates[0].metadata.name",
        ),
        (
            with_value(DB, DB["spec"]["volumeClaimTemplates"] * 2, "spec", "volumeClaimTemplates"),
            "spec.volumeClaimTemplates[1].metadata.name",
        ),
        (
            with_value(DB, [{"metadata": {"name": "d"}}], "spec", "volumeClaimTemplates"),
            "spec.volumeClaimTemplates[0].spec",
        ),
        (without(JOB, "spec"), "spec"),
        (
            with_value(JOB, "Always", "spec", "template", "spec", "restartPolicy"),
            "spec.template.spec.restartPolicy",
        ),
        (without(JOB, "spec", "template", "spec", "restartPolicy"), "spec.template.spec.restartPolicy"),
        (with_value(JOB, -2, "spec", "parallelism"), "spec.parallelism"),
        (with_value(JOB, "Some", "spec", "completionMode"), "spec.completionMode"),
        (without(CRON, "spec", "jobTemplate"), "spec.jobTemplate"),
        (without(CRON, "spec", "jobTemplate", "spec", "template"), "spec.jobTemplate.spec.template"),
        (with_value(JOB, "Indexed", "spec", "completionMode"), "spec.completions"),
        (without(b.claim(name="c"), "spec", "accessModes"), "spec.accessModes"),
        (with_value(b.claim(name="c"), ["RW"], "spec", "accessModes"), "spec.accessModes[0]"),
        (with_value(b.claim(name="c"), {}, "spec", "resources"), "spec.resources.requests.storage"),
        (without(b.storage_class(name="s"), "provisioner"), "provisioner"),
        (without(b.volume(name="v"), "spec", "capacity"), "spec.capacity.storage"),
        (
            b.volume(name="v", affinity=[b.node_term(expressions=[b.expression(key="z", operator="In")])]),
            "spec.nodeAffinity.required.nodeSelectorTerms[0].matchExpressions[0].values",
        ),
    ],
)
def test_controllers_and_storage_from_manifests_are_held_to_the_api(manifest: Raw, path: str) -> None:
    assert paths(faults_of(manifests=(manifest,))) == [path]


def test_the_faults_of_all_objects_come_together_in_input_order() -> None:
    faults = faults_of(
        b.pod(name="one", spec={"containers": 5}),
        b.claim(name="two", storage="x"),
        manifests=(
            b.deployment(name="three", replicas=-1, spec=b.pod_spec(tolerations=[{"value": "x"}])),
            b.pod(name="four", spec={"priorityClassName": "gold"}),
        ),
    )
    assert [(f.kind, f.name.rpartition("/")[2], f.path) for f in faults] == [
        ("Pod", "one", "spec.containers"),
        ("PersistentVolumeClaim", "two", "spec.resources.requests.storage"),
        ("Deployment", "three", "spec.replicas"),
        ("Deployment", "three", "spec.template.spec.tolerations[0].operator"),
        ("Pod", "four", "spec.priorityClassName"),
    ]


def test_a_broken_policy_object_does_not_blame_the_pods_that_need_it() -> None:
    broken = b.priority_class(name="gold", value=5)
    broken["value"] = "five"
    faults = faults_of(broken, manifests=(b.pod(name="p", spec={"priorityClassName": "gold"}),))
    assert [(f.kind, f.path) for f in faults] == [("PriorityClass", "value")]


def test_a_long_value_is_shown_short() -> None:
    (fault,) = faults_of(b.pod(name="p", spec={"containers": "x" * 1000}))
    assert len(fault.found) <= 80


def test_the_input_is_never_changed() -> None:
    objects = [*f_nodes(), b.pod(name="p")]
    manifests = [b.stateful_set(name="db", replicas=2, claims={"data": b.claim_spec()})]
    before = document(*objects, *manifests).data
    snapshot(*objects, manifests=manifests)
    assert document(*objects, *manifests).data == before
