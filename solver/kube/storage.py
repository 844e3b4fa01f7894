"""Claims, volumes, storage classes and CSI objects: raw to model.

What is wrong with them is in ``valid_storage.py``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from frozendict import frozendict

from solver.kube import defaults, raw
from solver.kube.owners import controller
from solver.kube.quantities import milli
from solver.kube.selectors import label_selector, node_selector
from solver.model.names import OWN_PREFIX, NodeName, VolumeName, claim_key
from solver.model.pod import Owner
from solver.model.requirement import NodeSelector
from solver.model.storage import (
    BIND_COMPLETED,
    MIGRATED_PLUGINS,
    SELECTED_NODE,
    Attachment,
    Claim,
    ClaimRef,
    CSIDriver,
    CSINode,
    CSINodeDriver,
    StorageCapacity,
    StorageClass,
    TopologyTerm,
    Volume,
)

_BETA_CLASS = "volume.beta.kubernetes.io/storage-class"
_BETA_ZONE = "failure-domain.beta.kubernetes.io/zone"
_ZONE = "topology.kubernetes.io/zone"
_UNSPECIFIED = "UNSPECIFIED"


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimContext:
    """What reading a claim needs besides the claim."""

    default_class: str | None = None
    """W29."""
    lenient_binding: bool = False
    """V47."""


def claim(namespace: str, name: str, stored: raw.Claim, context: ClaimContext) -> Claim:
    meta = stored.metadata or raw.Metadata()
    spec = stored.spec or raw.ClaimSpec()
    annotations = meta.annotations or {}
    selected = annotations.get(SELECTED_NODE)
    return Claim(
        key=claim_key(namespace, name),
        namespace=namespace,
        name=name,
        uid=meta.uid or "",
        storage_class=_class_of_claim(spec, annotations, context.default_class),
        access_modes=tuple(spec.access_modes or ()),
        request_milli=_amount(spec.resources.requests if spec.resources else None),
        volume_mode=spec.volume_mode or defaults.VOLUME_MODE,
        volume_name=VolumeName(spec.volume_name) if spec.volume_name else None,
        selector=label_selector(spec.selector),
        attributes_class=spec.volume_attributes_class_name or "",
        bind_completed=BIND_COMPLETED in annotations or (context.lenient_binding and says_bound(stored)),
        selected_node=NodeName(selected) if selected else None,
        phase=(stored.status.phase if stored.status else None) or defaults.CLAIM_PHASE,
        deleting=meta.deletion_timestamp is not None,
        owner=controller(meta),
    )


def template_claim(
    namespace: str, name: str, template: raw.ClaimTemplate, owner: Owner | None, context: ClaimContext
) -> Claim:
    """W13, W19: a claim that will be made from a template when its pod is created."""
    annotations = template.metadata.annotations if template.metadata else None
    meta = raw.Metadata(uid=f"new/{namespace}/{name}", annotations=annotations)
    made = claim(namespace, name, raw.Claim(metadata=meta, spec=template.spec), context)
    return replace(made, owner=owner, from_template=True)


def says_bound(stored: raw.Claim) -> bool:
    """V47: bound by every sign except the annotation that V19 asks for."""
    phase = stored.status.phase if stored.status else None
    annotations = (stored.metadata.annotations if stored.metadata else None) or {}
    named = stored.spec is not None and bool(stored.spec.volume_name)
    return named and phase == "Bound" and BIND_COMPLETED not in annotations


def _class_of_claim(spec: raw.ClaimSpec, annotations: Mapping[str, str], default: str | None) -> str:
    """V3, and W29 for a claim that names no class and no volume."""
    stated = annotations.get(_BETA_CLASS, spec.storage_class_name)
    if stated is None and not spec.volume_name:
        stated = default
    return stated or ""


def _amount(quantities: raw.Quantities) -> int:
    return milli((quantities or {}).get("storage", 0))


def volume(name: str, stored: raw.Volume) -> Volume:
    meta = stored.metadata or raw.Metadata()
    spec = stored.spec or raw.VolumeSpec()
    labels = meta.labels or {}
    plugin, handle = _in_tree(spec, labels)
    reference = spec.claim_ref
    return Volume(
        name=VolumeName(name),
        labels=frozendict(labels),
        storage_class=(meta.annotations or {}).get(_BETA_CLASS, spec.storage_class_name) or "",  # V3
        capacity_milli=_amount(spec.capacity),
        access_modes=tuple(spec.access_modes or ()),
        volume_mode=spec.volume_mode or defaults.VOLUME_MODE,
        attributes_class=spec.volume_attributes_class_name or "",
        claim_ref=_claim_ref(reference) if reference else None,
        node_affinity=_reach(spec.node_affinity),
        phase=(stored.status.phase if stored.status else None) or defaults.VOLUME_PHASE,
        deleting=meta.deletion_timestamp is not None,
        driver=(spec.csi.driver or "") if spec.csi else "",
        handle=(spec.csi.volume_handle or "") if spec.csi else handle,
        plugin=plugin,
        source=_source(spec),
        notes=own_notes(meta),
    )


def own_notes(meta: raw.Metadata | None) -> frozendict[str, str]:
    """Annotations meant for us, the prefix left out."""
    annotations = (meta.annotations if meta else None) or {}
    return frozendict(
        {
            key.removeprefix(OWN_PREFIX): text
            for key, text in annotations.items()
            if key.startswith(OWN_PREFIX)
        }
    )


def _claim_ref(reference: raw.ObjectReference) -> ClaimRef:
    return ClaimRef(namespace=reference.namespace or "", name=reference.name or "", uid=reference.uid or "")


def _reach(affinity: raw.VolumeNodeAffinity | None) -> NodeSelector | None:
    return node_selector(affinity.required) if affinity else None


_SOURCES = {
    "csi": "csi",
    "local": "local",
    "host_path": "hostPath",
    "nfs": "nfs",
    "gce_persistent_disk": "gcePersistentDisk",
    "aws_elastic_block_store": "awsElasticBlockStore",
    "azure_disk": "azureDisk",
    "cinder": "cinder",
    "portworx_volume": "portworxVolume",
    "iscsi": "iscsi",
    "fc": "fc",
    "rbd": "rbd",
    "cephfs": "cephfs",
    "azure_file": "azureFile",
    "vsphere_volume": "vsphereVolume",
}


def _source(spec: raw.VolumeSpec) -> str:
    return next((name for field, name in _SOURCES.items() if getattr(spec, field) is not None), "")


def _in_tree(spec: raw.VolumeSpec, labels: Mapping[str, str]) -> tuple[str, str]:
    """Plugin and CSI handle of an in-tree source with a translation (V16, V25), else two empty strings."""
    if spec.gce_persistent_disk is not None:
        return "kubernetes.io/gce-pd", _gce_handle(spec.gce_persistent_disk.pd_name or "", labels)
    return in_tree_disk(spec)


def in_tree_disk(spec: raw.VolumeSpec | raw.PodVolume) -> tuple[str, str]:
    """As an inline pod volume, where zone labels play no part."""
    if spec.aws_elastic_block_store is not None:
        return "kubernetes.io/aws-ebs", _ebs_handle(spec.aws_elastic_block_store.volume_id or "")
    if spec.gce_persistent_disk is not None:
        return "kubernetes.io/gce-pd", _gce_handle(spec.gce_persistent_disk.pd_name or "", {})
    if spec.azure_disk is not None:
        return "kubernetes.io/azure-disk", spec.azure_disk.disk_uri or ""
    if spec.cinder is not None:
        return "kubernetes.io/cinder", spec.cinder.volume_id or ""
    if spec.portworx_volume is not None:
        return "kubernetes.io/portworx-volume", spec.portworx_volume.volume_id or ""
    return "", ""


def _ebs_handle(volume_id: str) -> str:
    """``aws://zone/vol-1`` and ``vol-1`` are the same disk; "" when the name cannot be translated.

    Source: csi-translation-lib ``aws_ebs.go``.
    """
    if not volume_id.startswith("aws://"):
        return volume_id
    disk = volume_id.removeprefix("aws://").partition("/")[2].strip("/")
    return disk if disk.startswith("vol-") and "/" not in disk else ""


def _gce_handle(disk: str, labels: Mapping[str, str]) -> str:
    """A regional disk with zones of several regions has none. Source: csi-translation-lib ``gce_pd.go``."""
    zones = (labels.get(_BETA_ZONE) or labels.get(_ZONE) or "").split("__")
    if len(zones) == 1:
        return f"projects/{_UNSPECIFIED}/zones/{zones[0] or _UNSPECIFIED}/disks/{disk}"
    regions = {zone.rpartition("-")[0] for zone in zones}
    if len(regions) > 1 or any(zone.count("-") != 2 for zone in zones):
        return ""
    return f"projects/{_UNSPECIFIED}/regions/{regions.pop()}/disks/{disk}"


def storage_class(name: str, stored: raw.StorageClass) -> StorageClass:
    return StorageClass(
        name=name,
        provisioner=stored.provisioner or "",
        binding_mode=stored.volume_binding_mode or defaults.BINDING_MODE,
        allowed_topologies=tuple(_topology(term) for term in stored.allowed_topologies or ()),
        parameters=frozendict(stored.parameters or {}),
        notes=own_notes(stored.metadata),
    )


def _topology(term: raw.TopologyTerm) -> TopologyTerm:
    return TopologyTerm(
        requirements=tuple((e.key or "", tuple(e.values or ())) for e in term.match_label_expressions or ())
    )


def csi_node(name: str, stored: raw.CSINode) -> CSINode:
    annotations = (stored.metadata.annotations if stored.metadata else None) or {}
    migrated = annotations.get(MIGRATED_PLUGINS, "")
    spec = stored.spec or raw.CSINodeSpec()
    return CSINode(
        name=NodeName(name),
        drivers=tuple(
            CSINodeDriver(
                name=d.name or "",
                limit=d.allocatable.count if d.allocatable else None,
                topology_keys=tuple(d.topology_keys or ()),
            )
            for d in spec.drivers or ()
        ),
        migrated_plugins=frozenset(migrated.split(",")) - {""},
    )


def csi_driver(name: str, stored: raw.CSIDriver) -> CSIDriver:
    spec = stored.spec or raw.CSIDriverSpec()
    return CSIDriver(
        name=name,
        storage_capacity=bool(spec.storage_capacity),
        attach_required=spec.attach_required is not False,
        notes=own_notes(stored.metadata),
    )


def storage_capacity(stored: raw.StorageCapacity) -> StorageCapacity:
    meta = stored.metadata or raw.Metadata()
    return StorageCapacity(
        name="/".join(part for part in (meta.namespace, meta.name) if part),
        storage_class=stored.storage_class_name or "",
        node_topology=label_selector(stored.node_topology),
        capacity_milli=None if stored.capacity is None else milli(stored.capacity),
        maximum_volume_milli=(
            None if stored.maximum_volume_size is None else milli(stored.maximum_volume_size)
        ),
    )


def attachment(name: str, stored: raw.VolumeAttachment) -> Attachment:
    spec = stored.spec or raw.AttachmentSpec()
    volume_name = spec.source.persistent_volume_name if spec.source else None
    return Attachment(
        name=name,
        attacher=spec.attacher or "",
        node_name=NodeName(spec.node_name or ""),
        volume_name=VolumeName(volume_name) if volume_name else None,
    )
