"""L301-L310: claims, storage classes and volumes (V, C)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from solver.kube import raw
from solver.kube.inventory import Loaded
from solver.kube.storage import volume
from solver.model.names import HOSTNAME
from solver.model.storage import NO_PROVISIONER, StorageClass
from solver.planning.lint.codes import Severity
from solver.planning.lint.hit import Hit
from solver.planning.lint.scene import Scene, Workload
from solver.planning.storage.drivers import kind_of_driver
from solver.planning.storage.nature import Kind

_ONE_PLACE = (Kind.LOCAL, Kind.ZONAL)
_SINGLE = frozenset({"ReadWriteOnce", "ReadWriteOncePod"})
_MANY = "ReadWriteMany"
_BETA_CLASS = "volume.beta.kubernetes.io/storage-class"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Wanted:
    """A volume that is still to be made or found."""

    about: Loaded
    path: str
    """Of the claim's spec."""
    spec: raw.ClaimSpec
    class_name: str | None
    """None: the default's; "": none, a volume that exists already."""
    workload: Workload | None = None


def _wanted(scene: Scene) -> Iterator[_Wanted]:
    for workload in scene.workloads:
        for index, template in enumerate(workload.claim_templates):
            yield _of_template(template, workload, f"spec.volumeClaimTemplates[{index}].spec")
        for index, one in enumerate(workload.spec.volumes or ()):
            if one.ephemeral is not None and one.ephemeral.volume_claim_template is not None:
                path = f"{workload.path}.volumes[{index}].ephemeral.volumeClaimTemplate.spec"
                yield _of_template(one.ephemeral.volume_claim_template, workload, path)
    for found in scene.objects("PersistentVolumeClaim"):
        spec = found.stored.spec or raw.ClaimSpec()
        if not spec.volume_name:
            yield _Wanted(about=found, path="spec", spec=spec, class_name=_class(found.metadata, spec))


def _of_template(template: raw.ClaimTemplate, workload: Workload, path: str) -> _Wanted:
    spec = template.spec or raw.ClaimSpec()
    class_name = _class(template.metadata or raw.Metadata(), spec)
    return _Wanted(about=workload.loaded, path=path, spec=spec, class_name=class_name, workload=workload)


def _class(about: raw.Metadata, spec: raw.ClaimSpec) -> str | None:
    """V3."""
    return (about.annotations or {}).get(_BETA_CLASS, spec.storage_class_name)


def _class_missing(scene: Scene) -> Iterator[Hit]:
    if not scene.knows("StorageClass"):
        return
    of_volumes = {found.stored.spec.storage_class_name for found in scene.everything("PersistentVolume")}
    for wanted in _wanted(scene):
        name = wanted.class_name
        if name and name not in scene.classes and name not in of_volumes:
            yield Hit(wanted.about, f"{wanted.path}.storageClassName", f"there is no storage class {name}")


def _no_default(scene: Scene) -> Iterator[Hit]:
    if not scene.knows("StorageClass") or scene.has_default_class:
        return
    for wanted in _wanted(scene):
        if wanted.class_name is None:
            sentence = "it names no class, and no class is marked as the default"
            yield Hit(wanted.about, f"{wanted.path}.storageClassName", sentence)


def _immediate(scene: Scene) -> Iterator[Hit]:
    for wanted in _wanted(scene):
        known = scene.classes.get(wanted.class_name or "")
        if known is None or wanted.workload is None or not _binds_in_one_place(known):
            continue
        rule = _limits(wanted.workload)
        if rule:
            sentence = f"class {known.name} makes the volume before the pod is placed, which has {rule}"
            yield Hit(wanted.about, f"{wanted.path}.storageClassName", sentence)


def _binds_in_one_place(known: StorageClass) -> bool:
    return not known.waits and kind_of_driver(known.provisioner) in _ONE_PLACE


def _limits(workload: Workload) -> str:
    """What says where its pods may be, apart from room; "" for nothing."""
    pod = workload.pod
    if any(rule.hard and rule.topology_key != HOSTNAME for rule in pod.spread):
        return "a hard spread constraint"
    if pod.required_nodes is not None or pod.node_selector:
        return "a node selector or node affinity"
    if pod.affinity or any(term.topology_key != HOSTNAME for term in pod.anti_affinity):
        return "required affinity or anti-affinity"
    return ""


def _local_at_once(scene: Scene) -> Iterator[Hit]:
    for found in scene.objects("StorageClass"):
        known = scene.classes[found.name]
        if known.provisioner == NO_PROVISIONER and not known.waits:
            yield Hit(found, "volumeBindingMode", f"it is {known.binding_mode}, for volumes of single nodes")


def _shared(scene: Scene) -> Iterator[Hit]:
    for workload in scene.workloads:
        if workload.replicas < 2 and not workload.is_per_node:
            continue
        for name, known, path in scene.claims_of(workload):
            modes = _modes(known)
            if modes and modes <= _SINGLE:
                count = "one pod a node" if workload.is_per_node else f"{workload.replicas} replicas"
                sentence = f"{count} mount claim {name}, which is {' and '.join(sorted(modes))}"
                yield Hit(workload.loaded, path, sentence)


def _update_waits(scene: Scene) -> Iterator[Hit]:
    for workload in scene.workloads:
        rolling = workload.field("spec.strategy.type") in (None, "RollingUpdate")
        if workload.kind != "Deployment" or workload.replicas != 1 or not rolling:
            continue
        if workload.field("spec.strategy.rollingUpdate.maxSurge") in (0, "0", "0%"):
            continue
        for name, known, _ in scene.claims_of(workload):
            modes = _modes(known)
            if modes and modes <= _SINGLE:
                yield Hit(
                    workload.loaded, "spec.strategy", f"two pods of it want claim {name} during an update"
                )


def _modes(claim: Loaded | None) -> frozenset[str]:
    spec = claim.stored.spec if claim is not None else None
    return frozenset((spec.access_modes if spec else None) or ())


def _out_of_reach(scene: Scene) -> Iterator[Hit]:
    for workload in scene.workloads:
        allowed = scene.allowed(workload)
        for name, known, path in scene.claims_of(workload):
            spec = known.stored.spec if known is not None else None
            bound = scene.get("PersistentVolume", "", spec.volume_name or "") if spec else None
            if bound is None or not allowed:
                continue
            reach = volume(bound.name, bound.stored).node_affinity
            if reach is not None and not scene.reaches(workload, reach):
                sentence = f"claim {name} has volume {bound.name}, which none of {len(allowed)} nodes reaches"
                yield Hit(workload.loaded, path, sentence)


def _claim_missing(scene: Scene) -> Iterator[Hit]:
    for workload in scene.workloads:
        for name, known, path in scene.claims_of(workload):
            if known is None:
                certain = scene.knows("PersistentVolumeClaim")
                where = "" if certain else " among what was given"
                severity = None if certain else Severity.WARNING
                yield Hit(workload.loaded, path, f"there is no claim {name}{where}", severity)


def _on_host_path(scene: Scene) -> Iterator[Hit]:
    for workload in scene.workloads:
        for source in workload.pod.inline_sources:
            if source.source == "hostPath" and not workload.is_per_node:
                sentence = f"volume {source.volume} is a hostPath: its data does not follow the pods"
                yield Hit(workload.loaded, f"{workload.path}.volumes", sentence)


def _shared_disk(scene: Scene) -> Iterator[Hit]:
    for wanted in _wanted(scene):
        known = scene.classes.get(wanted.class_name or "")
        if (
            known is None
            or _MANY not in (wanted.spec.access_modes or ())
            or wanted.spec.volume_mode == "Block"
        ):
            continue
        kind = kind_of_driver(known.provisioner)
        if kind in _ONE_PLACE:
            sentence = f"class {known.name} ({known.provisioner}) makes {kind.value} disks"
            yield Hit(wanted.about, f"{wanted.path}.accessModes", sentence)


FINDERS = {
    "L301": _class_missing,
    "L302": _no_default,
    "L303": _immediate,
    "L304": _local_at_once,
    "L305": _shared,
    "L306": _update_waits,
    "L307": _out_of_reach,
    "L308": _claim_missing,
    "L309": _on_host_path,
    "L310": _shared_disk,
}
