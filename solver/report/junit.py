"""JUnit XML, the form in which CI systems read results. Made with the standard library's own writer."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Sequence
from dataclasses import dataclass

_UNFIT = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that XML cannot hold, escaped or not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    group: str
    name: str
    failures: tuple[tuple[str, str], ...] = ()
    """Type and text of each."""
    remarks: tuple[str, ...] = ()
    """What was found and fails nothing."""
    error: str = ""
    """Why nobody knows; "" where it was judged."""


def junit(suite: str, cases: Sequence[Case]) -> str:
    numbers = {
        "tests": str(len(cases)),
        "failures": str(sum(bool(case.failures) for case in cases)),
        "errors": str(sum(bool(case.error) for case in cases)),
    }
    root = ET.Element("testsuites", {"name": suite, **numbers})
    inner = ET.SubElement(root, "testsuite", {"name": suite, **numbers})
    for case in cases:
        _case(inner, case)
    ET.indent(root)
    text = _UNFIT.sub("\ufffd", ET.tostring(root, encoding="unicode"))
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{text}\n'


def _case(suite: ET.Element, case: Case) -> None:
    element = ET.SubElement(suite, "testcase", {"classname": case.group, "name": case.name})
    if case.failures:  # a test case may hold only one
        kinds = ", ".join(dict.fromkeys(kind for kind, _ in case.failures))
        first = case.failures[0][1].partition("\n")[0]
        failure = ET.SubElement(element, "failure", {"type": kinds, "message": first})
        failure.text = "\n".join(f"{kind} {text}" for kind, text in case.failures)
    elif case.error:
        error = ET.SubElement(element, "error", {"type": "Unknown", "message": case.error.partition("\n")[0]})
        error.text = case.error
    if case.remarks:
        ET.SubElement(element, "system-out").text = "\n".join(case.remarks)
