"""What a run of the suite found, as one document: plain values that go to JSON and come back the same."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import msgspec

from benchmarks.case import Curve, Parameter, Peer, Stage, Target
from benchmarks.process import Usage

SCHEMA_VERSION = 1


class ResultsError(Exception):
    """The file is not a results document of this version."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    cpu: str
    cores: int
    memory_gib: float
    system: str
    load: float | None = None
    """What waited for a core in the minute before the run; above zero, others used the machine as well."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """What is in an instance."""

    nodes: int
    pending: int
    running: int
    claims: int
    mebibytes: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Whole:
    """One run of ``solve fit`` as a process."""

    target: Target
    command: str
    usage: Usage
    placed: int
    verdict: str
    proof: str
    stopped_by: str
    plan: str
    """Digest of the placements: equal digests, equal plans."""
    missed: tuple[str, ...]
    """What the target asks for and this run did not give; empty when all is well."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StageTime:
    """One stage inside a process. Of several repeats the quickest counts."""

    stage: Stage
    wall_s: float
    cpu_s: float
    repeats: int
    facts: Mapping[str, int | float | str]
    """What else this stage measures of itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PeerRun:
    peer: Peer
    usage: Usage
    """Of the whole process."""
    answer_s: float
    """From the instance in memory to the last pod placed."""
    placed: int
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseResult:
    name: str
    family: str
    parameters: Mapping[str, Parameter]
    seed: int
    curves: tuple[Curve, ...]
    size: Size
    whole: tuple[Whole, ...]
    stages: tuple[StageTime, ...]
    peers: tuple[PeerRun, ...]

    def stage(self, stage: Stage) -> StageTime | None:
        return next((each for each in self.stages if each.stage is stage), None)

    def peer(self, peer: Peer) -> PeerRun | None:
        return next((run for run in self.peers if run.peer is peer), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Skip:
    """Something that did not run, or not to its end, and why."""

    name: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Results:
    schema_version: int
    command: str
    commit: str
    """With ``+changes`` where files differed from it."""
    started: str
    machine: Machine
    versions: Mapping[str, str]
    cases: tuple[CaseResult, ...]
    skipped: tuple[Skip, ...]
    failed: tuple[Skip, ...] = ()


def encode(results: Results) -> bytes:
    return msgspec.json.format(msgspec.json.encode(results), indent=1) + b"\n"


def decode(data: bytes) -> Results:
    """Raises ResultsError."""
    try:
        results = msgspec.json.decode(data, type=Results)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise ResultsError(f"not a results document: {error}") from None
    if results.schema_version != SCHEMA_VERSION:
        raise ResultsError(f"schema version {results.schema_version}; expected {SCHEMA_VERSION}")
    return results


def read(path: Path) -> Results:
    """Raises ResultsError, OSError."""
    return decode(path.read_bytes())
