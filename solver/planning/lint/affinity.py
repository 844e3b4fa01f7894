"""L201-L206: node selection and pod affinity (N, K, A)."""

from __future__ import annotations

from collections.abc import Iterator

from solver.model.pod import Pod, PodAffinityTerm
from solver.model.requirement import NodeSelectorTerm, Operator, Requirement
from solver.model.selector import selects
from solver.planning.lint.codes import Severity
from solver.planning.lint.hit import Hit
from solver.planning.lint.scene import Scene
from solver.planning.lint.spread import selects_own

_REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"


def _more_than_domains(scene: Scene) -> Iterator[Hit]:
    for workload in scene.workloads:
        if workload.is_per_node or workload.replicas < 2:
            continue
        allowed = scene.allowed(workload)
        for index, term in enumerate(workload.pod.anti_affinity):
            domains = {n.labels[term.topology_key] for n in allowed if term.topology_key in n.labels}
            if _is_own(term, workload.pod) and domains and workload.replicas > len(domains):
                yield Hit(
                    workload.loaded,
                    f"{workload.path}.affinity.podAntiAffinity.{_REQUIRED}[{index}]",
                    f"{workload.replicas} replicas, but {len(domains)} domains of {term.topology_key}",
                )


def _to_nothing(scene: Scene) -> Iterator[Hit]:
    for workload in scene.workloads:
        for index, term in enumerate(workload.pod.affinity):
            if _is_own(term, workload.pod) or _selects_some(scene, term):
                continue
            certain = scene.knows("Pod")
            where = "the manifests and the cluster" if certain else "what was given"
            yield Hit(
                workload.loaded,
                f"{workload.path}.affinity.podAffinity.{_REQUIRED}[{index}]",
                f"it selects no pod in {where}, and not the pods themselves",
                None if certain else Severity.WARNING,
            )


def _against_itself(scene: Scene) -> Iterator[Hit]:
    for workload in scene.workloads:
        if workload.replicas < 2 or workload.is_per_node:
            continue
        away = {t.topology_key for t in workload.pod.anti_affinity if _is_own(t, workload.pod)}
        for index, term in enumerate(workload.pod.affinity):
            if _is_own(term, workload.pod) and term.topology_key in away:
                yield Hit(
                    workload.loaded,
                    f"{workload.path}.affinity.podAffinity.{_REQUIRED}[{index}]",
                    f"its pods must share a domain of {term.topology_key} and must not: only one fits",
                )


def _no_node(scene: Scene) -> Iterator[Hit]:
    for workload in scene.workloads:
        if scene.nodes and not scene.allowed(workload) and not _contradiction(workload.pod):
            field = "nodeSelector" if workload.pod.node_selector else "affinity.nodeAffinity"
            yield Hit(
                workload.loaded, f"{workload.path}.{field}", f"none of {len(scene.nodes)} nodes matches"
            )


def _selector_against_affinity(scene: Scene) -> Iterator[Hit]:
    for workload in scene.workloads:
        key = _contradiction(workload.pod)
        if key:
            label = f"{key}={workload.pod.node_selector[key]}"
            sentence = f"no term of the required node affinity allows {label}"
            yield Hit(workload.loaded, f"{workload.path}.nodeSelector", sentence)


def _contradiction(pod: Pod) -> str:
    """A key of the node selector whose value the required node affinity refuses; "" when there is none."""
    terms = pod.required_nodes.terms if pod.required_nodes else ()
    keys = [_excluded(term, dict(pod.node_selector)) for term in terms]
    return keys[0] if keys and all(keys) else ""


def _every_node_tainted(scene: Scene) -> Iterator[Hit]:
    for workload in scene.workloads:
        allowed = scene.allowed(workload)
        if allowed and not scene.open_to(workload):
            sentence = (
                f"all {len(allowed)} nodes that it may use are cordoned or have a taint it does not tolerate"
            )
            yield Hit(workload.loaded, f"{workload.path}.tolerations", sentence)


def _is_own(term: PodAffinityTerm, pod: Pod) -> bool:
    everywhere = term.namespace_selector is not None and term.namespace_selector.is_empty
    return (everywhere or pod.namespace in term.namespaces) and selects_own(term.selector, pod)


def _selects_some(scene: Scene, term: PodAffinityTerm) -> bool:
    """Also true where that depends on labels of namespaces that are not known."""
    if term.namespace_selector is not None and not term.namespace_selector.is_empty:
        return True
    everywhere = term.namespace_selector is not None
    return any(
        (everywhere or namespace in term.namespaces) and selects(term.selector, labels)
        for namespace, labels in scene.labels_of_pods
    )


def _excluded(term: NodeSelectorTerm, labels: dict[str, str]) -> str:
    """The first key for which the term refuses the label that every node must have; "" when there is none."""
    return next((e.key for e in term.expressions if e.key in labels and _refuses(e, labels)), "")


def _refuses(expression: Requirement, labels: dict[str, str]) -> bool:
    return expression.operator is Operator.DOES_NOT_EXIST or not expression.matches(labels)


FINDERS = {
    "L201": _more_than_domains,
    "L202": _to_nothing,
    "L203": _against_itself,
    "L204": _no_node,
    "L205": _selector_against_affinity,
    "L206": _every_node_tainted,
}
