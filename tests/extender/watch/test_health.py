"""What is said of kinds that are not known, or not known to be up to date."""

from __future__ import annotations

from extender.watch.health import Health

LIMIT_S = 60.0


def health(*listed: str) -> Health:
    made = Health([("Node", True), ("Pod", True), ("LimitRange", False)])
    for kind in listed:
        made.listed(kind, 100.0)
    return made


def test_everything_that_is_needed_must_be_listed_and_the_rest_be_listed_or_refused() -> None:
    assert not health("Node", "Pod").synced
    assert health("Node", "Pod", "LimitRange").synced
    half = health("Node", "Pod")
    half.refuse("LimitRange", "403 Forbidden")
    assert half.synced
    assert half.refused() == {"LimitRange"}
    needed = health("Node", "LimitRange")
    needed.refuse("Pod", "403 Forbidden")
    assert not needed.synced


def test_a_kind_that_was_never_listed_is_named_with_the_reason() -> None:
    half = health("Node", "LimitRange")
    half.fail("Pod", "503 Service Unavailable")
    assert half.troubles(100.0, LIMIT_S) == ("Pod: not listed yet (503 Service Unavailable)",)


def test_a_silent_kind_is_stale_and_named_until_it_is_heard_of() -> None:
    all_well = health("Node", "Pod", "LimitRange")
    assert all_well.troubles(160.0, LIMIT_S) == ()
    all_well.heard("Node", 170.0)
    all_well.heard("LimitRange", 170.0)
    all_well.fail("Pod", "ProtocolError")
    assert all_well.troubles(171.0, LIMIT_S) == (
        "Pod: nothing heard for 71 s, the limit is 60 s (ProtocolError)",
    )
    all_well.heard("Pod", 172.0)
    assert all_well.troubles(172.0, LIMIT_S) == ()


def test_the_age_is_that_of_the_most_silent_kind_and_none_before_all_are_listed() -> None:
    assert health("Node", "Pod").age_s(150.0) == 0.0
    all_well = health("Node", "Pod", "LimitRange")
    all_well.heard("Node", 140.0)
    assert all_well.age_s(150.0) == 50.0


def test_a_kind_that_may_not_be_read_and_is_not_needed_grows_no_age() -> None:
    half = health("Node", "Pod")
    half.refuse("LimitRange", "404 Not Found")
    assert half.age_s(100.0) == 0.0
    assert half.troubles(100.0, LIMIT_S) == ()


def test_rights_that_come_later_make_a_kind_like_any_other() -> None:
    late = health("Node", "Pod")
    late.refuse("LimitRange", "403 Forbidden")
    late.listed("LimitRange", 120.0)
    assert late.refused() == frozenset()
