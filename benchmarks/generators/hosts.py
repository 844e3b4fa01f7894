"""Nodes while a hidden placement grows on them, and how replicas are dealt out over failure domains."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from benchmarks import objects
from benchmarks.case import Raw
from benchmarks.objects import RACK
from solver.model.names import ZONE


@dataclass(slots=True, kw_only=True)
class Host:
    name: str
    zone: str
    rack: str = ""
    labels: dict[str, str] = field(default_factory=dict)
    """Besides those of zone and rack."""
    taints: tuple[Raw, ...] = ()
    used: Counter[str] = field(default_factory=Counter)
    """What the pods on it request: ``cpu`` in millicores, ``memory`` in MiB, ``pods``, extended resources."""
    disks: int = 0
    """Local volumes its pods use."""
    attached: int = 0
    """Network volumes its pods use."""

    def take(self, *, cpu_millis: int, memory_mib: int) -> None:
        self.used["cpu"] += cpu_millis
        self.used["memory"] += memory_mib
        self.used["pods"] += 1

    @property
    def all_labels(self) -> dict[str, str]:
        return {ZONE: self.zone, **({RACK: self.rack} if self.rack else {}), **self.labels}

    def node(self, slack: float, *, pods: int = 110) -> Raw:
        """The node with room for its pods, and ``slack`` on top; a small one where nothing stands."""
        cpu = (int(self.used["cpu"] * (1 + slack)) + 100) // 100 * 100 if self.used["cpu"] else 1000
        memory = int(self.used["memory"] * (1 + slack)) + 64 if self.used["memory"] else 2048
        more = {key: str(n) for key, n in self.used.items() if key not in ("cpu", "memory", "pods")}
        room = {"cpu": f"{cpu}m", "memory": f"{memory}Mi", "pods": str(pods), **more}
        return objects.node(name=self.name, labels=self.all_labels, allocatable=room, taints=self.taints)

    def local_volumes(self) -> list[Raw]:
        """As many free disks as its pods use."""
        return [objects.local_volume(name=f"disk-{self.name}-{i}", node=self.name) for i in range(self.disks)]


def hosts(*, nodes: int, zones: int, racks: int = 0) -> list[Host]:
    """Dealt out to the zones in turn, and within a zone to its ``racks``."""
    if nodes < zones:
        raise ValueError(f"{nodes} nodes cannot fill {zones} zones")
    made = []
    for index in range(nodes):
        zone = f"zone-{index % zones:02}"
        rack = f"{zone}-rack-{index // zones % racks:02}" if racks else ""
        made.append(Host(name=f"node-{index:05}", zone=zone, rack=rack))
    return made


def by_zone(every: Sequence[Host]) -> list[list[Host]]:
    return _grouped(every, lambda host: host.zone)


def by_rack(every: Sequence[Host]) -> list[list[Host]]:
    return _grouped(every, lambda host: host.rack)


def _grouped(every: Sequence[Host], key: Callable[[Host], str]) -> list[list[Host]]:
    groups: dict[str, list[Host]] = {}
    for host in every:
        groups.setdefault(key(host), []).append(host)
    return list(groups.values())


def shares(rng: random.Random, groups: int, replicas: int) -> list[int]:
    """How many replicas each group gets: the same everywhere, or one more where chance has it."""
    counts = [replicas // groups] * groups
    for lucky in rng.sample(range(groups), replicas % groups):
        counts[lucky] += 1
    return counts


def homes(
    rng: random.Random, groups: Sequence[Sequence[Host]], replicas: int, fits: Callable[[Host], bool]
) -> list[Host]:
    """Different hosts, evenly over the groups, interleaved so that every prefix is even, too.

    Empty hosts come first or last, as chance has it. A group with too few hosts that fit gives others;
    with too few hosts at all it gives what it has.
    """
    counts = shares(rng, len(groups), replicas)
    short = min(len(group) for group in groups)
    if max(counts) > short:
        counts = [short] * len(groups)
    picked = [pick(rng, group, count, fits) for group, count in zip(groups, counts, strict=True)]
    return [chosen[turn] for turn in range(max(counts)) for chosen in picked if turn < len(chosen)]


def pick(rng: random.Random, group: Sequence[Host], count: int, fits: Callable[[Host], bool]) -> list[Host]:
    tiers: tuple[list[Host], ...] = ([], [], [])  # empty, fitting, full
    for host in group:
        tiers[(1 if fits(host) else 2) if host.used["pods"] else 0].append(host)
    order = tiers if rng.random() < 0.5 else (tiers[1], tiers[0], tiers[2])
    chosen: list[Host] = []
    for tier in order:
        chosen += rng.sample(tier, min(count - len(chosen), len(tier)))
    return chosen
