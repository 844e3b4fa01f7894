"""Claims, volumes, storage classes and the CSI objects that say where a volume can be reached."""

from __future__ import annotations

from dataclasses import dataclass

from frozendict import frozendict

from solver.model.names import ClaimKey, NodeName, VolumeName
from solver.model.pod import Owner
from solver.model.requirement import NodeSelector
from solver.model.selector import LabelSelector

READ_WRITE_ONCE = "ReadWriteOnce"
READ_WRITE_ONCE_POD = "ReadWriteOncePod"
NO_PROVISIONER = "kubernetes.io/no-provisioner"
WAIT_FOR_FIRST_CONSUMER = "WaitForFirstConsumer"
BIND_COMPLETED = "pv.kubernetes.io/bind-completed"
SELECTED_NODE = "volume.kubernetes.io/selected-node"
MIGRATED_PLUGINS = "storage.alpha.kubernetes.io/migrated-plugins"

IN_TREE_DRIVERS = frozendict(
    {
        "kubernetes.io/aws-ebs": "ebs.csi.aws.com",
        "kubernetes.io/gce-pd": "pd.csi.storage.gke.io",
        "kubernetes.io/azure-disk": "disk.csi.azure.com",
        "kubernetes.io/cinder": "cinder.csi.openstack.org",
        "kubernetes.io/portworx-volume": "pxd.portworx.com",
    }
)
"""In-tree plugin (and provisioner) name to the CSI driver that stands in for it (V16, V25)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A PersistentVolumeClaim; ``request_milli`` is in thousandths of a byte: sizes compare exactly (V4)."""

    key: ClaimKey
    namespace: str
    name: str
    uid: str = ""
    storage_class: str = ""
    """V3; "" means no class."""
    access_modes: tuple[str, ...] = ()
    request_milli: int = 0
    volume_mode: str = "Filesystem"
    volume_name: VolumeName | None = None
    selector: LabelSelector | None = None
    attributes_class: str = ""
    bind_completed: bool = False
    """Annotation of V19 present."""
    selected_node: NodeName | None = None
    phase: str = "Pending"
    deleting: bool = False
    owner: Owner | None = None
    """Controlling ownerReference (V2)."""
    from_template: bool = False
    """True when this claim does not exist yet: it will be made from a volumeClaimTemplate (W13, W19)."""

    @property
    def is_bound(self) -> bool:
        """V19."""
        return self.volume_name is not None and self.bind_completed

    @property
    def single_pod(self) -> bool:
        return READ_WRITE_ONCE_POD in self.access_modes


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimRef:
    namespace: str
    name: str
    uid: str = ""

    def names(self, claim: Claim) -> bool:
        """V30: name, namespace, and uid where the reference has one, must all agree."""
        if (self.namespace, self.name) != (claim.namespace, claim.name):
            return False
        return not self.uid or self.uid == claim.uid


@dataclass(frozen=True, slots=True, kw_only=True)
class Volume:
    """A PersistentVolume."""

    name: VolumeName
    labels: frozendict[str, str] = frozendict()
    storage_class: str = ""
    capacity_milli: int = 0
    access_modes: tuple[str, ...] = ()
    volume_mode: str = "Filesystem"
    attributes_class: str = ""
    claim_ref: ClaimRef | None = None
    node_affinity: NodeSelector | None = None
    """Ask it with ``reaches``, not ``matches`` (V24)."""
    phase: str = "Available"
    deleting: bool = False
    driver: str = ""
    """CSI driver, or "" when the source is not CSI."""
    handle: str = ""
    """CSI volume handle, or the one an in-tree source is translated to."""
    plugin: str = ""
    """In-tree plugin name for translatable sources (V16, V25), or ""."""
    source: str = ""
    """Name of the volume source field: ``csi``, ``local``, ``hostPath``, ``nfs`` … (C2)."""
    notes: frozendict[str, str] = frozendict()
    """Annotations meant for us (``OWN_PREFIX``), the prefix left out (C10)."""


PREDICTED = "predicted"
"""Among ``Volume.notes``: not there yet, and its place is what is expected of its driver (V46)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TopologyTerm:
    """One term of a storage class's allowedTopologies: every key's label must be among its values (V34)."""

    requirements: tuple[tuple[str, tuple[str, ...]], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class StorageClass:
    name: str
    provisioner: str = ""
    binding_mode: str | None = None
    """None only for an object stored without one, which kube-scheduler reports as an error (V21)."""
    allowed_topologies: tuple[TopologyTerm, ...] = ()
    parameters: frozendict[str, str] = frozendict()
    notes: frozendict[str, str] = frozendict()
    """As ``Volume.notes``."""

    @property
    def waits(self) -> bool:
        return self.binding_mode == WAIT_FOR_FIRST_CONSUMER


@dataclass(frozen=True, slots=True, kw_only=True)
class CSINodeDriver:
    name: str
    limit: int | None = None
    topology_keys: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CSINode:
    name: NodeName
    drivers: tuple[CSINodeDriver, ...] = ()
    migrated_plugins: frozenset[str] = frozenset()

    def driver(self, name: str) -> CSINodeDriver | None:
        return next((d for d in self.drivers if d.name == name), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class CSIDriver:
    name: str
    storage_capacity: bool = False
    attach_required: bool = True
    notes: frozendict[str, str] = frozendict()
    """As ``Volume.notes``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StorageCapacity:
    storage_class: str
    node_topology: LabelSelector | None = None
    """None matches no node, ``{}`` every node (V35)."""
    capacity_milli: int | None = None
    maximum_volume_milli: int | None = None
    name: str = ""
    """``namespace/name``; for messages."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """A VolumeAttachment (V14)."""

    name: str
    attacher: str
    node_name: NodeName
    volume_name: VolumeName | None
