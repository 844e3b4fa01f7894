"""All rules over one wiring."""

from __future__ import annotations

from itertools import chain

from extender.doctor import asking, pairing, pods, rights
from extender.doctor.codes import BY_ID
from extender.doctor.finding import Finding
from extender.doctor.wiring import Wiring


def examine(wiring: Wiring) -> tuple[Finding, ...]:
    """The gravest first, then by code and place."""
    unreadable = (
        Finding(
            code="BD01",
            about=f"{fault.kind} {fault.source or fault.name}",
            path=fault.path,
            found=fault.found,
            expected=fault.expected,
        )
        for fault in wiring.faults
    )
    found = chain(
        unreadable,
        *(asking.check(file) for file in wiring.schedulers),
        pairing.check(wiring),
        pods.check(wiring),
        rights.check(wiring),
    )
    return tuple(sorted(dict.fromkeys(found), key=_rank))


def _rank(finding: Finding) -> tuple[int, str, str, str]:
    return -BY_ID[finding.code].severity.weight, finding.code, finding.about, finding.path
