"""Node names in the text of a request: found as decoding and looking up would find them, or not at all."""

from __future__ import annotations

import json
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extender.book.lookup import NameTable

NAMES = st.text(alphabet="ab-.9", min_size=1, max_size=30)


def compact(names: Sequence[object]) -> bytes:
    return json.dumps(names, separators=(",", ":")).encode()


@given(known=st.lists(NAMES, unique=True, max_size=40), others=st.lists(NAMES, max_size=2), data=st.data())
def test_names_are_found_as_a_dictionary_finds_them(
    known: list[str], others: list[str], data: st.DataObject
) -> None:
    asked = data.draw(st.lists(st.sampled_from([*known, *others]), max_size=40)) if known or others else []
    found = NameTable(known).find(compact(asked))
    if asked and set(asked) <= set(known):
        assert found is not None
        assert found.tolist() == [known.index(name) for name in asked]
    else:
        assert found is None


def test_names_that_share_a_slot_are_all_found() -> None:
    names = [f"ip-10-{a}-{b}.example.internal" for a in range(100) for b in range(100)]
    found = NameTable(names).find(compact(names[::-1]))
    assert found is not None
    assert found.tolist() == list(range(10_000))[::-1]


@pytest.mark.parametrize(
    "text",
    [
        b"[]",
        b'["a", "b"]',
        b' ["a","b"]',
        b'["a","b"] ',
        b'["\\u0061","b"]',
        b'["a",1,"b"]',
        b'["a",["b"]]',
        b'{"a":"b"}',
        b'"a"',
        b"null",
        b'["a","' + b"a" * 5000 + b'"]',
        '["a","ä"]'.encode(),
        b'["a",""]',
    ],
)
def test_what_is_not_a_plain_list_of_known_names_is_left_to_the_decoder(text: bytes) -> None:
    assert NameTable(["a", "b"]).find(text) is None


def test_a_table_without_names_finds_none() -> None:
    assert NameTable([]).find(b'["a"]') is None
