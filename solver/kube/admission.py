"""What an API server's admission does to a pod that is to be created: W24 and W26-W28.

Stored pods have been through it (W4) and never come here. Optional plugins (W25, W36) are off, as in a
default cluster.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from msgspec import structs

from solver.kube import raw
from solver.kube.defaults import (
    BUILT_IN_PRIORITIES,
    DEFAULT_TOLERATIONS,
    PREEMPTION_POLICY,
    defaulted,
)
from solver.kube.faults import Problem, show
from solver.kube.limits import ContainerLimit, apply_limits, limit_problems
from solver.kube.quantities import millis


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """The objects admission consults."""

    priority_classes: Mapping[str, raw.PriorityClass] = field(default_factory=dict)
    runtime_classes: Mapping[str, raw.RuntimeClass] = field(default_factory=dict)
    limits: Mapping[str, Sequence[ContainerLimit]] = field(default_factory=dict)
    """By namespace."""


@dataclass(frozen=True, slots=True)
class Admitted:
    spec: raw.PodSpec
    problems: tuple[Problem, ...]
    """Why the API server would reject the pod, paths relative to the pod spec."""


def admit(spec: raw.PodSpec, namespace: str, policy: Policy) -> Admitted:
    """The pod spec as it would be stored, in the order the API server works."""
    limits = policy.limits.get(namespace, ())
    problems = [
        *_priority_problems(spec, policy),
        *_runtime_problems(spec, policy),
    ]
    spec = apply_limits(defaulted(spec), limits)
    problems.extend(limit_problems(spec, limits))
    if not problems:
        spec = _with_runtime(_with_tolerations(_with_priority(spec, policy)), policy)
    return Admitted(spec, tuple(problems))


def _priority_class(spec: raw.PodSpec, policy: Policy) -> raw.PriorityClass | None:
    """W26. None when the name is unknown."""
    name = spec.priority_class_name
    if not name:
        defaults = [c for c in policy.priority_classes.values() if c.global_default]
        fallback = raw.PriorityClass(value=0, preemption_policy=PREEMPTION_POLICY)
        return min(defaults, key=lambda c: c.value or 0, default=fallback)
    if name in BUILT_IN_PRIORITIES:
        return raw.PriorityClass(value=BUILT_IN_PRIORITIES[name], preemption_policy=PREEMPTION_POLICY)
    return policy.priority_classes.get(name)


def _priority_problems(spec: raw.PodSpec, policy: Policy) -> Iterator[Problem]:
    found = _priority_class(spec, policy)
    if found is None:
        expected = "the name of a PriorityClass in the input (W26)"
        yield Problem("priorityClassName", show(spec.priority_class_name), expected)
        return
    if spec.priority is not None and spec.priority != (found.value or 0):
        yield Problem(
            "priority", show(spec.priority), f"{found.value or 0}, from the class, or nothing (W26)"
        )
    wanted = found.preemption_policy or PREEMPTION_POLICY
    if spec.preemption_policy and spec.preemption_policy != wanted:
        yield Problem("preemptionPolicy", show(spec.preemption_policy), f"{wanted}, from the class (W26)")


def _with_priority(spec: raw.PodSpec, policy: Policy) -> raw.PodSpec:
    found = _priority_class(spec, policy) or raw.PriorityClass()
    return structs.replace(
        spec,
        priority=found.value or 0,
        preemption_policy=found.preemption_policy or PREEMPTION_POLICY,
    )


def _with_tolerations(spec: raw.PodSpec) -> raw.PodSpec:
    """W24."""
    present = spec.tolerations or []
    added = [t for t in DEFAULT_TOLERATIONS if not any(_covers(p, t.key) for p in present)]
    return structs.replace(spec, tolerations=[*present, *added]) if added else spec


def _covers(present: raw.Toleration, key: str | None) -> bool:
    return (not present.key or present.key == key) and (not present.effect or present.effect == "NoExecute")


def _runtime_problems(spec: raw.PodSpec, policy: Policy) -> Iterator[Problem]:
    """W27."""
    name = spec.runtime_class_name
    found = policy.runtime_classes.get(name) if name else None
    if name and found is None:
        yield Problem("runtimeClassName", show(name), "the name of a RuntimeClass in the input (W27)")
        return
    fixed = found.overhead.pod_fixed if found and found.overhead else None
    if spec.overhead and millis(spec.overhead) != millis(fixed):
        expected = show(fixed) if fixed else "no overhead: only a RuntimeClass sets it"
        yield Problem("overhead", show(spec.overhead), f"{expected} (W27)")
    for key, value in _runtime_selector(found).items():
        stated = (spec.node_selector or {}).get(key, value)
        if stated != value:
            yield Problem(f"nodeSelector[{key}]", show(stated), f"{show(value)}, from the RuntimeClass (W27)")


def _with_runtime(spec: raw.PodSpec, policy: Policy) -> raw.PodSpec:
    found = policy.runtime_classes.get(spec.runtime_class_name or "")
    if found is None:
        return spec
    tolerations = list(spec.tolerations or ())
    for toleration in (found.scheduling.tolerations if found.scheduling else None) or ():
        if toleration not in tolerations:
            tolerations.append(toleration)
    return structs.replace(
        spec,
        overhead=found.overhead.pod_fixed if found.overhead else spec.overhead,
        node_selector={**(spec.node_selector or {}), **_runtime_selector(found)},
        tolerations=tolerations,
    )


def _runtime_selector(found: raw.RuntimeClass | None) -> dict[str, str]:
    return (found.scheduling.node_selector if found and found.scheduling else None) or {}
