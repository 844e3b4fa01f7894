"""JUnit XML: well-formed whatever the texts hold, and counted right."""

from __future__ import annotations

import xml.etree.ElementTree as ET

from solver.report.junit import Case, junit


def test_texts_are_escaped_and_cases_counted() -> None:
    cases = [
        Case(group="g", name="fails <&>", failures=(("A1", 'says "no"'), ("A2", "too\x01"))),
        Case(group="g", name="passes", remarks=("but",)),
        Case(group="g", name="left out", error="no time\nmore"),
    ]
    (suite,) = ET.fromstring(junit("a suite", cases))
    assert [suite.get(key) for key in ("tests", "failures", "errors")] == ["3", "1", "1"]
    first, second, third = suite
    failure = first.find("failure")
    assert first.get("name") == "fails <&>"
    assert failure is not None
    assert (failure.get("type"), failure.text) == ("A1, A2", 'A1 says "no"\nA2 too\ufffd')
    assert second.findtext("system-out") == "but"
    error = third.find("error")
    assert error is not None
    assert (error.get("message"), error.text) == ("no time", "no time\nmore")
