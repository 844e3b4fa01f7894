"""When things happen after a loss (C16-C20). Seconds after the domain is gone; no clock is read."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace

from solver.model.names import ZONE, NodeName
from solver.model.node import NO_EXECUTE, Node, Taint
from solver.model.pod import Pod

UNREACHABLE = "node.kubernetes.io/unreachable"
OUT_OF_SERVICE = "node.kubernetes.io/out-of-service"
NOT_READY_TAINT = Taint(key=UNREACHABLE, effect=NO_EXECUTE)

_NORMAL_RATE_S = 10
"""C20: one node in ten seconds."""
_SLOW_RATE_S = 100
_LARGE_ZONE = 50
_PARTIAL_SHARE = 0.55
_PARTIAL_NODES = 3
_KEYS = ("grace", "eviction", "detach", "start")


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """From the earliest to the latest."""

    low_s: int
    high_s: int

    def __add__(self, other: Span) -> Span:
        return Span(low_s=self.low_s + other.low_s, high_s=self.high_s + other.high_s)


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """Cluster defaults unless said otherwise."""

    grace: Span = Span(low_s=40, high_s=50)
    """Without a heartbeat until the node counts as unreachable (C16); differs by version."""
    eviction_s: int | None = None
    """From the taint to the deletion of pods; None: what each pod tolerates, else W24's 300 s."""
    detach_s: int = 360
    """C18: forced detach once the pod object is gone."""
    start_s: int = 0
    """From the new pod's creation until it serves; not known, so nothing by default."""
    overridden: tuple[str, ...] = ()

    def eviction_of(self, pod: Pod) -> int | None:
        """Seconds from the taint to the pod's deletion; None when it tolerates the taint for ever."""
        if self.eviction_s is not None:
            return self.eviction_s
        tolerating = [t for t in pod.tolerations if t.tolerates(NOT_READY_TAINT)]
        if not tolerating:
            return _W24_S
        limits = [t.seconds for t in tolerating if t.seconds is not None]
        return max(0, min(limits)) if limits else None


_W24_S = 300
DEFAULT_TIMING = Timing()


def with_setting(timing: Timing, text: str) -> Timing:
    """``grace=40s``, ``eviction=5m``, ``detach=6m``, ``start=30s``. Raises ValueError."""
    key, _, value = text.partition("=")
    found = re.fullmatch(r"(\d{1,6})(s|m|h)?", value)
    if key not in _KEYS or found is None:
        raise ValueError(f"{text!r} is no timing; write {', '.join(_KEYS)} = a duration such as 40s or 5m")
    seconds = int(found[1]) * {"s": 1, "m": 60, "h": 3600}[found[2] or "s"]
    timing = replace(timing, overridden=(*timing.overridden, text))
    if key == "grace":
        return replace(timing, grace=Span(low_s=seconds, high_s=seconds))
    if key == "eviction":
        return replace(timing, eviction_s=seconds)
    return replace(timing, detach_s=seconds) if key == "detach" else replace(timing, start_s=seconds)


def eviction_delays(nodes: Iterable[Node], lost: frozenset[NodeName]) -> dict[NodeName, Span | None]:
    """C20: of every lost node, how long its turn may take beyond the pods' own wait; None where evictions
    are stopped. Nodes that are not ready already count with the lost ones."""
    zones: dict[str, list[Node]] = defaultdict(list)
    for node in nodes:
        zones[node.labels.get(ZONE, "")].append(node)
    down = Counter(
        zone for zone, members in zones.items() for node in members if node.name in lost or not node.ready
    )
    all_dead = all(down[zone] == len(members) for zone, members in zones.items())
    delays: dict[NodeName, Span | None] = {}
    for zone, members in zones.items():
        pace = None if all_dead else _pace(len(members), down[zone])
        for node in members:
            if node.name in lost:
                delays[node.name] = None if pace is None else Span(low_s=0, high_s=pace * (down[zone] - 1))
    return delays


def _pace(members: int, down: int) -> int | None:
    """Seconds per node of a zone."""
    if down == members or down < _PARTIAL_NODES or down < _PARTIAL_SHARE * members:
        return _NORMAL_RATE_S
    return _SLOW_RATE_S if members > _LARGE_ZONE else None
