"""A run of the suite: every case made, answered as a whole process, taken apart by stages, given to peers."""

from __future__ import annotations

import hashlib
import json
import shlex
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from benchmarks.case import Case, Peer, Raw, Target
from benchmarks.machine import commit, machine, versions
from benchmarks.peers import kube_scheduler
from benchmarks.peers.guarded import answered_by
from benchmarks.process import BENCHMARKS, SOLVE, ProcessFailedError, Usage, answered
from benchmarks.results import (
    SCHEMA_VERSION,
    CaseResult,
    PeerRun,
    Results,
    Size,
    Skip,
    StageTime,
    Whole,
)

UNAVAILABLE = 3
"""Exit code of ``generate`` where the data of a case is missing."""
ANSWERS = (0, 3, 4)
"""Exit codes of ``solve fit`` that are answers: yes, no, not known."""
_GUARD_S = 300
"""For a process of our own to end after its time limit; one that does not has failed."""
_STAGES_LIMIT_S = 20.0
"""Longest time limit of the stages ``search`` and ``place``."""


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What to run, and how."""

    cases: Sequence[Case]
    instances: Path
    """A folder for the generated files."""
    command: str
    repeats: int = 1
    """Whole-process runs for each target."""
    stages: bool = True
    peers: bool = True
    scheduler: str | None = None
    """The real kube-scheduler's program."""
    tell: Callable[[str], None] = print


def measure(plan: Plan) -> Iterator[Results]:
    """All that is known after every case. One that fails is named with what was said; the others are measured
    all the same."""
    started, here = datetime.now(UTC).isoformat(timespec="seconds"), machine()
    done: list[CaseResult] = []
    skipped: list[Skip] = []
    failed: list[Skip] = []
    if plan.peers and plan.scheduler is None:
        skipped.append(Skip(name=Peer.KUBE_SCHEDULER, why=kube_scheduler.NOT_BUILT))
    for case in plan.cases:
        plan.tell(case.name)
        try:
            done.append(_measured(case, plan))
        except _SkippedError as skip:
            plan.tell(f"  skipped: {skip}")
            skipped.append(Skip(name=case.name, why=str(skip)))
        except ProcessFailedError as error:
            plan.tell(f"  failed: {error}")
            failed.append(Skip(name=case.name, why=str(error)))
        yield Results(
            schema_version=SCHEMA_VERSION,
            command=plan.command,
            commit=commit(),
            started=started,
            machine=here,
            versions=versions(),
            cases=tuple(done),
            skipped=tuple(skipped),
            failed=tuple(failed),
        )


class _SkippedError(Exception):
    """The case cannot be made here."""


def _measured(case: Case, plan: Plan) -> CaseResult:
    path = _generated(case, plan.instances)
    size = _size(path)
    plan.tell(f"  {size.nodes} nodes, {size.pending} pending and {size.running} running pods")
    whole = [_whole(path, size, target, plan) for target in case.targets for _ in range(plan.repeats)]
    return CaseResult(
        name=case.name,
        family=case.build.__name__,
        parameters=dict(case.parameters),
        seed=case.seed,
        curves=case.curves,
        size=size,
        whole=tuple(whole),
        stages=tuple(_stages(case, path, plan)) if plan.stages else (),
        peers=tuple(_peers(case, path, plan)) if plan.peers else (),
    )


def _generated(case: Case, folder: Path) -> Path:
    """The instance as a file, made anew by another process so that this one stays small."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{case.name}.json"
    command = (*BENCHMARKS, "generate", case.name, "--out", str(path))
    finished = answered(command, limit_s=_GUARD_S, well=(0, UNAVAILABLE))
    if finished.exit_code == UNAVAILABLE:
        raise _SkippedError(finished.stderr.strip())
    return path


class _Spec(msgspec.Struct, rename="camel"):
    node_name: str = ""


class _Object(msgspec.Struct):
    """What there is to count in a line of an instance."""

    kind: str
    spec: _Spec = msgspec.field(default_factory=_Spec)


def _size(path: Path) -> Size:
    """Line by line: that is an object each, between the first line and the last."""
    kinds: Counter[str] = Counter()
    with path.open("rb") as file:
        for line in file:
            if line.startswith(b"{") and not line.endswith(b"[\n"):
                found = msgspec.json.decode(line.rstrip(b",\n"), type=_Object)
                kinds[f"{found.kind} running" if found.spec.node_name else found.kind] += 1
    return Size(
        nodes=kinds["Node"],
        pending=kinds["Pod"],
        running=kinds["Pod running"],
        claims=kinds["PersistentVolumeClaim"],
        mebibytes=round(path.stat().st_size / 2**20, 2),
    )


def _whole(path: Path, size: Size, target: Target, plan: Plan) -> Whole:
    command = (
        *SOLVE,
        "fit",
        *("--snapshot", str(path)),
        *("--time-limit", f"{target.time_limit_s:g}s"),
        *("-o", "json"),
    )
    finished = answered(command, limit_s=target.time_limit_s + _GUARD_S, well=ANSWERS)
    result = json.loads(finished.stdout)
    placed = result["summary"]["podsPlaced"]
    whole = Whole(
        target=target,
        command=shlex.join(("solve", *command[len(SOLVE) : -4], path.name, *command[-4:])),
        usage=finished.usage,
        placed=placed,
        verdict=result["answer"]["verdict"],
        proof=result["answer"]["proof"],
        stopped_by=result["solver"]["stoppedBy"],
        plan=_digest(json.dumps([(p["pod"], p["node"]) for p in result["placements"]])),
        missed=tuple(_missed(target, size, finished.usage, result)),
    )
    plan.tell(
        f"  solve fit: {placed} of {size.pending} in {whole.usage.wall_s:.1f} s,"
        f" {whole.usage.cpu_s:.1f} s of CPU, {whole.usage.peak_mib:.0f} MiB"
        + (f"; missed: {', '.join(whole.missed)}" if whole.missed else "")
    )
    return whole


def _missed(target: Target, size: Size, usage: Usage, result: Raw) -> Iterator[str]:
    placed = result["summary"]["podsPlaced"]
    if placed < target.placed_share * size.pending:
        yield f"{target.placed_share:.2%} of pods"
    if target.proved and result["answer"]["proof"] == "NotProved":
        yield "a proof"
    if usage.wall_s > target.wall_s:
        yield f"{target.wall_s:g} s"
    if usage.peak_mib > target.peak_mib:
        yield f"{target.peak_mib} MiB"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _stages(case: Case, path: Path, plan: Plan) -> list[StageTime]:
    limit_s = min(_STAGES_LIMIT_S, case.targets[-1].time_limit_s)
    command = (*BENCHMARKS, "stages", str(path), "--time-limit", f"{limit_s:g}", *case.stages)
    finished = answered(command, limit_s=len(case.stages) * limit_s + _GUARD_S)
    found = msgspec.json.decode(finished.stdout, type=list[StageTime])
    plan.tell("  " + ", ".join(f"{each.stage} {each.cpu_s:.2f} s" for each in found))
    return found


def _peers(case: Case, path: Path, plan: Plan) -> Iterator[PeerRun]:
    for peer in case.peers:
        found = _peer(peer, path, case.peer_limit_s, plan)
        if found is not None:
            plan.tell(f"  {peer}: {found.placed} in {found.answer_s:.1f} s {found.note}".rstrip())
            yield found


def _peer(peer: Peer, path: Path, limit_s: float, plan: Plan) -> PeerRun | None:
    if peer is Peer.KUBE_SCHEDULER:
        return kube_scheduler.measure(plan.scheduler, path, limit_s) if plan.scheduler else None
    command = (*BENCHMARKS, "peer", peer, str(path), "--limit", f"{limit_s:g}")
    return answered_by(peer, command, limit_s, json.loads)


def stamp() -> str:
    """A folder name for a run."""
    return time.strftime("%Y%m%d-%H%M%S")
