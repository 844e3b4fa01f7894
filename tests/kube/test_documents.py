"""Bytes to objects: formats, lists, and input that means harm (W1)."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from solver.errors import Fault, InputError
from solver.kube.documents import Document, Entry, entries, plain
from solver.kube.read import read_snapshot
from tests import builders as b
from tests.builders import Raw, f_nodes

SCENARIOS = Path(__file__).parent.parent / "data" / "scenarios"


def found(data: bytes | str) -> list[tuple[str, Any]]:
    """Kind and name of every object; a problem shows as its text."""
    text = data if isinstance(data, bytes) else data.encode()
    result: list[tuple[str, Any]] = []
    for entry in entries(Document("x", text)):
        if isinstance(entry, Entry):
            result.append((entry.kind, (plain(entry.value).get("metadata") or {}).get("name")))
        else:
            result.append(("problem", entry[1].found))
    return result


def config(name: str) -> Raw:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}}


def listed(*items: Raw, kind: str = "List") -> Raw:
    return {"apiVersion": "v1", "kind": kind, "items": list(items)}


def test_json_and_yaml_give_the_same_objects() -> None:
    yaml_text = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n"
    assert found(json.dumps(config("a"))) == found(yaml_text) == [("ConfigMap", "a")]


def test_yaml_documents_are_separate_and_empty_ones_are_skipped() -> None:
    text = "---\n# nothing\n---\nkind: A\nmetadata: {name: x}\n---\n\n---\nnull\n---\nkind: B\n...\n"
    assert found(text) == [("A", "x"), ("B", None)]


@pytest.mark.parametrize("separator", ["\n", " ", "\n---\n", ""])
def test_json_values_may_follow_each_other(separator: str) -> None:
    text = separator.join(json.dumps(config(n)) for n in "ab")
    assert found(text) == [("ConfigMap", "a"), ("ConfigMap", "b")]


def test_lists_are_taken_apart_to_any_depth_in_order() -> None:
    inner = listed(config("b"), listed(config("c")), config("d"))
    text = json.dumps(listed(config("a"), inner, config("e")))
    assert [name for _, name in found(text)] == ["a", "b", "c", "d", "e"]


def test_items_of_a_typed_list_inherit_its_kind_and_version() -> None:
    (entry,) = entries(
        Document("x", json.dumps(listed({"metadata": {"name": "p"}}, kind="PodList")).encode())
    )
    assert isinstance(entry, Entry)
    assert (entry.kind, entry.api_version) == ("Pod", "v1")


def test_items_that_name_their_kind_keep_it() -> None:
    assert found(json.dumps(listed(config("a"), kind="PodList"))) == [("ConfigMap", "a")]


@pytest.mark.parametrize("text", ["", "  \n", "---\n---\n", "# comment\n", '{"kind": "List", "items": []}'])
def test_documents_without_objects_are_fine(text: str) -> None:
    assert found(text) == []


@pytest.mark.parametrize("kind", ["List", "PodList"])
def test_items_may_be_null(kind: str) -> None:
    empty = {"apiVersion": "v1", "kind": kind, "items": None}
    read_snapshot([b.document(*f_nodes()), Document("x", json.dumps(empty).encode())])


def test_gzip_is_recognised_by_its_content() -> None:
    once = gzip.compress(json.dumps(config("a")).encode())
    assert found(once) == [("ConfigMap", "a")]
    two_members = gzip.compress(b'{"kind": "A",') + gzip.compress(b'"metadata": {"name": "x"}}')
    assert found(two_members) == [("A", "x")]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
@pytest.mark.parametrize("text", ['{"kind": "A"}', "kind: A"])
def test_byte_order_marks_are_understood(encoding: str, text: str) -> None:
    """What shells on Windows write."""
    assert found(text.encode(encoding)) == [("A", None)]


@pytest.mark.parametrize("name", sorted(p.name for p in SCENARIOS.glob("*.json")))
def test_every_scenario_is_readable(name: str) -> None:
    manifests = [Document(name, (SCENARIOS / name).read_bytes())] if name == "shop-app.json" else []
    cluster = "shop-cluster.json" if manifests else name
    made = read_snapshot([Document(cluster, (SCENARIOS / cluster).read_bytes())], manifests)
    assert len(made.nodes) in (5, 13)
    assert made.skipped == ()


# Harm


def problem(data: bytes | str) -> str:
    """The one problem found in a document that cannot be read."""
    ((kind, text),) = found(data)
    assert kind == "problem"
    return str(text)


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b'{"kind": "Pod"', "truncated"),
        (b'{"kind": "Pod",}', "malformed"),
        (b'{"kind": NaN}', "malformed"),
        (b'{"kind": "A"} {"kind": NaN}', "malformed"),
        (b'{"kind": "A", "x": "\\ud800"}', "truncated"),
        (b'{"kind": "A"}\x00', "malformed"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "not text"),
        (b"\xff\xfe\x00", "not text"),
        (b'{"kind": "\xff"}', "not text"),
        (b"kind: \x00", "unacceptable character"),
        (b"a: b: c", "mapping values"),
        (b"\tkind: A", "cannot start any token"),
        (b"kind: [", "did not find expected"),
        (b"just a sentence", '"just a sentence"'),
        (b"[1, 2]", "[1, 2]"),
        (b"42", "42"),
        (b'{"kind": 5}', "kind 5"),
        (b'{"kind": "List", "items": {"a": 1}}', "items"),
        (b'{"metadata": {}}', "nothing"),
        (b"\x1f\x8b\x08garbage", "decompressing"),
        (gzip.compress(b"kind: A" * 99)[:-20], "ends too early"),
        (b"[" * 100_000, "deep nesting"),
        (b'{"a":' * 100_000, "deep nesting"),
        (b"[" * 5_000 + b"a", "deep nesting"),
        (b"a: " + b"[" * 100_000, "nesting deeper"),
        (b"- " * 100_000, "nesting deeper"),
        (b"a: &a [*a]", "*a to nothing known"),
        (b"kind: A\nkind: B", "given twice"),
        (b"? [a]\n: b", "not a scalar"),
        (b"? {a: b}\n: c", "not a scalar"),
        (b"<<: 5", "merge key"),
        (b"a: &k [x]\n*k : 1", "not a string"),
    ],
)
def test_what_cannot_be_read_is_reported_and_nothing_breaks(data: bytes, says: str) -> None:
    assert says in problem(data)


@pytest.mark.parametrize("junk", ["1e999", "[" * 600 + "]" * 600])
def test_junk_beside_a_fault_is_survived(junk: str) -> None:
    """The slow way, which looks for every mismatch, reads the whole object."""
    text = '{"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"}, "spec": 5, "x": ' + junk + "}"
    with pytest.raises(InputError) as caught:
        read_snapshot([b.document(*f_nodes()), Document("x", text.encode())])
    assert len(caught.value.faults) == 1


def test_a_bomb_of_aliases_is_defused() -> None:
    """Each line stands for ten times the line before."""
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]" for i in range(1, 30)]
    assert "aliases" in problem("\n".join(lines))


def test_a_bomb_of_gzip_is_defused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("solver.kube.documents.MAX_BYTES", 10_000)
    assert "more than 10000 bytes" in problem(gzip.compress(b" " * 1_000_000))


def test_lists_of_lists_have_an_end() -> None:
    text = '{"kind":"List","items":[' * 300 + "]}" * 300
    assert "lists inside lists" in problem(text)


def test_one_bad_document_does_not_hide_the_faults_of_others() -> None:
    with pytest.raises(InputError) as caught:
        read_snapshot(
            [
                Document("bad.json", b"{"),
                Document("half.yaml", b"kind: Node\nmetadata: {name: UPPER}\n---\nkind: [A"),
                b.document({"kind": "Pod", "metadata": {"name": 5}}, source="types.json"),
            ]
        )
    assert [(f.source, f.kind) for f in caught.value.faults] == [
        ("bad.json", "document"),
        ("half.yaml", "Node"),
        ("half.yaml", "document"),
        ("types.json", "Pod"),
    ]


def test_a_fault_reads_as_a_sentence_with_file_object_and_field() -> None:
    fault = Fault(kind="Pod", name="a/b", path="spec.x", found="1", expected="2", source="f.yaml")
    assert str(fault) == "f.yaml: Pod a/b spec.x: found 1; expected 2"


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"42", "x: document 1: found 42; expected a Kubernetes object"),
        (b"a: b\n\tc: 1\n", "x: document as a whole: found a tab character that"),
    ],
)
def test_what_has_no_name_is_told_by_its_place(data: bytes, told: str) -> None:
    with pytest.raises(InputError) as caught:
        read_snapshot([Document("x", data)])
    assert str(caught.value.faults[0]).startswith(told)
