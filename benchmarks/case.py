"""What a benchmark is: an instance that can be made again at any time, and what is asked of the answer.

A generator is a plain function: keyword-only parameters and a ``seed`` in, an ``Instance`` out. The same
arguments give the same objects, on every machine. Loaders of real data have the same shape; one that lacks
its files raises ``UnavailableError``. A ``Case`` gives a generator its parameters and a name;
``benchmarks.registry`` lists the cases.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

import msgspec

Raw = dict[str, Any]
"""One Kubernetes object as a dump holds it."""
Parameter = int | float | str


class UnavailableError(Exception):
    """What the case is made from is not on this machine; the text says what is missing."""


@dataclass(frozen=True, kw_only=True)
class Instance:
    """Real Kubernetes objects: nodes, storage, running pods, and pending pods as the question."""

    objects: Sequence[Raw]
    hidden: Mapping[str, str] | None = None
    """``namespace/name`` of every pending pod to a node: a complete placement that is known to hold, or
    None where nobody knows one. The order is one in which kube-scheduler would accept each pod."""

    def write(self, path: Path) -> None:
        """One ``kind: List`` in JSON, an object a line."""
        with path.open("wb") as file:
            file.writelines(self.lines())

    def lines(self) -> Iterator[bytes]:
        yield b'{"apiVersion":"v1","kind":"List","items":[\n'
        for number, item in enumerate(self.objects):
            yield (b",\n" if number else b"") + msgspec.json.encode(item)
        yield b"\n]}\n"


class Suite(StrEnum):
    QUICK = "quick"
    """Minutes: ``make bench``."""
    FULL = "full"
    """Everything, the quick suite included: ``make bench-full``."""


class Stage(StrEnum):
    """Parts of an answer that have a driver of their own in ``benchmarks.stages``, in order."""

    PARSE = "parse"
    COMPILE = "compile"
    CONSTRUCT = "construct"
    BOUND = "bound"
    """How many pods can be placed at most, by a relaxation."""
    SEARCH = "search"
    PLACE = "place"
    """All of it: from the instance in memory to the verified plan."""
    VERIFY = "verify"
    REPLAY = "replay"
    REPORT = "report"
    EVENTS = "events"
    HTTP = "http"
    LIVE = "live"
    """An extender over a cluster that changes, asked while it plans."""
    WATCH = "watch"
    """A live cluster: its first snapshot, and following it."""


_OTHERS = (Stage.EVENTS, Stage.HTTP, Stage.LIVE, Stage.WATCH)
IN_PROCESS = tuple(stage for stage in Stage if stage not in _OTHERS)
"""From text to report: what every answer goes through."""


class Peer(StrEnum):
    """Who else answers the same question in the same run; see ``benchmarks.peers``."""

    NAIVE = "naive"
    GREEDY = "greedy"
    KUBE_SCHEDULER = "kube-scheduler"


@dataclass(frozen=True, kw_only=True)
class Target:
    """What one run of ``solve fit --time-limit`` has to reach as a whole process."""

    wall_s: float
    peak_mib: int
    placed_share: float = 1.0
    """Least share of the pods asked about."""
    proved: bool = False
    """The answer has to be proved, too."""
    time_limit_s: float
    """Passed on as ``--time-limit``; shorter than ``wall_s`` by what reading and printing take."""


@dataclass(frozen=True, kw_only=True)
class Curve:
    """The case is one point of a growth curve."""

    name: str
    """Of the plot, for example ``nodes``."""
    label: str
    """Of the axis."""
    x: int


@dataclass(frozen=True, kw_only=True)
class Case:
    name: str
    build: Callable[..., Instance]
    parameters: Mapping[str, Parameter] = field(default_factory=dict)
    seed: int = 1
    suite: Suite = Suite.FULL
    targets: tuple[Target, ...]
    """One whole-process run each."""
    stages: tuple[Stage, ...] = IN_PROCESS
    peers: tuple[Peer, ...] = ()
    peer_limit_s: float = 60.0
    """Wall seconds that each peer may take."""
    curves: tuple[Curve, ...] = ()

    def instance(self) -> Instance:
        """Raises UnavailableError where the data it is made from is missing."""
        return self.build(**self.parameters, seed=self.seed)
