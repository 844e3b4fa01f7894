"""Exit codes of every verb. Scripts depend on them; they change only with a new major version."""

from __future__ import annotations

from enum import IntEnum
from typing import assert_never

from solver.model.outcome import Outcome, StoppedBy, Verdict


class ExitCode(IntEnum):
    YES = 0
    ERROR = 1
    """Documents that cannot be read or judged, or a bug of ours."""
    USAGE = 2
    PROVED_NO = 3
    UNKNOWN = 4
    """Neither yes nor a proof of no within the limits."""
    NOT_ALL = 5
    """Under ``--strict``: yes, but a soft rule is not met, or a quota refuses some of the pods."""
    CHANGES = 10
    """Under ``--detailed-exitcode``: a plan with something to do."""
    INTERRUPTED = 130


def exit_code_of(outcome: Outcome) -> ExitCode:
    """What a placement verb ends with."""
    if outcome.search.stopped_by is StoppedBy.INTERRUPT:
        return ExitCode.INTERRUPTED
    return code_of(outcome.verdict)


def code_of(verdict: Verdict) -> ExitCode:
    match verdict:
        case Verdict.FITS:
            return ExitCode.YES
        case Verdict.DOES_NOT_FIT | Verdict.CONTRADICTION:
            return ExitCode.PROVED_NO
        case Verdict.UNKNOWN:
            return ExitCode.UNKNOWN
        case _:
            assert_never(verdict)
