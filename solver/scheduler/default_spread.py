"""Default spread constraints for pods that state none (T20), with the selector they get (T21)."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace

from solver.model.pod import Pod, SpreadConstraint
from solver.model.profile import SYSTEM_CONSTRAINTS
from solver.model.selector import LabelSelector, equals
from solver.model.snapshot import Controller, Service, Snapshot
from solver.scheduler.state import ClusterState

_REPLICATION_CONTROLLER = "ReplicationController"
_SELECTING_OWNERS = frozenset({_REPLICATION_CONTROLLER, "ReplicaSet", "StatefulSet"})


class _Selecting:
    """Services and controllers by the names a pod knows them under."""

    def __init__(self, snapshot: Snapshot) -> None:
        self.services: defaultdict[str, list[Service]] = defaultdict(list)
        for service in snapshot.services:
            self.services[service.namespace].append(service)
        self.controllers: dict[tuple[str, str, str], Controller] = {
            (controller.kind, controller.namespace, controller.name): controller
            for controller in snapshot.controllers
        }


def default_constraints(pod: Pod, state: ClusterState) -> tuple[SpreadConstraint, ...]:
    """T20: hard and soft ones together; none when no Service and no owner selects the pod."""
    defaults = state.profile_of(pod).default_constraints
    if defaults is None:
        defaults = SYSTEM_CONSTRAINTS
    if not defaults:
        return ()
    selector = _selector(pod, state)
    if selector.is_empty:
        return ()
    return tuple(replace(constraint, selector=selector) for constraint in defaults)


def _selector(pod: Pod, state: ClusterState) -> LabelSelector:
    """T21."""
    selecting = state.table("default spread selectors", lambda: _Selecting(state.snapshot))
    labels: dict[str, str] = {}
    for service in selecting.services.get(pod.namespace, ()):
        if all(pod.labels.get(key) == value for key, value in service.selector.items()):
            labels.update(service.selector)
    owner = pod.owner
    if owner is None or owner.kind not in _SELECTING_OWNERS:
        return equals(labels)
    controller = selecting.controllers.get((owner.kind, pod.namespace, owner.name))
    if controller is None or controller.selector is None or controller.selector.error:
        return equals(labels)
    if owner.kind == _REPLICATION_CONTROLLER:  # a plain map, merged over the services' ones
        labels.update((r.key, r.values[0]) for r in controller.selector.requirements)
        return equals(labels)
    return LabelSelector(requirements=equals(labels).requirements + controller.selector.requirements)
