"""Workloads as pods: W5-W19 and their examples."""

from __future__ import annotations

import pytest

from solver.errors import InputError
from solver.kube.read import ReadOptions
from solver.model.names import claim_key, pod_key
from solver.model.pod import Pod, Toleration
from solver.model.requirement import Operator, Requirement
from solver.model.snapshot import Snapshot
from tests import builders as b
from tests.builders import NAMESPACE, Raw, f_nodes, snapshot

DATA = {"data": b.claim_spec(storage="10Gi", storage_class="zonal")}


def new_pods(made: Snapshot) -> list[Pod]:
    return [p for p in made.pods if p.from_manifest]


def new_names(made: Snapshot) -> list[str]:
    return [p.name for p in new_pods(made)]


def owned_pod(*, name: str, kind: str, owner: str, **more: object) -> Raw:
    return b.pod(name=name, owner=(kind, owner), **more)  # type: ignore[arg-type]


# StatefulSets


def test_ex_w1_ordinals_start_where_the_set_says_and_claims_are_named_after_them() -> None:
    made = snapshot(*f_nodes(), manifests=[b.stateful_set(name="db", replicas=3, start=5, claims=DATA)])
    assert new_names(made) == ["db-5", "db-6", "db-7"]
    assert [p.ordinal for p in made.pods] == [5, 6, 7]
    assert [c.name for c in made.claims] == ["data-db-5", "data-db-6", "data-db-7"]
    assert all(c.from_template for c in made.claims)
    assert [p.claims[0].claim for p in made.pods] == [c.key for c in made.claims]


def test_ex_w2_an_existing_claim_is_reused_with_its_volume() -> None:
    made = snapshot(
        *f_nodes(),
        b.claim(name="data-db-6", volume="pv6", storage_class="zonal"),
        b.volume(name="pv6", claim="data-db-6", affinity=[b.in_zones("zb")], storage_class="zonal"),
        manifests=[b.stateful_set(name="db", replicas=3, start=5, claims=DATA)],
    )
    reused = made.claim_by_key[claim_key(NAMESPACE, "data-db-6")]
    assert reused.is_bound
    assert not reused.from_template
    affinity = made.volumes[0].node_affinity
    assert affinity is not None
    assert [n.name for n in made.nodes if affinity.reaches(n.labels)] == ["b1", "b2"]


def test_ex_w3_each_ordinal_of_an_ordered_set_waits_for_the_one_before() -> None:
    made = snapshot(*f_nodes(), manifests=[b.stateful_set(name="db", replicas=3, start=5)])
    assert [p.created_after for p in made.pods] == [
        None,
        pod_key(NAMESPACE, "db-5"),
        pod_key(NAMESPACE, "db-6"),
    ]


def test_pods_of_a_parallel_set_wait_for_nobody() -> None:
    made = snapshot(*f_nodes(), manifests=[b.stateful_set(name="db", replicas=3, parallel=True)])
    assert [p.created_after for p in made.pods] == [None, None, None]


def test_a_running_ordinal_is_not_planned_again_and_not_waited_for() -> None:
    made = snapshot(
        *f_nodes(),
        owned_pod(name="db-0", kind="StatefulSet", owner="db", node="a1"),
        manifests=[b.stateful_set(name="db", replicas=2)],
    )
    assert new_names(made) == ["db-1"]
    assert new_pods(made)[0].created_after is None


def test_a_pending_ordinal_of_the_dump_is_used_and_waited_for() -> None:
    made = snapshot(
        *f_nodes(),
        owned_pod(name="db-0", kind="StatefulSet", owner="db", requests={"cpu": "3"}),
        manifests=[b.stateful_set(name="db", replicas=2)],
    )
    stored = made.pod_by_key[pod_key(NAMESPACE, "db-0")]
    assert not stored.from_manifest
    assert stored.requests["cpu"] == 3000
    assert new_pods(made)[0].created_after == stored.key


def test_a_terminating_ordinal_blocks_its_replacement() -> None:
    """W15."""
    made = snapshot(
        *f_nodes(),
        owned_pod(name="db-0", kind="StatefulSet", owner="db", node="a1", terminating=True),
        manifests=[b.stateful_set(name="db", replicas=2)],
    )
    assert new_names(made) == ["db-1"]
    assert new_pods(made)[0].created_after == pod_key(NAMESPACE, "db-0")
    assert any("db-0 is terminating" in warning for warning in made.warnings)


def test_a_finished_ordinal_is_replaced() -> None:
    made = snapshot(
        *f_nodes(),
        owned_pod(name="db-0", kind="StatefulSet", owner="db", node="a1", phase="Failed"),
        manifests=[b.stateful_set(name="db", replicas=1)],
    )
    assert [(p.name, p.is_pending) for p in made.pods] == [("db-0", True)]


def test_labels_of_a_stateful_set_pod_name_it_and_its_ordinal() -> None:
    """W7."""
    made = snapshot(*f_nodes(), manifests=[b.stateful_set(name="db", replicas=1, start=4)])
    assert made.pods[0].labels == {
        "app": "db",
        "statefulset.kubernetes.io/pod-name": "db-4",
        "apps.kubernetes.io/pod-index": "4",
        "controller-revision-hash": "db-new",
    }


def test_a_claim_template_takes_the_place_of_a_volume_of_its_name() -> None:
    """W13."""
    spec = b.pod_spec(volumes=[b.claim_volume(name="data", claim="shared"), b.claim_volume(claim="other")])
    made = snapshot(*f_nodes(), manifests=[b.stateful_set(name="db", replicas=1, spec=spec, claims=DATA)])
    assert [use.claim for use in made.pods[0].claims] == [
        claim_key(NAMESPACE, "data-db-0"),
        claim_key(NAMESPACE, "other"),
    ]


def test_a_set_in_the_dump_is_not_expanded() -> None:
    made = snapshot(*f_nodes(), b.stateful_set(name="db", replicas=3))
    assert made.pods == ()
    assert [c.name for c in made.controllers] == ["db"]


def test_an_unchanged_set_keeps_the_revision_of_the_dump() -> None:
    stored = b.stateful_set(name="db", replicas=1, spec=b.pod_spec(requests={"cpu": "1"}))
    stored["status"] = {"updateRevision": "db-7f9"}
    wanted = b.stateful_set(name="db", replicas=2, spec=b.pod_spec(requests={"cpu": "1000m"}))
    changed = b.stateful_set(name="db", replicas=2, spec=b.pod_spec(requests={"cpu": "2"}))
    same = snapshot(*f_nodes(), stored, manifests=[wanted])
    other = snapshot(*f_nodes(), stored, manifests=[changed])
    assert {p.labels["controller-revision-hash"] for p in same.pods} == {"db-7f9"}
    assert {p.labels["controller-revision-hash"] for p in other.pods} == {"db-new"}


# Deployments and ReplicaSets


def test_a_deployment_makes_pods_through_one_replica_set() -> None:
    """W5, W18."""
    made = snapshot(*f_nodes(), manifests=[b.deployment(name="web", replicas=2)])
    assert new_names(made) == ["web-0", "web-1"]
    assert {str(p.workload) for p in made.pods} == {"Deployment/prod/web"}
    template_hash = made.pods[0].labels["pod-template-hash"]
    assert made.pods[0].owner is not None
    assert (made.pods[0].owner.kind, made.pods[0].owner.name) == ("ReplicaSet", f"web-{template_hash}")
    controller = made.controllers[0]
    assert (controller.kind, controller.name) == ("ReplicaSet", f"web-{template_hash}")
    assert controller.selector is not None
    assert controller.selector.matches(made.pods[0].labels)
    assert not controller.selector.matches({"app": "web", "pod-template-hash": "older"})


def test_a_deployment_without_replicas_makes_one_pod() -> None:
    assert new_names(snapshot(*f_nodes(), manifests=[b.deployment(name="web")])) == ["web-0"]


def replica_set(*, template_hash: str, owner: str = "web", image: str = "registry.example.com/app:1") -> Raw:
    spec = b.pod_spec(containers=[b.container(image=image)])
    spec["containers"][0]["terminationMessagePath"] = "/dev/termination-log"
    labels = {"app": owner, "pod-template-hash": template_hash}
    return b.deployment(
        name=f"{owner}-{template_hash}",
        replicas=2,
        labels=labels,
        spec=spec,
        kind="ReplicaSet",
        owner=("Deployment", owner),
    )


def test_the_hash_of_an_equal_template_in_the_dump_is_used() -> None:
    """W5. The stored template carries defaults that the manifest leaves out."""
    made = snapshot(
        *f_nodes(),
        replica_set(template_hash="old", image="registry.example.com/app:0"),
        replica_set(template_hash="abc"),
        manifests=[b.deployment(name="web", replicas=1)],
    )
    assert made.pods[0].labels["pod-template-hash"] == "abc"
    assert [c.name for c in made.controllers] == ["web-old", "web-abc"]


@pytest.mark.parametrize(
    "changed",
    [
        {"containers": [b.container(), b.container(name="d")]},
        {"containers": [{**b.container(), "command": ["run"]}]},
        {"terminationGracePeriodSeconds": 5},
    ],
)
def test_any_change_of_the_template_makes_a_new_hash(changed: Raw) -> None:
    """Also of fields that are not read otherwise."""
    manifest = b.deployment(name="web", replicas=1, spec={**b.pod_spec(), **changed})
    made = snapshot(*f_nodes(), replica_set(template_hash="abc"), manifests=[manifest])
    assert made.pods[0].labels["pod-template-hash"] == "new"


def test_a_placeholder_hash_equals_no_existing_one() -> None:
    made = snapshot(
        *f_nodes(),
        replica_set(template_hash="new", image="registry.example.com/app:0"),
        manifests=[b.deployment(name="web", replicas=1)],
    )
    assert made.pods[0].labels["pod-template-hash"] not in ("new", "")


def test_ex_w17_live_pods_count_and_terminating_ones_do_not() -> None:
    def stored(name: str, *, terminating: bool = False) -> Raw:
        return b.pod(
            name=name,
            node="a1",
            labels={"app": "web", "pod-template-hash": "abc"},
            owner=("ReplicaSet", "web-abc"),
            terminating=terminating,
        )

    made = snapshot(
        *f_nodes(),
        replica_set(template_hash="abc"),
        stored("web-abc-1"),
        stored("web-abc-2"),
        stored("web-abc-3", terminating=True),
        manifests=[b.deployment(name="web", replicas=3)],
    )
    assert len(new_pods(made)) == 1


def test_pods_of_an_older_revision_are_kept_and_the_result_says_so() -> None:
    """W16, W17."""
    stored = b.pod(
        name="web-old-1",
        node="a1",
        labels={"app": "web", "pod-template-hash": "old"},
        owner=("ReplicaSet", "web-old"),
    )
    made = snapshot(
        *f_nodes(),
        replica_set(template_hash="old", image="registry.example.com/app:0"),
        stored,
        manifests=[b.deployment(name="web", replicas=3)],
    )
    assert len(new_pods(made)) == 2
    assert [s.code for s in made.skipped] == ["SKIP-010"]


def test_ex_w19_a_placeholder_hash_is_merged_into_the_anti_affinity() -> None:
    term = b.affinity_term(key=b.HOSTNAME, labels={"app": "web"}, match_keys=["pod-template-hash"])
    spec = b.pod_spec(pod_anti_affinity=b.required_terms(term))
    made = snapshot(*f_nodes(), manifests=[b.deployment(name="web", replicas=1, spec=spec)])
    placeholder = made.pods[0].labels["pod-template-hash"]
    selector = made.pods[0].anti_affinity[0].selector
    assert selector is not None
    assert Requirement(key="pod-template-hash", operator=Operator.IN, values=(placeholder,)) in (
        selector.requirements
    )
    assert not selector.matches({"app": "web", "pod-template-hash": "older"})


def test_placeholder_names_avoid_names_that_are_taken() -> None:
    """W18: a Deployment and a StatefulSet may share a name."""
    made = snapshot(
        *f_nodes(),
        b.pod(name="web-2", node="a1"),
        manifests=[b.deployment(name="web", replicas=2), b.stateful_set(name="web", replicas=2)],
    )
    assert new_names(made) == ["web-3", "web-4", "web-0", "web-1"]
    assert len({p.key for p in made.pods}) == len(made.pods)


@pytest.mark.parametrize("kind", ["ReplicaSet", "ReplicationController"])
def test_replica_sets_and_replication_controllers_own_their_pods(kind: str) -> None:
    """W6."""
    manifest = b.deployment(name="web", replicas=2, kind=kind)
    if kind == "ReplicationController":
        manifest["apiVersion"] = "v1"
        del manifest["spec"]["selector"]
    made = snapshot(*f_nodes(), manifests=[manifest])
    assert {(p.owner.kind, p.owner.name) for p in made.pods if p.owner} == {(kind, "web")}
    assert made.controllers[0].selector is not None
    assert made.controllers[0].selector.matches({"app": "web"})


def test_more_pods_than_asked_for_plan_nothing_and_warn() -> None:
    pods = [owned_pod(name=f"w{i}", kind="ReplicaSet", owner="web", node="a1") for i in range(3)]
    made = snapshot(*f_nodes(), *pods, manifests=[b.deployment(name="web", replicas=1, kind="ReplicaSet")])
    assert new_pods(made) == []
    assert any("has 3 pods and asks for 1" in warning for warning in made.warnings)


# DaemonSets


def test_ex_w10_a_daemon_set_skips_tainted_nodes_but_not_cordoned_ones() -> None:
    nodes = f_nodes()
    nodes[0]["spec"]["taints"] = [b.taint(key="gpu")]
    nodes[1]["spec"] = {
        "unschedulable": True,
        "taints": [b.taint(key="node.kubernetes.io/unschedulable")],
    }
    made = snapshot(*nodes, manifests=[b.daemon_set(name="log")])
    assert new_names(made) == ["log-a2", "log-b1", "log-b2", "log-c1"]


def test_ex_w11_the_required_affinity_of_a_daemon_pod_is_replaced_by_its_node() -> None:
    spec = b.pod_spec(node_affinity=b.required_nodes(b.in_zones("za")))
    made = snapshot(*f_nodes(), manifests=[b.daemon_set(name="log", spec=spec)])
    assert new_names(made) == ["log-a1", "log-a2"]
    for pod, node in zip(made.pods, ("a1", "a2"), strict=True):
        assert pod.required_nodes is not None
        assert [(t.expressions, t.fields) for t in pod.required_nodes.terms] == [
            ((), (Requirement(key="metadata.name", operator=Operator.IN, values=(node,)),))
        ]


def test_ex_w12_resources_do_not_choose_the_nodes_of_a_daemon_set() -> None:
    made = snapshot(
        *f_nodes(),
        b.pod(name="full", node="a2", requests={"cpu": "4"}),
        manifests=[b.daemon_set(name="log", spec=b.pod_spec(requests={"cpu": "1"}))],
    )
    assert len(new_pods(made)) == 5


def test_node_name_and_node_selector_choose_the_nodes_of_a_daemon_set() -> None:
    """W8."""
    by_label = b.daemon_set(name="x", spec=b.pod_spec(node_selector={b.ZONE: "zb"}))
    by_name = b.daemon_set(name="y", spec=b.pod_spec(node="c1"))
    assert new_names(snapshot(*f_nodes(), manifests=[by_label, by_name])) == ["x-b1", "x-b2", "y-c1"]


def test_a_daemon_set_that_no_node_qualifies_for_is_not_dropped_in_silence() -> None:
    nowhere = b.daemon_set(name="log", spec=b.pod_spec(node_selector={"no": "where"}))
    made = snapshot(*f_nodes(), manifests=[nowhere, b.daemon_set(name="all")])
    assert [w for w in made.warnings if "DaemonSet" in w] == [
        "DaemonSet/prod/log: no node qualifies, so no pod of it is asked about"
    ]


def test_daemon_pods_tolerate_what_the_controller_adds() -> None:
    """W12, and W24 finds the keys taken."""
    spec = b.pod_spec(extra={"hostNetwork": True})
    made = snapshot(*f_nodes(), manifests=[b.daemon_set(name="log", spec=spec)])
    keys = [(t.key.removeprefix("node.kubernetes.io/"), t.effect) for t in made.pods[0].tolerations]
    assert keys == [
        ("not-ready", "NoExecute"),
        ("unreachable", "NoExecute"),
        ("disk-pressure", "NoSchedule"),
        ("memory-pressure", "NoSchedule"),
        ("pid-pressure", "NoSchedule"),
        ("unschedulable", "NoSchedule"),
        ("network-unavailable", "NoSchedule"),
    ]


def test_nodes_that_have_their_daemon_pod_get_no_second_one() -> None:
    """W16: running on a1, pending for a2 (pinned by name)."""
    pinned = b.required_nodes(
        b.node_term(fields=[b.expression(key="metadata.name", operator="In", values=["a2"])])
    )
    made = snapshot(
        *f_nodes(),
        owned_pod(name="log-x", kind="DaemonSet", owner="log", node="a1"),
        owned_pod(name="log-y", kind="DaemonSet", owner="log", node_affinity=pinned),
        manifests=[b.daemon_set(name="log")],
    )
    assert new_names(made) == ["log-b1", "log-b2", "log-c1"]


# Jobs


def test_ex_w13_a_job_makes_only_the_pods_it_still_needs() -> None:
    made = snapshot(*f_nodes(), manifests=[b.job(name="sum", parallelism=4, completions=10, succeeded=8)])
    assert new_names(made) == ["sum-0", "sum-1"]


def test_the_progress_of_a_job_is_taken_from_the_dump() -> None:
    made = snapshot(
        *f_nodes(),
        b.job(name="sum", parallelism=4, completions=10, succeeded=9),
        manifests=[b.job(name="sum", parallelism=4, completions=10)],
    )
    assert len(new_pods(made)) == 1


def test_ex_w14_without_completions_parallelism_decides() -> None:
    assert len(snapshot(*f_nodes(), manifests=[b.job(name="sum", parallelism=3)]).pods) == 3


def test_a_job_that_says_neither_makes_one_pod() -> None:
    assert len(snapshot(*f_nodes(), manifests=[b.job(name="sum")]).pods) == 1


def test_a_suspended_job_makes_no_pods() -> None:
    assert snapshot(*f_nodes(), manifests=[b.job(name="sum", suspend=True)]).pods == ()


def test_an_indexed_job_labels_its_pods_with_free_indexes() -> None:
    """W9."""
    wanted = b.job(name="sum", parallelism=3, completions=6, succeeded=2, indexed=True)
    wanted["status"]["completedIndexes"] = "0,2"
    made = snapshot(*f_nodes(), manifests=[wanted])
    assert [p.labels["batch.kubernetes.io/job-completion-index"] for p in made.pods] == ["1", "3", "4"]
    assert made.pods[0].labels["batch.kubernetes.io/job-name"] == "sum"
    assert made.pods[0].labels["job-name"] == "sum"


def cron_job(*, suspend: bool = False) -> Raw:
    run = b.job(name="ignored", parallelism=2, completions=2)
    return {
        "apiVersion": "batch/v1",
        "kind": "CronJob",
        "metadata": {"name": "nightly", "namespace": NAMESPACE},
        "spec": {"schedule": "0 0 * * *", "suspend": suspend, "jobTemplate": {"spec": run["spec"]}},
    }


def test_a_cron_job_makes_pods_only_on_request() -> None:
    """W10."""
    run = ReadOptions(run_cron_jobs=True)
    quiet = snapshot(*f_nodes(), manifests=[cron_job()])
    assert (quiet.pods, [s.code for s in quiet.skipped]) == ((), ["SKIP-009"])
    made = snapshot(*f_nodes(), manifests=[cron_job()], options=run)
    assert new_names(made) == ["nightly-run-0", "nightly-run-1"]
    assert made.pods[0].source == "CronJob/prod/nightly spec.jobTemplate.spec.template"
    assert snapshot(*f_nodes(), manifests=[cron_job(suspend=True)], options=run).pods == ()


# Pods, claims and references


def test_a_manifest_pod_is_itself() -> None:
    """W11, G8."""
    made = snapshot(*f_nodes(), manifests=[b.pod(name="one"), b.pod(name="two", node="a1")])
    assert [(p.name, p.node_name, p.from_manifest) for p in made.pods] == [
        ("one", None, True),
        ("two", "a1", True),
    ]


def test_a_generated_name_is_made_up() -> None:
    manifest = b.pod(name="x")
    manifest["metadata"] = {"generateName": "probe-", "namespace": NAMESPACE}
    made = snapshot(*f_nodes(), manifests=[manifest, manifest])
    assert len({p.name for p in made.pods}) == 2
    assert all(p.name.startswith("probe-") for p in made.pods)


def test_ephemeral_claims_are_made_for_new_pods_and_owned_by_them() -> None:
    """W19, V2."""
    spec = b.pod_spec(volumes=[b.ephemeral_volume(name="tmp", storage_class="zonal")])
    made = snapshot(*f_nodes(), manifests=[b.deployment(name="web", replicas=1, spec=spec)])
    (claim,) = made.claims
    assert (claim.name, claim.storage_class, claim.from_template) == ("web-0-tmp", "zonal", True)
    assert claim.owner is not None
    assert (claim.owner.kind, claim.owner.uid) == ("Pod", made.pods[0].uid)
    assert made.pods[0].claims[0].ephemeral


def test_ephemeral_claims_of_stored_pods_are_never_made_up() -> None:
    """V18: the controller has not made it yet, and that is what kube-scheduler would say."""
    made = snapshot(*f_nodes(), b.pod(name="one", volumes=[b.ephemeral_volume(name="tmp")]))
    assert made.claims == ()
    assert made.pods[0].claims[0].claim == claim_key(NAMESPACE, "one-tmp")


def test_the_workload_of_a_stored_pod_is_what_a_user_would_name() -> None:
    known = replica_set(template_hash="abc")
    pods = [
        b.pod(name="p1", owner=("ReplicaSet", "web-abc"), labels={"pod-template-hash": "abc"}),
        b.pod(name="p2", owner=("ReplicaSet", "api-x1"), labels={"pod-template-hash": "x1"}),
        b.pod(name="p3", owner=("ReplicaSet", "lone")),
        b.pod(name="db-3", owner=("StatefulSet", "db")),
        b.pod(name="bare"),
    ]
    made = snapshot(*f_nodes(), known, *pods)
    assert [p.workload and str(p.workload) for p in made.pods] == [
        "Deployment/prod/web",
        "Deployment/prod/api",
        "ReplicaSet/prod/lone",
        "StatefulSet/prod/db",
        None,
    ]
    assert [p.ordinal for p in made.pods] == [None, None, None, 3, None]


def test_a_rule_is_written_in_the_workload_when_that_is_known() -> None:
    made = snapshot(
        *f_nodes(),
        b.stateful_set(name="db", replicas=1),
        b.pod(name="db-0", owner=("StatefulSet", "db")),
        b.pod(name="lost-0", owner=("StatefulSet", "lost")),
    )
    assert [p.source for p in made.pods] == ["StatefulSet/prod/db spec.template", "Pod/prod/lost-0"]


def test_manifest_templates_get_the_tolerations_of_admission_and_stored_pods_do_not() -> None:
    """W4, W24."""
    made = snapshot(*f_nodes(), b.pod(name="old"), manifests=[b.deployment(name="web")])
    stored, new = made.pods
    assert stored.tolerations == ()
    assert new.tolerations == (
        Toleration(key="node.kubernetes.io/not-ready", operator="Exists", effect="NoExecute", seconds=300),
        Toleration(key="node.kubernetes.io/unreachable", operator="Exists", effect="NoExecute", seconds=300),
    )


def test_a_count_beyond_reason_is_refused_before_anything_is_made() -> None:
    with pytest.raises(InputError) as caught:
        snapshot(*f_nodes(), manifests=[b.deployment(name="web", replicas=2_000_000_000)])
    assert [f.path for f in caught.value.faults] == ["spec.replicas"]
