"""The objects to look at, and what findings ask about them: workloads, nodes, claims, classes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from frozendict import frozendict

from solver.errors import InputError
from solver.kube import raw
from solver.kube.defaults import DEFAULT_CLASS_ANNOTATIONS
from solver.kube.documents import plain
from solver.kube.inventory import Inventory, Loaded
from solver.kube.nodes import node
from solver.kube.owners import controller
from solver.kube.pods import Identity, pod
from solver.kube.storage import storage_class
from solver.model.node import NO_EXECUTE, NO_SCHEDULE, Node, Taint
from solver.model.pod import Pod, tolerated
from solver.model.requirement import NodeSelector, NodeSelectorTerm, Operator
from solver.model.selector import LabelSelector, selects
from solver.model.storage import StorageClass
from solver.planning.change import Inputs
from solver.planning.workloads import WORKLOAD_KINDS, template_path

_CORDON = Taint(key="node.kubernetes.io/unschedulable", value="", effect=NO_SCHEDULE)
_PER_NODE = "DaemonSet"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Workload:
    """A controller, or a pod without one."""

    loaded: Loaded
    replicas: int
    """Pods wanted; 1 for a DaemonSet, whose pods share no count."""
    spec: raw.PodSpec
    path: str
    """Of the pod spec in the object."""
    pod: Pod
    """One of its pods, without a node."""
    claim_templates: tuple[raw.ClaimTemplate, ...] = ()

    @property
    def kind(self) -> str:
        return self.loaded.kind.name

    @property
    def namespace(self) -> str:
        return self.loaded.namespace

    @property
    def is_per_node(self) -> bool:
        return self.kind == _PER_NODE

    def field(self, path: str) -> Any:
        """A field that no other question reads; None when it is not there."""
        value = plain(self.loaded.entry.value)
        for step in path.split("."):
            value = value.get(step) if isinstance(value, dict) else None
        return value


class Scene:
    """With manifests, those are looked at and held against the cluster; without, the cluster itself is."""

    def __init__(self, inputs: Inputs) -> None:
        """Raises InputError with every fault of the objects."""
        self._inventory = Inventory(inputs.options.default_namespace)
        self._inventory.load(inputs.cluster, manifest=False)
        self._inventory.load(inputs.manifests, manifest=True)
        if self._inventory.faults:
            raise InputError(self._inventory.faults)
        self._only_manifests = bool(inputs.manifests)
        self.has_cluster = bool(inputs.cluster)
        self._listed = inputs.options.listed_kinds
        self._allowed: dict[tuple[object, ...], list[Node]] = {}
        self._largest: dict[tuple[object, ...], int | None] = {}
        self._selected: dict[tuple[object, ...], tuple[Workload, ...]] = {}

    def objects(self, kind: str) -> Iterator[Loaded]:
        """Those to look at."""
        return (found for found in self._inventory.of(kind) if found.manifest or not self._only_manifests)

    def everything(self, kind: str) -> Iterator[Loaded]:
        return iter(self._inventory.of(kind))

    def get(self, kind: str, namespace: str, name: str) -> Loaded | None:
        return self._inventory.get(kind, namespace, name)

    def knows(self, kind: str) -> bool:
        """Whether an object of the kind that is not here is not there at all: a dump may leave out a kind."""
        dumped = any(not found.manifest for found in self._inventory.of(kind))
        return self.has_cluster and (dumped or kind in self._listed)

    @property
    def workloads(self) -> Iterator[Workload]:
        """Those to look at."""
        return (w for w in self.all_workloads if w.loaded.manifest or not self._only_manifests)

    @cached_property
    def all_workloads(self) -> tuple[Workload, ...]:
        found = (one for kind in (*WORKLOAD_KINDS, "Pod") for one in self._inventory.of(kind))
        return tuple(w for one in found if (w := _workload(one)) is not None)

    @cached_property
    def nodes(self) -> tuple[Node, ...]:
        return tuple(node(found.name, found.stored) for found in self._inventory.of("Node"))

    def allowed(self, workload: Workload) -> list[Node]:
        """Nodes that its node selector and required node affinity leave (N). Most pods ask for the same."""
        pod = workload.pod
        asked = (pod.node_selector, pod.required_nodes)
        if asked not in self._allowed:
            self._allowed[asked] = [node for node in self.nodes if may_use(pod, node)]
        return self._allowed[asked]

    def open_to(self, workload: Workload) -> list[Node]:
        """Those of them that are not closed to it."""
        pod = workload.pod
        asked = (pod.node_selector, pod.required_nodes, pod.tolerations)
        if asked not in self._allowed:
            self._allowed[asked] = [node for node in self.allowed(workload) if not is_closed(pod, node)]
        return self._allowed[asked]

    def reaches(self, workload: Workload, reach: NodeSelector) -> bool:
        """Whether one of the allowed nodes does; only nodes with a label that is listed are asked."""
        pod = workload.pod
        return any(
            may_use(pod, node) and reach.matches(node.labels, node.name)
            for term in reach.terms
            for node in self._candidates(term)
        )

    def _candidates(self, term: NodeSelectorTerm) -> Sequence[Node]:
        listed = next((e for e in term.expressions if e.operator is Operator.IN), None)
        if listed is None:
            return self.nodes
        return [node for value in listed.values for node in self._by_label.get((listed.key, value), ())]

    @cached_property
    def _by_label(self) -> dict[tuple[str, str], list[Node]]:
        found: dict[tuple[str, str], list[Node]] = {}
        for one in self.nodes:
            for label in one.labels.items():
                found.setdefault(label, []).append(one)
        return found

    def largest(self, workload: Workload, resource: str) -> int | None:
        """The most that one of the allowed nodes has; None without a node."""
        asked = (workload.pod.node_selector, workload.pod.required_nodes, resource)
        if asked not in self._largest:
            amounts = (node.allocatable.get(resource, 0) for node in self.allowed(workload))
            self._largest[asked] = max(amounts, default=None)
        return self._largest[asked]

    def selected(self, namespace: str, selector: LabelSelector | None) -> tuple[Workload, ...]:
        """Workloads whose pods the selector finds."""
        if (namespace, selector) not in self._selected:
            there = self._by_namespace.get(namespace, ())
            self._selected[namespace, selector] = tuple(w for w in there if selects(selector, w.pod.labels))
        return self._selected[namespace, selector]

    @cached_property
    def _by_namespace(self) -> dict[str, list[Workload]]:
        found: dict[str, list[Workload]] = {}
        for workload in self.all_workloads:
            found.setdefault(workload.namespace, []).append(workload)
        return found

    @cached_property
    def labels_of_pods(self) -> frozenset[tuple[str, frozendict[str, str]]]:
        """Namespace and labels of every pod there is or will be, each once."""
        wanted = {(w.namespace, w.pod.labels) for w in self.all_workloads}
        stored = ((p.namespace, frozendict(p.metadata.labels or {})) for p in self.everything("Pod"))
        return frozenset(wanted.union(stored))

    @cached_property
    def classes(self) -> dict[str, StorageClass]:
        return {
            found.name: storage_class(found.name, found.stored) for found in self.everything("StorageClass")
        }

    @cached_property
    def has_default_class(self) -> bool:
        marked = (found.metadata.annotations or {} for found in self.everything("StorageClass"))
        return any(notes.get(key) == "true" for notes in marked for key in DEFAULT_CLASS_ANNOTATIONS)

    def claims_of(self, workload: Workload) -> Iterator[tuple[str, Loaded | None, str]]:
        """Claims that its pods share: name, object if it is known, and the path that names it."""
        for index, volume in enumerate(workload.spec.volumes or ()):
            source = volume.persistent_volume_claim
            if source is not None and source.claim_name:
                known = self.get("PersistentVolumeClaim", workload.namespace, source.claim_name)
                path = f"{workload.path}.volumes[{index}].persistentVolumeClaim.claimName"
                yield source.claim_name, known, path


def may_use(pod: Pod, node: Node) -> bool:
    """N1-N3: node selector and required node affinity, taints left aside."""
    plain_match = all(node.labels.get(key) == value for key, value in pod.node_selector.items())
    return plain_match and (pod.required_nodes is None or pod.required_nodes.matches(node.labels, node.name))


def is_closed(pod: Pod, node: Node) -> bool:
    """K1, K2: a cordon or a taint that the pod does not tolerate."""
    taints = [taint for taint in node.taints if taint.effect in (NO_SCHEDULE, NO_EXECUTE)]
    taints += [_CORDON] if node.unschedulable else []
    return not all(tolerated(taint, pod.tolerations) for taint in taints)


def _workload(found: Loaded) -> Workload | None:
    """None for what another object controls, and for a controller without a template."""
    stored = found.stored
    if controller(found.metadata) is not None:
        return None
    template = _template(stored)
    if template is None or template.spec is None:
        return None
    labels = frozendict((template.metadata.labels if template.metadata else None) or {})
    identity = Identity(namespace=found.namespace, name=found.name, labels=labels, from_manifest=True)
    return Workload(
        loaded=found,
        replicas=_replicas(stored),
        spec=template.spec,
        path=template_path(found.kind.name),
        pod=pod(identity, template.spec),
        claim_templates=tuple(getattr(stored.spec, "volume_claim_templates", None) or ()),
    )


def _template(stored: Any) -> raw.PodTemplate | None:
    if isinstance(stored, raw.Pod):
        return raw.PodTemplate(metadata=stored.metadata, spec=stored.spec)
    if isinstance(stored, raw.CronJob):
        stored = stored.spec.job_template if stored.spec else None
    template: raw.PodTemplate | None = getattr(getattr(stored, "spec", None), "template", None)
    return template


def _replicas(stored: Any) -> int:
    spec = stored.spec
    if isinstance(stored, raw.CronJob):
        spec = spec.job_template.spec if spec and spec.job_template else None
    stated = getattr(spec, "replicas", None)
    if stated is None:
        stated = getattr(spec, "parallelism", None)
    return 1 if stated is None else stated
