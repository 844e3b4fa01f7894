"""From a pod template to pods: what all workload kinds share (W5-W19)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from frozendict import frozendict
from msgspec import structs

from solver.kube import raw
from solver.kube.inventory import Inventory, Loaded
from solver.kube.pods import Identity, ephemeral_claim_name, pod
from solver.kube.storage import ClaimContext, template_claim
from solver.model.names import ClaimKey, PodKey, claim_key, pod_key
from solver.model.node import Node
from solver.model.pod import Owner, Pod, WorkloadKey
from solver.model.snapshot import Controller
from solver.model.storage import Claim


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """A pod template after admission, and the workload it stands in."""

    workload: WorkloadKey
    owner: Owner
    """What the pods' controlling ownerReference will name; a ReplicaSet for a Deployment."""
    labels: Mapping[str, str]
    spec: raw.PodSpec
    path: str = "spec.template"

    @property
    def source(self) -> str:
        return f"{self.workload} {self.path}"


@dataclass(slots=True, kw_only=True)
class Planned:
    """The cluster as it is known while workloads are expanded, and what they add to it."""

    inventory: Inventory
    nodes: Sequence[Node]
    claim_context: ClaimContext
    existing: dict[PodKey, Pod]
    claims: dict[ClaimKey, Claim]
    """Existing claims; new ones are added."""
    pods: list[Pod] = field(default_factory=list)
    controllers: list[Controller] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    _names: set[PodKey] = field(default_factory=set)
    _by_workload: dict[WorkloadKey, list[Pod]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for known in self.existing.values():
            if known.workload is not None:
                self._by_workload.setdefault(known.workload, []).append(known)

    def active(self, workload: WorkloadKey) -> list[Pod]:
        """Existing pods that count as present for W16: not terminating, not finished."""
        pods = self._by_workload.get(workload, ())
        return [p for p in pods if not p.terminating and not p.is_terminal]

    def free_names(self, namespace: str, owner: str, number: int) -> list[str]:
        """W18: ``<owner>-<index>``, leaving out names that are taken."""
        names: list[str] = []
        index = 0
        while len(names) < number:
            key = pod_key(namespace, f"{owner}-{index}")
            if key not in self.existing and key not in self._names:
                names.append(f"{owner}-{index}")
            index += 1
        return names

    def reserve(self, key: PodKey) -> None:
        """Names that only one pod can have, such as those of StatefulSets."""
        self._names.add(key)

    def add_pod(
        self,
        template: Template,
        name: str,
        *,
        labels: Mapping[str, str] | None = None,
        ordinal: int | None = None,
        created_after: PodKey | None = None,
    ) -> Pod:
        """One more pod made from the template, with its generic ephemeral claims (W19)."""
        namespace = template.workload.namespace
        identity = Identity(
            namespace=namespace,
            name=name,
            uid=f"new/{namespace}/{name}",
            labels=frozendict({**template.labels, **(labels or {})}),
            owner=template.owner,
            workload=template.workload,
            ordinal=ordinal,
            created_after=created_after,
            from_manifest=True,
            source=template.source,
        )
        made = pod(identity, template.spec)
        self.add(made, template.spec)
        return made

    def add(self, made: Pod, spec: raw.PodSpec) -> None:
        self.existing.pop(made.key, None)
        self.reserve(made.key)
        self.pods.append(made)
        owner = Owner(kind="Pod", name=made.name, uid=made.uid)
        for volume in spec.volumes or ():
            if volume.ephemeral is not None and volume.ephemeral.volume_claim_template is not None:
                name = ephemeral_claim_name(made.name, volume.name or "")
                self.add_claim(made.namespace, name, volume.ephemeral.volume_claim_template, owner)

    def add_claim(
        self, namespace: str, name: str, template: raw.ClaimTemplate, owner: Owner | None = None
    ) -> None:
        """W13: a claim of that name that exists is used as it is."""
        key = claim_key(namespace, name)
        if key not in self.claims:
            self.claims[key] = template_claim(namespace, name, template, owner, self.claim_context)


def template_labels(template: raw.PodTemplate | None) -> dict[str, str]:
    return dict((template.metadata.labels if template and template.metadata else None) or {})


def workload_key(loaded: Loaded) -> WorkloadKey:
    return WorkloadKey(kind=loaded.kind.name, namespace=loaded.namespace, name=loaded.name)


def owner_of(loaded: Loaded) -> Owner:
    """The ownerReference that pods of this object carry."""
    return Owner(kind=loaded.kind.name, name=loaded.name, uid=loaded.metadata.uid or "")


def with_volumes(spec: raw.PodSpec, volumes: Iterable[raw.PodVolume]) -> raw.PodSpec:
    """The spec with these volumes in front; they take the place of volumes of the same name (W13)."""
    new = list(volumes)
    names = {v.name for v in new}
    return structs.replace(spec, volumes=[*new, *(v for v in spec.volumes or () if v.name not in names)])
