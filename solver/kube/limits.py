"""LimitRanges of type Container (W28): defaults for containers, then their minimum and maximum.

Source: kubernetes ``plugin/pkg/admission/limitranger/admission.go`` and ``SetDefaults_LimitRangeItem`` at
v1.34.1.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from msgspec import structs

from solver.kube import raw
from solver.kube.faults import Problem, show
from solver.kube.quantities import millis

Quantities = dict[str, raw.Quantity]


@dataclass(frozen=True, slots=True)
class ContainerLimit:
    """One item of a LimitRange, its own defaults filled in."""

    default: Quantities
    default_request: Quantities
    minimum: Quantities
    maximum: Quantities


def container_limits(stored: raw.LimitRange) -> list[ContainerLimit]:
    items = (stored.spec.limits if stored.spec else None) or ()
    return [_with_defaults(item) for item in items if item.type == "Container"]


def has_other_limits(stored: raw.LimitRange) -> bool:
    items = (stored.spec.limits if stored.spec else None) or ()
    return any(item.type != "Container" or item.max_limit_request_ratio for item in items)


def _with_defaults(item: raw.LimitRangeItem) -> ContainerLimit:
    """``default`` falls back to ``max``; ``defaultRequest`` to ``default``, then to ``min``."""
    minimum, maximum = item.min or {}, item.max or {}
    default = {**maximum, **(item.default or {})}
    request = {**minimum, **default, **(item.default_request or {})}
    return ContainerLimit(default, request, minimum, maximum)


def apply_limits(spec: raw.PodSpec, limits: Sequence[ContainerLimit]) -> raw.PodSpec:
    """Limits and requests that containers do not state, from the LimitRanges of the namespace."""
    if not limits:
        return spec
    return structs.replace(
        spec,
        containers=[_filled(c, limits) for c in spec.containers or ()],
        init_containers=[_filled(c, limits) for c in spec.init_containers or ()],
    )


def _filled(container: raw.Container, limits: Sequence[ContainerLimit]) -> raw.Container:
    resources = container.resources or raw.ResourceRequirements()
    stated, requested = dict(resources.limits or {}), dict(resources.requests or {})
    for limit in limits:
        stated = {**limit.default, **stated}
        requested = {**limit.default_request, **requested}
    return structs.replace(container, resources=raw.ResourceRequirements(limits=stated, requests=requested))


def limit_problems(spec: raw.PodSpec, limits: Sequence[ContainerLimit]) -> Iterator[Problem]:
    """Containers outside the minimum and maximum, after defaults."""
    for field, containers in (("containers", spec.containers), ("initContainers", spec.init_containers)):
        for i, container in enumerate(containers or ()):
            for limit in limits:
                yield from _container_problems(container, limit, f"{field}[{i}].resources")


def _container_problems(container: raw.Container, limit: ContainerLimit, path: str) -> Iterator[Problem]:
    resources = container.resources or raw.ResourceRequirements()
    requests, limits = millis(resources.requests), millis(resources.limits)
    for name, least in millis(limit.minimum).items():
        expected = f"at least {show(limit.minimum[name])}, the minimum of the LimitRange (W28)"
        if requests.get(name, -1) < least:
            yield Problem(f"{path}.requests.{name}", _shown(resources.requests, name), expected)
        if limits.get(name, least) < least:
            yield Problem(f"{path}.limits.{name}", _shown(resources.limits, name), expected)
    for name, most in millis(limit.maximum).items():
        expected = f"at most {show(limit.maximum[name])}, the maximum of the LimitRange (W28)"
        if limits.get(name, most + 1) > most:
            yield Problem(f"{path}.limits.{name}", _shown(resources.limits, name), expected)
        if requests.get(name, most) > most:
            yield Problem(f"{path}.requests.{name}", _shown(resources.requests, name), expected)


def _shown(quantities: raw.Quantities, name: str) -> str:
    stated = (quantities or {}).get(name)
    return "nothing" if stated is None else show(stated)
