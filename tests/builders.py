"""Small raw Kubernetes objects with sane defaults, and ``snapshot`` that sends them through the real reader.

Every builder is keyword-only and returns a plain dict, as a dump or a manifest would hold it. What a builder
has no argument for goes in through ``spec`` or ``extra``, which are laid over what the builder makes.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from solver.kube.documents import Document
from solver.kube.read import DEFAULT_OPTIONS, ReadOptions, read_snapshot
from solver.model.snapshot import Snapshot

Raw = dict[str, Any]
HOSTNAME = "kubernetes.io/hostname"
ZONE = "topology.kubernetes.io/zone"
NAMESPACE = "prod"
_DELETED = "2026-01-01T00:00:00Z"


def snapshot(
    *objects: Raw, manifests: Sequence[Raw] = (), options: ReadOptions = DEFAULT_OPTIONS
) -> Snapshot:
    """The Snapshot the reader makes of a dump with these objects and of these manifests."""
    return read_snapshot(
        [document(*objects, source="dump.json")],
        [document(*manifests, source="app.json")] if manifests else (),
        options,
    )


def document(*objects: Raw, source: str = "dump.json") -> Document:
    """The objects as one ``kind: List``."""
    text = json.dumps({"apiVersion": "v1", "kind": "List", "items": list(objects)})
    return Document(source, text.encode())


def metadata(
    *,
    name: str,
    namespace: str | None = None,
    labels: Mapping[str, str] | None = None,
    annotations: Mapping[str, str] | None = None,
    uid: str | None = None,
    owner: tuple[str, str] | None = None,
    terminating: bool = False,
    created: str | None = None,
) -> Raw:
    """``owner`` is kind and name of the controller."""
    return _present(
        name=name,
        namespace=namespace,
        labels=dict(labels) if labels else None,
        annotations=dict(annotations) if annotations else None,
        uid=uid,
        ownerReferences=[owner_reference(kind=owner[0], name=owner[1])] if owner else None,
        deletionTimestamp=_DELETED if terminating else None,
        creationTimestamp=created,
    )


def owner_reference(*, kind: str, name: str, uid: str = "", controller: bool = True) -> Raw:
    return {"apiVersion": "v1", "kind": kind, "name": name, "uid": uid, "controller": controller}


# Nodes


def node(
    *,
    name: str,
    zone: str | None = None,
    cpu: str = "4",
    memory: str = "8Gi",
    pods: str = "110",
    allocatable: Mapping[str, str] | None = None,
    labels: Mapping[str, str] | None = None,
    annotations: Mapping[str, str] | None = None,
    taints: Sequence[Raw] = (),
    unschedulable: bool = False,
    ready: bool = True,
    images: Sequence[Raw] = (),
    hostname: bool = True,
) -> Raw:
    """A node with hostname label (unless ``hostname`` is false) and, if given, zone label.

    ``allocatable`` adds to cpu, memory and pods; ``labels`` to the labels.
    """
    all_labels = {HOSTNAME: name} if hostname else {}
    if zone is not None:
        all_labels[ZONE] = zone
    amounts = {"cpu": cpu, "memory": memory, "pods": pods, **(allocatable or {})}
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": metadata(name=name, labels={**all_labels, **(labels or {})}, annotations=annotations),
        "spec": _present(taints=list(taints) or None, unschedulable=unschedulable or None),
        "status": _present(
            capacity=amounts,
            allocatable=amounts,
            conditions=[{"type": "Ready", "status": "True" if ready else "False"}],
            images=list(images) or None,
        ),
    }


def taint(*, key: str, value: str = "", effect: str = "NoSchedule") -> Raw:
    return {"key": key, "value": value, "effect": effect}


def f_nodes(*, cpu: str = "4", memory: str = "8Gi") -> list[Raw]:
    """Fixture F: a1 a2 in za, b1 b2 in zb, c1 in zc."""
    zones = {"a1": "za", "a2": "za", "b1": "zb", "b2": "zb", "c1": "zc"}
    return [node(name=name, zone=zone, cpu=cpu, memory=memory) for name, zone in zones.items()]


# Pods


def pod(
    *,
    name: str,
    namespace: str = NAMESPACE,
    node: str | None = None,
    phase: str | None = None,
    labels: Mapping[str, str] | None = None,
    requests: Mapping[str, str] | None = None,
    containers: Sequence[Raw] | None = None,
    init_containers: Sequence[Raw] = (),
    priority: int | None = None,
    tolerations: Sequence[Raw] = (),
    node_selector: Mapping[str, str] | None = None,
    node_affinity: Raw | None = None,
    pod_affinity: Raw | None = None,
    pod_anti_affinity: Raw | None = None,
    spread: Sequence[Raw] = (),
    volumes: Sequence[Raw] = (),
    claims: Sequence[str] = (),
    gates: Sequence[str] = (),
    nominated: str | None = None,
    started: str | None = None,
    owner: tuple[str, str] | None = None,
    uid: str | None = None,
    terminating: bool = False,
    spec: Mapping[str, Any] | None = None,
    status: Mapping[str, Any] | None = None,
) -> Raw:
    """A stored pod: Running when ``node`` is given, Pending otherwise.

    ``requests`` are those of its single container, unless ``containers`` says more. ``claims`` are names of
    claims it mounts, besides ``volumes``.
    """
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": metadata(
            name=name,
            namespace=namespace,
            labels=labels,
            uid=uid or f"uid-{namespace}-{name}",
            owner=owner,
            terminating=terminating,
        ),
        "spec": pod_spec(
            node=node,
            requests=requests,
            containers=containers,
            init_containers=init_containers,
            priority=priority,
            tolerations=tolerations,
            node_selector=node_selector,
            node_affinity=node_affinity,
            pod_affinity=pod_affinity,
            pod_anti_affinity=pod_anti_affinity,
            spread=spread,
            volumes=[*volumes, *(claim_volume(claim=c) for c in claims)],
            gates=gates,
            extra=spec,
        ),
        "status": {
            "phase": phase or ("Running" if node else "Pending"),
            **_present(nominatedNodeName=nominated, startTime=started),
            **(status or {}),
        },
    }


def pod_spec(
    *,
    node: str | None = None,
    requests: Mapping[str, str] | None = None,
    containers: Sequence[Raw] | None = None,
    init_containers: Sequence[Raw] = (),
    priority: int | None = None,
    tolerations: Sequence[Raw] = (),
    node_selector: Mapping[str, str] | None = None,
    node_affinity: Raw | None = None,
    pod_affinity: Raw | None = None,
    pod_anti_affinity: Raw | None = None,
    spread: Sequence[Raw] = (),
    volumes: Sequence[Raw] = (),
    gates: Sequence[str] = (),
    extra: Mapping[str, Any] | None = None,
) -> Raw:
    """The spec of a pod or of a template."""
    affinity = _present(
        nodeAffinity=node_affinity, podAffinity=pod_affinity, podAntiAffinity=pod_anti_affinity
    )
    made = _present(
        nodeName=node,
        containers=[container(requests=requests)] if containers is None else list(containers),
        initContainers=list(init_containers) or None,
        priority=priority,
        tolerations=list(tolerations) or None,
        nodeSelector=dict(node_selector) if node_selector else None,
        affinity=affinity or None,
        topologySpreadConstraints=list(spread) or None,
        volumes=list(volumes) or None,
        schedulingGates=[{"name": gate} for gate in gates] or None,
    )
    return {**made, **(extra or {})}


def container(
    *,
    name: str = "c",
    image: str = "registry.example.com/app:1",
    requests: Mapping[str, str] | None = None,
    limits: Mapping[str, str] | None = None,
    ports: Sequence[Raw] = (),
    sidecar: bool = False,
) -> Raw:
    """``sidecar`` is for init containers that keep running."""
    resources = _present(requests=_dict(requests), limits=_dict(limits))
    return _present(
        name=name,
        image=image,
        resources=resources or None,
        ports=list(ports) or None,
        restartPolicy="Always" if sidecar else None,
    )


def toleration(
    *,
    key: str | None = None,
    operator: str | None = None,
    value: str | None = None,
    effect: str | None = None,
) -> Raw:
    return _present(key=key, operator=operator, value=value, effect=effect)


# Selectors and rules


def expression(*, key: str, operator: str, values: Sequence[str] = ()) -> Raw:
    return _present(key=key, operator=operator, values=list(values) or None)


def selector(*, labels: Mapping[str, str] | None = None, expressions: Sequence[Raw] = ()) -> Raw:
    """A label selector; without arguments the empty one."""
    return _present(matchLabels=_dict(labels), matchExpressions=list(expressions) or None)


def node_term(*, expressions: Sequence[Raw] = (), fields: Sequence[Raw] = ()) -> Raw:
    return _present(matchExpressions=list(expressions) or None, matchFields=list(fields) or None)


def required_nodes(*terms: Raw) -> Raw:
    """A nodeAffinity that requires one of the terms."""
    return {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": list(terms)}}


def preferred_nodes(*wishes: tuple[int, Raw]) -> Raw:
    """A nodeAffinity that prefers each term by its weight."""
    return {
        "preferredDuringSchedulingIgnoredDuringExecution": [
            {"weight": weight, "preference": term} for weight, term in wishes
        ]
    }


def in_zones(*zones: str) -> Raw:
    """A node selector term."""
    return node_term(expressions=[expression(key=ZONE, operator="In", values=zones)])


def affinity_term(
    *,
    key: str = ZONE,
    labels: Mapping[str, str] | None = None,
    label_selector: Raw | None = None,
    namespaces: Sequence[str] = (),
    namespace_selector: Raw | None = None,
    match_keys: Sequence[str] = (),
    mismatch_keys: Sequence[str] = (),
) -> Raw:
    """``labels`` is short for a ``label_selector`` of matchLabels; neither gives a null selector."""
    chosen = selector(labels=labels) if labels is not None else label_selector
    return _present(
        topologyKey=key,
        labelSelector=chosen,
        namespaces=list(namespaces) or None,
        namespaceSelector=namespace_selector,
        matchLabelKeys=list(match_keys) or None,
        mismatchLabelKeys=list(mismatch_keys) or None,
    )


def required_terms(*terms: Raw) -> Raw:
    """A podAffinity or podAntiAffinity that requires all terms."""
    return {"requiredDuringSchedulingIgnoredDuringExecution": list(terms)}


def preferred_terms(*wishes: tuple[int, Raw]) -> Raw:
    """A podAffinity or podAntiAffinity that prefers each term by its weight."""
    return {
        "preferredDuringSchedulingIgnoredDuringExecution": [
            {"weight": weight, "podAffinityTerm": term} for weight, term in wishes
        ]
    }


def spread(
    *,
    key: str = ZONE,
    max_skew: int = 1,
    soft: bool = False,
    labels: Mapping[str, str] | None = None,
    label_selector: Raw | None = None,
    min_domains: int | None = None,
    affinity_policy: str | None = None,
    taints_policy: str | None = None,
    match_keys: Sequence[str] = (),
) -> Raw:
    """One topology spread constraint; hard unless ``soft``."""
    return _present(
        maxSkew=max_skew,
        topologyKey=key,
        whenUnsatisfiable="ScheduleAnyway" if soft else "DoNotSchedule",
        labelSelector=selector(labels=labels) if labels is not None else label_selector,
        minDomains=min_domains,
        nodeAffinityPolicy=affinity_policy,
        nodeTaintsPolicy=taints_policy,
        matchLabelKeys=list(match_keys) or None,
    )


# Storage


def claim_volume(*, claim: str, name: str | None = None) -> Raw:
    """A pod volume that mounts a claim."""
    return {"name": name or claim, "persistentVolumeClaim": {"claimName": claim}}


def ephemeral_volume(*, name: str, storage: str = "1Gi", storage_class: str | None = None) -> Raw:
    """A generic ephemeral pod volume."""
    return {
        "name": name,
        "ephemeral": {
            "volumeClaimTemplate": {"spec": claim_spec(storage=storage, storage_class=storage_class)}
        },
    }


def claim_spec(
    *,
    storage: str = "1Gi",
    storage_class: str | None = None,
    modes: Sequence[str] = ("ReadWriteOnce",),
    extra: Mapping[str, Any] | None = None,
) -> Raw:
    made = _present(
        accessModes=list(modes),
        storageClassName=storage_class,
        resources={"requests": {"storage": storage}},
    )
    return {**made, **(extra or {})}


def claim(
    *,
    name: str,
    namespace: str = NAMESPACE,
    storage: str = "1Gi",
    storage_class: str | None = None,
    modes: Sequence[str] = ("ReadWriteOnce",),
    volume: str | None = None,
    bound: bool | None = None,
    phase: str | None = None,
    selected_node: str | None = None,
    annotations: Mapping[str, str] | None = None,
    owner: tuple[str, str] | None = None,
    owner_uid: str = "",
    uid: str | None = None,
    terminating: bool = False,
    spec: Mapping[str, Any] | None = None,
) -> Raw:
    """A stored claim; with ``volume`` it is bound (annotation and phase) unless ``bound`` is false."""
    is_bound = volume is not None if bound is None else bound
    notes = dict(annotations or {})
    if is_bound:
        notes["pv.kubernetes.io/bind-completed"] = "yes"
    if selected_node is not None:
        notes["volume.kubernetes.io/selected-node"] = selected_node
    meta = metadata(
        name=name,
        namespace=namespace,
        annotations=notes,
        uid=uid or f"uid-{namespace}-{name}",
        terminating=terminating,
    )
    if owner is not None:
        meta["ownerReferences"] = [owner_reference(kind=owner[0], name=owner[1], uid=owner_uid)]
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": meta,
        "spec": {
            **_present(volumeName=volume),
            **claim_spec(storage=storage, storage_class=storage_class, modes=modes, extra=spec),
        },
        "status": {"phase": phase or ("Bound" if is_bound else "Pending")},
    }


def volume(
    *,
    name: str,
    storage: str = "1Gi",
    storage_class: str | None = None,
    modes: Sequence[str] = ("ReadWriteOnce",),
    affinity: Sequence[Raw] | None = None,
    claim: str | None = None,
    claim_namespace: str = NAMESPACE,
    claim_uid: str | None = None,
    driver: str | None = None,
    handle: str | None = None,
    local: bool = False,
    labels: Mapping[str, str] | None = None,
    annotations: Mapping[str, str] | None = None,
    phase: str | None = None,
    terminating: bool = False,
    spec: Mapping[str, Any] | None = None,
) -> Raw:
    """A stored volume. ``affinity`` is its node selector terms, ``claim`` the name in its claimRef."""
    reference = None
    if claim is not None:
        reference = _present(
            kind="PersistentVolumeClaim", namespace=claim_namespace, name=claim, uid=claim_uid
        )
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolume",
        "metadata": metadata(name=name, labels=labels, annotations=annotations, terminating=terminating),
        "spec": {
            **_present(
                capacity={"storage": storage},
                accessModes=list(modes),
                storageClassName=storage_class,
                claimRef=reference,
                nodeAffinity={"required": {"nodeSelectorTerms": list(affinity)}}
                if affinity is not None
                else None,
                csi={"driver": driver, "volumeHandle": handle or name} if driver else None,
                local={"path": "/mnt/x"} if local else None,
            ),
            **(spec or {}),
        },
        "status": {"phase": phase or ("Bound" if claim else "Available")},
    }


def storage_class(
    *,
    name: str,
    provisioner: str = "csi.example.com",
    waits: bool = True,
    default: bool = False,
    topologies: Sequence[Sequence[tuple[str, Sequence[str]]]] | None = None,
    parameters: Mapping[str, str] | None = None,
    created: str | None = None,
) -> Raw:
    """``waits`` is WaitForFirstConsumer, else Immediate. ``topologies`` is a list of terms, each a list of
    (key, values)."""
    terms = [
        {"matchLabelExpressions": [{"key": key, "values": list(values)} for key, values in term]}
        for term in topologies or ()
    ]
    notes = {"storageclass.kubernetes.io/is-default-class": "true"} if default else None
    return _present(
        apiVersion="storage.k8s.io/v1",
        kind="StorageClass",
        metadata=metadata(name=name, annotations=notes, created=created),
        provisioner=provisioner,
        volumeBindingMode="WaitForFirstConsumer" if waits else "Immediate",
        allowedTopologies=terms or None,
        parameters=_dict(parameters),
    )


def csi_node(
    *,
    name: str,
    limits: Mapping[str, int | None] | None = None,
    topology_keys: Sequence[str] = (ZONE,),
    migrated: Sequence[str] = (),
) -> Raw:
    """``limits`` is driver name to the number of volumes it can attach, None for no limit."""
    notes = {"storage.alpha.kubernetes.io/migrated-plugins": ",".join(migrated)} if migrated else None
    return {
        "apiVersion": "storage.k8s.io/v1",
        "kind": "CSINode",
        "metadata": metadata(name=name, annotations=notes),
        "spec": {
            "drivers": [
                _present(
                    name=driver,
                    nodeID=name,
                    topologyKeys=list(topology_keys),
                    allocatable=None if limit is None else {"count": limit},
                )
                for driver, limit in (limits or {}).items()
            ]
        },
    }


def csi_driver(*, name: str, storage_capacity: bool = False, attach_required: bool = True) -> Raw:
    return {
        "apiVersion": "storage.k8s.io/v1",
        "kind": "CSIDriver",
        "metadata": metadata(name=name),
        "spec": {"storageCapacity": storage_capacity, "attachRequired": attach_required},
    }


def capacity(
    *,
    name: str,
    storage_class: str,
    topology: Raw | None,
    capacity: str | None = None,
    maximum: str | None = None,
) -> Raw:
    """A CSIStorageCapacity. ``topology`` is a label selector, or None for the null one."""
    return _present(
        apiVersion="storage.k8s.io/v1",
        kind="CSIStorageCapacity",
        metadata=metadata(name=name, namespace="default"),
        storageClassName=storage_class,
        nodeTopology=topology,
        capacity=capacity,
        maximumVolumeSize=maximum,
    )


def attachment(*, name: str, attacher: str, node: str, volume: str) -> Raw:
    """A VolumeAttachment."""
    return {
        "apiVersion": "storage.k8s.io/v1",
        "kind": "VolumeAttachment",
        "metadata": metadata(name=name),
        "spec": {"attacher": attacher, "nodeName": node, "source": {"persistentVolumeName": volume}},
    }


# Workloads and the rest


def namespace(*, name: str, labels: Mapping[str, str] | None = None) -> Raw:
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": metadata(name=name, labels=labels)}


def service(*, name: str, namespace: str = NAMESPACE, labels: Mapping[str, str] | None = None) -> Raw:
    """``labels`` is what it selects."""
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": metadata(name=name, namespace=namespace),
        "spec": _present(selector=_dict(labels)),
    }


def template(*, labels: Mapping[str, str] | None = None, spec: Raw | None = None) -> Raw:
    """A pod template."""
    return {"metadata": _present(labels=_dict(labels)), "spec": spec or pod_spec()}


def deployment(
    *,
    name: str,
    namespace: str = NAMESPACE,
    replicas: int | None = None,
    labels: Mapping[str, str] | None = None,
    spec: Raw | None = None,
    kind: str = "Deployment",
    owner: tuple[str, str] | None = None,
) -> Raw:
    """A Deployment, or with ``kind`` a ReplicaSet.

    ``labels`` (default ``app=<name>``) are selector and template labels; ``spec`` is the pod spec.
    """
    chosen = dict(labels or {"app": name})
    return {
        "apiVersion": "apps/v1",
        "kind": kind,
        "metadata": metadata(name=name, namespace=namespace, labels=chosen, owner=owner),
        "spec": _present(
            replicas=replicas, selector=selector(labels=chosen), template=template(labels=chosen, spec=spec)
        ),
    }


def stateful_set(
    *,
    name: str,
    namespace: str = NAMESPACE,
    replicas: int | None = None,
    start: int | None = None,
    parallel: bool = False,
    labels: Mapping[str, str] | None = None,
    spec: Raw | None = None,
    claims: Mapping[str, Raw] | None = None,
) -> Raw:
    """``claims`` is template name to claim spec; OrderedReady unless ``parallel``."""
    chosen = dict(labels or {"app": name})
    return {
        "apiVersion": "apps/v1",
        "kind": "StatefulSet",
        "metadata": metadata(name=name, namespace=namespace),
        "spec": _present(
            replicas=replicas,
            serviceName=name,
            ordinals=None if start is None else {"start": start},
            podManagementPolicy="Parallel" if parallel else None,
            selector=selector(labels=chosen),
            template=template(labels=chosen, spec=spec),
            volumeClaimTemplates=[{"metadata": {"name": t}, "spec": s} for t, s in (claims or {}).items()]
            or None,
        ),
    }


def daemon_set(*, name: str, namespace: str = NAMESPACE, spec: Raw | None = None) -> Raw:
    labels = {"app": name}
    return {
        "apiVersion": "apps/v1",
        "kind": "DaemonSet",
        "metadata": metadata(name=name, namespace=namespace),
        "spec": {"selector": selector(labels=labels), "template": template(labels=labels, spec=spec)},
    }


def job(
    *,
    name: str,
    namespace: str = NAMESPACE,
    parallelism: int | None = None,
    completions: int | None = None,
    succeeded: int | None = None,
    indexed: bool = False,
    suspend: bool | None = None,
    spec: Raw | None = None,
) -> Raw:
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": metadata(name=name, namespace=namespace),
        "spec": _present(
            parallelism=parallelism,
            completions=completions,
            completionMode="Indexed" if indexed else None,
            suspend=suspend,
            template=template(spec={"restartPolicy": "Never", **(spec or pod_spec())}),
        ),
        "status": _present(succeeded=succeeded),
    }


def priority_class(*, name: str, value: int, default: bool = False, policy: str | None = None) -> Raw:
    return _present(
        apiVersion="scheduling.k8s.io/v1",
        kind="PriorityClass",
        metadata=metadata(name=name),
        value=value,
        globalDefault=default or None,
        preemptionPolicy=policy,
    )


def _dict(value: Mapping[str, str] | None) -> dict[str, str] | None:
    return None if value is None else dict(value)


def _present(**fields: Any) -> Raw:
    """The fields that are not None."""
    return {name: value for name, value in fields.items() if value is not None}
