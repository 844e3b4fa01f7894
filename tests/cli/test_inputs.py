"""Which files are read, in which order, and what is said about those that cannot be."""

from __future__ import annotations

import gzip
import io
import os
from pathlib import Path

import pytest

from solver.cli.inputs import digest, kustomized, read_all, read_documents
from solver.errors import InputError
from solver.kube.documents import Document


def sources(*paths: str) -> list[str]:
    return [document.source for document in read_documents(paths)]


def test_a_file_is_one_document_with_its_bytes(tmp_path: Path) -> None:
    file = tmp_path / "nodes.json"
    file.write_bytes(b"{}")
    assert read_documents([str(file)]) == (Document(str(file), b"{}"),)


def test_a_directory_is_read_recursively_sorted_and_only_known_endings(tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    for name in ("z.yaml", "b/one.yml", "b/two.json.gz", "a.json", "notes.txt", "b/three.yaml.bak"):
        (tmp_path / name).write_bytes(b"")
    found = [str(Path(source).relative_to(tmp_path)) for source in sources(str(tmp_path))]
    assert found == ["a.json", "b/one.yml", "b/two.json.gz", "z.yaml"]


def test_a_file_named_outright_is_read_whatever_its_ending(tmp_path: Path) -> None:
    (tmp_path / "dump.txt").write_bytes(b"")
    assert sources(str(tmp_path / "dump.txt")) == [str(tmp_path / "dump.txt")]


def test_a_path_given_twice_is_read_once(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_bytes(b"")
    assert len(sources(str(tmp_path / "a.json"), str(tmp_path / "a.json"))) == 1


def test_dash_is_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"kind: Node")))
    assert read_documents(["-"]) == (Document("-", b"kind: Node"),)


def test_standard_input_cannot_be_read_for_two_purposes() -> None:
    with pytest.raises(InputError, match="named more than once"):
        read_all(["-"], ["-"])


def test_a_closed_standard_input_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", None)
    with pytest.raises(InputError, match="standard input is closed"):
        read_documents(["-"])


def test_what_a_directory_holds_is_never_left_out_in_silence(tmp_path: Path) -> None:
    """Such as a link that leads nowhere."""
    (tmp_path / "pods.json").symlink_to(tmp_path / "nowhere")
    with pytest.raises(InputError, match=r"pods\.json: found No such file"):
        read_documents([str(tmp_path)])


def test_every_unreadable_path_is_named_at_once(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "dangling.json").symlink_to(tmp_path / "nowhere")
    paths = [str(tmp_path / name) for name in ("missing.json", "empty", "dangling.json")]
    with pytest.raises(InputError) as caught:
        read_all(paths[:2], paths[2:])
    assert [fault.name for fault in caught.value.faults] == paths
    assert "No such file" in caught.value.faults[0].found
    assert "*.yaml" in caught.value.faults[1].expected


def test_gzip_is_kept_as_it_is_for_the_reader(tmp_path: Path) -> None:
    packed = gzip.compress(b"{}")
    (tmp_path / "a.json.gz").write_bytes(packed)
    assert read_documents([str(tmp_path / "a.json.gz")])[0].data == packed


def test_digest_tells_contents_apart_but_not_names() -> None:
    one, same = Document("a", b"1"), Document("b", b"1")
    assert digest([one]) == digest([same])
    assert digest([one]) != digest([Document("a", b"2")])
    assert digest([Document("a", b"12")]) != digest([one, Document("b", b"2")])


@pytest.fixture
def fake_kubectl(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A ``kubectl`` on the PATH that prints its arguments as YAML, or fails for the directory ``bad``."""
    program = tmp_path / "bin" / "kubectl"
    program.parent.mkdir()
    program.write_text(
        '#!/bin/sh\n[ "$2" = bad ] && { echo "no kustomization file" >&2; exit 1; }\necho "# $1 $2"\n'
    )
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(program.parent), prepend=os.pathsep)
    return program


def test_kustomize_uses_kubectl_on_the_path(fake_kubectl: Path) -> None:
    assert kustomized("overlays/prod").data == b"# kustomize overlays/prod\n"


def test_kustomize_failure_tells_what_kubectl_said(fake_kubectl: Path) -> None:
    with pytest.raises(InputError, match="no kustomization file"):
        kustomized("bad")


def test_kustomize_without_kubectl_says_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(InputError, match="no kubectl on the PATH"):
        kustomized("overlays/prod")
