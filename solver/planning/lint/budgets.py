"""L501-L505: disruption budgets and services, and what their selectors find."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

from solver.kube.documents import plain
from solver.kube.inventory import Loaded
from solver.kube.selectors import label_selector
from solver.model.selector import equals, selects
from solver.planning.lint.hit import Hit
from solver.planning.lint.scene import Scene, Workload


def _selected(scene: Scene, budget: Loaded) -> tuple[Workload, ...]:
    spec = budget.stored.spec
    return scene.selected(budget.namespace, label_selector(spec.selector) if spec else None)


def _blocks(scene: Scene) -> Iterator[Hit]:
    for budget in scene.objects("PodDisruptionBudget"):
        pods = sum(workload.replicas for workload in _selected(scene, budget) if not workload.is_per_node)
        field, stated = _limit(plain(budget.entry.value))
        if pods and _allowed(field, stated, pods) <= 0:
            yield Hit(budget, f"spec.{field}", f"{field} {stated} of {pods} pods leaves none to evict")


def _limit(budget: object) -> tuple[str, object]:
    spec = budget.get("spec") if isinstance(budget, dict) else None
    stated = spec if isinstance(spec, dict) else {}
    field = "maxUnavailable" if stated.get("maxUnavailable") is not None else "minAvailable"
    return field, stated.get(field, 1)


def _allowed(field: str, stated: object, pods: int) -> int:
    """Evictions while all pods are healthy; percentages are rounded up, as the controller does."""
    text = str(stated)
    amount = -(-int(text[:-1]) * pods // 100) if text.endswith("%") and text[:-1].isdigit() else None
    if amount is None:
        amount = int(text) if text.isdigit() else 0
    return amount if field == "maxUnavailable" else pods - amount


def _budget_selects_nothing(scene: Scene) -> Iterator[Hit]:
    for budget in scene.objects("PodDisruptionBudget"):
        if not _selected(scene, budget) and not _runs(scene, budget):
            yield Hit(budget, "spec.selector", f"no workload in namespace {budget.namespace} has such labels")


def _runs(scene: Scene, budget: Loaded) -> bool:
    """Pods of controllers that nobody knows here."""
    spec = budget.stored.spec
    selector = label_selector(spec.selector) if spec else None
    return any(
        pod.namespace == budget.namespace and selects(selector, pod.metadata.labels or {})
        for pod in scene.everything("Pod")
    )


def _two_budgets(scene: Scene) -> Iterator[Hit]:
    budgets = sorted(scene.everything("PodDisruptionBudget"), key=lambda budget: budget.label)
    in_scope = {budget.key for budget in scene.objects("PodDisruptionBudget")}
    for one, other in combinations(budgets, 2):
        about = one if one.key in in_scope else other
        second = other if about is one else one
        if about.key not in in_scope or one.namespace != other.namespace:
            continue
        theirs = {workload.loaded.key for workload in _selected(scene, second)}
        both = [workload for workload in _selected(scene, about) if workload.loaded.key in theirs]
        if both:
            sentence = f"{both[0].kind} {both[0].loaded.label} also has budget {second.name}"
            yield Hit(about, "spec.selector", sentence)


def _service_selects_nothing(scene: Scene) -> Iterator[Hit]:
    for service in scene.objects("Service"):
        labels = (service.stored.spec.selector if service.stored.spec else None) or {}
        selector = equals(labels)
        pods = (p for p in scene.everything("Pod") if p.namespace == service.namespace)
        if not labels or scene.selected(service.namespace, selector):
            continue
        if not any(selects(selector, pod.metadata.labels or {}) for pod in pods):
            wanted = ", ".join(f"{key}={value}" for key, value in sorted(labels.items()))
            yield Hit(service, "spec.selector", f"nothing in namespace {service.namespace} has {wanted}")


def _no_budget(scene: Scene) -> Iterator[Hit]:
    if not scene.knows("PodDisruptionBudget"):
        return
    budgets = list(scene.everything("PodDisruptionBudget"))
    covered = {workload.loaded.key for budget in budgets for workload in _selected(scene, budget)}
    for workload in scene.workloads:
        if workload.claim_templates and workload.replicas > 1 and workload.loaded.key not in covered:
            yield Hit(workload.loaded, "", f"no budget selects its {workload.replicas} replicas")


FINDERS = {
    "L501": _blocks,
    "L502": _budget_selects_nothing,
    "L503": _two_budgets,
    "L504": _service_selects_nothing,
    "L505": _no_budget,
}
