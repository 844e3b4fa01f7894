"""The parts of a pod spec that are the same for all pods of a workload, as keys of caches.

A dump holds thousands of pods made from few templates. What is made of such a part is made once and shared,
which also lets later stages compare rules by identity first.
"""

from __future__ import annotations

from typing import Generic, TypeVar

import msgspec

from solver.kube import raw

T = TypeVar("T", bound=raw.Raw)
_encode = msgspec.json.Encoder().encode
CACHE_SIZE = 65536


class ByValue(Generic[T]):
    """A raw struct that is hashed and compared by its content."""

    __slots__ = ("_key", "value")

    def __init__(self, value: T) -> None:
        self.value = value
        self._key = _encode(value)

    def __hash__(self) -> int:
        return hash(self._key)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ByValue) and self._key == other._key


class Rules(raw.Raw):
    """Where the pod may go and beside whom."""

    node_selector: raw.Labels = None
    affinity: raw.Affinity | None = None
    tolerations: list[raw.Toleration] | None = None
    topology_spread_constraints: list[raw.SpreadConstraint] | None = None


class Needs(raw.Raw):
    """What the pod takes on a node. ``spec`` holds only the fields about containers and resources."""

    spec: raw.PodSpec
    reported: list[raw.ContainerStatus] | None = None
    reported_init: list[raw.ContainerStatus] | None = None
    infeasible: bool = False
    """R7: a resize is marked infeasible."""


def rules_of(spec: raw.PodSpec) -> ByValue[Rules]:
    return ByValue(
        Rules(
            node_selector=spec.node_selector,
            affinity=spec.affinity,
            tolerations=spec.tolerations,
            topology_spread_constraints=spec.topology_spread_constraints,
        )
    )


def needs_of(spec: raw.PodSpec, status: raw.PodStatus | None = None) -> ByValue[Needs]:
    state = status or raw.PodStatus()
    conditions = state.conditions or ()
    return ByValue(
        Needs(
            spec=raw.PodSpec(
                containers=spec.containers,
                init_containers=spec.init_containers,
                resources=spec.resources,
                overhead=spec.overhead,
                host_network=spec.host_network,
            ),
            reported=state.container_statuses,
            reported_init=state.init_container_statuses,
            infeasible=any(c.type == "PodResizePending" and c.reason == "Infeasible" for c in conditions),
        )
    )
