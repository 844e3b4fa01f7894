"""Pods: raw to model.

Admission (W24-W28) is in ``admission.py``, what is wrong with a pod in ``valid_pod.py``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from frozendict import frozendict
from msgspec import structs

from solver.kube import defaults, raw
from solver.kube.parts import CACHE_SIZE, ByValue, Needs, Rules, needs_of, rules_of
from solver.kube.requests import Requests, is_sidecar, pod_requests
from solver.kube.selectors import label_selector, node_selector, node_term
from solver.kube.storage import in_tree_disk
from solver.model.names import NodeName, PodKey, TopologyKey, claim_key, pod_key
from solver.model.pod import (
    ClaimUse,
    DiskKind,
    HostPort,
    InlineDisk,
    InlineSource,
    InlineVolume,
    Owner,
    Pod,
    PodAffinityTerm,
    PreferredNodeTerm,
    SpreadConstraint,
    Toleration,
    WeightedPodAffinityTerm,
    WorkloadKey,
)
from solver.model.requirement import NodeSelector, Operator
from solver.model.selector import LabelSelector

HARD = "DoNotSchedule"  # T1


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Which pod this is and where it comes from: what the spec does not say."""

    namespace: str
    name: str
    uid: str = ""
    labels: frozendict[str, str] = frozendict()
    owner: Owner | None = None
    workload: WorkloadKey | None = None
    ordinal: int | None = None
    created_after: PodKey | None = None
    from_manifest: bool = False
    source: str = ""
    terminating: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class _Placing:
    """The model of ``parts.Rules``."""

    node_selector: frozendict[str, str]
    required_nodes: NodeSelector | None
    preferred_nodes: tuple[PreferredNodeTerm, ...]
    tolerations: tuple[Toleration, ...]
    spread: tuple[SpreadConstraint, ...]
    affinity: tuple[PodAffinityTerm, ...]
    anti_affinity: tuple[PodAffinityTerm, ...]
    preferred_affinity: tuple[WeightedPodAffinityTerm, ...]
    preferred_anti_affinity: tuple[WeightedPodAffinityTerm, ...]


@dataclass(frozen=True, slots=True)
class _Setting:
    """What the rules of a pod take from the pod itself. Pods that agree in it and in the rules share both."""

    namespace: str
    labels: frozendict[str, str]
    """Only those that key lists name (S3)."""
    merges_affinity: bool
    """S4."""


@dataclass(frozen=True, slots=True)
class _Taking:
    """The model of ``parts.Needs``."""

    requests: Requests
    host_ports: tuple[HostPort, ...]
    images: tuple[str, ...]


def pod(identity: Identity, stored: raw.PodSpec, status: raw.PodStatus | None = None) -> Pod:
    """W20-W23 are applied. Affinity key lists (S3) are merged for pods from manifests only (S4)."""
    state = status or raw.PodStatus()
    taking = _taking(needs_of(stored, status if stored.node_name else None))  # R7
    rules = rules_of(stored)
    named = {key: identity.labels[key] for key in _listed_keys(rules) if key in identity.labels}
    placing = _placing(rules, _Setting(identity.namespace, frozendict(named), identity.from_manifest))
    return Pod(
        key=pod_key(identity.namespace, identity.name),
        namespace=identity.namespace,
        name=identity.name,
        uid=identity.uid,
        labels=identity.labels,
        owner=identity.owner,
        workload=identity.workload,
        ordinal=identity.ordinal,
        created_after=identity.created_after,
        from_manifest=identity.from_manifest,
        source=identity.source,
        node_name=NodeName(stored.node_name) if stored.node_name else None,
        phase=state.phase or "Pending",
        terminating=identity.terminating,
        ready=all(c.status == "True" for c in state.conditions or () if c.type == "Ready"),
        priority=stored.priority or 0,
        preemption_policy=stored.preemption_policy or defaults.PREEMPTION_POLICY,
        scheduler_name=stored.scheduler_name or defaults.SCHEDULER_NAME,
        scheduling_gates=tuple(g.name or "" for g in stored.scheduling_gates or ()),
        nominated_node=NodeName(state.nominated_node_name) if state.nominated_node_name else None,
        start_time=state.start_time or "",
        node_selector=placing.node_selector,
        required_nodes=placing.required_nodes,
        preferred_nodes=placing.preferred_nodes,
        tolerations=placing.tolerations,
        host_ports=taking.host_ports,
        requests=taking.requests.effective,
        incoming_score_cpu_millis=taking.requests.incoming_score_cpu_millis,
        incoming_score_memory_bytes=taking.requests.incoming_score_memory_bytes,
        running_score_cpu_millis=taking.requests.running_score_cpu_millis,
        running_score_memory_bytes=taking.requests.running_score_memory_bytes,
        spread=placing.spread,
        affinity=placing.affinity,
        anti_affinity=placing.anti_affinity,
        preferred_affinity=placing.preferred_affinity,
        preferred_anti_affinity=placing.preferred_anti_affinity,
        claims=_claims(stored.volumes or (), identity),
        disks=tuple(d for v in stored.volumes or () if (d := _disk(v)) is not None),
        inline_volumes=tuple(
            InlineVolume(plugin=plugin, handle=handle)
            for plugin, handle in map(in_tree_disk, stored.volumes or ())
            if plugin
        ),
        inline_sources=_inline_sources(stored.volumes or ()),
        resource_claims=_resource_claims(stored, state),
        images=taking.images,
    )


@lru_cache(maxsize=CACHE_SIZE)
def _taking(needs: ByValue[Needs]) -> _Taking:
    filled = structs.replace(needs.value, spec=defaults.defaulted(needs.value.spec))
    spec = filled.spec
    images = (image_name(c.image or "") for c in (*(spec.init_containers or ()), *(spec.containers or ())))
    return _Taking(pod_requests(filled), _host_ports(spec), tuple(images))


@lru_cache(maxsize=CACHE_SIZE)
def _listed_keys(rules: ByValue[Rules]) -> frozenset[str]:
    """Label keys that matchLabelKeys or mismatchLabelKeys name."""
    affinity = rules.value.affinity or raw.Affinity()
    spread = rules.value.topology_spread_constraints or ()
    keys = {key for c in spread for key in c.match_label_keys or ()}
    for group in (affinity.pod_affinity, affinity.pod_anti_affinity):
        for term in _all_terms(group or raw.PodAffinity()):
            keys.update(term.match_label_keys or (), term.mismatch_label_keys or ())
    return frozenset(keys)


def _all_terms(group: raw.PodAffinity) -> Iterator[raw.PodAffinityTerm]:
    yield from group.required_during_scheduling_ignored_during_execution or ()
    for wish in group.preferred_during_scheduling_ignored_during_execution or ():
        if wish.pod_affinity_term is not None:
            yield wish.pod_affinity_term


@lru_cache(maxsize=CACHE_SIZE)
def _placing(rules: ByValue[Rules], setting: _Setting) -> _Placing:
    stored = rules.value
    affinity = stored.affinity or raw.Affinity()
    node_affinity = affinity.node_affinity or raw.NodeAffinity()
    near = affinity.pod_affinity or raw.PodAffinity()
    far = affinity.pod_anti_affinity or raw.PodAffinity()
    return _Placing(
        node_selector=frozendict(stored.node_selector or {}),
        required_nodes=node_selector(node_affinity.required_during_scheduling_ignored_during_execution),
        preferred_nodes=tuple(
            PreferredNodeTerm(weight=p.weight or 0, term=node_term(p.preference or raw.NodeSelectorTerm()))
            for p in node_affinity.preferred_during_scheduling_ignored_during_execution or ()
        ),
        tolerations=tuple(_toleration(t) for t in stored.tolerations or ()),
        spread=tuple(spread_constraint(c, setting.labels) for c in stored.topology_spread_constraints or ()),
        affinity=_terms(near.required_during_scheduling_ignored_during_execution, setting),
        anti_affinity=_terms(far.required_during_scheduling_ignored_during_execution, setting),
        preferred_affinity=_weighted(near.preferred_during_scheduling_ignored_during_execution, setting),
        preferred_anti_affinity=_weighted(far.preferred_during_scheduling_ignored_during_execution, setting),
    )


def _toleration(stored: raw.Toleration) -> Toleration:
    return Toleration(
        key=stored.key or "",
        operator=stored.operator or defaults.TOLERATION_OPERATOR,
        value=stored.value or "",
        effect=stored.effect or "",
        seconds=stored.toleration_seconds,
    )


def _host_ports(spec: raw.PodSpec) -> tuple[HostPort, ...]:
    """P1: regular containers and sidecars; P4: every declared port of a hostNetwork pod."""
    keep_running = [*(spec.containers or ()), *filter(is_sidecar, spec.init_containers or ())]
    found = (
        HostPort(
            protocol=port.protocol or defaults.PROTOCOL,
            ip=port.host_ip or defaults.HOST_IP,
            port=defaults.host_port(port, bool(spec.host_network)),
        )
        for container in keep_running
        for port in container.ports or ()
    )
    return tuple(dict.fromkeys(port for port in found if port.port > 0))


def spread_constraint(
    stored: raw.SpreadConstraint, labels: frozendict[str, str] = frozendict()
) -> SpreadConstraint:
    """T2's defaults; T3 with the pod's current labels (S4)."""
    return SpreadConstraint(
        topology_key=TopologyKey(stored.topology_key or ""),
        max_skew=stored.max_skew or 0,
        hard=stored.when_unsatisfiable == HARD,
        selector=_merged(label_selector(stored.label_selector), stored.match_label_keys, labels, Operator.IN),
        min_domains=1 if stored.min_domains is None else stored.min_domains,
        honor_affinity=stored.node_affinity_policy != "Ignore",
        honor_taints=stored.node_taints_policy == "Honor",
    )


def _merged(
    selector: LabelSelector | None,
    keys: Sequence[str] | None,
    labels: frozendict[str, str],
    operator: Operator,
) -> LabelSelector | None:
    """S3. What the API server has merged already is not repeated."""
    if selector is None or not keys:
        return selector
    merged = selector.merged(keys, labels, operator)
    return LabelSelector(requirements=tuple(dict.fromkeys(merged.requirements)), error=merged.error)


def _terms(stored: Iterable[raw.PodAffinityTerm] | None, setting: _Setting) -> tuple[PodAffinityTerm, ...]:
    return tuple(_term(t, setting) for t in stored or ())


def _weighted(
    stored: Iterable[raw.WeightedPodAffinityTerm] | None, setting: _Setting
) -> tuple[WeightedPodAffinityTerm, ...]:
    return tuple(
        WeightedPodAffinityTerm(
            weight=w.weight or 0, term=_term(w.pod_affinity_term or raw.PodAffinityTerm(), setting)
        )
        for w in stored or ()
    )


def _term(stored: raw.PodAffinityTerm, setting: _Setting) -> PodAffinityTerm:
    selector = label_selector(stored.label_selector)
    if setting.merges_affinity:
        selector = _merged(selector, stored.match_label_keys, setting.labels, Operator.IN)
        selector = _merged(selector, stored.mismatch_label_keys, setting.labels, Operator.NOT_IN)
    namespaces = frozenset(stored.namespaces or ())
    if not namespaces and stored.namespace_selector is None:  # A1
        namespaces = frozenset({setting.namespace})
    return PodAffinityTerm(
        topology_key=TopologyKey(stored.topology_key or ""),
        selector=selector,
        namespaces=namespaces,
        namespace_selector=label_selector(stored.namespace_selector),
    )


def _claims(volumes: Sequence[raw.PodVolume], identity: Identity) -> tuple[ClaimUse, ...]:
    """V1, V2."""
    uses: list[ClaimUse] = []
    for volume in volumes:
        name = volume.name or ""
        if volume.persistent_volume_claim is not None:
            claim_name = volume.persistent_volume_claim.claim_name or ""
            uses.append(ClaimUse(volume=name, claim=claim_key(identity.namespace, claim_name)))
        elif volume.ephemeral is not None:
            claim_name = ephemeral_claim_name(identity.name, name)
            key = claim_key(identity.namespace, claim_name)
            uses.append(ClaimUse(volume=name, claim=key, ephemeral=True))
    return tuple(uses)


def ephemeral_claim_name(pod_name: str, volume_name: str) -> str:
    """V2."""
    return f"{pod_name}-{volume_name}"


def _disk(volume: raw.PodVolume) -> InlineDisk | None:
    """V5."""
    if (gce := volume.gce_persistent_disk) is not None:
        return InlineDisk(kind=DiskKind.GCE, identity=gce.pd_name or "", read_only=bool(gce.read_only))
    if (ebs := volume.aws_elastic_block_store) is not None:
        return InlineDisk(kind=DiskKind.EBS, identity=ebs.volume_id or "", read_only=bool(ebs.read_only))
    if (iscsi := volume.iscsi) is not None:
        return InlineDisk(kind=DiskKind.ISCSI, identity=iscsi.iqn or "", read_only=bool(iscsi.read_only))
    if (rbd := volume.rbd) is not None:
        return InlineDisk(
            kind=DiskKind.RBD,
            identity=f"{rbd.pool or 'rbd'}/{rbd.image or ''}",
            read_only=bool(rbd.read_only),
            monitors=frozenset(rbd.monitors or ()),
        )
    return None


_INLINE_SOURCES = {
    "empty_dir": "emptyDir",
    "host_path": "hostPath",
    "nfs": "nfs",
    "cephfs": "cephfs",
    "azure_file": "azureFile",
    "fc": "fc",
    "vsphere_volume": "vsphereVolume",
    "iscsi": "iscsi",
    "rbd": "rbd",
    "gce_persistent_disk": "gcePersistentDisk",
    "aws_elastic_block_store": "awsElasticBlockStore",
    "azure_disk": "azureDisk",
    "cinder": "cinder",
    "portworx_volume": "portworxVolume",
}


def _inline_sources(volumes: Sequence[raw.PodVolume]) -> tuple[InlineSource, ...]:
    """C24."""
    return tuple(
        InlineSource(volume=volume.name or "", source=source)
        for volume in volumes
        if volume.persistent_volume_claim is None and volume.ephemeral is None
        for field, source in _INLINE_SOURCES.items()
        if getattr(volume, field) is not None
    )


def _resource_claims(spec: raw.PodSpec, status: raw.PodStatus) -> tuple[str, ...]:
    """D1: the claim's name stands in the spec, or in the status once a template has made it."""
    made = {s.name: s.resource_claim_name or "" for s in status.resource_claim_statuses or ()}
    return tuple(c.resource_claim_name or made.get(c.name, "") for c in spec.resource_claims or ())


def image_name(name: str) -> str:
    """I2: ``:latest`` where neither tag nor digest (both contain a colon) follows the last slash."""
    last = name.rpartition("/")[2]
    return name if ":" in last else f"{name}:latest"
