"""YAML as Kubernetes reads it."""

from __future__ import annotations

import math

import pytest

from solver.kube.yamltext import load_all


def one(text: str) -> object:
    (value,) = load_all(text)
    return value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("2024-01-02", "2024-01-02"),
        ("2024-01-02T03:04:05Z", "2024-01-02T03:04:05Z"),
        ("1:30", "1:30"),
        ("12", 12),
        ("-12", -12),
        ("+7", 7),
        ("0644", 420),
        ("0o644", 420),
        ("0x1F", 31),
        ("-0b101", -5),
        ("0899", 899.0),
        ("1_000", 1000),
        ("1.5", 1.5),
        (".5", 0.5),
        ("1e3", 1000.0),
        (".inf", math.inf),
        ("-.inf", -math.inf),
        ("500m", "500m"),
        ("1Gi", "1Gi"),
        ("1.2.3", "1.2.3"),
        ("yes", True),
        ("Off", False),
        ("y", True),
        ("yEs", "yEs"),
        ("~", None),
        ("null", None),
        ("Null", None),
        ("nULL", "nULL"),
        ("", None),
        ("'12'", "12"),
        ('"yes"', "yes"),
        ("!!str 12", "12"),
        ("! 12", "12"),
        ('!!int "12"', 12),
        ("|\n  text\n", "text\n"),
        (">-\n  folded\n  text\n", "folded text"),
        ("9" * 500, "9" * 500),
    ],
)
def test_scalars_follow_go_yaml(text: str, value: object) -> None:
    assert one(f"a: {text}") == {"a": value}


@pytest.mark.parametrize(
    ("text", "key"), [("1: x", "1"), ("true: x", "true"), ("1.5: x", "1.5"), ("'on': x", "on")]
)
def test_keys_become_text(text: str, key: str) -> None:
    assert one(text) == {key: "x"}


def test_not_a_number_is_kept_for_the_reader_of_the_field_to_refuse() -> None:
    value = one("[.nan]")
    assert isinstance(value, list)
    assert math.isnan(value[0])


def test_aliases_repeat_what_they_name() -> None:
    assert one("a: &x {b: [1]}\nc: *x\nd: [*x, *x]") == {
        "a": {"b": [1]},
        "c": {"b": [1]},
        "d": [{"b": [1]}, {"b": [1]}],
    }
    assert one("- &k name\n- {*k : v}") == ["name", {"name": "v"}]


def test_an_anchor_may_be_used_again_and_ends_with_its_document() -> None:
    assert one("- &x 1\n- *x\n- &x 2\n- *x") == [1, 1, 2, 2]


def test_merged_mappings_give_way_to_keys_that_are_written() -> None:
    text = "base: &b {k: 1, l: 2}\nmore: &m {l: 3, m: 4}\nuse: {l: 9, <<: [*b, *m]}"
    value = one(text)
    assert isinstance(value, dict)
    assert value["use"] == {"l": 9, "k": 1, "m": 4}


def test_several_documents_come_in_order() -> None:
    assert list(load_all("a\n---\n- b\n---\n---\nc: d\n")) == ["a", ["b"], None, {"c": "d"}]
