"""Raw Kubernetes objects as the API server would list them: only what the generators need, no randomness.

Pods of one workload share the inner parts of their specs, so that a hundred thousand of them fit in memory;
nobody may modify an object once it is made.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from benchmarks.case import Raw
from solver.model.names import HOSTNAME, ZONE

NAMESPACE = "bench"
RACK = "example.com/rack"
DRIVER = "zonal.csi.example.com"
ZONAL, LOCAL = "zonal", "local"
LOCAL_SIZE, ZONAL_SIZE = "100Gi", "10Gi"


def key_of(pod_name: str) -> str:
    return f"{NAMESPACE}/{pod_name}"


# Cluster


def base(*, storage_capacity: bool = False) -> list[Raw]:
    """The namespace, two storage classes that wait for a consumer, and the driver of the zonal one."""
    return [
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}},
        storage_class(name=ZONAL, provisioner=DRIVER),
        storage_class(name=LOCAL, provisioner="kubernetes.io/no-provisioner"),
        {
            "apiVersion": "storage.k8s.io/v1",
            "kind": "CSIDriver",
            "metadata": {"name": DRIVER},
            "spec": {"storageCapacity": storage_capacity},
        },
    ]


def node(
    *,
    name: str,
    labels: Mapping[str, str],
    allocatable: Mapping[str, str],
    taints: Sequence[Raw] = (),
) -> Raw:
    amounts = dict(allocatable)
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": name, "labels": {HOSTNAME: name, **labels}},
        "spec": {"taints": list(taints)} if taints else {},
        "status": {
            "capacity": amounts,
            "allocatable": amounts,
            "conditions": [{"type": "Ready", "status": "True"}],
        },
    }


def csi_node(*, name: str, attachable: int) -> Raw:
    """A node that can attach so many volumes of ``DRIVER``."""
    driver = {"name": DRIVER, "nodeID": name, "topologyKeys": [ZONE], "allocatable": {"count": attachable}}
    return {
        "apiVersion": "storage.k8s.io/v1",
        "kind": "CSINode",
        "metadata": {"name": name},
        "spec": {"drivers": [driver]},
    }


# Storage


def storage_class(*, name: str, provisioner: str, zones: Sequence[str] = ()) -> Raw:
    made: Raw = {
        "apiVersion": "storage.k8s.io/v1",
        "kind": "StorageClass",
        "metadata": {"name": name},
        "provisioner": provisioner,
        "volumeBindingMode": "WaitForFirstConsumer",
    }
    if zones:
        made["allowedTopologies"] = [{"matchLabelExpressions": [{"key": ZONE, "values": list(zones)}]}]
    return made


def capacity(*, storage_class: str, zone: str, amount: str = "1000Gi") -> Raw:
    return {
        "apiVersion": "storage.k8s.io/v1",
        "kind": "CSIStorageCapacity",
        "metadata": {"name": f"{storage_class}-{zone}", "namespace": "kube-system"},
        "storageClassName": storage_class,
        "capacity": amount,
        "nodeTopology": {"matchLabels": {ZONE: zone}},
    }


def claim(*, name: str, storage_class: str) -> Raw:
    """A claim that waits for its pod."""
    return _claim(name, storage_class, volume=None)


def _claim(name: str, storage_class: str, volume: str | None) -> Raw:
    size = LOCAL_SIZE if storage_class == LOCAL else ZONAL_SIZE
    metadata: Raw = {"name": name, "namespace": NAMESPACE, "uid": f"uid-{name}"}
    spec: Raw = {
        "accessModes": ["ReadWriteOnce"],
        "storageClassName": storage_class,
        "resources": {"requests": {"storage": size}},
    }
    if volume is not None:
        metadata["annotations"] = {"pv.kubernetes.io/bind-completed": "yes"}
        spec["volumeName"] = volume
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": metadata,
        "spec": spec,
        "status": {"phase": "Bound" if volume is not None else "Pending"},
    }


def local_volume(*, name: str, node: str) -> Raw:
    """A free disk of a node."""
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolume",
        "metadata": {"name": name},
        "spec": {
            "capacity": {"storage": LOCAL_SIZE},
            "accessModes": ["ReadWriteOnce"],
            "storageClassName": LOCAL,
            "local": {"path": f"/mnt/{name}"},
            "nodeAffinity": _reached_from(HOSTNAME, node),
        },
        "status": {"phase": "Available"},
    }


def _zonal_volume(name: str, zone: str, claim: str) -> Raw:
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolume",
        "metadata": {"name": name},
        "spec": {
            "capacity": {"storage": ZONAL_SIZE},
            "accessModes": ["ReadWriteOnce"],
            "storageClassName": ZONAL,
            "csi": {"driver": DRIVER, "volumeHandle": name},
            "claimRef": {
                "kind": "PersistentVolumeClaim",
                "namespace": NAMESPACE,
                "name": claim,
                "uid": f"uid-{claim}",
            },
            "nodeAffinity": _reached_from(ZONE, zone),
        },
        "status": {"phase": "Bound"},
    }


def bound(*, claim: str, zone: str) -> list[Raw]:
    """A zonal volume and the claim that has it."""
    volume = f"pv-{claim}"
    return [
        _zonal_volume(volume, zone, claim),
        _claim(claim, ZONAL, volume),
    ]


def _reached_from(key: str, value: str) -> Raw:
    return {"required": {"nodeSelectorTerms": [{"matchExpressions": [expression(key, "In", value)]}]}}


# Workloads


def pod(
    *,
    name: str,
    labels: Raw,
    spec: Raw,
    claims: Sequence[str] = (),
    node: str | None = None,
    owner: Raw | None = None,
) -> Raw:
    """Running if it has a node. ``labels``, ``spec`` and ``owner`` are shared, not copied."""
    metadata: Raw = {"name": name, "namespace": NAMESPACE, "uid": f"uid-{name}", "labels": labels}
    if owner is not None:
        metadata["ownerReferences"] = [owner]
    own = dict(spec)
    if claims:
        own["volumes"] = [{"name": c, "persistentVolumeClaim": {"claimName": c}} for c in claims]
    if node is not None:
        own["nodeName"] = node
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": metadata,
        "spec": own,
        "status": {"phase": "Pending" if node is None else "Running"},
    }


def pod_spec(*, cpu_millis: int, memory_mib: int, more: Mapping[str, str] | None = None, **rules: Any) -> Raw:
    """One container; ``rules`` are fields of the spec, empty ones left out."""
    requests = {"cpu": f"{cpu_millis}m", "memory": f"{memory_mib}Mi", **(more or {})}
    container = {"name": "main", "image": "registry.example.com/app:1", "resources": {"requests": requests}}
    return {"containers": [container], **{name: value for name, value in rules.items() if value}}


def spread(labels: Raw, *, key: str = ZONE, max_skew: int = 1, **more: Any) -> Raw:
    """A hard topology spread constraint over pods with these labels, unless ``more`` says otherwise."""
    return {
        "maxSkew": max_skew,
        "topologyKey": key,
        "whenUnsatisfiable": "DoNotSchedule",
        "labelSelector": {"matchLabels": labels},
        **more,
    }


def apart(labels: Raw, *, key: str = HOSTNAME) -> Raw:
    """The affinity of pods that share no domain with pods of these labels."""
    term = {"topologyKey": key, "labelSelector": {"matchLabels": labels}}
    return {"podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [term]}}


def on_nodes_with(key: str, *values: str) -> Raw:
    """The affinity of pods that need a node with this label, at one of the values."""
    terms = [{"matchExpressions": [expression(key, "In", *values)]}]
    return {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": terms}}}


def prefers_nodes_with(key: str, value: str, *, weight: int) -> Raw:
    wish = {"weight": weight, "preference": {"matchExpressions": [expression(key, "In", value)]}}
    return {"nodeAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": [wish]}}


def expression(key: str, operator: str, *values: str) -> Raw:
    return {"key": key, "operator": operator, "values": list(values)}


def taint(key: str, value: str) -> Raw:
    return {"key": key, "value": value, "effect": "NoSchedule"}


def tolerates(key: str) -> Raw:
    return {"key": key, "operator": "Exists"}
