"""The volumes of placed pods: what each claim gets, and from where it can be reached afterwards.

Which existing volume a claim gets is ``solver.scheduler``'s answer; here it is only written down.
"""

from __future__ import annotations

from solver.model.names import ZONE
from solver.model.node import Node
from solver.model.pod import ClaimUse, Pod
from solver.model.quantity import whole
from solver.model.requirement import NodeSelector, NodeSelectorTerm, Operator
from solver.model.snapshot import Snapshot
from solver.model.storage import Claim, Volume
from solver.planning.carried_out import Reach, reach_after_provisioning
from solver.report.facts import PlacedVolume, VolumeState
from solver.scheduler.volume_binder import Binding

_ZONE_LABELS = (ZONE, "failure-domain.beta.kubernetes.io/zone")


def placed_volumes(pod: Pod, node: Node, binding: Binding, snapshot: Snapshot) -> tuple[PlacedVolume, ...]:
    """What the pod's claims get on the node; ``binding`` is what was assumed when the pod was added."""
    static = {claim.key: volume for claim, volume in binding.static}
    found = []
    for use in pod.claims:
        claim = snapshot.claim_by_key.get(use.claim)
        if claim is None:
            continue  # V7 keeps such a pod from being placed; V2's synthetic claims are all in the snapshot
        if claim.volume_name is not None:
            volume = snapshot.volume_by_name.get(claim.volume_name)
            found.append(_existing(use, claim, volume, VolumeState.BOUND))
        elif claim.key in static:
            found.append(_existing(use, claim, static[claim.key], VolumeState.STATIC))
        else:
            found.append(_provisioned(use, claim, node, snapshot))
    return tuple(found)


def _existing(use: ClaimUse, claim: Claim, volume: Volume | None, state: VolumeState) -> PlacedVolume:
    return PlacedVolume(
        volume=use.volume,
        claim=claim.key,
        state=state,
        storage_class=claim.storage_class,
        size_bytes=whole(volume.capacity_milli if volume else claim.request_milli),
        persistent_volume=volume.name if volume else claim.volume_name,
        accessible_from=_reach(volume) if volume else (),
    )


def _provisioned(use: ClaimUse, claim: Claim, node: Node, snapshot: Snapshot) -> PlacedVolume:
    return PlacedVolume(
        volume=use.volume,
        claim=claim.key,
        state=VolumeState.EPHEMERAL if use.ephemeral else VolumeState.NEW,
        storage_class=claim.storage_class,
        size_bytes=whole(claim.request_milli),
        accessible_from=reach_after_provisioning(claim, node, snapshot),
    )


def _reach(volume: Volume) -> Reach:
    """From the volume's node affinity, or its zone label (V41) when it has none."""
    if volume.node_affinity is not None:
        return _reach_of(volume.node_affinity)
    for label in _ZONE_LABELS:
        if label in volume.labels:
            zones = sorted({part.strip() for part in volume.labels[label].split("__")})
            return ((ZONE, tuple(zones)),) if all(zones) else ()
    return ()


def _reach_of(affinity: NodeSelector) -> Reach:
    """The keys that every ORed term restricts to a list, with the values of all terms together."""
    terms = [_listed(term) for term in affinity.terms if term.usable]
    if not terms:
        return ()
    shared = set(terms[0]).intersection(*terms[1:])
    return tuple((key, tuple(sorted({v for term in terms for v in term[key]}))) for key in sorted(shared))


def _listed(term: NodeSelectorTerm) -> dict[str, tuple[str, ...]]:
    return {e.key: e.values for e in term.expressions if e.operator is Operator.IN}
