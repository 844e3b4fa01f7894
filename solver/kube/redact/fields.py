"""What becomes of each field that holds text. Numbers and booleans stay; whatever is not here is left out."""

from __future__ import annotations

from enum import Enum, auto

from solver.kube import raw


class Treatment(Enum):
    """What a text is, and so how it is written again. Text that is not of the form is left out."""

    WORD = auto()
    """One of Kubernetes' own words: a phase, a policy, an operator."""
    TIME = auto()
    DRIVER = auto()
    """Name of a driver, a provisioner or an API version: public knowledge."""
    QUANTITY = auto()
    """Also a map from resource names to quantities."""
    NAME = auto()
    """Of an object, or of a part of it."""
    UID = auto()
    KEY = auto()
    """Of a label."""
    TOPOLOGY_KEY = auto()
    """Of a label that a driver sets on nodes."""
    VALUE = auto()
    """Of the label whose key stands beside it in ``key``."""
    LABELS = auto()
    ANNOTATIONS = auto()
    PARAMETERS = auto()
    """Of a storage class."""
    IMAGE = auto()
    HANDLE = auto()
    """What a storage system calls a volume: only whether two are the same matters."""
    ADDRESS = auto()
    SHARE = auto()
    """A number, or a percentage."""
    INDEXES = auto()
    """``0-3,7``."""


_W, _N, _Q, _H, _L, _K = (
    Treatment.WORD,
    Treatment.NAME,
    Treatment.QUANTITY,
    Treatment.HANDLE,
    Treatment.LABELS,
    Treatment.KEY,
)

TREATMENT: dict[type[raw.Raw], dict[str, Treatment]] = {
    raw.Metadata: {
        "name": _N,
        "generate_name": _N,
        "namespace": _N,
        "uid": Treatment.UID,
        "labels": _L,
        "annotations": Treatment.ANNOTATIONS,
        "creation_timestamp": Treatment.TIME,
        "deletion_timestamp": Treatment.TIME,
    },
    raw.OwnerReference: {"api_version": Treatment.DRIVER, "kind": _W, "name": _N, "uid": Treatment.UID},
    raw.ObjectReference: {"namespace": _N, "name": _N, "uid": Treatment.UID},
    # Selectors
    raw.SelectorRequirement: {"key": _K, "operator": _W, "values": Treatment.VALUE},
    raw.TopologyRequirement: {"key": _K, "values": Treatment.VALUE},
    raw.LabelSelector: {"match_labels": _L},
    raw.ServiceSpec: {"selector": _L},
    raw.ReplicationControllerSpec: {"selector": _L},
    raw.RuntimeScheduling: {"node_selector": _L},
    raw.Taint: {"key": _K, "value": Treatment.VALUE, "effect": _W},
    raw.Toleration: {"key": _K, "operator": _W, "value": Treatment.VALUE, "effect": _W},
    raw.PodAffinityTerm: {
        "namespaces": _N,
        "topology_key": _K,
        "match_label_keys": _K,
        "mismatch_label_keys": _K,
    },
    raw.SpreadConstraint: {
        "topology_key": _K,
        "when_unsatisfiable": _W,
        "node_affinity_policy": _W,
        "node_taints_policy": _W,
        "match_label_keys": _K,
    },
    # Pods
    raw.PodSpec: {
        "node_name": _N,
        "node_selector": _L,
        "overhead": _Q,
        "restart_policy": _W,
        "priority_class_name": _N,
        "preemption_policy": _W,
        "runtime_class_name": _N,
        "scheduler_name": _N,
    },
    raw.PodStatus: {
        "phase": _W,
        "nominated_node_name": _N,
        "start_time": Treatment.TIME,
        "resize": _W,
    },
    raw.Container: {"name": _N, "image": Treatment.IMAGE, "restart_policy": _W},
    raw.ContainerPort: {"host_ip": Treatment.ADDRESS, "protocol": _W},
    raw.ContainerStatus: {"name": _N, "allocated_resources": _Q},
    raw.ResourceRequirements: {"requests": _Q, "limits": _Q},
    raw.PodCondition: {"type": _W, "status": _W, "reason": _W},
    raw.PodVolume: {"name": _N},
    raw.PodResourceClaim: {"name": _N, "resource_claim_name": _N, "resource_claim_template_name": _N},
    raw.ResourceClaimStatus: {"name": _N, "resource_claim_name": _N},
    raw.SchedulingGate: {"name": _N},
    # Nodes
    raw.NodeStatus: {"capacity": _Q, "allocatable": _Q},
    raw.NodeImage: {"names": Treatment.IMAGE},
    raw.CSINodeDriver: {"name": Treatment.DRIVER, "topology_keys": Treatment.TOPOLOGY_KEY},
    # Storage
    raw.ClaimSource: {"claim_name": _N},
    raw.ClaimSpec: {
        "storage_class_name": _N,
        "access_modes": _W,
        "volume_mode": _W,
        "volume_name": _N,
        "volume_attributes_class_name": _N,
    },
    raw.ClaimStatus: {"phase": _W},
    raw.DataSource: {"kind": _W, "name": _N},
    raw.VolumeSpec: {
        "capacity": _Q,
        "access_modes": _W,
        "storage_class_name": _N,
        "volume_mode": _W,
        "volume_attributes_class_name": _N,
    },
    raw.VolumeStatus: {"phase": _W},
    raw.CsiSource: {"driver": Treatment.DRIVER, "volume_handle": _H},
    raw.GcePersistentDisk: {"pd_name": _H},
    raw.AwsElasticBlockStore: {"volume_id": _H},
    raw.AzureDisk: {"disk_name": _H, "disk_uri": _H},
    raw.Cinder: {"volume_id": _H},
    raw.Portworx: {"volume_id": _H},
    raw.Iscsi: {"iqn": _H},
    raw.Rbd: {"monitors": _H, "image": _H, "pool": _H},
    raw.StorageClass: {
        "provisioner": Treatment.DRIVER,
        "volume_binding_mode": _W,
        "parameters": Treatment.PARAMETERS,
    },
    raw.StorageCapacity: {"storage_class_name": _N, "capacity": _Q, "maximum_volume_size": _Q},
    raw.AttachmentSource: {"persistent_volume_name": _N},
    raw.AttachmentSpec: {"attacher": Treatment.DRIVER, "node_name": _N},
    # Workloads and policy
    raw.StatefulSetSpec: {"service_name": _N, "pod_management_policy": _W},
    raw.RetentionPolicy: {"when_deleted": _W, "when_scaled": _W},
    raw.ResourceQuotaSpec: {"hard": _Q, "scopes": _W},
    raw.ResourceQuotaStatus: {"used": _Q},
    raw.ScaleTarget: {"api_version": Treatment.DRIVER, "kind": _W, "name": _N},
    raw.StatefulSetStatus: {"update_revision": _N},
    raw.JobSpec: {"completion_mode": _W},
    raw.PodDisruptionBudgetSpec: {
        "min_available": Treatment.SHARE,
        "max_unavailable": Treatment.SHARE,
    },
    raw.JobStatus: {"completed_indexes": Treatment.INDEXES},
    raw.PriorityClass: {"preemption_policy": _W},
    raw.RuntimeOverhead: {"pod_fixed": _Q},
    raw.LimitRangeItem: {
        "type": _W,
        "default": _Q,
        "default_request": _Q,
        "min": _Q,
        "max": _Q,
        "max_limit_request_ratio": _Q,
    },
}
