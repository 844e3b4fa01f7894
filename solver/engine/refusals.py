"""A refused pod's verdict as rule families with kube-scheduler's own reason texts; no other prose."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from solver.engine.bound import Bound, Lack
from solver.engine.shortage import Shortage
from solver.model.outcome import Reason, ReasonCode, Unplaced
from solver.model.pod import Pod
from solver.model.units import amount
from solver.scheduler.framework import PodVerdict
from solver.scheduler.status import Status

_PLUGIN_CODES = {
    "NodeUnschedulable": ReasonCode.TAINT,
    "NodeName": ReasonCode.NODE_SELECTION,
    "TaintToleration": ReasonCode.TAINT,
    "NodeAffinity": ReasonCode.NODE_SELECTION,
    "PreFilterResult": ReasonCode.NODE_SELECTION,
    "NodePorts": ReasonCode.HOST_PORT,
    "NodeResourcesFit": ReasonCode.RESOURCES,
    "VolumeRestrictions": ReasonCode.ACCESS_MODE,
    "NodeVolumeLimits": ReasonCode.VOLUME_LIMIT,
    "VolumeBinding": ReasonCode.VOLUME_ACCESS,
    "VolumeZone": ReasonCode.VOLUME_ACCESS,
    "PodTopologySpread": ReasonCode.TOPOLOGY_SPREAD,
    "InterPodAffinity": ReasonCode.POD_AFFINITY,
    "DynamicResources": ReasonCode.UNSUPPORTED,
}
_TEXT_CODES = {
    "Too many pods": ReasonCode.POD_COUNT,
    "node(s) did not have enough free storage": ReasonCode.VOLUME_CAPACITY,
    "node(s) didn't match pod anti-affinity rules": ReasonCode.POD_ANTI_AFFINITY,
    "node(s) didn't satisfy existing pods anti-affinity rules": ReasonCode.POD_ANTI_AFFINITY,
}
_REJECTED_OBJECTS = frozenset({"VolumeRestrictions", "VolumeBinding", "VolumeZone"})
"""Plugins whose rejection before any node is looked at is about a claim or volume object (V7, V18, V40)."""
_PATHS = {
    ReasonCode.RESOURCES: "spec.containers[*].resources.requests",
    ReasonCode.HOST_PORT: "spec.containers[*].ports[*].hostPort",
    ReasonCode.NODE_SELECTION: "spec.affinity.nodeAffinity",
    ReasonCode.TAINT: "spec.tolerations",
    ReasonCode.VOLUME_ACCESS: "spec.volumes",
    ReasonCode.VOLUME_CAPACITY: "spec.volumes",
    ReasonCode.VOLUME_LIMIT: "spec.volumes",
    ReasonCode.ACCESS_MODE: "spec.volumes",
    ReasonCode.BAD_OBJECT: "spec.volumes",
    ReasonCode.TOPOLOGY_SPREAD: "spec.topologySpreadConstraints",
    ReasonCode.POD_AFFINITY: "spec.affinity.podAffinity",
    ReasonCode.POD_ANTI_AFFINITY: "spec.affinity.podAntiAffinity",
    ReasonCode.UNSUPPORTED: "spec.resourceClaims",
    ReasonCode.ORDERED_BEHIND: "spec.podManagementPolicy",
}


def unplaced(pod: Pod, found: PodVerdict | None, shortage: Shortage | Bound | None = None) -> Unplaced:
    """The pod with its reasons: a shortage no plan can mend, then the verdict, most frequent first."""
    refused = _refused(pod, found)
    if shortage is None:
        return refused
    lacking = _crowded(pod, shortage) if isinstance(shortage, Bound) else _lacking(pod, shortage)
    return replace(refused, reasons=(lacking, *refused.reasons))


def _crowded(pod: Pod, bound: Bound) -> Reason:
    text = f"at most {bound.pods} of {bound.wanted} pods fit, whatever else moves: "
    return _reason(pod, bound.lacking[0].code, text + "; ".join(map(_lack, bound.lacking)))


def _lack(lack: Lack) -> str:
    what = f"volumes of {lack.what}" if lack.code is ReasonCode.VOLUME_LIMIT else lack.what
    verb = "have" if len(lack.zones) > 1 or lack.zones == ("",) else "has"
    if lack.piece:
        asking = f"{lack.wanted} pods asking for {amount(lack.what, lack.piece)} {what} or more"
        return f"{_where(lack.zones)} {verb} room for {lack.room} of up to {asking}"
    room, wanted = amount(lack.what, lack.room), amount(lack.what, lack.wanted)
    return f"{_where(lack.zones)} {verb} room for {room} of up to {wanted} {what} asked for there"


def _where(zones: tuple[str, ...]) -> str:
    """``zone za``, ``zones za, zb and zc``, ``the cluster``."""
    names = [zone for zone in zones if zone]
    parts = [f"zone {names[0]}"] if len(names) == 1 else []
    if len(names) > 1:
        parts = [f"zones {', '.join(names[:-1])} and {names[-1]}"]
    if "" in zones:
        parts.append("nodes in no zone")
    return " and ".join(parts) or "the cluster"


def _lacking(pod: Pod, shortage: Shortage) -> Reason:
    limits = [f"{domains} domains of {key} take one pod each" for key, domains in shortage.full_domains]
    if shortage.nodes or not limits:
        limits.append(f"{shortage.nodes} nodes have room for {shortage.room}")
    code = ReasonCode.POD_ANTI_AFFINITY if shortage.full_domains else ReasonCode.RESOURCES
    text = f"at most {shortage.most} of {shortage.wanted} such pods fit, whatever else moves: "
    return _reason(pod, code, text + " and ".join(limits))


def _refused(pod: Pod, found: PodVerdict | None) -> Unplaced:
    if found is None:
        text = f"not created before pod {pod.created_after} runs"
        return Unplaced(pod=pod.key, reasons=(_reason(pod, ReasonCode.ORDERED_BEHIND, text),))
    if found.prefilter is not None:
        return Unplaced(pod=pod.key, reasons=tuple(_rejections(pod, found.prefilter)))
    if found.feasible:
        text = "its claim is in use on a node that has no room left for it"
        return Unplaced(pod=pod.key, reasons=(_reason(pod, ReasonCode.ACCESS_MODE, text),))
    counts: Counter[tuple[ReasonCode, str]] = Counter()
    for status, nodes in found.refusals:
        for text in status.reasons or ("node(s) didn't match Pod's node affinity/selector",):
            counts[_code(status, text), text] += len(nodes)
    ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0][1]))
    return Unplaced(
        pod=pod.key,
        reasons=tuple(
            _reason(pod, code, f"{text} ({nodes} of {found.node_count} nodes)")
            for (code, text), nodes in ranked
        ),
    )


def _rejections(pod: Pod, status: Status) -> list[Reason]:
    about_object = status.plugin in _REJECTED_OBJECTS
    return [
        _reason(pod, ReasonCode.BAD_OBJECT if about_object else _code(status, text), text)
        for text in status.reasons
    ]


def _code(status: Status, text: str) -> ReasonCode:
    return _TEXT_CODES.get(text, _PLUGIN_CODES.get(status.plugin, ReasonCode.BAD_OBJECT))


def _reason(pod: Pod, code: ReasonCode, message: str) -> Reason:
    return Reason(code=code, message=message, object=pod.source, path=_path(pod, code))


def _path(pod: Pod, code: ReasonCode) -> str:
    """The field of this very pod that the reason is about."""
    if code is ReasonCode.NODE_SELECTION and pod.required_nodes is None:
        return "spec.nodeSelector"
    if code is ReasonCode.POD_ANTI_AFFINITY and not pod.anti_affinity:
        return "metadata.labels"  # A8: the terms are those of other pods
    return _PATHS.get(code, "")
