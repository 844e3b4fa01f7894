"""Snapshots from files, with the replicas that are still to come."""

from __future__ import annotations

from pathlib import Path

import pytest

from extender.snapshots import Changes, FileSource
from solver.errors import InputError
from tests import builders as b
from tests.builders import Raw, f_nodes

TEMPLATE = b.pod_spec(requests={"cpu": "1"})
CLAIMS = {"data": b.claim_spec(storage="10Gi", storage_class="fast")}


def source(folder: Path, *objects: Raw) -> FileSource:
    (folder / "dump.json").write_bytes(b.document(*f_nodes(), *objects).data)
    return FileSource([str(folder)], clock=iter(range(100, 200)).__next__)


def pending(folder: Path, *objects: Raw) -> list[str]:
    return [pod.key for pod in source(folder, *objects).latest().snapshot.pending]


def test_replicas_a_stateful_set_still_lacks_are_expected_with_their_claims(tmp_path: Path) -> None:
    db = b.stateful_set(name="db", replicas=3, spec=TEMPLATE, claims=CLAIMS)
    first = b.pod(name="db-0", owner=("StatefulSet", "db"), claims=["data-db-0"])
    snapshot = source(tmp_path, b.storage_class(name="fast"), db, first).latest().snapshot
    assert [pod.key for pod in snapshot.pending] == ["prod/db-0", "prod/db-1", "prod/db-2"]
    assert [claim.key for claim in snapshot.claims] == ["prod/data-db-1", "prod/data-db-2"]


def test_pods_of_a_deployment_are_not_expected_since_nobody_can_tell_their_names(tmp_path: Path) -> None:
    assert pending(tmp_path, b.deployment(name="web", replicas=3, spec=TEMPLATE)) == []


def test_a_set_without_a_template_is_only_an_owner(tmp_path: Path) -> None:
    bare = {**b.stateful_set(name="db"), "spec": {"selector": b.selector(labels={"app": "db"})}}
    assert pending(tmp_path, bare, b.pod(name="db-0", owner=("StatefulSet", "db"))) == ["prod/db-0"]


def test_a_set_that_could_not_be_created_is_left_alone(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    odd = b.stateful_set(name="db", replicas=2, spec=b.pod_spec(containers=[]))
    assert pending(tmp_path, odd, b.pod(name="web-0")) == ["prod/web-0"]
    assert "event=replicas_not_expected" in caplog.text


def test_files_are_read_once_and_grow_old(tmp_path: Path) -> None:
    files = source(tmp_path, b.pod(name="p"))
    assert files.age_s() == 0
    first = files.latest()
    assert (first.generation, files.latest()) == (1, first)
    assert files.age_s() == 1


def test_a_path_that_leads_nowhere_is_an_input_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="missing"):
        FileSource([str(tmp_path / "missing.json")]).latest()


def test_broken_objects_are_an_input_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"spec\.containers"):
        source(tmp_path, {**b.pod(name="p"), "spec": {"containers": 7}}).latest()


def test_files_do_not_change(tmp_path: Path) -> None:
    files = source(tmp_path, b.pod(name="p"))
    generation = files.latest().generation
    assert files.changes_since(generation, timeout_s=0) == Changes(generation=generation)
    assert files.changes_since(generation + 1, timeout_s=0).restart
    assert files.troubles() == ()


def test_manifests_are_tried_beside_the_files_and_leave_no_trace(tmp_path: Path) -> None:
    db = b.stateful_set(name="db", replicas=2, spec=TEMPLATE)
    files = source(tmp_path, db)
    larger = b.stateful_set(name="db", replicas=3, spec=TEMPLATE)
    tried = files.with_manifests([b.document(larger, b.pod(name="web"))])
    assert sorted(pod.name for pod in tried.pending) == ["db-0", "db-1", "db-2", "web"]
    assert [pod.name for pod in files.latest().snapshot.pending] == ["db-0", "db-1"]
