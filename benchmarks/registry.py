"""The list of cases. A case is added by one entry here; loaders of real data bring their own list.

Targets are for two cores and a whole process from command to answer.
"""

from __future__ import annotations

from benchmarks.case import IN_PROCESS, Case, Peer, Stage, Suite, Target
from benchmarks.generators.claims import claims
from benchmarks.generators.deep import deep
from benchmarks.generators.empty import empty
from benchmarks.generators.planted import planted
from benchmarks.generators.pools import pools
from benchmarks.generators.rich import rich
from benchmarks.generators.steady import steady
from benchmarks.growth import GROWTH
from benchmarks.traces.cases import TRACES

_ALL_PEERS = tuple(Peer)

PLANTED = (
    Case(
        name="planted-60",
        build=planted,
        parameters={"nodes": 60, "zones": 3, "workloads": 24, "slack": 0.05},
        suite=Suite.QUICK,
        targets=(Target(wall_s=10, peak_mib=500, time_limit_s=8),),
        stages=(*IN_PROCESS, Stage.HTTP),
        peers=_ALL_PEERS,
    ),
    Case(
        name="planted-600",
        build=planted,
        parameters={"nodes": 600, "zones": 3, "workloads": 240, "slack": 0.15},
        suite=Suite.QUICK,
        targets=(Target(wall_s=20, peak_mib=700, placed_share=0.998, time_limit_s=17),),
        peers=_ALL_PEERS,
        peer_limit_s=120,
    ),
    Case(
        name="planted-5000",
        build=planted,
        parameters={"nodes": 5000, "zones": 10, "workloads": 2000, "slack": 0.15},
        targets=(
            Target(wall_s=10, peak_mib=2048, placed_share=0.995, time_limit_s=8),
            Target(wall_s=20, peak_mib=2048, placed_share=0.999, time_limit_s=18),
            Target(wall_s=60, peak_mib=2048, placed_share=0.9998, time_limit_s=57),
        ),
    ),
)

RICH = (
    Case(
        name="rich-200",
        build=rich,
        parameters={"nodes": 200, "workloads": 100, "slack": 0.10},
        suite=Suite.QUICK,
        targets=(Target(wall_s=30, peak_mib=700, time_limit_s=28),),
        peers=_ALL_PEERS,
    ),
    Case(
        name="rich-400",
        build=rich,
        parameters={"nodes": 400, "workloads": 210, "slack": 0.10},
        targets=(Target(wall_s=60, peak_mib=700, time_limit_s=57),),
        peers=_ALL_PEERS,
    ),
)

EMPTY = (
    Case(
        name="empty-5000",
        build=empty,
        parameters={"nodes": 5000, "zones": 3, "workloads": 50, "replicas": 10},
        suite=Suite.QUICK,
        targets=(Target(wall_s=5, peak_mib=1024, proved=True, time_limit_s=4),),
        peers=_ALL_PEERS,
    ),
)

VARIED = (
    Case(
        name="pools-300",
        build=pools,
        parameters={"nodes": 300, "workloads": 200, "slack": 0.15},
        suite=Suite.QUICK,
        targets=(Target(wall_s=20, peak_mib=700, placed_share=0.998, time_limit_s=18),),
        peers=_ALL_PEERS,
    ),
    Case(
        name="pools-3000",
        build=pools,
        parameters={"nodes": 3000, "workloads": 2000, "slack": 0.15},
        targets=(Target(wall_s=60, peak_mib=2048, placed_share=0.998, time_limit_s=55),),
    ),
    Case(
        name="claims-200",
        build=claims,
        parameters={"nodes": 200, "workloads": 150, "slack": 0.2},
        suite=Suite.QUICK,
        targets=(Target(wall_s=30, peak_mib=700, placed_share=0.99, time_limit_s=27),),
        peers=_ALL_PEERS,
    ),
    Case(
        name="deep-360",
        build=deep,
        parameters={"zones": 3, "racks": 12, "hosts_per_rack": 10, "workloads": 150, "slack": 0.15},
        suite=Suite.QUICK,
        targets=(Target(wall_s=20, peak_mib=700, placed_share=0.998, time_limit_s=18),),
        peers=_ALL_PEERS,
    ),
    Case(
        name="deep-3600",
        build=deep,
        parameters={"zones": 6, "racks": 30, "hosts_per_rack": 20, "workloads": 1500, "slack": 0.15},
        targets=(Target(wall_s=60, peak_mib=2048, placed_share=0.998, time_limit_s=55),),
    ),
)

STEADY = (
    Case(
        name="events-5000",
        build=steady,
        parameters={
            "nodes": 5000,
            "zones": 3,
            "running": 10_000,
            "workloads": 10,
            "replicas": 9,
            "utilisation": 0.5,
        },
        suite=Suite.QUICK,
        targets=(Target(wall_s=10, peak_mib=1024, time_limit_s=8),),
        stages=(Stage.EVENTS, Stage.LIVE),
    ),
    Case(
        name="steady-1000",
        build=steady,
        parameters={
            "nodes": 1000,
            "zones": 5,
            "running": 10_000,
            "workloads": 50,
            "replicas": 10,
            "utilisation": 0.7,
        },
        suite=Suite.QUICK,
        targets=(Target(wall_s=20, peak_mib=1024, time_limit_s=15),),
        stages=(*IN_PROCESS, Stage.EVENTS, Stage.WATCH),
        peers=(Peer.GREEDY, Peer.KUBE_SCHEDULER),
    ),
    Case(
        name="steady-5000",
        build=steady,
        parameters={
            "nodes": 5000,
            "zones": 10,
            "running": 50_000,
            "workloads": 100,
            "replicas": 10,
            "utilisation": 0.7,
        },
        targets=(Target(wall_s=60, peak_mib=3072, time_limit_s=40),),
        stages=(*IN_PROCESS, Stage.EVENTS, Stage.WATCH),
    ),
    Case(
        name="steady-10000",
        build=steady,
        parameters={
            "nodes": 10_000,
            "zones": 10,
            "running": 100_000,
            "workloads": 500,
            "replicas": 10,
            "utilisation": 0.7,
        },
        targets=(Target(wall_s=90, peak_mib=4096, time_limit_s=60),),
        stages=(*IN_PROCESS, Stage.EVENTS),
    ),
)

CASES: tuple[Case, ...] = (*PLANTED, *RICH, *EMPTY, *VARIED, *STEADY, *GROWTH, *TRACES)


def case(name: str) -> Case:
    """Raises KeyError when no case has that name."""
    return {each.name: each for each in CASES}[name]


def chosen(suite: Suite) -> tuple[Case, ...]:
    """The full suite has the quick one in it."""
    return CASES if suite is Suite.FULL else tuple(each for each in CASES if each.suite is suite)
