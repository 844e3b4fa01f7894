"""Changes that may make a loss harmless, as edits of the input: a replica and its volumes made anew
elsewhere, spread rules that heed taints. Which of them help is found out in ``fixes``."""

from __future__ import annotations

from typing import Any

from solver.model.names import NodeName
from solver.model.pod import Pod, WorkloadKey
from solver.model.snapshot import Snapshot
from solver.model.storage import BIND_COMPLETED, SELECTED_NODE
from solver.planning.change import Change, Inputs, Object, Ref, editing, removing
from solver.planning.workloads import claim_ref, pod_ref, pod_spec, pods_of, restarted, workload_ref

_BOUND_NOTES = (
    BIND_COMPLETED,
    "pv.kubernetes.io/bound-by-controller",
    "volume.kubernetes.io/storage-provisioner",
    "volume.beta.kubernetes.io/storage-provisioner",
)


def moving(inputs: Inputs, pod: Pod, node: NodeName, snapshot: Snapshot) -> Change | None:
    """The pod waits again, and its claims are made anew for the node: they start empty. None for pods and
    claims that no object of the inputs stands for."""
    ref = pod_ref(pod.key)
    claims = [claim_ref(use.claim) for use in pod.claims]
    if inputs.get(ref) is None or any(inputs.get(claim) is None for claim in claims):
        return None
    change = editing(inputs, ref, restarted)
    for use, claim in zip(pod.claims, claims, strict=True):
        change += editing(inputs, claim, lambda found: _made_for(found, node))
        volume = snapshot.claim_by_key[use.claim].volume_name
        if volume is not None and inputs.get(Ref(kind="PersistentVolume", name=volume)) is not None:
            change += removing(Ref(kind="PersistentVolume", name=volume))
    return change


def heeding_taints(inputs: Inputs, workload: WorkloadKey) -> Change | None:
    """``nodeTaintsPolicy: Honor`` on the hard spread rules of a workload and of its pods (C27)."""
    ref = workload_ref(workload)
    if inputs.get(ref) is None:
        return None
    change = editing(inputs, ref, _heed)
    for pod in pods_of(inputs, ref):
        change += editing(inputs, pod, _heed)
    return change if change.edits else None


def _made_for(claim: Object, node: NodeName) -> None:
    """As a claim that waits for its pod on this very node (V27)."""
    claim.get("spec", {}).pop("volumeName", None)
    metadata = claim.setdefault("metadata", {})
    notes: dict[str, Any] = {
        k: v for k, v in (metadata.get("annotations") or {}).items() if k not in _BOUND_NOTES
    }
    metadata["annotations"] = {**notes, SELECTED_NODE: str(node)}
    claim["status"] = {"phase": "Pending"}


def _heed(found: Object) -> None:
    for rule in (pod_spec(found) or {}).get("topologySpreadConstraints") or []:
        if rule.get("whenUnsatisfiable") == "DoNotSchedule":
            rule["nodeTaintsPolicy"] = "Honor"
