"""Deployments, ReplicaSets and ReplicationControllers as pods (W5, W6, W16, W17)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from solver.kube import raw
from solver.kube.defaults import REPLICAS
from solver.kube.documents import plain
from solver.kube.inventory import Loaded
from solver.kube.owners import controller
from solver.kube.selectors import label_selector
from solver.kube.templates import Planned, Template, owner_of, template_labels, workload_key
from solver.kube.unsupported import ROLLING_UPDATE
from solver.model.pod import Owner
from solver.model.quantity import parse_milli
from solver.model.requirement import Operator
from solver.model.selector import LabelSelector, equals
from solver.model.snapshot import Controller

HASH_LABEL = "pod-template-hash"
PLACEHOLDER_HASH = "new"


def expand_replica_set(loaded: Loaded, spec: raw.PodSpec, planned: Planned) -> None:
    """W6."""
    stored: raw.ReplicaSet = loaded.stored
    wanted = stored.spec or raw.ReplicaSetSpec()
    planned.controllers.append(_controller(loaded, label_selector(wanted.selector)))
    _expand(_template(loaded, spec, template_labels(wanted.template)), wanted.replicas, planned)


def expand_replication_controller(loaded: Loaded, spec: raw.PodSpec, planned: Planned) -> None:
    """W6. The selector defaults to the labels of the template."""
    stored: raw.ReplicationController = loaded.stored
    wanted = stored.spec or raw.ReplicationControllerSpec()
    labels = template_labels(wanted.template)
    planned.controllers.append(_controller(loaded, equals(wanted.selector or labels)))
    _expand(_template(loaded, spec, labels), wanted.replicas, planned)


def expand_deployment(loaded: Loaded, spec: raw.PodSpec, planned: Planned) -> None:
    """W5: through one ReplicaSet, the stored one of this revision if there is one."""
    stored: raw.Deployment = loaded.stored
    wanted = stored.spec or raw.ReplicaSetSpec()
    template = _template(loaded, spec, template_labels(wanted.template))
    current = _current_replica_set(loaded, planned)
    if current is None:
        owner, template_hash = _new_replica_set(loaded, wanted, planned)
        if planned.active(template.workload):
            planned.inventory.skipped.add(ROLLING_UPDATE, str(template.workload))
    else:
        owner, template_hash = owner_of(current), _hash_of(current)
    template = replace(template, owner=owner, labels={**template.labels, HASH_LABEL: template_hash})
    _expand(template, wanted.replicas, planned)


def _template(loaded: Loaded, spec: raw.PodSpec, labels: dict[str, str]) -> Template:
    return Template(workload=workload_key(loaded), owner=owner_of(loaded), labels=labels, spec=spec)


def _controller(loaded: Loaded, selector: LabelSelector | None) -> Controller:
    return Controller(
        kind=loaded.kind.name,
        namespace=loaded.namespace,
        name=loaded.name,
        selector=selector,
        owner=controller(loaded.metadata),
    )


def _expand(template: Template, replicas: int | None, planned: Planned) -> None:
    """W16: only the missing number."""
    workload = template.workload
    wanted = REPLICAS if replicas is None else replicas
    present = len(planned.active(workload))
    if present > wanted:
        planned.warnings.append(f"{workload} has {present} pods and asks for {wanted}: none is removed here")
    for name in planned.free_names(workload.namespace, workload.name, wanted - present):
        planned.add_pod(template, name)


def _replica_sets(loaded: Loaded, planned: Planned) -> Iterator[Loaded]:
    """Stored ReplicaSets of the Deployment."""
    for candidate in planned.inventory.of("ReplicaSet"):
        owner = controller(candidate.metadata)
        if owner is None or candidate.namespace != loaded.namespace:
            continue
        if (owner.kind, owner.name) == ("Deployment", loaded.name):
            yield candidate


def _current_replica_set(loaded: Loaded, planned: Planned) -> Loaded | None:
    wanted = plain_template(loaded)
    for candidate in _replica_sets(loaded, planned):
        if _hash_of(candidate) and stated_in(wanted, plain_template(candidate)):
            return candidate
    return None


def _hash_of(replica_set: Loaded) -> str:
    stored: raw.ReplicaSet = replica_set.stored
    labels = template_labels(stored.spec.template if stored.spec else None)
    return labels.get(HASH_LABEL) or (replica_set.metadata.labels or {}).get(HASH_LABEL, "")


def _new_replica_set(loaded: Loaded, wanted: raw.ReplicaSetSpec, planned: Planned) -> tuple[Owner, str]:
    """A ReplicaSet that does not exist yet, with a hash that equals no existing one."""
    used = {_hash_of(r) for r in planned.inventory.of("ReplicaSet")}
    used.update(p.labels.get(HASH_LABEL, "") for p in planned.existing.values())
    candidates = (PLACEHOLDER_HASH if n == 0 else f"{PLACEHOLDER_HASH}{n}" for n in range(len(used) + 1))
    template_hash = next(c for c in candidates if c not in used)
    name = f"{loaded.name}-{template_hash}"
    selector = label_selector(wanted.selector)
    if selector is not None:
        selector = selector.merged([HASH_LABEL], {HASH_LABEL: template_hash}, Operator.IN)
    planned.controllers.append(
        Controller(
            kind="ReplicaSet",
            namespace=loaded.namespace,
            name=name,
            selector=selector,
            owner=owner_of(loaded),
        )
    )
    return Owner(kind="ReplicaSet", name=name), template_hash


def plain_template(loaded: Loaded) -> Any:
    """Every field of the template, also those that are not read otherwise."""
    return plain(loaded.entry.value).get("spec", {}).get("template")


def stated_in(wanted: Any, stored: Any) -> bool:
    """Whether all that ``wanted`` says is so in ``stored``, which may say more: the API server's defaults."""
    try:
        return _stated_in(wanted, stored)
    except RecursionError:
        return False  # no real template nests like that


def _stated_in(wanted: Any, stored: Any) -> bool:
    if stored is None:
        return not wanted
    if wanted is None:
        return True
    if isinstance(wanted, dict):
        return isinstance(stored, dict) and all(stated_in(v, stored.get(k)) for k, v in wanted.items())
    if isinstance(wanted, list):
        if not isinstance(stored, list) or len(wanted) != len(stored):
            return False
        return all(stated_in(w, s) for w, s in zip(wanted, stored, strict=True))
    return wanted == stored or _same_quantity(wanted, stored)


def _same_quantity(wanted: Any, stored: Any) -> bool:
    """``1000m`` is stored as ``1``."""
    try:
        return parse_milli(str(wanted)) == parse_milli(str(stored))
    except ValueError:
        return False
