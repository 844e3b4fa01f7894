"""What a pod requests: effectively (R2-R5, R7), and in the two ways that scoring uses (R15).

Amounts are in thousandths of their unit until the very end (R5). Defaults (W20, W22) are filled in
before, in ``defaults.py``. Source: component-helpers ``resource/helpers.go`` at v0.34.1.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from frozendict import frozendict

from solver.kube import raw
from solver.kube.parts import Needs
from solver.kube.quantities import counts_for_scheduling, in_units, millis

Amounts = dict[str, int]

_NON_ZERO: Mapping[str, int] = {"cpu": 100, "memory": 200 * 2**20 * 1000}
"""R15: what a container that does not state a request counts for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Requests:
    """Millicores for cpu, whole units otherwise."""

    effective: frozendict[str, int]
    incoming_score_cpu_millis: int
    incoming_score_memory_bytes: int
    running_score_cpu_millis: int
    running_score_memory_bytes: int


def pod_requests(needs: Needs) -> Requests:
    """Of a spec whose defaults are filled in."""
    effective = _total(needs, {}, pod_level=True)
    incoming = in_units(_total(needs, _NON_ZERO, pod_level=False))
    running = incoming
    if pod_level_amounts(needs.spec):
        lacking = {name: amount for name, amount in _NON_ZERO.items() if not effective.get(name)}
        running = in_units(_total(needs, lacking, pod_level=True))
    named = {name: amount for name, amount in effective.items() if counts_for_scheduling(name)}
    return Requests(
        effective=frozendict(in_units(named)),
        incoming_score_cpu_millis=incoming.get("cpu", 0),
        incoming_score_memory_bytes=incoming.get("memory", 0),
        running_score_cpu_millis=running.get("cpu", 0),
        running_score_memory_bytes=running.get("memory", 0),
    )


def pod_level_amounts(spec: raw.PodSpec) -> Amounts:
    """R3: the entries of ``spec.resources.requests`` that count."""
    if spec.resources is None:
        return {}
    return {n: a for n, a in millis(spec.resources.requests).items() if is_pod_level_name(n)}


def is_pod_level_name(name: str) -> bool:
    return name in ("cpu", "memory") or name.startswith("hugepages-")


def _total(needs: Needs, non_zero: Mapping[str, int], *, pod_level: bool) -> Amounts:
    total = container_total(needs, non_zero)
    if pod_level:
        total.update(pod_level_amounts(needs.spec))
    _add(total, millis(needs.spec.overhead))  # R4
    return total


def container_total(needs: Needs, non_zero: Mapping[str, int]) -> Amounts:
    """R2: the larger of what runs together and what any step of initialisation needs."""
    reported = _reported(needs)
    running: Amounts = {}
    for container in needs.spec.containers or ():
        _add(running, _container(container, reported, needs.infeasible, non_zero))
    sidecars: Amounts = {}
    starting: Amounts = {}
    for container in needs.spec.init_containers or ():
        sidecar = is_sidecar(container)
        amounts = _container(container, reported if sidecar else {}, needs.infeasible, non_zero)
        if sidecar:
            _add(running, amounts)
            _add(sidecars, amounts)
            _raise(starting, sidecars)
        else:
            _add(amounts, sidecars)
            _raise(starting, amounts)
    _raise(running, starting)
    return running


def is_sidecar(container: raw.Container) -> bool:
    """An init container that keeps running."""
    return container.restart_policy == "Always"


def _container(
    container: raw.Container,
    reported: Mapping[str, raw.ContainerStatus],
    infeasible: bool,
    non_zero: Mapping[str, int],
) -> Amounts:
    stated = container.resources.requests if container.resources else None
    amounts = millis(stated)
    status = reported.get(container.name or "")
    if status is not None:
        amounts = {} if infeasible else amounts  # R7
        _raise(amounts, millis(status.resources.requests if status.resources else None))
        _raise(amounts, millis(status.allocated_resources))
    for name, amount in non_zero.items():
        amounts.setdefault(name, amount)
    return amounts


def _reported(needs: Needs) -> dict[str, raw.ContainerStatus]:
    """R7: only statuses that carry resources take part."""
    statuses = (*(needs.reported or ()), *(needs.reported_init or ()))
    return {s.name or "": s for s in statuses if s.resources is not None}


def _add(total: Amounts, more: Mapping[str, int]) -> None:
    for name, amount in more.items():
        total[name] = total.get(name, 0) + amount


def _raise(total: Amounts, floor: Mapping[str, int]) -> None:
    for name, amount in floor.items():
        if amount >= total.get(name, 0):
            total[name] = amount
