"""A live source: what the API server has is what it shows, whatever happens on the way."""

from __future__ import annotations

import json
from pathlib import Path
from random import Random
from typing import Any

import pytest

from benchmarks.loopback import ApiServer, Fault, Store
from benchmarks.loopback.store import lines, status
from extender.config import ClusterConfig
from extender.snapshots import with_expected_replicas
from extender.watch import LiveSource
from solver.errors import InputError
from solver.model.event import Gone, Put
from tests import builders as b
from tests.builders import Raw
from tests.extender.watch.live import World, world

NODES = b.f_nodes()
SPEC = b.pod_spec(requests={"cpu": "1"})


def odd(name: str) -> Raw:
    return {**b.pod(name=name), "spec": {"containers": 7}}


def event(kind: str, stored: Raw, version: int = 10**6) -> dict[str, Any]:
    meta = {**stored["metadata"], "resourceVersion": str(version)}
    return {"type": kind, "object": {**stored, "metadata": meta}}


def test_the_snapshot_is_the_one_read_from_files(tmp_path: Path) -> None:
    db = b.stateful_set(name="db", replicas=3, spec=SPEC, claims={"data": b.claim_spec()})
    objects = [*NODES, db, b.pod(name="p", node="a1"), b.storage_class(name="fast", default=True)]
    with world(tmp_path, *objects) as live:
        snapshot = live.source.latest().snapshot
    read = with_expected_replicas([b.document(*objects)])
    assert snapshot.pods == read.pods
    assert snapshot.claims == read.claims
    assert snapshot.nodes == read.nodes


def test_lists_longer_than_a_page_are_read_to_the_end(tmp_path: Path) -> None:
    pods = [b.pod(name=f"p{i:02}") for i in range(25)]
    with world(tmp_path, *NODES, *pods, page_size=10) as live:
        assert len(live.source.latest().snapshot.pods) == 25
        assert live.store.asked["Pod", "list"] == 3


def test_changes_are_told_as_events(tmp_path: Path) -> None:
    with world(tmp_path, *NODES, b.pod(name="p")) as live:
        generation = live.source.latest().generation
        live.store.put(b.pod(name="p", node="a1"))
        live.until(lambda seen: seen.snapshot.pods[0].node_name == "a1")
        live.store.delete(b.pod(name="p"))
        live.until_pods()
        changes = live.source.changes_since(generation, timeout_s=0)
    assert not changes.restart
    assert [type(told) for told in changes.events] == [Put, Gone]


def test_nobody_waits_longer_than_asked_when_nothing_changes(tmp_path: Path) -> None:
    with world(tmp_path, *NODES) as live:
        generation = live.source.latest().generation
        changes = live.source.changes_since(generation, timeout_s=0)
    assert (changes.generation, changes.events, changes.restart) == (generation, (), False)


def test_a_changed_node_makes_followers_begin_again(tmp_path: Path) -> None:
    with world(tmp_path, *NODES) as live:
        generation = live.source.latest().generation
        live.store.put(b.node(name="a1", zone="za", taints=[b.taint(key="k")]))
        live.until(lambda seen: bool(seen.snapshot.node_by_name["a1"].taints))
        assert live.source.changes_since(generation, timeout_s=0).restart


def test_a_torn_watch_goes_on_where_it_stopped(tmp_path: Path) -> None:
    with world(tmp_path, *NODES, b.pod(name="p")) as live:
        live.source.latest()
        live.store.cut()
        live.store.put(b.pod(name="q"))
        live.until_pods("p", "q")
        assert live.store.asked["Pod", "list"] == 1
        assert live.counts.restarts["Pod"] >= 1


def test_after_its_version_expired_a_kind_is_listed_again(tmp_path: Path) -> None:
    with world(tmp_path, *NODES, b.pod(name="p"), b.pod(name="q")) as live:
        live.until_pods("p", "q")
        live.store.fail("Pod", "watch", Fault(status=500), Fault(status=500))
        live.store.cut()
        live.store.delete(b.pod(name="p"))
        live.store.compact()
        live.until_pods("q")
        assert live.store.asked["Pod", "list"] == 2


def test_an_expiry_told_inside_a_watch_is_one_too(tmp_path: Path) -> None:
    store = Store()
    gone = {"type": "ERROR", "object": json.loads(status(410, "Expired"))}
    store.fail("Pod", "watch", Fault(lines=lines([gone])))
    with world(tmp_path, *NODES, b.pod(name="p"), store=store) as live:
        live.source.latest()
        store.put(b.pod(name="q"))
        live.until_pods("p", "q")
        assert store.asked["Pod", "list"] == 2


def test_a_bookmark_spares_a_list_after_history_is_forgotten(tmp_path: Path) -> None:
    with world(tmp_path, *NODES, b.pod(name="p")) as live:
        live.source.latest()
        live.store.put(b.namespace(name="other"))  # the pods' own version falls behind
        live.until(lambda seen: "other" in seen.snapshot.namespaces)
        live.store.bookmark()
        live.store.put(b.pod(name="q"))
        live.until_pods("p", "q")
        live.store.delete(b.pod(name="q"))
        live.until_pods("p")
        live.store.compact()
        live.store.cut()
        live.store.put(b.pod(name="r"))
        live.until_pods("p", "r")
        assert live.store.asked["Pod", "list"] == 1


@pytest.mark.parametrize("after", [1, 5])
def test_a_list_whose_token_expires_begins_again_and_is_asked_for_whole_in_the_end(
    tmp_path: Path, after: int
) -> None:
    store = Store()
    for _ in range(after):  # the first page is served, the second has expired
        store.fail("Pod", "list", Fault(body=_page("p0")), Fault(status=410))
    with world(tmp_path, *NODES, b.pod(name="p1"), b.pod(name="p2"), store=store, page_size=1) as live:
        assert [pod.name for pod in live.source.latest().snapshot.pods] == ["p1", "p2"]


def _page(name: str) -> bytes:
    meta = {"resourceVersion": "1", "continue": "more"}
    return json.dumps({"kind": "PodList", "metadata": meta, "items": [b.pod(name=name)]}).encode()


@pytest.mark.parametrize(
    "fault",
    [
        Fault(status=500),
        Fault(status=429, headers={"Retry-After": "1"}),
        Fault(status=503),
        Fault(status=401),
        Fault(body=b"<html>a proxy"),
        Fault(body=b"{}"),
        Fault(body=b"[" * 100_000),
        Fault(),
    ],
    ids=lambda fault: str(fault.status) + fault.body[:6].decode(),
)
@pytest.mark.parametrize("verb", ["list", "watch"])
def test_whatever_the_server_answers_it_is_asked_again(tmp_path: Path, verb: str, fault: Fault) -> None:
    store = Store()
    store.fail("Pod", verb, fault)
    with world(tmp_path, *NODES, b.pod(name="p"), store=store) as live:
        live.source.latest()
        store.put(b.pod(name="q"))
        live.until_pods("p", "q")
        assert live.counts.restarts["Pod"] >= 1
        assert live.source.troubles() == ()


@pytest.mark.parametrize(
    "line", [b"no json", b'{"type":"ADDED"}', b'{"type":"ADDED","object":7}', b"\xff\xfe"]
)
def test_after_a_line_that_is_no_event_nothing_is_taken_on_trust(tmp_path: Path, line: bytes) -> None:
    store = Store()
    store.fail("Pod", "watch", Fault(lines=(line,)))
    with world(tmp_path, *NODES, b.pod(name="p"), store=store) as live:
        live.source.latest()
        store.put(b.pod(name="q"))
        live.until_pods("p", "q")


def test_an_object_that_cannot_be_read_is_left_out_counted_and_told(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with world(tmp_path, *NODES, b.pod(name="p"), odd("q")) as live:
        live.until_pods("p")
        assert live.counts.faults["Pod"] == 1
        live.store.put(odd("p"))
        live.until_pods()
        assert live.counts.faults["Pod"] == 2
        live.store.put(b.pod(name="p"))
        live.until_pods("p")
        live.store.delete(odd("q"))
        live.store.put(b.pod(name="r"))
        live.until_pods("p", "r")
        assert live.counts.faults["Pod"] == 0
    assert "event=object_left_out kind=Pod object=prod/q" in caplog.text


def test_a_silent_connection_is_given_up(tmp_path: Path) -> None:
    store = Store()
    store.fail("Pod", "watch", Fault(silent=True))
    with world(tmp_path, *NODES, b.pod(name="p"), store=store, stale_after_s=0.4) as live:
        live.source.latest()
        store.put(b.pod(name="q"))
        live.until_pods("p", "q")
        assert live.counts.restarts["Pod"] == 0  # silence is no fault


def test_a_list_that_does_not_come_is_asked_for_again(tmp_path: Path) -> None:
    store = Store()
    store.fail("Pod", "list", Fault(silent=True))
    with world(tmp_path, *NODES, b.pod(name="p"), store=store, list_timeout_s=0.2) as live:
        live.until_pods("p")
        assert live.counts.restarts["Pod"] == 1


def test_an_api_server_that_comes_back_is_followed_on(tmp_path: Path) -> None:
    with world(tmp_path, *NODES, b.pod(name="p")) as live:
        live.source.latest()
        port = live.server.server_port
        live.server.stop()
        live.store.put(b.pod(name="q"))
        with ApiServer(live.store, port).running():
            live.until_pods("p", "q")
            assert live.store.asked["Pod", "list"] == 1


def test_a_kind_that_may_not_be_read_is_done_without_unless_it_is_needed(tmp_path: Path) -> None:
    store = Store()
    store.fail("ResourceClaim", "list", Fault(status=403))
    store.fail("LimitRange", "list", Fault(status=404))
    with world(tmp_path, *NODES, store=store) as live:
        assert live.source.latest().snapshot.nodes
        assert live.source.troubles() == ()


def test_without_a_kind_that_is_needed_there_is_no_snapshot_and_its_name_is_told(tmp_path: Path) -> None:
    store = Store()
    store.fail("Node", "list", *[Fault(status=403)] * 3)
    with world(tmp_path, *NODES, store=store) as live:
        assert any(text.startswith("Node: not listed yet") for text in live.source.troubles())
        assert live.source.age_s() == 0
        live.source.latest()  # the rights were granted in the end
        assert live.source.troubles() == ()


def test_who_waits_for_a_first_snapshot_is_told_when_there_will_be_none(tmp_path: Path) -> None:
    store = Store()
    store.fail("Node", "list", *[Fault(status=403)] * 1000)
    with world(tmp_path, store=store) as live:
        live.source.stop()
        with pytest.raises(InputError, match="every kind listed"):
            live.source.latest()


def test_after_a_restart_the_snapshot_is_the_same(tmp_path: Path) -> None:
    db = b.stateful_set(name="db", replicas=3, spec=SPEC)
    with world(tmp_path, *NODES, db) as live:
        live.source.latest()
        for step in range(6):
            live.store.put(b.pod(name=f"p{step}"))
            live.store.delete(b.pod(name=f"p{step - 2}"))
        live.store.put(b.pod(name="db-0", owner=("StatefulSet", "db"), node="a1", phase="Running"))
        seen = live.until(lambda seen: any(pod.node_name for pod in seen.snapshot.pods))
        again = LiveSource(ClusterConfig(kubeconfig=str(tmp_path / "kubeconfig")))
        again.start()
        assert again.latest().snapshot == seen.snapshot
        again.stop()


@pytest.mark.parametrize("seed", range(4))
def test_any_changes_and_faults_end_in_the_snapshot_read_from_scratch(tmp_path: Path, seed: int) -> None:
    chance = Random(seed)
    pods = {f"p{i}" for i in range(6)}
    with world(tmp_path, *NODES, page_size=3) as live:
        live.source.latest()
        for _ in range(60):
            _happens(live, chance, pods)
        live.store.put(b.pod(name="last"))
        seen = live.until(
            lambda seen: "prod/last" in seen.snapshot.pod_by_key and _agrees(live, seen.snapshot.pods)
        )
        assert seen.snapshot.nodes


def _happens(live: World, chance: Random, pods: set[str]) -> None:
    pod = b.pod(name=chance.choice(sorted(pods)), node=chance.choice([None, "a1", "b1"]))
    chance.choice(
        [
            lambda: live.store.put(pod),
            lambda: live.store.put(pod),
            lambda: live.store.delete(pod),
            live.store.cut,
            live.store.compact,
            live.store.bookmark,
            lambda: live.store.fail("Pod", "watch", Fault(status=500)),
            lambda: live.store.fail("Pod", "list", Fault(status=503)),
        ]
    )()


def _agrees(live: World, pods: tuple[Any, ...]) -> bool:
    stored = [json.loads(text) for text in live.store.listed("Pod", "", 0)[1]]
    expected = {f"prod/{pod['metadata']['name']}": pod["spec"].get("nodeName") for pod in stored}
    return {pod.key: pod.node_name for pod in pods} == expected


def test_manifests_are_tried_on_the_live_cluster(tmp_path: Path) -> None:
    with world(tmp_path, *NODES, b.pod(name="p")) as live:
        tried = live.source.with_manifests([b.document(b.deployment(name="web", replicas=2, spec=SPEC))])
        assert [pod.name for pod in tried.pods] == ["p", "web-0", "web-1"]
        assert [pod.name for pod in live.source.latest().snapshot.pods] == ["p"]
