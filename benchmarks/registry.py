"""The list of cases. A case is added by one entry here; loaders of real data bring their own list.

Targets are for two cores and a whole process from command to answer.
"""

from __future__ import annotations

from benchmarks.case import Case, Peer, Stage, Suite, Target
from benchmarks.generators.planted import planted

_ALL_PEERS = tuple(Peer)

PLANTED = (
    Case(
        name="planted-60",
        build=planted,
        parameters={"nodes": 60, "zones": 3, "workloads": 24, "slack": 0.05},
        suite=Suite.QUICK,
        targets=(Target(wall_s=10, peak_mib=500, time_limit_s=8),),
        stages=tuple(Stage),
        peers=_ALL_PEERS,
    ),
    Case(
        name="planted-600",
        build=planted,
        parameters={"nodes": 600, "zones": 3, "workloads": 240, "slack": 0.15},
        suite=Suite.QUICK,
        targets=(Target(wall_s=20, peak_mib=700, placed_share=0.998, time_limit_s=17),),
        peers=_ALL_PEERS,
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

CASES: tuple[Case, ...] = (*PLANTED,)


def case(name: str) -> Case:
    """Raises KeyError when no case has that name."""
    return {each.name: each for each in CASES}[name]


def chosen(suite: Suite) -> tuple[Case, ...]:
    """The full suite has the quick one in it."""
    return CASES if suite is Suite.FULL else tuple(each for each in CASES if each.suite is suite)
