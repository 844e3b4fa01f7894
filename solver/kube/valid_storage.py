"""What is wrong with claims, volumes, storage classes and CSI objects, as problems with field paths."""

from __future__ import annotations

from collections.abc import Iterator

from solver.kube import raw
from solver.kube.faults import Problem, show
from solver.kube.quantities import one_quantity_problems, quantity_problems
from solver.kube.selectors import label_selector_problems, node_selector_problems
from solver.kube.valid_pod import claim_spec_problems

_BINDING_MODES = ("Immediate", "WaitForFirstConsumer")


def claim_problems(stored: raw.Claim, manifest: bool) -> Iterator[Problem]:
    yield from claim_spec_problems(stored.spec, "spec", manifest)


def volume_problems(stored: raw.Volume, manifest: bool) -> Iterator[Problem]:
    spec = stored.spec
    if spec is None:
        yield Problem("spec", "nothing", "a volume spec")
        return
    yield from quantity_problems(spec.capacity, "spec.capacity")
    if spec.claim_ref is not None and not (spec.claim_ref.name and spec.claim_ref.namespace):
        yield Problem("spec.claimRef", show(spec.claim_ref), "a name and a namespace")
    if manifest and "storage" not in (spec.capacity or {}):
        yield Problem("spec.capacity.storage", "nothing", "the size of the volume")
    if manifest and spec.node_affinity is not None:
        yield from node_selector_problems(spec.node_affinity.required, "spec.nodeAffinity.required")


def storage_class_problems(stored: raw.StorageClass, manifest: bool) -> Iterator[Problem]:
    if manifest and not stored.provisioner:
        yield Problem("provisioner", show(stored.provisioner), "the name of a provisioner")
    if stored.volume_binding_mode and stored.volume_binding_mode not in _BINDING_MODES:
        yield Problem("volumeBindingMode", show(stored.volume_binding_mode), " or ".join(_BINDING_MODES))


def csi_node_problems(stored: raw.CSINode, _manifest: bool) -> Iterator[Problem]:
    for i, driver in enumerate((stored.spec.drivers if stored.spec else None) or ()):
        if not driver.name:
            yield Problem(f"spec.drivers[{i}].name", show(driver.name), "a driver name")
        count = driver.allocatable.count if driver.allocatable else None
        if count is not None and count < 0:
            yield Problem(f"spec.drivers[{i}].allocatable.count", show(count), "a number, not negative")


def capacity_problems(stored: raw.StorageCapacity, _manifest: bool) -> Iterator[Problem]:
    yield from one_quantity_problems(stored.capacity, "capacity")
    yield from one_quantity_problems(stored.maximum_volume_size, "maximumVolumeSize")
    yield from label_selector_problems(stored.node_topology, "nodeTopology")


def attachment_problems(stored: raw.VolumeAttachment, _manifest: bool) -> Iterator[Problem]:
    if stored.spec is None or not stored.spec.node_name:
        yield Problem("spec.nodeName", "nothing", "the name of a node")
