"""Pods: raw to model.

Admission (W24-W28) is in ``admission.py``, what is wrong with a pod in ``valid_pod.py``.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from frozendict import frozendict

from solver.kube import defaults, raw
from solver.kube.requests import is_sidecar, pod_requests
from solver.kube.selectors import label_selector, node_selector, node_term
from solver.kube.storage import in_tree_disk
from solver.model.names import NodeName, PodKey, TopologyKey, claim_key, pod_key
from solver.model.pod import (
    ClaimUse,
    DiskKind,
    HostPort,
    InlineDisk,
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
from solver.model.requirement import Operator
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


def pod(identity: Identity, stored: raw.PodSpec, status: raw.PodStatus | None = None) -> Pod:
    """W20-W23 are applied. Affinity key lists (S3) are merged for pods from manifests only (S4)."""
    spec = defaults.defaulted(stored)
    state = status or raw.PodStatus()
    affinity = spec.affinity or raw.Affinity()
    node_affinity = affinity.node_affinity or raw.NodeAffinity()
    near = affinity.pod_affinity or raw.PodAffinity()
    far = affinity.pod_anti_affinity or raw.PodAffinity()
    requests = pod_requests(spec, status)
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
        node_name=NodeName(spec.node_name) if spec.node_name else None,
        phase=state.phase or "Pending",
        terminating=identity.terminating,
        priority=spec.priority or 0,
        preemption_policy=spec.preemption_policy or defaults.PREEMPTION_POLICY,
        scheduler_name=spec.scheduler_name or defaults.SCHEDULER_NAME,
        scheduling_gates=tuple(g.name or "" for g in spec.scheduling_gates or ()),
        nominated_node=NodeName(state.nominated_node_name) if state.nominated_node_name else None,
        start_time=state.start_time or "",
        node_selector=frozendict(spec.node_selector or {}),
        required_nodes=node_selector(node_affinity.required_during_scheduling_ignored_during_execution),
        preferred_nodes=tuple(
            PreferredNodeTerm(weight=p.weight or 0, term=node_term(p.preference or raw.NodeSelectorTerm()))
            for p in node_affinity.preferred_during_scheduling_ignored_during_execution or ()
        ),
        tolerations=tuple(_toleration(t) for t in spec.tolerations or ()),
        host_ports=_host_ports(spec),
        requests=requests.effective,
        incoming_score_cpu_millis=requests.incoming_score_cpu_millis,
        incoming_score_memory_bytes=requests.incoming_score_memory_bytes,
        running_score_cpu_millis=requests.running_score_cpu_millis,
        running_score_memory_bytes=requests.running_score_memory_bytes,
        spread=tuple(_spread(c, identity.labels) for c in spec.topology_spread_constraints or ()),
        affinity=_terms(near.required_during_scheduling_ignored_during_execution, identity),
        anti_affinity=_terms(far.required_during_scheduling_ignored_during_execution, identity),
        preferred_affinity=_weighted(near.preferred_during_scheduling_ignored_during_execution, identity),
        preferred_anti_affinity=_weighted(far.preferred_during_scheduling_ignored_during_execution, identity),
        claims=_claims(spec.volumes or (), identity),
        disks=tuple(d for v in spec.volumes or () if (d := _disk(v)) is not None),
        inline_volumes=tuple(
            InlineVolume(plugin=plugin, handle=handle)
            for plugin, handle in map(in_tree_disk, spec.volumes or ())
            if plugin
        ),
        resource_claims=_resource_claims(spec, state),
        images=tuple(
            _image(c.image or "") for c in (*(spec.init_containers or ()), *(spec.containers or ()))
        ),
    )


def _toleration(stored: raw.Toleration) -> Toleration:
    return Toleration(
        key=stored.key or "",
        operator=stored.operator or defaults.TOLERATION_OPERATOR,
        value=stored.value or "",
        effect=stored.effect or "",
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


def _spread(stored: raw.SpreadConstraint, labels: frozendict[str, str]) -> SpreadConstraint:
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


def _terms(stored: Iterable[raw.PodAffinityTerm] | None, identity: Identity) -> tuple[PodAffinityTerm, ...]:
    return tuple(_term(t, identity) for t in stored or ())


def _weighted(
    stored: Iterable[raw.WeightedPodAffinityTerm] | None, identity: Identity
) -> tuple[WeightedPodAffinityTerm, ...]:
    return tuple(
        WeightedPodAffinityTerm(
            weight=w.weight or 0, term=_term(w.pod_affinity_term or raw.PodAffinityTerm(), identity)
        )
        for w in stored or ()
    )


def _term(stored: raw.PodAffinityTerm, identity: Identity) -> PodAffinityTerm:
    selector = label_selector(stored.label_selector)
    if identity.from_manifest:
        selector = _merged(selector, stored.match_label_keys, identity.labels, Operator.IN)
        selector = _merged(selector, stored.mismatch_label_keys, identity.labels, Operator.NOT_IN)
    namespaces = frozenset(stored.namespaces or ())
    if not namespaces and stored.namespace_selector is None:  # A1
        namespaces = frozenset({identity.namespace})
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


def _resource_claims(spec: raw.PodSpec, status: raw.PodStatus) -> tuple[str, ...]:
    """D1: the claim's name stands in the spec, or in the status once a template has made it."""
    made = {s.name: s.resource_claim_name or "" for s in status.resource_claim_statuses or ()}
    return tuple(c.resource_claim_name or made.get(c.name, "") for c in spec.resource_claims or ())


def _image(name: str) -> str:
    """I2: ``:latest`` where neither tag nor digest (both contain a colon) follows the last slash."""
    last = name.rpartition("/")[2]
    return name if ":" in last else f"{name}:latest"
