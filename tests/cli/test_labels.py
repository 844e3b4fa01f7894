"""``-l`` reads what ``kubectl -l`` reads."""

from __future__ import annotations

import pytest

from solver.cli.labels import parse_label_selector, written

LABELS = {"app": "db", "tier": "data", "zone": "a", "example.com/role": ""}


@pytest.mark.parametrize(
    ("text", "matches"),
    [
        ("", True),
        ("app=db", True),
        ("app==db", True),
        ("app = web", False),
        ("app!=web", True),
        ("app!=db", False),
        ("missing!=anything", True),
        ("app=db,tier=data", True),
        ("app=db,tier=front", False),
        ("zone in (a,b)", True),
        ("zone in (b, c)", False),
        ("zone notin (b, c)", True),
        ("missing notin (a)", True),
        ("app", True),
        ("missing", False),
        ("!missing", True),
        ("! app", False),
        ("example.com/role=", True),
        ("zone in (a,b),app=db,!missing", True),
        ("zone in (a,b),app=web", False),
    ],
)
def test_selector_matches_like_kubectl(text: str, matches: bool) -> None:
    assert parse_label_selector(text).matches(LABELS) is matches


@pytest.mark.parametrize(
    "text", ["=db", "app=db,", "zone in a", "zone in ()x", "a b", "app=d b", "app>3", "-app", "app in (a"]
)
def test_text_that_is_no_selector_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not a label requirement"):
        parse_label_selector(text)


@pytest.mark.parametrize("text", ["", "app=db", "app!=db,zone in (a,b)", "x notin (a,b),app,!spot", "role="])
def test_a_selector_written_again_means_the_same(text: str) -> None:
    selector = parse_label_selector(text)
    assert parse_label_selector(written(selector)) == selector
