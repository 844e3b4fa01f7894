"""Seeded tight clusters that are known to fit: a hidden placement first, room around it afterwards.

Workloads spread over zones with maxSkew 1 and keep replicas on different nodes. Every node has just what its
hidden pods request, and ``slack`` on top.
"""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass

from solver.model.outcome import Question
from solver.model.snapshot import Snapshot
from tests.builders import (
    HOSTNAME,
    affinity_term,
    deployment,
    node,
    pod_spec,
    required_terms,
    snapshot,
    spread,
)
from tests.strategies import question_of

_CPU_MILLIS = (100, 250, 400, 700, 1100, 1600)
_MEMORY_MIB = (128, 300, 512, 900, 1500, 2600)


@dataclass(frozen=True, kw_only=True)
class Planted:
    snapshot: Snapshot
    hidden: Counter[tuple[str, str]]
    """(workload, node) to pods of the hidden placement."""

    @property
    def question(self) -> Question:
        return question_of(self.snapshot)


def planted(*, nodes: int, zones: int, workloads: int, slack: float, seed: int) -> Planted:
    """``nodes`` are dealt out to zones in turn; each workload has up to two replicas in a zone."""
    rng = random.Random(seed)
    zone_of = {f"n{index:03}": f"z{index % zones}" for index in range(nodes)}
    hidden: Counter[tuple[str, str]] = Counter()
    used: dict[str, Counter[str]] = {name: Counter() for name in zone_of}
    manifests = []
    for number in range(workloads):
        name = f"w{number:03}"
        cpu, memory = rng.choice(_CPU_MILLIS), rng.choice(_MEMORY_MIB)
        homes = _homes(rng, zone_of, replicas=rng.randint(2, 2 * zones))
        for home in homes:
            hidden[name, home] += 1
            used[home].update(cpu=cpu, memory=memory, pods=1)
        manifests.append(_workload(name, len(homes), cpu, memory))
    objects = [_node(name, zone, used[name], slack) for name, zone in zone_of.items()]
    return Planted(snapshot=snapshot(*objects, manifests=manifests), hidden=hidden)


def _homes(rng: random.Random, zone_of: dict[str, str], *, replicas: int) -> list[str]:
    """Different nodes, as many in each zone as in any other, or one more."""
    by_zone: dict[str, list[str]] = {}
    for name, zone in zone_of.items():
        by_zone.setdefault(zone, []).append(name)
    shuffled = [rng.sample(names, len(names)) for names in rng.sample(list(by_zone.values()), len(by_zone))]
    return [shuffled[turn % len(shuffled)][turn // len(shuffled)] for turn in range(replicas)]


def _workload(name: str, replicas: int, cpu: int, memory: int) -> dict[str, object]:
    labels = {"app": name}
    spec = pod_spec(
        requests={"cpu": f"{cpu}m", "memory": f"{memory}Mi"},
        spread=[spread(labels=labels)],
        pod_anti_affinity=required_terms(affinity_term(labels=labels, key=HOSTNAME)),
    )
    return deployment(name=name, replicas=replicas, spec=spec)


def _node(name: str, zone: str, used: Counter[str], slack: float) -> dict[str, object]:
    room = {key: int(amount * (1 + slack)) for key, amount in used.items()}
    return node(
        name=name,
        zone=zone,
        cpu=f"{room.get('cpu', 0)}m",
        memory=f"{room.get('memory', 0)}Mi",
        pods=str(used["pods"] + 2),
    )
