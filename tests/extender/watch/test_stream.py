"""Bytes to events, however they are cut."""

from __future__ import annotations

import json
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from extender.watch import stream
from extender.watch.stream import BrokenStreamError, ExpiredError, batches, page


def line(kind: str, name: str, version: int) -> bytes:
    meta = {"name": name, "resourceVersion": str(version)}
    return json.dumps({"type": kind, "object": {"metadata": meta}}).encode() + b"\n"


TEXT = line("ADDED", "zwölf", 1) + line("MODIFIED", "b", 2) + b"\n" + line("BOOKMARK", "", 3)


@settings(max_examples=40)
@given(cuts=st.lists(st.integers(0, len(TEXT)), max_size=6))
def test_events_are_the_same_however_the_bytes_are_cut(cuts: list[int]) -> None:
    edges = [0, *sorted(cuts), len(TEXT)]
    segments = [TEXT[a:b] for a, b in pairwise(edges)]
    events = [event for batch in batches(segments) for event in batch]
    assert [(e.type, e.meta.name, e.meta.resource_version) for e in events] == [
        ("ADDED", "zwölf", "1"),
        ("MODIFIED", "b", "2"),
        ("BOOKMARK", "", "3"),
    ]


def test_what_a_segment_completes_comes_together() -> None:
    assert [len(batch) for batch in batches([TEXT])] == [3]


def test_half_an_event_at_the_end_is_none() -> None:
    assert list(batches([TEXT[:-1]]))[-1][-1].meta.resource_version == "2"


@pytest.mark.parametrize("status", [{"code": 410}, {"code": 500, "reason": "Expired"}])
def test_an_expiry_is_told_apart(status: dict[str, object]) -> None:
    text = json.dumps({"type": "ERROR", "object": status}).encode() + b"\n"
    with pytest.raises(ExpiredError):
        list(batches([text]))


def test_any_other_error_of_the_server_is_told_with_its_words() -> None:
    status = {"code": 500, "reason": "InternalError", "message": "etcd is away"}
    with pytest.raises(BrokenStreamError, match="500 InternalError: etcd is away"):
        list(batches([json.dumps({"type": "ERROR", "object": status}).encode() + b"\n"]))


def test_a_line_without_end_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream, "MAX_LINE_BYTES", 100)
    with pytest.raises(BrokenStreamError, match="more than 100 bytes"):
        list(batches([b"x" * 60, b"x" * 60]))


@pytest.mark.parametrize("content", [b"", b"[]", b'{"metadata":{}}', b'{"items":[]}', b"\xff", b"<html>"])
def test_an_answer_that_is_no_list_is_refused(content: bytes) -> None:
    with pytest.raises(BrokenStreamError):
        page(content)


def test_a_list_may_be_empty_or_have_more() -> None:
    first = page(b'{"metadata":{"resourceVersion":"5","continue":"t"},"items":[{},{}]}')
    assert (first.metadata.version, first.metadata.token, len(first.items or ())) == ("5", "t", 2)
    assert page(b'{"metadata":{"resourceVersion":"5"},"items":null}').items is None
