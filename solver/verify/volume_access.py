"""Can the node use the volumes of each planned pod, taking the pod alone?

Claims that are wrong in themselves (V2, V18, V21), bound volumes (V23-V26), zone labels (V40-V42), and claims
whose node is selected already (V27, V34, V35). Open claims are matched in ``volume_matching``.
"""

from __future__ import annotations

from collections.abc import Iterator

from solver.model.node import Node
from solver.model.pod import ClaimUse
from solver.model.storage import Claim, Volume
from solver.verify.claims import Binding, binding, owns
from solver.verify.provisioning import Provisioning
from solver.verify.state import FinalState, Resident
from solver.verify.translation import translated_affinity
from solver.verify.violation import Violation

_GA_KEY_OF_BETA = {
    "failure-domain.beta.kubernetes.io/zone": "topology.kubernetes.io/zone",
    "failure-domain.beta.kubernetes.io/region": "topology.kubernetes.io/region",
}
_ZONE_LABELS = (*_GA_KEY_OF_BETA.values(), *_GA_KEY_OF_BETA)


def check(state: FinalState) -> Iterator[Violation]:
    provisioning = Provisioning(state)
    for resident in state.planned:
        for use in resident.pod.claims:
            for rule, why in _faults(state, provisioning, resident, use):
                yield Violation(
                    rule=rule,
                    pods=(resident.pod.key,),
                    node=resident.node.name,
                    sentence=f"pod {resident.pod.key} on node {resident.node.name}: claim {use.claim} {why}",
                )


def _faults(
    state: FinalState, provisioning: Provisioning, resident: Resident, use: ClaimUse
) -> Iterator[tuple[str, str]]:
    claim = state.snapshot.claim_by_key.get(use.claim)
    if claim is None:
        yield ("V18" if use.ephemeral else "V7"), "does not exist"
        return
    yield from _unusable(resident, use, claim)
    match binding(state.snapshot, claim):
        case Binding.IMMEDIATE:
            yield "V21", "is unbound and does not wait for its first consumer"
        case Binding.BOUND:
            yield from _bound(state, claim, resident.node, zoned=not use.ephemeral)
        case Binding.DELAYED:
            yield from _selected(provisioning, claim, resident.node)


def _unusable(resident: Resident, use: ClaimUse, claim: Claim) -> Iterator[tuple[str, str]]:
    if claim.phase == "Lost":
        yield "V18", f"has lost its volume {claim.volume_name}"
    if claim.deleting:
        yield "V18", "is being deleted"
    if not owns(resident.pod, use, claim):
        yield "V2", "belongs to someone else"


def _bound(state: FinalState, claim: Claim, node: Node, *, zoned: bool) -> Iterator[tuple[str, str]]:
    """``zoned`` is False for ephemeral volumes, at which VolumeZone does not look (V2)."""
    assert claim.volume_name is not None
    volume = state.snapshot.volume_by_name.get(claim.volume_name)
    if volume is None:
        yield ("V40" if zoned else "V26"), f"is bound to {claim.volume_name}, which does not exist"
        return
    csi_node = state.snapshot.csi_node_by_name.get(node.name)
    if node.name not in state.nodes.reached(translated_affinity(volume, csi_node)):
        yield "V23", f"is bound to volume {volume.name}, whose node affinity excludes node {node.name}"
    if zoned and not _in_zone(volume, node):
        yield "V42", f"is bound to volume {volume.name}, whose zone labels exclude node {node.name}"


def _in_zone(volume: Volume, node: Node) -> bool:
    """V41, V42."""
    if not any(key in node.labels for key in _ZONE_LABELS):
        return True
    return all(
        _value(node, key) in _parts(volume.labels[key])
        for key in _ZONE_LABELS
        if key in volume.labels and "" not in _parts(volume.labels[key])
    )


def _parts(value: str) -> set[str]:
    """V41: ``za__zb`` is a set; an empty part makes the label void."""
    return {part.strip() for part in value.split("__")}


def _value(node: Node, key: str) -> str | None:
    """V42: a beta key may be met by its GA successor, not the reverse."""
    return node.labels.get(key, node.labels.get(_GA_KEY_OF_BETA.get(key, "")))


def _selected(provisioning: Provisioning, claim: Claim, node: Node) -> Iterator[tuple[str, str]]:
    """V27: provisioning for the named node is under way."""
    if claim.selected_node is None:
        return
    if claim.selected_node != node.name:
        yield "V27", f"is being provisioned for node {claim.selected_node}"
        return
    refusal = provisioning.refusal(claim, node)
    if refusal is not None:
        yield refusal
