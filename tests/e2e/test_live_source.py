"""The live source on a real API server: what it keeps by events is what reading the cluster anew gives."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import urllib3

from extender.config import ClusterConfig
from extender.snapshots import with_expected_replicas
from extender.watch import LiveSource
from solver.cli.live import read_cluster
from solver.model.snapshot import Snapshot
from tests import builders as b
from tests.e2e.conftest import LOGS
from tests.e2e.harness.api import ApiError
from tests.e2e.harness.build import Programs
from tests.e2e.harness.controlplane import ControlPlane
from tests.e2e.harness.watching import poll

NAMESPACE = "default"
SPEC = b.pod_spec(requests={"cpu": "100m"})
PATIENCE_S = 60.0


@pytest.fixture
def plane(built: Programs, request: pytest.FixtureRequest) -> Iterator[ControlPlane]:
    folder = LOGS / request.node.name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    started = ControlPlane(built, folder)
    try:
        for node in b.f_nodes():
            started.api.create(node)
        yield started
    finally:
        started.stop()


@pytest.fixture
def live(plane: ControlPlane) -> Iterator[LiveSource]:
    source = LiveSource(ClusterConfig(kubeconfig=str(plane.kubeconfig("admin"))))
    source.start()
    yield source
    source.stop()


def until(live: LiveSource, holds: Callable[[Snapshot], bool]) -> Snapshot:
    deadline = time.monotonic() + PATIENCE_S
    while not holds((seen := live.latest()).snapshot):
        left = deadline - time.monotonic()
        assert left > 0, live.troubles()
        live.changes_since(seen.generation, left)
    return seen.snapshot


def number(real: int) -> Callable[[Snapshot], bool]:
    """So many pods that exist."""
    return lambda snapshot: sum(not pod.from_manifest for pod in snapshot.pods) == real


def read_anew(kubeconfig: Path) -> Snapshot:
    read = with_expected_replicas(read_cluster(None, str(kubeconfig)).documents)
    said = tuple(text for text in read.warnings if not text.startswith("the snapshot has no "))
    return replace(read, warnings=said)


def agree(plane: ControlPlane, live: LiveSource) -> Snapshot:
    """Both see the same in the end; controllers may be at work yet."""
    kubeconfig = plane.kubeconfig("admin")
    return until(live, lambda snapshot: snapshot == read_anew(kubeconfig))


def serves(plane: ControlPlane) -> bool:
    try:
        return bool(plane.api.get("Namespace", NAMESPACE))
    except (ApiError, urllib3.exceptions.HTTPError, OSError):
        return False


def test_what_is_followed_is_what_is_read_anew(plane: ControlPlane, live: LiveSource) -> None:
    claims = {"data": b.claim_spec(storage="1Gi", storage_class="fast")}
    plane.api.create(b.storage_class(name="fast"))
    for ordered in (True, False):
        name = "ordered" if ordered else "parallel"
        plane.api.create(
            b.stateful_set(
                name=name, namespace=NAMESPACE, replicas=3, parallel=not ordered, spec=SPEC, claims=claims
            )
        )
    plane.api.create(b.deployment(name="web", namespace=NAMESPACE, replicas=5, spec=SPEC))
    until(live, number(1 + 3 + 5))  # of the ordered set only the first exists: it is not scheduled
    snapshot = agree(plane, live)
    assert sum(pod.from_manifest for pod in snapshot.pods) == 2
    plane.api.patch("Deployment", "web", {"spec": {"replicas": 1}}, NAMESPACE)
    plane.api.patch("StatefulSet", "parallel", {"spec": {"replicas": 4}}, NAMESPACE)
    plane.api.patch("Node", "a1", {"spec": {"unschedulable": True}})
    plane.api.delete("Node", "c1")
    until(live, number(1 + 4 + 1))
    agree(plane, live)


def test_an_api_server_that_was_killed_is_followed_again_and_nothing_is_missed(
    plane: ControlPlane, live: LiveSource
) -> None:
    plane.api.create(b.deployment(name="web", namespace=NAMESPACE, replicas=20, spec=SPEC))
    until(live, number(20))
    plane.processes["kube-apiserver"].kill()
    plane.processes["kube-apiserver"].start()
    poll("the API server serves again", lambda: serves(plane), PATIENCE_S)
    plane.api.patch("Deployment", "web", {"spec": {"replicas": 8}}, NAMESPACE)
    until(live, number(8))
    agree(plane, live)
    assert live.troubles() == ()


def test_the_rights_that_are_shipped_are_enough(plane: ControlPlane) -> None:
    plane.apply_role()
    source = LiveSource(ClusterConfig(kubeconfig=str(plane.kubeconfig("extender"))))
    source.start()
    try:
        until(source, lambda snapshot: len(snapshot.nodes) == 5)
        assert source.troubles() == ()
    finally:
        source.stop()
