"""L101-L107: topology spread constraints (T)."""

from __future__ import annotations

from collections.abc import Iterator

from solver.kube import raw
from solver.model.names import NodeName
from solver.model.pod import Pod, SpreadConstraint
from solver.model.selector import LabelSelector, selects
from solver.planning.lint.hit import Hit
from solver.planning.lint.scene import Scene, Workload, is_closed

_ADDED_LATER = frozenset(
    {
        "pod-template-hash",
        "controller-revision-hash",
        "statefulset.kubernetes.io/pod-name",
        "apps.kubernetes.io/pod-index",
        "batch.kubernetes.io/job-name",
        "batch.kubernetes.io/controller-uid",
        "batch.kubernetes.io/job-completion-index",
        "job-name",
        "controller-uid",
    }
)
"""Labels that controllers give to pods: a template does not show them."""
_REVISION = "pod-template-hash"


def selects_own(selector: LabelSelector | None, pod: Pod) -> bool:
    """True also where that depends on labels that only a controller knows."""
    if selector is not None and any(r.key in _ADDED_LATER for r in selector.requirements):
        return True
    return selects(selector, pod.labels)


def _rules(workload: Workload) -> Iterator[tuple[str, SpreadConstraint, raw.SpreadConstraint]]:
    stored = workload.spec.topology_spread_constraints or ()
    for index, (rule, one) in enumerate(zip(workload.pod.spread, stored, strict=True)):
        yield f"{workload.path}.topologySpreadConstraints[{index}]", rule, one


def _hard_rules(scene: Scene) -> Iterator[tuple[Workload, str, SpreadConstraint]]:
    for workload in scene.workloads:
        for path, rule, _ in _rules(workload):
            if rule.hard and not workload.is_per_node:
                yield workload, path, rule


def _misses_own(scene: Scene) -> Iterator[Hit]:
    for workload in scene.workloads:
        for path, rule, _ in _rules(workload):
            if not selects_own(rule.selector, workload.pod):
                labels = ", ".join(f"{key}={value}" for key, value in sorted(workload.pod.labels.items()))
                sentence = f"the selector does not match the pods' own labels ({labels or 'none'})"
                yield Hit(workload.loaded, f"{path}.labelSelector", sentence)


def _min_domains(scene: Scene) -> Iterator[Hit]:
    for workload, path, rule in _hard_rules(scene):
        if workload.replicas < 2:
            continue
        domains = _domains(scene, workload, rule)
        room = rule.max_skew * len(domains)
        if (
            domains
            and len(domains) < rule.min_domains
            and workload.replicas > room
            and _counts(rule, workload)
        ):
            yield Hit(
                workload.loaded,
                f"{path}.minDomains",
                f"{len(domains)} of {rule.min_domains} domains of {rule.topology_key} exist:"
                f" at most {room} of {workload.replicas} pods can be placed",
            )


def _key_on_no_node(scene: Scene) -> Iterator[Hit]:
    for workload, path, rule in _hard_rules(scene):
        allowed = scene.allowed(workload)
        if allowed and not any(rule.topology_key in node.labels for node in allowed):
            sentence = f"none of {len(allowed)} nodes has the label {rule.topology_key}"
            yield Hit(workload.loaded, f"{path}.topologyKey", sentence)


def _not_kept_apart(scene: Scene) -> Iterator[Hit]:
    for workload in scene.workloads:
        if not workload.claim_templates or workload.replicas < 2:
            continue
        pod = workload.pod
        spread = any(rule.hard and selects_own(rule.selector, pod) for rule in pod.spread)
        apart = any(selects_own(term.selector, pod) for term in pod.anti_affinity)
        if not spread and not apart:
            sentence = (
                f"nothing keeps its {workload.replicas} replicas on different nodes or in different zones"
            )
            yield Hit(workload.loaded, workload.path, sentence)


def _closed_domain(scene: Scene) -> Iterator[Hit]:
    for workload, path, rule in _hard_rules(scene):
        if workload.replicas < 2 or rule.honor_taints or not _counts(rule, workload):
            continue
        closed = [domain for domain, nodes in _domains(scene, workload, rule).items() if not nodes]
        closed = [domain for domain in closed if not _has_matching(scene, workload, rule, domain)]
        open_domains = len(_domains(scene, workload, rule)) - len(closed)
        room = rule.max_skew * open_domains
        if closed and workload.replicas > room:
            yield Hit(
                workload.loaded,
                path,
                f"{rule.topology_key} {', '.join(closed)} is closed to the pods and counts as empty: at most"
                f" {room} of {workload.replicas} can be placed elsewhere",
            )


def _old_revision(scene: Scene) -> Iterator[Hit]:
    for workload in scene.workloads:
        if workload.kind != "Deployment" or workload.replicas < 2:
            continue
        for path, rule, stored in _rules(workload):
            if rule.hard and _REVISION not in (stored.match_label_keys or ()):
                yield Hit(workload.loaded, path, f"{_REVISION} is not among its matchLabelKeys")


def _without_effect(scene: Scene) -> Iterator[Hit]:
    for workload, path, rule in _hard_rules(scene):
        if 2 <= workload.replicas <= rule.max_skew:
            sentence = f"maxSkew {rule.max_skew} allows all {workload.replicas} replicas in one domain"
            yield Hit(workload.loaded, f"{path}.maxSkew", sentence)


def _counts(rule: SpreadConstraint, workload: Workload) -> bool:
    """Whether a pod of the workload makes its own domain fuller."""
    return selects(rule.selector, workload.pod.labels)


def _domains(scene: Scene, workload: Workload, rule: SpreadConstraint) -> dict[str, list[NodeName]]:
    """Domains that count (T9), with the nodes of each that are open to the pods."""
    found: dict[str, list[NodeName]] = {}
    nodes = scene.allowed(workload) if rule.honor_affinity else scene.nodes
    for node in nodes:
        if rule.topology_key in node.labels:
            there = found.setdefault(node.labels[rule.topology_key], [])
            if not is_closed(workload.pod, node):
                there.append(node.name)
    return dict(sorted(found.items()))


def _has_matching(scene: Scene, workload: Workload, rule: SpreadConstraint, domain: str) -> bool:
    inside = {node.name for node in scene.nodes if node.labels.get(rule.topology_key) == domain}
    return any(
        found.stored.spec is not None
        and found.namespace == workload.namespace
        and found.stored.spec.node_name in inside
        and selects(rule.selector, found.metadata.labels or {})
        for found in scene.everything("Pod")
    )


FINDERS = {
    "L101": _misses_own,
    "L102": _min_domains,
    "L103": _key_on_no_node,
    "L104": _not_kept_apart,
    "L105": _closed_domain,
    "L106": _old_revision,
    "L107": _without_effect,
}
