"""Pods as the reader makes them: defaults, selectors, ports, volumes."""

from __future__ import annotations

from typing import Any

import pytest

from solver.kube.read import ReadOptions
from solver.model.names import claim_key
from solver.model.pod import ClaimUse, DiskKind, HostPort, InlineDisk, InlineVolume, Pod
from solver.model.requirement import NodeSelectorTerm, Operator, Requirement
from tests import builders as b
from tests.builders import NAMESPACE, Raw, f_nodes, snapshot

WEB = {"app": "web", "rev": "2"}


def stored(**more: Any) -> Pod:
    return snapshot(*f_nodes(), b.pod(name="p", **more)).pods[0]


def planned(**more: Any) -> Pod:
    return snapshot(*f_nodes(), manifests=[b.pod(name="p", **more)]).pods[0]


def test_an_empty_pod_gets_every_default() -> None:
    """W23, W26."""
    made = stored(uid="u-1")
    assert (made.phase, made.scheduler_name, made.priority) == ("Pending", "default-scheduler", 0)
    assert made.preemption_policy == "PreemptLowerPriority"
    assert (made.is_pending, made.terminating, made.node_name) == (True, False, None)
    assert (made.uid, made.key) == ("u-1", "prod/p")


def test_state_is_read_from_metadata_spec_and_status() -> None:
    made = stored(
        node="a1",
        terminating=True,
        gates=["quota", "net"],
        nominated="b1",
        started="2026-01-01T00:00:00Z",
        priority=7,
        spec={"preemptionPolicy": "Never", "schedulerName": "other"},
    )
    assert (made.node_name, made.nominated_node, made.terminating) == ("a1", "b1", True)
    assert (made.scheduling_gates, made.start_time) == (("quota", "net"), "2026-01-01T00:00:00Z")
    assert (made.priority, made.preemption_policy, made.scheduler_name) == (7, "Never", "other")


def test_the_namespace_of_objects_without_one_is_default_or_the_one_asked_for() -> None:
    """W2."""
    loose = b.pod(name="p")
    del loose["metadata"]["namespace"]
    assert snapshot(*f_nodes(), loose).pods[0].namespace == "default"
    asked = ReadOptions(default_namespace="shop")
    assert snapshot(*f_nodes(), loose, options=asked).pods[0].namespace == "shop"


# Selectors


def test_an_absent_selector_is_not_the_empty_one() -> None:
    """S1."""
    made = stored(spread=[b.spread(), b.spread(key="rack", label_selector=b.selector())])
    absent, empty = (c.selector for c in made.spread)
    assert absent is None
    assert empty is not None
    assert empty.is_empty


def test_spread_constraints_get_their_defaults() -> None:
    """T1, T2."""
    made = stored(
        spread=[b.spread(labels=WEB), b.spread(soft=True, affinity_policy="Ignore", taints_policy="Honor")]
    )
    hard, soft = made.spread
    assert (hard.hard, hard.min_domains, hard.honor_affinity, hard.honor_taints) == (True, 1, True, False)
    assert (soft.hard, soft.honor_affinity, soft.honor_taints) == (False, False, True)


def rev(operator: Operator, value: str = "2") -> Requirement:
    return Requirement(key="rev", operator=operator, values=(value,))


def test_spread_keys_are_merged_for_stored_pods_too_and_only_once() -> None:
    """T3, S4."""
    merged = b.selector(
        labels={"app": "web"}, expressions=[b.expression(key="rev", operator="In", values=["2"])]
    )
    constraint = b.spread(label_selector=merged, match_keys=["rev", "absent"])
    made = stored(labels=WEB, spread=[constraint])
    assert made.spread[0].selector is not None
    assert made.spread[0].selector.requirements == (
        Requirement(key="app", operator=Operator.IN, values=("web",)),
        rev(Operator.IN),
    )


def test_nothing_is_merged_into_a_null_selector() -> None:
    """S3."""
    assert stored(labels=WEB, spread=[b.spread(match_keys=["rev"])]).spread[0].selector is None


def test_affinity_keys_are_merged_for_manifests_and_never_for_stored_pods() -> None:
    """S3, S4."""
    terms = b.required_terms(
        b.affinity_term(labels={"app": "web"}, match_keys=["rev"]),
        b.affinity_term(labels={"app": "web"}, mismatch_keys=["rev", "absent"]),
    )
    app = Requirement(key="app", operator=Operator.IN, values=("web",))

    def merged(made: Pod) -> list[tuple[Requirement, ...]]:
        return [t.selector.requirements for t in made.anti_affinity if t.selector]

    assert merged(stored(labels=WEB, pod_anti_affinity=terms)) == [(app,), (app,)]
    assert merged(planned(labels=WEB, pod_anti_affinity=terms)) == [
        (app, rev(Operator.IN)),
        (app, rev(Operator.NOT_IN)),
    ]


def test_pods_that_differ_only_in_listed_labels_do_not_share_their_rules() -> None:
    """The same constraint, merged with different labels."""
    constraint = b.spread(labels={"app": "web"}, match_keys=["rev"])
    pods = [b.pod(name=f"p{r}", labels={**WEB, "rev": r}, spread=[constraint]) for r in "12"]
    made = snapshot(*f_nodes(), *pods).pods
    assert [p.spread[0].selector.requirements[-1].values for p in made if p.spread[0].selector] == [
        ("1",),
        ("2",),
    ]


@pytest.mark.parametrize(
    ("term", "namespaces", "selects_namespaces"),
    [
        ({}, {NAMESPACE}, False),
        ({"namespaces": ["ops"]}, {"ops"}, False),
        ({"namespace_selector": {}}, set(), True),
        ({"namespaces": ["ops"], "namespace_selector": {}}, {"ops"}, True),
    ],
)
def test_the_own_namespace_counts_only_when_none_is_named(
    term: Raw, namespaces: set[str], selects_namespaces: bool
) -> None:
    """A1."""
    (made,) = stored(pod_affinity=b.required_terms(b.affinity_term(labels=WEB, **term))).affinity
    assert made.namespaces == namespaces
    assert (made.namespace_selector is not None) is selects_namespaces


def test_an_unparsable_label_selector_of_a_stored_pod_carries_its_error() -> None:
    """A14."""
    broken = b.selector(expressions=[b.expression(key="app", operator="Like", values=["w"])])
    (term,) = stored(pod_affinity=b.required_terms(b.affinity_term(label_selector=broken))).affinity
    assert term.selector is not None
    assert "Like" in term.selector.error
    assert not term.selector.matches({"app": "w"})


def test_a_bad_expression_makes_only_its_term_unusable() -> None:
    """L6."""
    bad = b.node_term(expressions=[b.expression(key="cores", operator="Gt", values=["a lot"])])
    made = stored(node_affinity=b.required_nodes(bad, b.in_zones("za")))
    assert made.required_nodes is not None
    assert [t.usable for t in made.required_nodes.terms] == [False, True]
    assert made.required_nodes.matches({b.ZONE: "za"}, "a1")


def test_required_affinity_without_terms_is_kept_and_matches_nothing() -> None:
    """L4."""
    made = stored(node_affinity=b.required_nodes())
    assert made.required_nodes is not None
    assert made.required_nodes.terms == ()


def test_an_empty_term_matches_nothing() -> None:
    """L4, EX-L6."""
    made = stored(node_affinity=b.required_nodes(b.node_term()))
    assert made.required_nodes is not None
    assert made.required_nodes.terms == (NodeSelectorTerm(),)
    assert not made.required_nodes.matches({}, "a1")


def test_preferences_keep_their_weights_and_order() -> None:
    made = stored(
        node_affinity=b.preferred_nodes((30, b.in_zones("za")), (70, b.in_zones("zb"))),
        pod_affinity=b.preferred_terms((5, b.affinity_term(labels=WEB))),
        pod_anti_affinity=b.preferred_terms((9, b.affinity_term(labels=WEB))),
    )
    assert [p.weight for p in made.preferred_nodes] == [30, 70]
    assert [w.weight for w in (*made.preferred_affinity, *made.preferred_anti_affinity)] == [5, 9]


def test_pods_of_one_template_share_their_rules() -> None:
    rules: Raw = {"spread": [b.spread(labels=WEB)], "requests": {"cpu": "1"}, "labels": WEB}
    one, two = snapshot(*f_nodes(), b.pod(name="a", **rules), b.pod(name="b", **rules)).pods
    assert one.spread is two.spread
    assert one.requests is two.requests


# Ports


def ports(*stated: Raw, sidecar: bool | None = None, host_network: bool = False) -> tuple[HostPort, ...]:
    """Of a regular container, or of an init container when ``sidecar`` is given."""
    with_ports = b.container(name="x", ports=stated, sidecar=bool(sidecar))
    return stored(
        containers=[b.container()] if sidecar is not None else [with_ports],
        init_containers=[with_ports] if sidecar is not None else [],
        spec={"hostNetwork": host_network},
    ).host_ports


def test_ports_have_a_protocol_and_an_address() -> None:
    """P1."""
    assert ports({"hostPort": 80}) == (HostPort(port=80),)
    assert ports({"hostPort": 53, "protocol": "UDP", "hostIP": "10.0.0.1"}) == (
        HostPort(port=53, protocol="UDP", ip="10.0.0.1"),
    )
    assert ports({"hostPort": 80, "hostIP": ""}) == (HostPort(port=80, ip="0.0.0.0"),)


def test_a_container_port_alone_is_no_host_port() -> None:
    assert ports({"containerPort": 80}) == ()


def test_ex_p4_ports_of_the_host_network_are_host_ports() -> None:
    """W21."""
    assert ports({"containerPort": 9100}, host_network=True) == (HostPort(port=9100),)
    assert ports({"containerPort": 1, "hostPort": 2}, host_network=True) == (HostPort(port=2),)


def test_ex_p5_ports_of_plain_init_containers_do_not_count() -> None:
    assert ports({"hostPort": 80}, sidecar=False) == ()


def test_ex_p6_ports_of_sidecars_count() -> None:
    assert ports({"hostPort": 80}, sidecar=True) == (HostPort(port=80),)


# Volumes, images, devices


def test_claims_come_from_two_kinds_of_volume_in_order() -> None:
    """V1, V2."""
    made = stored(
        volumes=[
            b.claim_volume(claim="data", name="v0"),
            {"name": "v1", "emptyDir": {}},
            b.ephemeral_volume(name="v2"),
        ]
    )
    assert made.claims == (
        ClaimUse(volume="v0", claim=claim_key(NAMESPACE, "data")),
        ClaimUse(volume="v2", claim=claim_key(NAMESPACE, "p-v2"), ephemeral=True),
    )


def test_inline_disks_are_identified_as_their_rule_needs() -> None:
    """V5."""
    made = stored(
        volumes=[
            {"name": "a", "gcePersistentDisk": {"pdName": "d1", "readOnly": True}},
            {"name": "b", "awsElasticBlockStore": {"volumeID": "vol-1"}},
            {"name": "c", "iscsi": {"iqn": "iqn.2001", "targetPortal": "x", "lun": 0}},
            {"name": "d", "rbd": {"monitors": ["m1", "m2"], "image": "i", "pool": "p"}},
            {"name": "e", "rbd": {"monitors": ["m1"], "image": "i"}},
        ]
    )
    assert made.disks == (
        InlineDisk(kind=DiskKind.GCE, identity="d1", read_only=True),
        InlineDisk(kind=DiskKind.EBS, identity="vol-1"),
        InlineDisk(kind=DiskKind.ISCSI, identity="iqn.2001"),
        InlineDisk(kind=DiskKind.RBD, identity="p/i", monitors=frozenset({"m1", "m2"})),
        InlineDisk(kind=DiskKind.RBD, identity="rbd/i", monitors=frozenset({"m1"})),
    )


def test_inline_volumes_that_count_towards_limits_carry_their_csi_handle() -> None:
    """V16."""
    made = stored(
        volumes=[
            {"name": "a", "awsElasticBlockStore": {"volumeID": "aws://eu-1a/vol-1"}},
            {"name": "b", "gcePersistentDisk": {"pdName": "d1"}},
            {"name": "c", "azureDisk": {"diskName": "d", "diskURI": "/subscriptions/d"}},
            {"name": "d", "cinder": {"volumeID": "c1"}},
            {"name": "e", "portworxVolume": {"volumeID": "p1"}},
            {"name": "f", "nfs": {"server": "s", "path": "/"}},
        ]
    )
    assert made.inline_volumes == (
        InlineVolume(plugin="kubernetes.io/aws-ebs", handle="vol-1"),
        InlineVolume(plugin="kubernetes.io/gce-pd", handle="projects/UNSPECIFIED/zones/UNSPECIFIED/disks/d1"),
        InlineVolume(plugin="kubernetes.io/azure-disk", handle="/subscriptions/d"),
        InlineVolume(plugin="kubernetes.io/cinder", handle="c1"),
        InlineVolume(plugin="kubernetes.io/portworx-volume", handle="p1"),
    )


@pytest.mark.parametrize(
    ("stated", "normal"),
    [
        ("nginx", "nginx:latest"),
        ("nginx:1.2", "nginx:1.2"),
        ("registry:5000/nginx", "registry:5000/nginx:latest"),
        ("registry:5000/nginx@sha256:ab", "registry:5000/nginx@sha256:ab"),
    ],
)
def test_images_without_tag_are_the_latest(stated: str, normal: str) -> None:
    """I2."""
    assert stored(containers=[b.container(image=stated)]).images == (normal,)


def test_resource_claims_are_named_in_the_spec_or_once_made_in_the_status() -> None:
    """D1."""
    made = stored(
        spec={
            "resourceClaims": [
                {"name": "a", "resourceClaimName": "gpu"},
                {"name": "b", "resourceClaimTemplateName": "t"},
                {"name": "c", "resourceClaimTemplateName": "t"},
            ]
        },
        status={"resourceClaimStatuses": [{"name": "b", "resourceClaimName": "p-b-x1"}]},
    )
    assert made.resource_claims == ("gpu", "p-b-x1", "")
