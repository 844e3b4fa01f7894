"""Nodes, storage, controllers and namespaces as read; what is skipped and what is warned of."""

from __future__ import annotations

from typing import Any

import pytest

from solver.kube.documents import Document
from solver.kube.read import ReadOptions, read_snapshot
from solver.model.names import NodeName
from solver.model.node import Image, Taint
from solver.model.requirement import NodeSelector, Operator, Requirement
from solver.model.storage import Claim, ClaimRef, CSINodeDriver, TopologyTerm, Volume
from tests import builders as b
from tests.builders import NAMESPACE, Raw, f_nodes, snapshot


def claim(**more: Any) -> Claim:
    return snapshot(*f_nodes(), b.claim(name="c", **more)).claims[0]


def volume(**more: Any) -> Volume:
    return snapshot(*f_nodes(), b.volume(name="v", **more)).volumes[0]


# Nodes


def test_a_node_is_read_whole() -> None:
    made = snapshot(
        b.node(
            name="n",
            zone="za",
            labels={"disk": "ssd"},
            annotations={"a": "b"},
            taints=[b.taint(key="k", value="v"), {"key": "m", "effect": "NoExecute"}],
            unschedulable=True,
            ready=False,
            images=[{"names": ["img:1"], "sizeBytes": 5}, {"names": None}],
        )
    ).nodes[0]
    assert made.labels == {b.HOSTNAME: "n", b.ZONE: "za", "disk": "ssd"}
    assert made.annotations == {"a": "b"}
    assert made.taints == (
        Taint(key="k", value="v", effect="NoSchedule"),
        Taint(key="m", effect="NoExecute"),
    )
    assert (made.unschedulable, made.ready) == (True, False)
    assert made.images == (Image(names=("img:1",), size_bytes=5), Image(names=(), size_bytes=0))
    assert made.allocatable == {"cpu": 4000, "memory": 8 * 2**30, "pods": 110}


def test_an_allocatable_that_is_there_but_empty_stays_empty() -> None:
    """W33: only absence is filled."""
    node = b.node(name="n")
    node["status"]["allocatable"] = {}
    assert snapshot(node).nodes[0].allocatable == {}


# Claims and volumes


def test_binding_needs_volume_name_and_annotation() -> None:
    """V19."""
    assert claim(volume="pv").is_bound
    assert not claim(volume="pv", bound=False, phase="Bound").is_bound
    assert not claim(annotations={"pv.kubernetes.io/bind-completed": "yes"}).is_bound


def test_lenient_reading_takes_the_phase_for_the_annotation_and_warns() -> None:
    """V47."""
    half = b.claim(name="c", volume="pv", bound=False, phase="Bound")
    strict = snapshot(*f_nodes(), half)
    lenient = snapshot(*f_nodes(), half, options=ReadOptions(lenient_binding=True))
    assert (strict.claims[0].is_bound, lenient.claims[0].is_bound) == (False, True)
    assert any("V19" in w for w in strict.warnings)
    assert any("V47" in w for w in lenient.warnings)


def test_a_claim_is_read_whole() -> None:
    """V4, W31."""
    made = claim(
        storage="1Gi",
        modes=["ReadWriteOncePod"],
        selected_node="a1",
        terminating=True,
        owner=("Pod", "p"),
        owner_uid="u",
        spec={"selector": b.selector(labels={"t": "x"}), "volumeAttributesClassName": "gold"},
    )
    assert made.request_milli == 2**30 * 1000
    assert (made.single_pod, made.selected_node, made.deleting) == (True, NodeName("a1"), True)
    assert (made.volume_mode, made.phase, made.attributes_class) == ("Filesystem", "Pending", "gold")
    assert made.selector is not None
    assert made.selector.matches({"t": "x"})
    assert made.owner is not None
    assert (made.owner.kind, made.owner.uid) == ("Pod", "u")


def test_decimal_and_binary_sizes_stay_apart() -> None:
    """V4."""
    assert claim(storage="1Gi").request_milli > claim(storage="1G").request_milli


def test_a_volume_is_read_whole() -> None:
    made = volume(
        storage="10Gi",
        modes=["ReadWriteOnce", "ReadWriteMany"],
        affinity=[b.in_zones("za")],
        claim="c",
        claim_uid="u",
        driver="d.csi",
        handle="h1",
        labels={b.ZONE: "za"},
    )
    assert made.capacity_milli == 10 * 2**30 * 1000
    assert made.claim_ref == ClaimRef(namespace=NAMESPACE, name="c", uid="u")
    assert (made.driver, made.handle, made.plugin, made.source) == ("d.csi", "h1", "", "csi")
    assert made.node_affinity is not None
    assert made.node_affinity.reaches({b.ZONE: "za"})
    assert (made.phase, made.volume_mode) == ("Bound", "Filesystem")


def test_a_volume_without_affinity_or_with_no_terms_are_different_things() -> None:
    """V23, V24."""
    assert volume().node_affinity is None
    assert volume(affinity=[]).node_affinity == NodeSelector(terms=())


def test_a_volume_without_status_is_available() -> None:
    """W31."""
    stored = b.volume(name="v")
    del stored["status"]
    assert snapshot(*f_nodes(), manifests=[stored]).volumes[0].phase == "Available"


@pytest.mark.parametrize(
    ("source", "labels", "plugin", "handle"),
    [
        ({"awsElasticBlockStore": {"volumeID": "aws:///vol-1"}}, {}, "kubernetes.io/aws-ebs", "vol-1"),
        ({"cinder": {"volumeID": "c1"}}, {}, "kubernetes.io/cinder", "c1"),
        (
            {"gcePersistentDisk": {"pdName": "d"}},
            {b.ZONE: "eu-west1-b"},
            "kubernetes.io/gce-pd",
            "projects/UNSPECIFIED/zones/eu-west1-b/disks/d",
        ),
        (
            {"gcePersistentDisk": {"pdName": "d"}},
            {b.ZONE: "eu-west1-b__eu-west1-c"},
            "kubernetes.io/gce-pd",
            "projects/UNSPECIFIED/regions/eu-west1/disks/d",
        ),
        (
            {"gcePersistentDisk": {"pdName": "d"}},
            {b.ZONE: "eu-west1-b__us-east1-c"},
            "kubernetes.io/gce-pd",
            "",
        ),
        ({"nfs": {"server": "s", "path": "/"}}, {}, "", ""),
        ({"hostPath": {"path": "/"}}, {}, "", ""),
    ],
)
def test_in_tree_volumes_know_their_plugin_and_translated_handle(
    source: Raw, labels: dict[str, str], plugin: str, handle: str
) -> None:
    """V16, V25."""
    made = volume(spec=source, labels=labels)
    assert (made.plugin, made.handle, made.driver) == (plugin, handle, "")
    assert made.source == next(iter(source))


# Classes and CSI objects


def test_a_storage_class_binds_immediately_unless_it_says_otherwise() -> None:
    """W30."""
    plain = b.storage_class(name="s")
    del plain["volumeBindingMode"]
    made = snapshot(*f_nodes(), plain, b.storage_class(name="w"))
    assert [c.waits for c in made.storage_classes] == [False, True]


def test_allowed_topologies_keep_terms_apart() -> None:
    """V34."""
    stored = b.storage_class(name="s", topologies=[[(b.ZONE, ["za"]), ("rack", ["r1"])], []])
    assert snapshot(*f_nodes(), stored).storage_classes[0].allowed_topologies == (
        TopologyTerm(requirements=((b.ZONE, ("za",)), ("rack", ("r1",)))),
        TopologyTerm(requirements=()),
    )


def test_csi_objects_are_read_whole() -> None:
    """V10, V25, V35, V39, C9."""
    made = snapshot(
        *f_nodes(),
        b.csi_node(name="a1", limits={"d": 3, "e": None}, migrated=["kubernetes.io/aws-ebs", "x"]),
        b.csi_driver(name="d", storage_capacity=True, attach_required=False),
        {"apiVersion": "storage.k8s.io/v1", "kind": "CSIDriver", "metadata": {"name": "e"}},
        b.capacity(name="c1", storage_class="s", topology=None, capacity="1Gi"),
        b.capacity(name="c2", storage_class="s", topology={}, maximum="1Ki"),
        b.attachment(name="va", attacher="d", node="a1", volume="v"),
    )
    assert made.csi_nodes[0].drivers == (
        CSINodeDriver(name="d", limit=3, topology_keys=(b.ZONE,)),
        CSINodeDriver(name="e", limit=None, topology_keys=(b.ZONE,)),
    )
    assert made.csi_nodes[0].migrated_plugins == {"kubernetes.io/aws-ebs", "x"}
    assert [(d.storage_capacity, d.attach_required) for d in made.csi_drivers] == [
        (True, False),
        (False, True),
    ]
    null, everywhere = made.capacities
    assert null.node_topology is None
    assert everywhere.node_topology is not None
    assert everywhere.node_topology.is_empty
    assert (null.capacity_milli, null.maximum_volume_milli) == (2**30 * 1000, None)
    assert (everywhere.capacity_milli, everywhere.maximum_volume_milli) == (None, 1024_000)
    assert (made.attachments[0].attacher, made.attachments[0].volume_name) == ("d", "v")


# Controllers, namespaces, devices


def test_controllers_and_services_are_kept_for_default_spreading() -> None:
    """T21."""
    old = b.deployment(name="rc", kind="ReplicationController")
    old["apiVersion"] = "v1"
    old["spec"]["selector"] = {"app": "rc"}
    made = snapshot(
        *f_nodes(),
        b.deployment(name="rs", kind="ReplicaSet", owner=("Deployment", "d")),
        b.stateful_set(name="ss"),
        old,
        b.service(name="s", labels={"app": "x"}),
        b.service(name="headless"),
        b.deployment(name="d"),
    )
    assert [(c.kind, c.name) for c in made.controllers] == [
        ("ReplicaSet", "rs"),
        ("ReplicationController", "rc"),
        ("StatefulSet", "ss"),
    ]
    assert made.controllers[1].selector is not None
    assert made.controllers[1].selector.requirements == (
        Requirement(key="app", operator=Operator.IN, values=("rc",)),
    )
    assert made.controllers[0].owner is not None
    assert [s.selector for s in made.services] == [{"app": "x"}, {}]


def test_namespaces_carry_their_name_as_a_label_and_are_known_from_pods() -> None:
    """S2, W37."""
    made = snapshot(*f_nodes(), b.namespace(name="dev", labels={"team": "x"}), b.pod(name="p"))
    assert made.namespaces == {
        "dev": {"team": "x", "kubernetes.io/metadata.name": "dev"},
        NAMESPACE: {"kubernetes.io/metadata.name": NAMESPACE},
    }


def test_allocated_resource_claims_keep_their_node_selector() -> None:
    """D3."""

    def device(name: str, status: Raw) -> Raw:
        meta = {"name": name, "namespace": NAMESPACE}
        return {
            "apiVersion": "resource.k8s.io/v1",
            "kind": "ResourceClaim",
            "metadata": meta,
            "status": status,
        }

    selector = {"nodeSelectorTerms": [b.in_zones("za")]}
    made = snapshot(
        *f_nodes(),
        device("one", {"allocation": {"nodeSelector": selector}}),
        device("two", {"allocation": {}}),
        device("three", {}),
    )
    claims = made.resource_claim_by_key
    assert [c.allocated for c in claims.values()] == [True, True, False]
    found = claims[f"{NAMESPACE}/one"].node_selector
    assert found is not None
    assert found.matches({b.ZONE: "za"}, "a1")
    assert claims[f"{NAMESPACE}/two"].node_selector is None


# What is not modelled


def kind(name: str, version: str, count: int = 1) -> list[Raw]:
    return [{"apiVersion": version, "kind": name, "metadata": {"name": f"x{i}"}} for i in range(count)]


def test_kinds_that_are_not_read_are_listed_with_their_number() -> None:
    """W1."""
    made = snapshot(
        *f_nodes(),
        *kind("ConfigMap", "v1", 2),
        *kind("Secret", "v1"),
        *kind("Rollout", "argoproj.io/v1", 3),
        *kind("HorizontalPodAutoscaler", "autoscaling/v2"),
        *kind("PodDisruptionBudget", "policy/v1"),
    )
    assert [(s.code, s.feature, s.count) for s in made.skipped] == [
        ("SKIP-001", "kind Rollout.argoproj.io", 3),
        ("SKIP-002", "kinds that do not affect placement", 3),
        ("SKIP-004", "PodDisruptionBudget", 1),
        ("SKIP-005", "autoscalers", 1),
    ]
    assert made.skipped[0].example == "Rollout x0"


def test_a_custom_kind_is_not_taken_for_the_built_in_one_of_its_name() -> None:
    made = snapshot(*f_nodes(), *kind("Service", "serving.knative.dev/v1"), *kind("Secret", "acme.io/v1"))
    assert made.services == ()
    assert [s.feature for s in made.skipped] == ["kind Secret.acme.io", "kind Service.serving.knative.dev"]


def test_stored_workloads_of_a_group_long_gone_are_listed_and_not_refused() -> None:
    made = snapshot(*f_nodes(), *kind("Deployment", "extensions/v1beta1"))
    assert [s.feature for s in made.skipped] == ["kind Deployment.extensions"]


def test_stored_objects_may_leave_their_version_out() -> None:
    """As objects do that come from a typed list or an HTTP body."""
    node = b.node(name="n")
    del node["apiVersion"]
    assert len(snapshot(node).nodes) == 1


def test_a_claim_made_from_a_snapshot_is_listed_while_it_is_not_bound() -> None:
    source = {"dataSource": {"kind": "VolumeSnapshot", "name": "s", "apiGroup": "snapshot.storage.k8s.io"}}
    made = snapshot(*f_nodes(), b.claim(name="a", spec=source), b.claim(name="b", spec=source, volume="v"))
    assert [(s.code, s.count) for s in made.skipped] == [("SKIP-008", 1)]


# Warnings


def warned(*objects: Raw, manifests: tuple[Raw, ...] = ()) -> set[str]:
    """The kinds that the warnings of W37 name."""
    made = snapshot(*f_nodes(), *objects, manifests=manifests)
    return {w.split()[4] for w in made.warnings if w.startswith("the snapshot has no")}


def test_a_dump_without_pods_is_warned_of() -> None:
    """W37."""
    assert warned() == {"Pod"}


def test_kinds_are_missed_only_when_something_needs_them() -> None:
    running = b.pod(name="p", node="a1", spread=[b.spread(labels={"a": "b"})])
    assert warned(running) == set()
    assert warned({**running, "spec": {**running["spec"], "volumes": [b.claim_volume(claim="c")]}}) == {
        "PersistentVolumeClaim",
        "CSINode",
    }
    assert warned(running, b.claim(name="c", volume="v")) == {"PersistentVolume"}
    assert warned(running, b.claim(name="c", storage_class="s")) == {"StorageClass", "CSIDriver"}
    assert warned(b.pod(name="p")) == {"Service"}
    assert warned(b.pod(name="p", owner=("StatefulSet", "s"))) == {"Service", "StatefulSet"}
    everywhere = b.affinity_term(labels={"a": "b"}, namespace_selector={})
    assert warned(b.pod(name="p", node="a1", pod_affinity=b.required_terms(everywhere))) == {"Namespace"}


def test_manifests_alone_do_not_make_a_dump_incomplete() -> None:
    """Nodes written by hand: nothing was dumped, so nothing is missing from a dump."""
    manifests = Document("all.json", b.document(*f_nodes(), b.deployment(name="w")).data)
    made = read_snapshot([], [manifests])
    assert (len(made.pods), made.warnings) == (1, ())


def test_nodes_without_the_usual_labels_are_warned_of_once() -> None:
    """W33."""
    made = snapshot(b.node(name="n", hostname=False), b.node(name="m", hostname=False, zone="za"))
    about_labels = [w for w in made.warnings if "without label" in w]
    assert about_labels == [
        "2 nodes (n …) are without label kubernetes.io/hostname: rules on that key do not see them",
        "node n is without label topology.kubernetes.io/zone: rules on that key do not see it",
    ]


def test_pods_on_nodes_that_are_not_in_the_snapshot_are_warned_of() -> None:
    """G5: they are invisible, which a dump of only some nodes should not be in silence."""
    gone = [b.pod(name="p", node="gone"), b.pod(name="q", node="gone"), b.pod(name="r", node="gone")]
    gone[2]["status"]["phase"] = "Succeeded"
    made = snapshot(b.node(name="n", zone="za"), b.pod(name="here", node="n"), *gone)
    assert [w for w in made.warnings if "pods on nodes" in w] == [
        "pods on nodes that are not in the snapshot count nowhere: 2, the first is prod/p on gone"
    ]


def test_ex_g6_a_node_that_is_not_ready_but_not_tainted_is_warned_of() -> None:
    made = snapshot(b.node(name="n", zone="za", ready=False))
    assert any("n is not ready, without a taint" in w for w in made.warnings)
    tainted = b.node(name="n", ready=False, taints=[b.taint(key="node.kubernetes.io/not-ready")])
    assert not any("not ready" in w for w in snapshot(tainted).warnings)
