"""A results document with made-up numbers."""

from __future__ import annotations

from benchmarks.case import Curve, Peer, Stage, Target
from benchmarks.process import Usage
from benchmarks.results import (
    SCHEMA_VERSION,
    CaseResult,
    Machine,
    PeerRun,
    Results,
    Size,
    Skip,
    StageTime,
    Whole,
)


def usage(factor: float = 1.0) -> Usage:
    return Usage(wall_s=2.0 * factor, cpu_s=1.5 * factor, peak_mib=120.0 * factor)


def case_result(name: str, nodes: int, *, placed: int = 20, missed: tuple[str, ...] = ()) -> CaseResult:
    factor = nodes / 10
    target = Target(wall_s=10, peak_mib=500, time_limit_s=8)
    whole = Whole(
        target=target,
        command=f"solve fit --snapshot {name}.json",
        usage=usage(factor),
        placed=placed,
        verdict="Fits",
        proof="Optimal",
        stopped_by="complete",
        plan="ab12",
        missed=missed,
    )
    parse = StageTime(stage=Stage.PARSE, wall_s=0.2, cpu_s=0.1 * factor, repeats=5, facts={"mebibytes": 1.5})
    place = StageTime(
        stage=Stage.PLACE,
        wall_s=3.0 * factor,
        cpu_s=2.0,
        repeats=1,
        facts={"placed": placed, "proof": "Optimal"},
    )
    http = StageTime(
        stage=Stage.HTTP, wall_s=1.0, cpu_s=2.0, repeats=40, facts={"nodes": nodes, "filter p50 ms": 0.8}
    )
    greedy = PeerRun(
        peer=Peer.GREEDY, usage=usage(2 * factor), answer_s=factor, placed=15, note="stopped after 1 s"
    )
    return CaseResult(
        name=name,
        family="made_up",
        parameters={"nodes": nodes, "zones": 3},
        seed=1,
        curves=(Curve(name="nodes", label="nodes", x=nodes),),
        size=Size(nodes=nodes, pending=20, running=5, claims=3, mebibytes=1.5),
        whole=(whole,),
        stages=(parse, place, http),
        peers=(greedy,),
    )


def results(*cases: CaseResult) -> Results:
    return Results(
        schema_version=SCHEMA_VERSION,
        command="python -m benchmarks run",
        commit="0123456789ab",
        started="2026-01-01T00:00:00+00:00",
        machine=Machine(cpu="A processor", cores=2, memory_gib=24.0, system="Linux"),
        versions={"python": "3.11", "ortools": "9.15"},
        cases=cases,
        skipped=(Skip(name="kube-scheduler", why="not built"),),
    )
