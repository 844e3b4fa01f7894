"""What is wrong with a pod spec, as problems with field paths.

``manifest`` is true for objects still to be created: they are held to what the API server accepts. A
stored object has passed that gate (W4), so only what cannot be given a meaning is a problem there; the
rest has a run-time meaning (L6, A14, K3).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache

from solver.kube import raw
from solver.kube.faults import Problem, show
from solver.kube.parts import CACHE_SIZE, ByValue, Needs, Rules, needs_of, rules_of
from solver.kube.quantities import milli, quantity_problems
from solver.kube.selectors import (
    label_problems,
    label_selector_problems,
    node_selector_problems,
    node_term_problems,
)
from solver.kube.syntax import OBJECT_NAME, is_object_name

_SPREAD_MODES = ("DoNotSchedule", "ScheduleAnyway")
_POLICIES = ("Honor", "Ignore")
_EFFECTS = ("NoSchedule", "PreferNoSchedule", "NoExecute")
_TOLERATION_OPERATORS = ("Equal", "Exists")
_PROTOCOLS = ("TCP", "UDP", "SCTP")
_PREEMPTION_POLICIES = ("PreemptLowerPriority", "Never")
_RESTART_POLICIES = ("Always", "OnFailure", "Never")


def pod_problems(spec: raw.PodSpec | None, path: str, manifest: bool) -> Iterator[Problem]:
    if spec is None:
        yield Problem(path, "nothing", "a pod spec")
        return
    for problem in _spec_problems(spec, manifest):
        yield problem.under(path)


def _spec_problems(spec: raw.PodSpec, manifest: bool) -> Iterator[Problem]:
    yield from _needs_problems(needs_of(spec), manifest)
    yield from _rules_problems(rules_of(spec), manifest)
    yield from _volume_problems(spec.volumes or (), manifest)
    if manifest:
        yield from _manifest_problems(spec)


@lru_cache(maxsize=CACHE_SIZE)
def _needs_problems(needs: ByValue[Needs], manifest: bool) -> tuple[Problem, ...]:
    spec = needs.value.spec
    problems = [
        *_container_problems(spec.containers, "containers", manifest),
        *_container_problems(spec.init_containers, "initContainers", manifest),
        *quantity_problems(spec.overhead, "overhead"),
    ]
    if spec.resources is not None:
        problems.extend(_resource_problems(spec.resources, "resources", manifest))
    return tuple(problems)


@lru_cache(maxsize=CACHE_SIZE)
def _rules_problems(rules: ByValue[Rules], manifest: bool) -> tuple[Problem, ...]:
    constraints = enumerate(rules.value.topology_spread_constraints or ())
    problems = [
        problem
        for i, constraint in constraints
        for problem in spread_problems(constraint, f"topologySpreadConstraints[{i}]", manifest)
    ]
    return (*problems, *_affinity_problems(rules.value.affinity, manifest))


def _manifest_problems(spec: raw.PodSpec) -> Iterator[Problem]:
    if not spec.containers:
        yield Problem("containers", "no containers", "at least one container")
    yield from _one_of(spec.preemption_policy, _PREEMPTION_POLICIES, "preemptionPolicy")
    yield from _one_of(spec.restart_policy, _RESTART_POLICIES, "restartPolicy")
    for key, value in (spec.node_selector or {}).items():
        yield from label_problems(key, value, "nodeSelector")
    for i, toleration in enumerate(spec.tolerations or ()):
        yield from toleration_problems(toleration, f"tolerations[{i}]")
    yield from _repeated(_container_names(spec), "container names that differ")
    yield from _repeated(_spread_keys(spec), "each pair of topologyKey and whenUnsatisfiable once (T2)")


def _container_names(spec: raw.PodSpec) -> Iterator[tuple[str, str]]:
    for field, containers in (("containers", spec.containers), ("initContainers", spec.init_containers)):
        for i, container in enumerate(containers or ()):
            if container.name:
                yield f"{field}[{i}].name", container.name


def _spread_keys(spec: raw.PodSpec) -> Iterator[tuple[str, str]]:
    for i, constraint in enumerate(spec.topology_spread_constraints or ()):
        pair = f"{constraint.topology_key} {constraint.when_unsatisfiable}"
        yield f"topologySpreadConstraints[{i}]", pair


def _container_problems(
    containers: Sequence[raw.Container] | None, path: str, manifest: bool
) -> Iterator[Problem]:
    for i, container in enumerate(containers or ()):
        where = f"{path}[{i}]"
        if manifest and not container.name:
            yield Problem(f"{where}.name", show(container.name), "a container name")
        if container.resources is not None:
            yield from _resource_problems(container.resources, f"{where}.resources", manifest)
        for j, port in enumerate(container.ports or ()):
            yield from _port_problems(port, f"{where}.ports[{j}]", manifest)


def _port_problems(port: raw.ContainerPort, path: str, manifest: bool) -> Iterator[Problem]:
    for name, number in (("containerPort", port.container_port), ("hostPort", port.host_port)):
        if number is not None and not 0 <= number <= 65535:
            yield Problem(f"{path}.{name}", show(number), "a port number, 1 to 65535")
    if manifest:
        yield from _one_of(port.protocol, _PROTOCOLS, f"{path}.protocol")


def _resource_problems(resources: raw.ResourceRequirements, path: str, manifest: bool) -> Iterator[Problem]:
    bad = [
        *quantity_problems(resources.requests, f"{path}.requests"),
        *quantity_problems(resources.limits, f"{path}.limits"),
    ]
    yield from bad
    if bad or not manifest:
        return
    for name, request in (resources.requests or {}).items():
        limit = (resources.limits or {}).get(name)
        if limit is not None and milli(request) > milli(limit):
            yield Problem(f"{path}.requests.{name}", show(request), f"at most the limit {show(limit)}")


def spread_problems(constraint: raw.SpreadConstraint, path: str, manifest: bool) -> Iterator[Problem]:
    """T2."""
    if constraint.max_skew is None or constraint.max_skew < 1:
        yield Problem(f"{path}.maxSkew", show(constraint.max_skew), "a number of at least 1")
    if not constraint.topology_key:
        yield Problem(f"{path}.topologyKey", show(constraint.topology_key), "a node label key")
    if constraint.when_unsatisfiable not in _SPREAD_MODES:
        found = show(constraint.when_unsatisfiable)
        yield Problem(f"{path}.whenUnsatisfiable", found, " or ".join(_SPREAD_MODES))
    if constraint.min_domains is not None and constraint.min_domains < 1:
        yield Problem(f"{path}.minDomains", show(constraint.min_domains), "a number of at least 1")
    yield from _one_of(constraint.node_affinity_policy, _POLICIES, f"{path}.nodeAffinityPolicy")
    yield from _one_of(constraint.node_taints_policy, _POLICIES, f"{path}.nodeTaintsPolicy")
    if not manifest:
        return
    if constraint.min_domains is not None and constraint.when_unsatisfiable == "ScheduleAnyway":
        yield Problem(f"{path}.minDomains", show(constraint.min_domains), "none with ScheduleAnyway")
    yield from label_selector_problems(constraint.label_selector, f"{path}.labelSelector")
    yield from _key_list_problems(constraint.label_selector, constraint.match_label_keys, (), path)


def _key_list_problems(
    selector: raw.LabelSelector | None,
    match: Sequence[str] | None,
    mismatch: Sequence[str] | None,
    path: str,
) -> Iterator[Problem]:
    """S5."""
    match, mismatch = match or (), mismatch or ()
    if selector is None and (match or mismatch):
        field = "matchLabelKeys" if match else "mismatchLabelKeys"
        yield Problem(f"{path}.{field}", show([*match, *mismatch]), "a labelSelector beside it")
        return
    used = {*_selected_keys(selector)}
    for key in match:
        if key in used:
            yield Problem(f"{path}.matchLabelKeys", show(key), "a key that labelSelector does not use")
    for key in set(match) & set(mismatch):
        yield Problem(f"{path}.mismatchLabelKeys", show(key), "a key that matchLabelKeys does not list")


def _selected_keys(selector: raw.LabelSelector | None) -> Iterator[str]:
    if selector is not None:
        yield from selector.match_labels or ()
        yield from (e.key or "" for e in selector.match_expressions or ())


def _affinity_problems(affinity: raw.Affinity | None, manifest: bool) -> Iterator[Problem]:
    if affinity is None:
        return
    if manifest and affinity.node_affinity is not None:
        yield from _node_affinity_problems(affinity.node_affinity)
    for name, terms in (
        ("podAffinity", affinity.pod_affinity),
        ("podAntiAffinity", affinity.pod_anti_affinity),
    ):
        if terms is not None:
            yield from _pod_affinity_problems(terms, f"affinity.{name}", manifest)


_REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"
_PREFERRED = "preferredDuringSchedulingIgnoredDuringExecution"


def _node_affinity_problems(affinity: raw.NodeAffinity) -> Iterator[Problem]:
    path = "affinity.nodeAffinity"
    yield from node_selector_problems(
        affinity.required_during_scheduling_ignored_during_execution, f"{path}.{_REQUIRED}"
    )
    preferred = affinity.preferred_during_scheduling_ignored_during_execution or ()
    for i, wish in enumerate(preferred):
        where = f"{path}.{_PREFERRED}[{i}]"
        yield from _weight_problems(wish.weight, where)
        if wish.preference is None:
            yield Problem(f"{where}.preference", "nothing", "a node selector term")
        else:
            yield from node_term_problems(wish.preference, f"{where}.preference")


def _pod_affinity_problems(affinity: raw.PodAffinity, path: str, manifest: bool) -> Iterator[Problem]:
    for i, term in enumerate(affinity.required_during_scheduling_ignored_during_execution or ()):
        yield from _term_problems(term, f"{path}.{_REQUIRED}[{i}]", manifest)
    for i, wish in enumerate(affinity.preferred_during_scheduling_ignored_during_execution or ()):
        where = f"{path}.{_PREFERRED}[{i}]"
        if manifest:
            yield from _weight_problems(wish.weight, where)
        if wish.pod_affinity_term is None:
            yield Problem(f"{where}.podAffinityTerm", "nothing", "a pod affinity term")
        else:
            yield from _term_problems(wish.pod_affinity_term, f"{where}.podAffinityTerm", manifest)


def _term_problems(term: raw.PodAffinityTerm, path: str, manifest: bool) -> Iterator[Problem]:
    if not term.topology_key:
        yield Problem(f"{path}.topologyKey", show(term.topology_key), "a node label key")
    if manifest:
        yield from label_selector_problems(term.label_selector, f"{path}.labelSelector")
        yield from label_selector_problems(term.namespace_selector, f"{path}.namespaceSelector")
        yield from _key_list_problems(
            term.label_selector, term.match_label_keys, term.mismatch_label_keys, path
        )


def _weight_problems(weight: int | None, path: str) -> Iterator[Problem]:
    if weight is None or not 1 <= weight <= 100:
        yield Problem(f"{path}.weight", show(weight), "a number from 1 to 100")


def toleration_problems(toleration: raw.Toleration, path: str) -> Iterator[Problem]:
    """K4."""
    yield from _one_of(toleration.operator, _TOLERATION_OPERATORS, f"{path}.operator")
    yield from _one_of(toleration.effect, _EFFECTS, f"{path}.effect")
    if not toleration.key and toleration.operator != "Exists":
        yield Problem(f"{path}.operator", show(toleration.operator), "Exists when there is no key")
    if toleration.operator == "Exists" and toleration.value:
        yield Problem(f"{path}.value", show(toleration.value), "no value with Exists")
    if toleration.toleration_seconds is not None and toleration.effect != "NoExecute":
        yield Problem(f"{path}.effect", show(toleration.effect), "NoExecute beside tolerationSeconds")


def _volume_problems(volumes: Sequence[raw.PodVolume], manifest: bool) -> Iterator[Problem]:
    for i, volume in enumerate(volumes):
        path = f"volumes[{i}]"
        if not volume.name:
            yield Problem(f"{path}.name", show(volume.name), "a volume name")
        claim = volume.persistent_volume_claim
        if claim is not None and not is_object_name(claim.claim_name or ""):
            yield Problem(f"{path}.persistentVolumeClaim.claimName", show(claim.claim_name), OBJECT_NAME)
        if manifest and volume.ephemeral is not None:
            template = volume.ephemeral.volume_claim_template
            yield from claim_spec_problems(
                template.spec if template else None, f"{path}.ephemeral.volumeClaimTemplate.spec", True
            )
    names = ((f"volumes[{i}].name", v.name) for i, v in enumerate(volumes) if v.name)
    yield from _repeated(names, "volume names that differ")


_ACCESS_MODES = ("ReadWriteOnce", "ReadOnlyMany", "ReadWriteMany", "ReadWriteOncePod")
_VOLUME_MODES = ("Filesystem", "Block")


def claim_spec_problems(spec: raw.ClaimSpec | None, path: str, manifest: bool) -> Iterator[Problem]:
    """Of a claim, or of a template for one."""
    if spec is None:
        yield Problem(path, "nothing", "a claim spec")
        return
    if spec.resources is not None:
        yield from quantity_problems(spec.resources.requests, f"{path}.resources.requests")
    yield from _one_of(spec.volume_mode, _VOLUME_MODES, f"{path}.volumeMode")
    if not manifest:
        return
    yield from label_selector_problems(spec.selector, f"{path}.selector")
    if not spec.access_modes:
        yield Problem(f"{path}.accessModes", "none", f"at least one of {', '.join(_ACCESS_MODES)}")
    for i, mode in enumerate(spec.access_modes or ()):
        yield from _one_of(mode, _ACCESS_MODES, f"{path}.accessModes[{i}]")
    if "storage" not in ((spec.resources.requests if spec.resources else None) or {}):
        yield Problem(f"{path}.resources.requests.storage", "nothing", "the size of the volume")


def _one_of(value: str | None, allowed: Sequence[str], path: str) -> Iterator[Problem]:
    """An optional field with a closed list of values; "" is absence."""
    if value and value not in allowed:
        yield Problem(path, show(value), f"one of {', '.join(allowed)}")


def _repeated(names: Iterable[tuple[str, str]], expected: str) -> Iterator[Problem]:
    """Of (path, name) pairs."""
    seen: set[str] = set()
    for path, name in names:
        if name in seen:
            yield Problem(path, f"{show(name)} again", expected)
        seen.add(name)
