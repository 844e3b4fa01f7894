"""StatefulSets as pods and claims (W7, W13-W16)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from solver.kube import raw
from solver.kube.defaults import REPLICAS
from solver.kube.inventory import Loaded
from solver.kube.replicas import plain_template, stated_in
from solver.kube.selectors import label_selector
from solver.kube.templates import (
    Planned,
    Template,
    owner_of,
    template_labels,
    with_volumes,
    workload_key,
)
from solver.model.names import PodKey, pod_key
from solver.model.pod import Pod, WorkloadKey
from solver.model.snapshot import Controller

REVISION_LABEL = "controller-revision-hash"
POD_NAME_LABEL = "statefulset.kubernetes.io/pod-name"
INDEX_LABEL = "apps.kubernetes.io/pod-index"
PARALLEL = "Parallel"


def ordinals(stored: raw.StatefulSet) -> range:
    """W7."""
    spec = stored.spec or raw.StatefulSetSpec()
    start = (spec.ordinals.start if spec.ordinals else None) or 0
    return range(start, start + (REPLICAS if spec.replicas is None else spec.replicas))


def pod_names(loaded: Loaded) -> list[str]:
    return [f"{loaded.name}-{ordinal}" for ordinal in ordinals(loaded.stored)]


def ordinal_of(pod_name: str, labels: Mapping[str, str]) -> int | None:
    """Of a stored StatefulSet pod."""
    text = labels.get(INDEX_LABEL) or pod_name.rpartition("-")[2]
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None


class Missing(NamedTuple):
    """A replica that does not exist."""

    ordinal: int
    created_after: PodKey | None
    """W14."""


def expand_stateful_set(loaded: Loaded, spec: raw.PodSpec, planned: Planned) -> None:
    stored: raw.StatefulSet = loaded.stored
    planned.controllers.append(controller_of_set(loaded))
    twin = planned.inventory.replaced.get(loaded.key)
    template = replica_template(loaded, spec, twin)
    for missing in missing_replicas(loaded, planned.existing, planned.warnings):
        add_replica(template, stored, missing, planned)


def controller_of_set(loaded: Loaded) -> Controller:
    stored: raw.StatefulSet = loaded.stored
    return Controller(
        kind="StatefulSet",
        namespace=loaded.namespace,
        name=loaded.name,
        selector=label_selector(stored.spec.selector if stored.spec else None),
    )


def replica_template(loaded: Loaded, spec: raw.PodSpec, twin: Loaded | None) -> Template:
    """``twin`` is the stored set that a manifest takes the place of."""
    stored: raw.StatefulSet = loaded.stored
    wanted = stored.spec or raw.StatefulSetSpec()
    labels = {**template_labels(wanted.template), REVISION_LABEL: _revision(loaded, twin)}
    return Template(workload=workload_key(loaded), owner=owner_of(loaded), labels=labels, spec=spec)


def missing_replicas(
    loaded: Loaded, existing: Mapping[PodKey, Pod], warnings: list[str]
) -> Iterator[Missing]:
    """By ordinal. Warnings are appended."""
    stored: raw.StatefulSet = loaded.stored
    workload = workload_key(loaded)
    in_order = stored.spec is None or stored.spec.pod_management_policy != PARALLEL
    before: PodKey | None = None
    for ordinal in ordinals(stored):
        key = pod_key(loaded.namespace, f"{loaded.name}-{ordinal}")
        known = existing.get(key)
        if known is None or (known.is_terminal and not known.terminating):  # W15: a finished pod is replaced
            yield Missing(ordinal, before if in_order else None)
            before = key
        else:
            before = _blocks(known, workload, warnings)


def _blocks(known: Pod, workload: WorkloadKey, warnings: list[str]) -> PodKey | None:
    """W14-W16: a pod that exists is kept; the next ordinal waits for it only while it does not run."""
    if known.terminating:
        warnings.append(
            f"{workload}: {known.key} is terminating; a new pod is made only when it is gone (W15)"
        )
        return known.key
    return known.key if known.is_pending else None


def add_replica(template: Template, stored: raw.StatefulSet, missing: Missing, planned: Planned) -> None:
    """One pod and the claims it needs (W13)."""
    workload = template.workload
    wanted = stored.spec or raw.StatefulSetSpec()
    name = f"{workload.name}-{missing.ordinal}"
    volumes: list[raw.PodVolume] = []
    for claim_template in wanted.volume_claim_templates or ():
        volume = (claim_template.metadata.name if claim_template.metadata else None) or ""
        claim = f"{volume}-{name}"
        volumes.append(raw.PodVolume(name=volume, persistent_volume_claim=raw.ClaimSource(claim_name=claim)))
        planned.add_claim(workload.namespace, claim, claim_template)
    planned.add_pod(
        Template(
            workload=workload,
            owner=template.owner,
            labels=template.labels,
            spec=with_volumes(template.spec, volumes),
        ),
        name,
        labels={POD_NAME_LABEL: name, INDEX_LABEL: str(missing.ordinal)},
        ordinal=missing.ordinal,
        created_after=missing.created_after,
    )


def _revision(loaded: Loaded, twin: Loaded | None) -> str:
    """The stored set's revision when its template is the same, else a placeholder."""
    if twin is not None and stated_in(plain_template(loaded), plain_template(twin)):
        stored: raw.StatefulSet = twin.stored
        if stored.status is not None and stored.status.update_revision:
            return stored.status.update_revision
    return f"{loaded.name}-new"
