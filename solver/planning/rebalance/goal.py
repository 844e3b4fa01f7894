"""What a rebalance is for, as people write it: ``zone-skew<=1``, ``db:host-spread<=1``, ``empty=node/a1``."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from solver.model.names import HOSTNAME, ZONE, NodeName, TopologyKey
from solver.model.node import Node
from solver.model.snapshot import Snapshot

_LEVEL = re.compile(
    r"(?:(?P<workload>[^:=<]+):)?(?P<key>[A-Za-z0-9./_-]+)-(?P<what>skew|spread)<=(?P<most>\d+)"
)
_DOMAIN = re.compile(r"(?P<key>[A-Za-z0-9./_-]+)/(?P<value>[A-Za-z0-9._-]+)")
_EMPTY = "empty="
_KEYS = {"zone": ZONE, "host": HOSTNAME, "node": HOSTNAME}
FORMS = (
    "zone-skew<=N, host-spread<=N, LABEL-skew<=N, WORKLOAD:zone-skew<=N, empty=node/NAME, empty=zone/NAME, "
    "empty=LABEL/VALUE or fit"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Skew:
    """No two domains of the key differ by more than ``most`` pods of a workload."""

    topology_key: TopologyKey
    most: int
    workload: str | None = None
    """None: of every workload."""

    def __str__(self) -> str:
        return _level_text(self.workload, self.topology_key, "skew", self.most)


@dataclass(frozen=True, slots=True, kw_only=True)
class Crowd:
    """No domain of the key has more than ``most`` pods of a workload."""

    topology_key: TopologyKey
    most: int
    workload: str | None = None

    def __str__(self) -> str:
        return _level_text(self.workload, self.topology_key, "spread", self.most)


@dataclass(frozen=True, slots=True, kw_only=True)
class Empty:
    """No pod that can move is left on the nodes of the domain, and none comes."""

    topology_key: TopologyKey
    domain: str

    def names(self, node: Node) -> tuple[str, ...]:
        """What the node goes by: for hosts its own name first, for the label may be another or missing."""
        label = (node.labels[self.topology_key],) if self.topology_key in node.labels else ()
        return (node.name, *label) if self.topology_key == HOSTNAME else label

    def __str__(self) -> str:
        key = "node" if self.topology_key == HOSTNAME else _short(self.topology_key)
        return f"empty={key}/{self.domain}"


@dataclass(frozen=True, slots=True, kw_only=True)
class FitPending:
    """Every pending pod gets a place."""

    def __str__(self) -> str:
        return "fit"


Goal = Skew | Crowd | Empty | FitPending


def parse_goal(text: str) -> Goal:
    """Raises ValueError with the forms there are."""
    if text == "fit":
        return FitPending()
    if text.startswith(_EMPTY):
        return parse_empty(text.removeprefix(_EMPTY))
    found = _LEVEL.fullmatch(text.replace("≤", "<="))
    if found is None:
        raise ValueError(f"{text!r} is no goal; write {FORMS}")
    key, most = _key(found["key"]), int(found["most"])
    if found["what"] == "skew":
        return Skew(topology_key=key, most=most, workload=found["workload"])
    if most < 1:
        raise ValueError(f"{text!r}: a spread of at most 0 leaves no pod a place")
    return Crowd(topology_key=key, most=most, workload=found["workload"])


def parse_empty(text: str) -> Empty:
    """``node/NAME``, ``zone/NAME`` or ``LABEL/VALUE``. Raises ValueError."""
    found = _DOMAIN.fullmatch(text)
    if found is None:
        raise ValueError(f"{text!r} is no domain; write node/NAME, zone/NAME or LABEL/VALUE")
    return Empty(topology_key=_key(found["key"]), domain=found["value"])


def emptied(goals: Iterable[Goal], snapshot: Snapshot) -> frozenset[NodeName]:
    """The nodes that are to be left."""
    return frozenset(name for goal in goals if isinstance(goal, Empty) for name in _nodes_of(goal, snapshot))


def _nodes_of(goal: Empty, snapshot: Snapshot) -> list[NodeName]:
    if goal.topology_key == HOSTNAME and goal.domain in snapshot.node_by_name:
        return [NodeName(goal.domain)]
    return [node.name for node in snapshot.nodes if goal.domain in goal.names(node)]


def _level_text(workload: str | None, key: TopologyKey, what: str, most: int) -> str:
    return f"{workload + ':' if workload else ''}{_short(key)}-{what}<={most}"


def _short(key: TopologyKey) -> str:
    return {ZONE: "zone", HOSTNAME: "host"}.get(key, key)


def _key(text: str) -> TopologyKey:
    return _KEYS.get(text, TopologyKey(text))
