"""Lint: each code is found where it belongs and nowhere else, and what is called impossible is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest
from hypothesis import given, settings

from solver.errors import InputError
from solver.model.config import SolveConfig
from solver.model.outcome import Question, Verdict
from solver.pipeline import place
from solver.planning.change import inputs_of
from solver.planning.lint import CODES, LintAnswer, Severity, lint
from solver.planning.lint.lint import FINDERS, IGNORE
from solver.report.lint.page import page
from solver.report.schema import bundle
from solver.scheduler.framework import verdict
from solver.scheduler.state import ClusterState
from tests import builders as b
from tests.paths import PROJECT
from tests.strategies import World, worlds

DB = {"app": "db"}
DATA = b.claim_spec(storage="10Gi", storage_class="ssd")
EBS = "ebs.csi.aws.com"


def spec(**fields: Any) -> b.Raw:
    """Of a pod that nothing is wrong with, with other fields."""
    given = {"requests": {"cpu": "1"}, "spread": [b.spread(labels=DB)], **fields}
    return b.pod_spec(**given)


def stateful(replicas: int = 3, claims: Mapping[str, b.Raw] | None = None, **fields: Any) -> b.Raw:
    return b.stateful_set(
        name="db", replicas=replicas, parallel=True, spec=spec(**fields), claims=claims or {"data": DATA}
    )


def changed(object_: b.Raw, **fields: Any) -> b.Raw:
    return {**object_, "spec": {**object_["spec"], **fields}}


def web(replicas: int = 2, **fields: Any) -> b.Raw:
    return b.deployment(name="web", replicas=replicas, spec=b.pod_spec(requests={"cpu": "1"}, **fields))


def headless(name: str, labels: Mapping[str, str]) -> b.Raw:
    return changed(b.service(name=name, labels=labels), clusterIP="None")


def budget(name: str, labels: Mapping[str, str], **limit: Any) -> b.Raw:
    return {
        "apiVersion": "policy/v1",
        "kind": "PodDisruptionBudget",
        "metadata": {"name": name, "namespace": b.NAMESPACE},
        "spec": {"selector": {"matchLabels": dict(labels)}, **(limit or {"maxUnavailable": 1})},
    }


SSD = b.storage_class(name="ssd", provisioner=EBS, default=True)
CLUSTER = [
    *b.f_nodes(),
    SSD,
    b.claim(name="shared", storage_class="ssd"),
    b.pod(name="other", node="a1", labels={"app": "other"}),
    b.service(name="other", labels={"app": "other"}),
    budget("other", {"app": "other"}),
]
AROUND = [headless("db", DB), budget("db", DB)]


def asked(manifests: list[b.Raw], cluster: list[b.Raw] | None = None, **options: Any) -> LintAnswer:
    documents = [b.document(*cluster)] if cluster else []
    return lint(inputs_of(documents, [b.document(*manifests, source="app.json")]), **options)


def codes(answer: LintAnswer) -> set[str]:
    return {finding.code.id for finding in answer.findings}


Case = tuple[list[b.Raw], list[b.Raw]]
"""Manifests, and what the cluster has besides ``CLUSTER``."""


def tainted(zone: str) -> list[b.Raw]:
    """The nodes again, those of a zone with a taint."""
    nodes = b.f_nodes()
    for node in nodes:
        if node["metadata"]["labels"][b.ZONE] == zone:
            node["spec"]["taints"] = [b.taint(key="dedicated")]
    return nodes


def anti(key: str = b.HOSTNAME) -> b.Raw:
    return b.required_terms(b.affinity_term(key=key, labels=DB))


NODES_LEFT_OUT = [item for item in CLUSTER if item["kind"] != "Node"]
FOREVER = b.toleration(key="node.kubernetes.io/unreachable", operator="Exists", effect="NoExecute")

WRONG: dict[str, Callable[[], Case]] = {
    "L001": lambda: ([noted(stateful(), "L40"), *AROUND], []),
    "L101": lambda: (
        [stateful(spread=[b.spread(labels={"app": "bd"})], pod_anti_affinity=anti()), *AROUND],
        [],
    ),
    "L102": lambda: ([stateful(replicas=4, spread=[b.spread(labels=DB, min_domains=4)]), *AROUND], []),
    "L103": lambda: ([stateful(spread=[b.spread(labels=DB, key="rack")]), *AROUND], []),
    "L104": lambda: ([stateful(spread=[b.spread(labels=DB, soft=True)]), *AROUND], []),
    "L105": lambda: ([stateful(), *AROUND], tainted("zc")),
    "L106": lambda: ([web(spread=[b.spread(labels={"app": "web"})])], []),
    "L107": lambda: ([stateful(spread=[b.spread(labels=DB, max_skew=3)]), *AROUND], []),
    "L201": lambda: ([stateful(replicas=6, pod_anti_affinity=anti()), *AROUND], []),
    "L202": lambda: ([web(pod_affinity=b.required_terms(b.affinity_term(labels={"app": "cahce"})))], []),
    "L203": lambda: ([stateful(pod_affinity=anti(b.ZONE), pod_anti_affinity=anti(b.ZONE)), *AROUND], []),
    "L204": lambda: ([web(node_selector={"disk": "nvme"})], []),
    "L205": lambda: (
        [web(node_selector={b.ZONE: "za"}, node_affinity=b.required_nodes(b.in_zones("zb", "zc")))],
        [],
    ),
    "L206": lambda: ([web(node_selector={b.ZONE: "zc"})], tainted("zc")),
    "L301": lambda: ([stateful(claims={"data": b.claim_spec(storage_class="sdd")}), *AROUND], []),
    "L302": lambda: (
        [stateful(claims={"data": b.claim_spec()}), *AROUND],
        [b.storage_class(name="ssd", provisioner=EBS)],
    ),
    "L303": lambda: ([stateful(), *AROUND], [b.storage_class(name="ssd", provisioner=EBS, waits=False)]),
    "L304": lambda: (
        [b.storage_class(name="local", provisioner="kubernetes.io/no-provisioner", waits=False)],
        [],
    ),
    "L305": lambda: ([web(volumes=[b.claim_volume(claim="shared")])], []),
    "L306": lambda: ([web(replicas=1, volumes=[b.claim_volume(claim="shared")])], []),
    "L307": lambda: (
        [web(replicas=1, node_selector={b.ZONE: "za"}, volumes=[b.claim_volume(claim="old")])],
        [
            b.claim(name="old", volume="pv", storage_class="ssd", modes=["ReadWriteMany"]),
            b.volume(name="pv", claim="old", affinity=[b.in_zones("zb")], storage_class="ssd"),
        ],
    ),
    "L308": lambda: ([web(volumes=[b.claim_volume(claim="gone")])], []),
    "L309": lambda: ([web(volumes=[{"name": "data", "hostPath": {"path": "/data"}}])], []),
    "L310": lambda: (
        [stateful(claims={"data": b.claim_spec(storage_class="ssd", modes=["ReadWriteMany"])}), *AROUND],
        [],
    ),
    "L401": lambda: ([changed(stateful(), podManagementPolicy="OrderedReady"), *AROUND], []),
    "L402": lambda: ([stateful(), budget("db", DB), b.service(name="db", labels=DB)], []),
    "L403": lambda: (
        [changed(stateful(), persistentVolumeClaimRetentionPolicy={"whenScaled": "Delete"}), *AROUND],
        [],
    ),
    "L404": lambda: ([stateful(extra={"terminationGracePeriodSeconds": 0}), *AROUND], []),
    "L405": lambda: ([stateful(), *AROUND], [b.claim(name="data-db-3", storage_class="ssd")]),
    "L406": lambda: ([stateful(tolerations=[FOREVER]), *AROUND], []),
    "L501": lambda: ([stateful(), headless("db", DB), budget("db", DB, minAvailable="100%")], []),
    "L502": lambda: ([stateful(), *AROUND, budget("typo", {"app": "bd"})], []),
    "L503": lambda: ([stateful(), *AROUND, budget("db2", DB)], []),
    "L504": lambda: ([b.service(name="typo", labels={"app": "bd"})], []),
    "L505": lambda: ([stateful(), headless("db", DB)], []),
    "L601": lambda: ([stateful(requests=None), *AROUND], []),
    "L602": lambda: ([stateful(requests={"cpu": "5"}), *AROUND], []),
}


def noted(object_: b.Raw, text: str) -> b.Raw:
    return {**object_, "metadata": {**object_["metadata"], "annotations": {IGNORE: text}}}


def world(code: str) -> Case:
    manifests, more = WRONG[code]()
    replaced = {(item["kind"], item["metadata"]["name"]) for item in more}
    kept = [item for item in CLUSTER if (item["kind"], item["metadata"]["name"]) not in replaced]
    return manifests, [*kept, *more]


def test_nothing_is_found_where_nothing_is_wrong() -> None:
    answer = asked([stateful(), *AROUND, web()], CLUSTER)
    assert (answer.findings, answer.warnings) == ((), ())
    assert ("StatefulSet", "prod/db") in answer.checked


@pytest.mark.parametrize("code", WRONG)
def test_each_code_is_found_alone_where_one_thing_is_wrong(code: str) -> None:
    manifests, cluster = world(code)
    assert codes(asked(manifests, cluster)) == {code}


@pytest.mark.parametrize("code", [code.id for code in CODES if code.needs_cluster])
def test_codes_that_need_a_cluster_are_silent_without_one(code: str) -> None:
    manifests, _ = world(code)
    answer = asked(manifests)
    assert code not in codes(answer)
    assert "manifests alone" in answer.warnings[0]


@pytest.mark.parametrize("code", [code.id for code in CODES if not code.needs_cluster])
def test_the_others_are_found_in_manifests_alone(code: str) -> None:
    manifests, cluster = world(code)
    named = [item for item in cluster if item["kind"] in ("StorageClass", "PersistentVolumeClaim")]
    assert code in codes(asked([*manifests, *named]))


@pytest.mark.parametrize("code", ["L202", "L308"])
def test_what_may_be_in_the_cluster_is_a_warning_without_it(code: str) -> None:
    manifests, cluster = world(code)
    (alone,) = asked(manifests).findings
    (against,) = asked(manifests, cluster).findings
    assert (alone.severity, against.severity) == (Severity.WARNING, Severity.ERROR)


def test_a_dump_without_a_kind_proves_nothing_about_it() -> None:
    cluster = [item for item in CLUSTER if item["kind"] in ("Node", "Pod")]
    answer = asked([stateful(), web(volumes=[b.claim_volume(claim="gone")])], cluster)
    assert {f.code.id: f.severity for f in answer.findings} == {"L308": Severity.WARNING}
    assert sum("no StorageClass objects" in warning for warning in answer.warnings) == 1


# What is said to be impossible is


@pytest.mark.parametrize(
    "code",
    ["L102", "L103", "L105", "L201", "L202", "L203", "L204", "L205", "L206", "L301", "L307", "L308", "L602"],
)
def test_what_is_called_impossible_cannot_be_placed(code: str) -> None:
    manifests, cluster = world(code)
    snapshot = inputs_of([b.document(*cluster)], [b.document(*manifests)]).snapshot()
    pods = tuple(pod.key for pod in snapshot.pending if pod.from_manifest)
    outcome = place(snapshot, Question(pods=pods), SolveConfig(time_limit_s=60))
    assert pods
    assert outcome.verdict in (Verdict.DOES_NOT_FIT, Verdict.CONTRADICTION)


def test_the_world_without_findings_can_be_placed() -> None:
    snapshot = inputs_of([b.document(*CLUSTER)], [b.document(stateful(), *AROUND, web())]).snapshot()
    pods = tuple(pod.key for pod in snapshot.pending if pod.from_manifest)
    assert place(snapshot, Question(pods=pods), SolveConfig(time_limit_s=60)).verdict is Verdict.FITS


@given(worlds(ordered=False))
@settings(max_examples=60)
def test_a_pod_said_to_have_no_node_has_none(world: World) -> None:
    """Against the filters of the scheduler; what is wrong is not always all that is."""
    answer = lint(inputs_of([b.document(*world.objects)]))
    snapshot = world.read()
    state = ClusterState.of(snapshot)
    hopeless = {
        f.object for f in answer.findings if f.code.id in ("L103", "L204", "L205", "L206", "L307", "L602")
    }
    for pod in snapshot.pending:
        if pod.key in hopeless:
            assert not verdict(pod, state).feasible


# Suppression


@pytest.mark.parametrize("text", ["L404", "killed-without-grace", " L404 , L601"])
def test_an_annotation_silences_a_code_for_its_object(text: str) -> None:
    manifests, cluster = world("L404")
    answer = asked([noted(manifests[0], text), *manifests[1:]], cluster)
    assert answer.findings == ()
    assert [(one.finding.code.id, one.by) for one in answer.suppressed] == [("L404", IGNORE)]


def test_an_annotation_of_one_object_does_not_silence_another() -> None:
    one, two = stateful(requests=None), stateful(requests=None)
    two["metadata"] = {**two["metadata"], "name": "db2"}
    answer = asked([noted(one, "L601"), two, *AROUND])
    assert [finding.object for finding in answer.findings] == ["prod/db2"]


def test_a_flag_silences_a_code_everywhere() -> None:
    manifests, cluster = world("L404")
    answer = asked(manifests, cluster, ignore=["killed-without-grace"])
    assert answer.findings == ()
    assert [(one.finding.code.id, one.by) for one in answer.suppressed] == [("L404", "--ignore")]


# What is looked at


def test_without_manifests_the_cluster_is_looked_at() -> None:
    manifests, cluster = world("L404")
    answer = lint(inputs_of([b.document(*cluster, *manifests)]))
    assert codes(answer) == {"L404"}


def test_pods_and_replica_sets_of_others_are_not_looked_at_twice() -> None:
    owned = b.deployment(name="web-1", replicas=2, kind="ReplicaSet", owner=("Deployment", "web"))
    owned["spec"]["template"]["spec"]["volumes"] = [{"name": "data", "hostPath": {"path": "/data"}}]
    pod = b.pod(
        name="web-1-x", owner=("ReplicaSet", "web-1"), volumes=[{"name": "d", "hostPath": {"path": "/d"}}]
    )
    assert codes(lint(inputs_of([b.document(owned, pod)]))) == set()


def test_an_object_that_cannot_be_read_is_an_input_error() -> None:
    with pytest.raises(InputError, match="replicas"):
        asked([changed(stateful(), replicas="three")])


# Documentation


def test_every_code_has_a_finder_a_test_a_page_and_a_place_in_the_schema() -> None:
    ids = [code.id for code in CODES]
    assert len(set(ids)) == len(ids) == len({code.name for code in CODES})
    assert list(FINDERS) == list(WRONG) == ids
    assert bundle("LintReport")["$defs"]["finding"]["properties"]["code"]["enum"] == ids
    assert (PROJECT / "docs/lint.md").read_text(encoding="utf-8") == page()


def test_codes_that_need_a_cluster_say_so() -> None:
    assert "Looked for only with a cluster" in page()
