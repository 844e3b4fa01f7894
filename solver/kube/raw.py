"""The fields of Kubernetes objects that Bulkhead reads, and nothing else. No defaults, no meaning.

Every field is optional here, because ``null`` and absence mean the same to the API server; what must be
present is said in ``valid_*.py``. Unknown fields are ignored by msgspec; the ones that matter are listed
in ``unsupported.py``.
"""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta, field

Text = str | None
Texts = list[str] | None
Labels = dict[str, str] | None
Quantity = str | int | float
"""A quantity as written; JSON numbers are allowed besides strings."""
Quantities = dict[str, Quantity] | None
Int32 = Annotated[int, Meta(ge=-(2**31), le=2**31 - 1)] | None
Int64 = Annotated[int, Meta(ge=-(2**63), le=2**63 - 1)] | None
Flag = bool | None


class Raw(msgspec.Struct, rename="camel", kw_only=True, gc=False, omit_defaults=True):
    """Base of all: camelCase names, compared by value. Never changed; ``structs.replace`` makes variants."""


class OwnerReference(Raw):
    api_version: Text = None
    kind: Text = None
    name: Text = None
    uid: Text = None
    controller: Flag = None


class Metadata(Raw):
    name: Text = None
    generate_name: Text = None
    namespace: Text = None
    uid: Text = None
    labels: Labels = None
    annotations: Labels = None
    creation_timestamp: Text = None
    deletion_timestamp: Text = None
    owner_references: list[OwnerReference] | None = None


class Object(Raw):
    """What every kind has."""

    metadata: Metadata | None = None


# Selectors


class SelectorRequirement(Raw):
    """Of a label selector or a node selector."""

    key: Text = None
    operator: Text = None
    values: Texts = None


class LabelSelector(Raw):
    match_labels: Labels = None
    match_expressions: list[SelectorRequirement] | None = None


class NodeSelectorTerm(Raw):
    match_expressions: list[SelectorRequirement] | None = None
    match_fields: list[SelectorRequirement] | None = None


class NodeSelector(Raw):
    node_selector_terms: list[NodeSelectorTerm] | None = None


# Pods


class ResourceRequirements(Raw):
    requests: Quantities = None
    limits: Quantities = None


class ContainerPort(Raw):
    container_port: Int32 = None
    host_port: Int32 = None
    host_ip: Text = field(default=None, name="hostIP")
    protocol: Text = None


class Container(Raw):
    name: Text = None
    image: Text = None
    restart_policy: Text = None
    ports: list[ContainerPort] | None = None
    resources: ResourceRequirements | None = None


class Toleration(Raw):
    key: Text = None
    operator: Text = None
    value: Text = None
    effect: Text = None
    toleration_seconds: Int64 = None


class PreferredNodeTerm(Raw):
    weight: Int32 = None
    preference: NodeSelectorTerm | None = None


class NodeAffinity(Raw):
    required_during_scheduling_ignored_during_execution: NodeSelector | None = None
    preferred_during_scheduling_ignored_during_execution: list[PreferredNodeTerm] | None = None


class PodAffinityTerm(Raw):
    label_selector: LabelSelector | None = None
    namespaces: Texts = None
    namespace_selector: LabelSelector | None = None
    topology_key: Text = None
    match_label_keys: Texts = None
    mismatch_label_keys: Texts = None


class WeightedPodAffinityTerm(Raw):
    weight: Int32 = None
    pod_affinity_term: PodAffinityTerm | None = None


class PodAffinity(Raw):
    """``podAffinity`` and ``podAntiAffinity`` look alike."""

    required_during_scheduling_ignored_during_execution: list[PodAffinityTerm] | None = None
    preferred_during_scheduling_ignored_during_execution: list[WeightedPodAffinityTerm] | None = None


class Affinity(Raw):
    node_affinity: NodeAffinity | None = None
    pod_affinity: PodAffinity | None = None
    pod_anti_affinity: PodAffinity | None = None


class SpreadConstraint(Raw):
    max_skew: Int32 = None
    topology_key: Text = None
    when_unsatisfiable: Text = None
    label_selector: LabelSelector | None = None
    min_domains: Int32 = None
    node_affinity_policy: Text = None
    node_taints_policy: Text = None
    match_label_keys: Texts = None


class ClaimSource(Raw):
    claim_name: Text = None
    read_only: Flag = None


class DataSource(Raw):
    kind: Text = None
    name: Text = None


class ClaimSpec(Raw):
    storage_class_name: Text = None
    access_modes: Texts = None
    volume_mode: Text = None
    volume_name: Text = None
    resources: ResourceRequirements | None = None
    selector: LabelSelector | None = None
    volume_attributes_class_name: Text = None
    data_source: DataSource | None = None
    data_source_ref: DataSource | None = None


class ClaimTemplate(Raw):
    metadata: Metadata | None = None
    spec: ClaimSpec | None = None


class EphemeralSource(Raw):
    volume_claim_template: ClaimTemplate | None = None


class GcePersistentDisk(Raw):
    pd_name: Text = None
    partition: Int32 = None
    read_only: Flag = None


class AwsElasticBlockStore(Raw):
    volume_id: Text = field(default=None, name="volumeID")
    read_only: Flag = None


class AzureDisk(Raw):
    disk_name: Text = None
    disk_uri: Text = field(default=None, name="diskURI")


class Cinder(Raw):
    volume_id: Text = field(default=None, name="volumeID")


class Portworx(Raw):
    volume_id: Text = field(default=None, name="volumeID")


class Iscsi(Raw):
    iqn: Text = None
    read_only: Flag = None


class Rbd(Raw):
    monitors: Texts = None
    image: Text = None
    pool: Text = None
    read_only: Flag = None


class AnySource(Raw):
    """A volume source of which only the presence matters (C2)."""


class PodVolume(Raw):
    """One entry of ``spec.volumes``; sources that no rule looks at are left out."""

    name: Text = None
    persistent_volume_claim: ClaimSource | None = None
    ephemeral: EphemeralSource | None = None
    gce_persistent_disk: GcePersistentDisk | None = None
    aws_elastic_block_store: AwsElasticBlockStore | None = None
    azure_disk: AzureDisk | None = None
    cinder: Cinder | None = None
    portworx_volume: Portworx | None = None
    iscsi: Iscsi | None = None
    rbd: Rbd | None = None
    empty_dir: AnySource | None = None
    host_path: AnySource | None = None
    nfs: AnySource | None = None
    cephfs: AnySource | None = None
    azure_file: AnySource | None = None
    fc: AnySource | None = None
    vsphere_volume: AnySource | None = None


class SchedulingGate(Raw):
    name: Text = None


class PodResourceClaim(Raw):
    name: Text = None
    resource_claim_name: Text = None
    resource_claim_template_name: Text = None


class PodSpec(Raw):
    node_name: Text = None
    node_selector: Labels = None
    affinity: Affinity | None = None
    tolerations: list[Toleration] | None = None
    topology_spread_constraints: list[SpreadConstraint] | None = None
    containers: list[Container] | None = None
    init_containers: list[Container] | None = None
    resources: ResourceRequirements | None = None
    overhead: Quantities = None
    volumes: list[PodVolume] | None = None
    host_network: Flag = None
    restart_policy: Text = None
    priority: Int32 = None
    priority_class_name: Text = None
    preemption_policy: Text = None
    runtime_class_name: Text = None
    scheduler_name: Text = None
    scheduling_gates: list[SchedulingGate] | None = None
    resource_claims: list[PodResourceClaim] | None = None


class ContainerStatus(Raw):
    name: Text = None
    resources: ResourceRequirements | None = None
    allocated_resources: Quantities = None


class PodCondition(Raw):
    type: Text = None
    status: Text = None
    reason: Text = None


class ResourceClaimStatus(Raw):
    name: Text = None
    resource_claim_name: Text = None


class PodStatus(Raw):
    phase: Text = None
    nominated_node_name: Text = None
    start_time: Text = None
    resize: Text = None
    conditions: list[PodCondition] | None = None
    container_statuses: list[ContainerStatus] | None = None
    init_container_statuses: list[ContainerStatus] | None = None
    resource_claim_statuses: list[ResourceClaimStatus] | None = None


class Pod(Object):
    spec: PodSpec | None = None
    status: PodStatus | None = None


class PodTemplate(Raw):
    metadata: Metadata | None = None
    spec: PodSpec | None = None


# Nodes


class Taint(Raw):
    key: Text = None
    value: Text = None
    effect: Text = None


class NodeSpec(Raw):
    taints: list[Taint] | None = None
    unschedulable: Flag = None


class NodeImage(Raw):
    names: Texts = None
    size_bytes: Int64 = None


class NodeStatus(Raw):
    capacity: Quantities = None
    allocatable: Quantities = None
    conditions: list[PodCondition] | None = None
    images: list[NodeImage] | None = None


class Node(Object):
    spec: NodeSpec | None = None
    status: NodeStatus | None = None


class Namespace(Object):
    pass


# Storage


class ClaimStatus(Raw):
    phase: Text = None


class Claim(Object):
    spec: ClaimSpec | None = None
    status: ClaimStatus | None = None


class ObjectReference(Raw):
    namespace: Text = None
    name: Text = None
    uid: Text = None


class CsiSource(Raw):
    driver: Text = None
    volume_handle: Text = None


class VolumeNodeAffinity(Raw):
    required: NodeSelector | None = None


class VolumeSpec(Raw):
    capacity: Quantities = None
    access_modes: Texts = None
    storage_class_name: Text = None
    volume_mode: Text = None
    volume_attributes_class_name: Text = None
    claim_ref: ObjectReference | None = None
    node_affinity: VolumeNodeAffinity | None = None
    csi: CsiSource | None = None
    gce_persistent_disk: GcePersistentDisk | None = None
    aws_elastic_block_store: AwsElasticBlockStore | None = None
    azure_disk: AzureDisk | None = None
    cinder: Cinder | None = None
    portworx_volume: Portworx | None = None
    local: AnySource | None = None
    host_path: AnySource | None = None
    nfs: AnySource | None = None
    iscsi: AnySource | None = None
    fc: AnySource | None = None
    rbd: AnySource | None = None
    cephfs: AnySource | None = None
    azure_file: AnySource | None = None
    vsphere_volume: AnySource | None = None


class VolumeStatus(Raw):
    phase: Text = None


class Volume(Object):
    spec: VolumeSpec | None = None
    status: VolumeStatus | None = None


class TopologyRequirement(Raw):
    key: Text = None
    values: Texts = None


class TopologyTerm(Raw):
    match_label_expressions: list[TopologyRequirement] | None = None


class StorageClass(Object):
    provisioner: Text = None
    volume_binding_mode: Text = None
    allowed_topologies: list[TopologyTerm] | None = None
    parameters: Labels = None


class DriverAllocatable(Raw):
    count: Int32 = None


class CSINodeDriver(Raw):
    name: Text = None
    topology_keys: Texts = None
    allocatable: DriverAllocatable | None = None


class CSINodeSpec(Raw):
    drivers: list[CSINodeDriver] | None = None


class CSINode(Object):
    spec: CSINodeSpec | None = None


class CSIDriverSpec(Raw):
    storage_capacity: Flag = None
    attach_required: Flag = None


class CSIDriver(Object):
    spec: CSIDriverSpec | None = None


class StorageCapacity(Object):
    storage_class_name: Text = None
    node_topology: LabelSelector | None = None
    capacity: Quantity | None = None
    maximum_volume_size: Quantity | None = None


class AttachmentSource(Raw):
    persistent_volume_name: Text = None


class AttachmentSpec(Raw):
    attacher: Text = None
    node_name: Text = None
    source: AttachmentSource | None = None


class VolumeAttachment(Object):
    spec: AttachmentSpec | None = None


# Workloads


class ServiceSpec(Raw):
    selector: Labels = None


class Service(Object):
    spec: ServiceSpec | None = None


class ReplicationControllerSpec(Raw):
    replicas: Int32 = None
    selector: Labels = None
    template: PodTemplate | None = None


class ReplicationController(Object):
    spec: ReplicationControllerSpec | None = None


class ReplicaSetSpec(Raw):
    replicas: Int32 = None
    selector: LabelSelector | None = None
    template: PodTemplate | None = None


class ReplicaSet(Object):
    spec: ReplicaSetSpec | None = None


class Deployment(Object):
    spec: ReplicaSetSpec | None = None


class Ordinals(Raw):
    start: Int32 = None


class RetentionPolicy(Raw):
    when_deleted: Text = None
    when_scaled: Text = None


class StatefulSetSpec(Raw):
    replicas: Int32 = None
    selector: LabelSelector | None = None
    template: PodTemplate | None = None
    service_name: Text = None
    pod_management_policy: Text = None
    ordinals: Ordinals | None = None
    volume_claim_templates: list[ClaimTemplate] | None = None
    persistent_volume_claim_retention_policy: RetentionPolicy | None = None


class StatefulSetStatus(Raw):
    update_revision: Text = None


class StatefulSet(Object):
    spec: StatefulSetSpec | None = None
    status: StatefulSetStatus | None = None


class DaemonSetSpec(Raw):
    selector: LabelSelector | None = None
    template: PodTemplate | None = None


class DaemonSet(Object):
    spec: DaemonSetSpec | None = None


class JobSpec(Raw):
    parallelism: Int32 = None
    completions: Int32 = None
    completion_mode: Text = None
    suspend: Flag = None
    template: PodTemplate | None = None


class JobStatus(Raw):
    succeeded: Int32 = None
    completed_indexes: Text = None


class Job(Object):
    spec: JobSpec | None = None
    status: JobStatus | None = None


class JobTemplate(Raw):
    metadata: Metadata | None = None
    spec: JobSpec | None = None


class CronJobSpec(Raw):
    suspend: Flag = None
    job_template: JobTemplate | None = None


class CronJob(Object):
    spec: CronJobSpec | None = None


# Policy


class PriorityClass(Object):
    value: Int32 = None
    global_default: Flag = None
    preemption_policy: Text = None


class RuntimeOverhead(Raw):
    pod_fixed: Quantities = None


class RuntimeScheduling(Raw):
    node_selector: Labels = None
    tolerations: list[Toleration] | None = None


class RuntimeClass(Object):
    overhead: RuntimeOverhead | None = None
    scheduling: RuntimeScheduling | None = None


class LimitRangeItem(Raw):
    type: Text = None
    default: Quantities = None
    default_request: Quantities = None
    min: Quantities = None
    max: Quantities = None
    max_limit_request_ratio: Quantities = None


class LimitRangeSpec(Raw):
    limits: list[LimitRangeItem] | None = None


class LimitRange(Object):
    spec: LimitRangeSpec | None = None


class Allocation(Raw):
    node_selector: NodeSelector | None = None


class ResourceClaimState(Raw):
    allocation: Allocation | None = None


class ResourceClaim(Object):
    status: ResourceClaimState | None = None


class PodDisruptionBudgetSpec(Raw):
    selector: LabelSelector | None = None
    min_available: int | str | None = None
    max_unavailable: int | str | None = None


class PodDisruptionBudget(Object):
    spec: PodDisruptionBudgetSpec | None = None


class ScopeSelector(Raw):
    """Only that there is one is read."""


class ResourceQuotaSpec(Raw):
    hard: Quantities = None
    scopes: Texts = None
    scope_selector: ScopeSelector | None = None


class ResourceQuotaStatus(Raw):
    used: Quantities = None


class ResourceQuota(Object):
    spec: ResourceQuotaSpec | None = None
    status: ResourceQuotaStatus | None = None


class ScaleTarget(Raw):
    api_version: str = ""
    kind: str = ""
    name: str = ""


class HorizontalPodAutoscalerSpec(Raw):
    scale_target_ref: ScaleTarget | None = None
    min_replicas: int | None = None
    max_replicas: int | None = None


class HorizontalPodAutoscaler(Object):
    spec: HorizontalPodAutoscalerSpec | None = None
