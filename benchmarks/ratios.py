"""What the gate compares: numbers that hold on any machine, because both sides are measured in one run.

Times are CPU times of this process, the least of a few repeats. Every ratio names the instances it uses;
they are small, so that all ratios together take less than a minute.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec

from benchmarks.case import Instance
from benchmarks.generators.empty import empty
from benchmarks.generators.planted import planted
from benchmarks.generators.rich import rich
from benchmarks.generators.steady import steady
from benchmarks.peers import greedy
from benchmarks.peers.naive import Naive
from benchmarks.process import BENCHMARKS, SOLVE, Usage, answered
from benchmarks.stages.planner import Workbench, parse
from benchmarks.stages.timing import once, quickest
from solver.compile import compile_problem
from solver.engine.budget import Budget
from solver.engine.construct import construct
from solver.model.config import SolveConfig
from solver.model.names import NodeName, PodKey
from solver.model.placement import Assignment, Placement
from solver.pipeline import place
from solver.verify import verify
from solver.verify.replay import replay

_CONFIG = SolveConfig(time_limit_s=10.0, workers=1)
_NAIVE_LIMIT_S = 15.0


def placed_vs_greedy() -> float:
    """Pods placed, planner to greedy: planted with 60 nodes and rich with 60 nodes, one run each."""
    benches = [
        _bench(planted(nodes=60, zones=3, workloads=24, slack=0.05, seed=2)),
        _bench(rich(nodes=60, workloads=30, slack=0.08, seed=1)),
    ]
    ours = sum(len(place(b.snapshot, b.question, _CONFIG).placement.assignments) for b in benches)
    theirs = sum(len(greedy.place(b.snapshot, b.question)[0]) for b in benches)
    return ours / theirs


def naive_vs_planner() -> float:
    """CPU until as many pods are placed, naive model to planner: 60 empty nodes, 80 pods.

    Where the naive model gives up first, the time it took until then counts.
    """
    bench = _bench(empty(nodes=60, zones=3, workloads=8, replicas=10, seed=1))
    ours = quickest(lambda: place(replace(bench.snapshot), bench.question, _CONFIG))
    enough = len(ours.value.placement.assignments)
    theirs = once(lambda: _naive(bench).solve(_NAIVE_LIMIT_S, workers=1, enough=enough))
    return theirs.cpu_s / ours.cpu_s


def _naive(bench: Workbench) -> Naive:
    return Naive(compile_problem(replace(bench.snapshot), bench.question, _CONFIG))


def greedy_vs_construct() -> float:
    """CPU, greedy to construction: planted with 300 nodes."""
    bench = _bench(_planted(300))
    theirs = quickest(lambda: greedy.place(bench.snapshot, bench.question))
    ours = quickest(lambda: construct(bench.problem, Budget(_CONFIG.time_limit_s)))
    return theirs.cpu_s / ours.cpu_s


def parsing_vs_json() -> float:
    """CPU, reading a dump to the json module loading it: planted with 300 nodes."""
    data = _bench(_planted(300)).data
    return quickest(lambda: parse(data)).cpu_s / _json_cpu_s(data)


def checking_vs_json() -> float:
    """CPU, compiling and checking a plan to the json module loading the dump: planted with 300 nodes."""
    return _checking_cpu_s(_planted(300)) / _json_cpu_s(_bench(_planted(300)).data)


def checking_growth() -> float:
    """CPU of compiling and checking a plan, 1,200 planted nodes to 300: four would be linear."""
    return _checking_cpu_s(_planted(1200)) / _checking_cpu_s(_planted(300))


def memory_vs_dump() -> float:
    """Peak memory beyond that of a tiny cluster, to the size of the dump: steady with 1,000 nodes."""
    tiny = empty(nodes=10, zones=2, workloads=1, replicas=2, seed=1)
    large = steady(nodes=1000, zones=5, running=10_000, workloads=20, replicas=5, utilisation=0.7, seed=1)
    return (_peak_mib(large) - _peak_mib(tiny)) / (len(_bench(large).data) / 2**20)


RATIOS: Mapping[str, Callable[[], float]] = {
    each.__name__: each
    for each in (
        placed_vs_greedy,
        naive_vs_planner,
        greedy_vs_construct,
        parsing_vs_json,
        checking_vs_json,
        checking_growth,
        memory_vs_dump,
    )
}


@cache
def _planted(nodes: int) -> Instance:
    return planted(nodes=nodes, zones=3, workloads=nodes * 2 // 5, slack=0.15, seed=1)


def _bench(instance: Instance) -> Workbench:
    return Workbench(data=b"".join(instance.lines()), config=_CONFIG)


def _json_cpu_s(data: bytes) -> float:
    return quickest(lambda: json.loads(data)).cpu_s


def _checking_cpu_s(instance: Instance) -> float:
    """Compile, verify and replay the hidden placement."""
    assert instance.hidden is not None  # every planted instance has one
    bench = _bench(instance)
    snapshot, question = bench.snapshot, bench.question
    hidden = ((PodKey(pod), NodeName(node)) for pod, node in instance.hidden.items())
    plan = Placement(assignments=tuple(Assignment(pod=pod, node=node) for pod, node in hidden))
    return (
        quickest(lambda: compile_problem(replace(snapshot), question, _CONFIG)).cpu_s
        + quickest(lambda: verify(replace(snapshot), question, plan, _CONFIG)).cpu_s
        + quickest(lambda: replay(replace(snapshot), plan, _CONFIG)).cpu_s
    )


def _peak_mib(instance: Instance) -> float:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "instance.json"
        instance.write(path)
        solve = (*SOLVE, "fit", "--snapshot", str(path), "--time-limit", "5s", "-o", "name")
        # This process is too large to be the parent of what it measures.
        used = answered((*BENCHMARKS, "usage", "--", *solve)).stdout
        return msgspec.json.decode(used, type=Usage).peak_mib
