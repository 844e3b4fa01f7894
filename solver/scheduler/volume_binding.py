"""VolumeBinding: can the pod's claims be bound, or are they bound, where the node can reach (V18-V39).

The choice of volumes for unbound claims is in ``volume_binder``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from solver.model.csi_translation import csi_affinity, is_migrated, is_untranslatable
from solver.model.pod import ClaimUse, Pod
from solver.model.requirement import NodeSelector
from solver.model.storage import Claim, CSINode, Volume
from solver.scheduler.columns import Looks
from solver.scheduler.node_volume_limits import not_owner, owns
from solver.scheduler.plugin import SKIP, PreFilterResult
from solver.scheduler.state import ClusterState, NodeState
from solver.scheduler.status import Code, Status
from solver.scheduler.volume_binder import bind, is_delayed
from solver.scheduler.volume_book import VolumeBook
from solver.scheduler.volume_restrictions import claim_not_found

UNBOUND_IMMEDIATE = "pod has unbound immediate PersistentVolumeClaims"
NODE_CONFLICT = "node(s) didn't match PersistentVolume's node affinity"
VOLUME_MISSING = "node(s) unavailable due to one or more pvc(s) bound to non-existent pv(s)"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Claims:
    bound: tuple[Claim, ...]
    delayed: tuple[Claim, ...]


class _UntranslatableError(Exception):
    """An in-tree volume whose name its CSI driver cannot read (ERR)."""


class VolumeBinding:
    name = "VolumeBinding"

    def prefilter(self, pod: Pod, state: ClusterState) -> PreFilterResult:
        if not pod.claims:
            return SKIP
        book = state.volumes
        sorted_claims = _sort_claims(pod, book, self.name)
        if isinstance(sorted_claims, Status):
            return PreFilterResult(status=sorted_claims)
        bound, delayed = sorted_claims.bound, sorted_claims.delayed

        def can_bind(node: NodeState) -> Status | None:
            try:
                found = [_bound_obstacle(bound, node, book), bind(delayed, node.node, book).reason]  # V22
            except _UntranslatableError as error:
                return Status(plugin=self.name, code=Code.ERROR, reasons=(str(error),))
            if found[0] == VOLUME_MISSING:
                found.reverse()  # V37
            reasons = tuple(reason for reason in found if reason)
            return Status(plugin=self.name, code=Code.UNRESOLVABLE, reasons=reasons) if reasons else None

        return PreFilterResult(filter=can_bind, alike=_alike(sorted_claims, state))


def _alike(claims: _Claims, state: ClusterState) -> Callable[[], Looks] | None:
    """None when more than labels counts: which node was selected (V27), or its drivers (V25)."""
    bound = [
        state.volumes.volume(claim.volume_name) for claim in claims.bound if claim.volume_name is not None
    ]
    if any(claim.selected_node is not None for claim in claims.delayed):
        return None
    if any(volume is not None and volume.plugin for volume in bound):
        return None
    affinities = [v.node_affinity for v in bound if v is not None and v.node_affinity is not None]
    return lambda: _looks(
        {key for affinity in affinities for key in affinity.label_keys}, claims.delayed, state
    )


def _looks(keys: set[str], delayed: Iterable[Claim], state: ClusterState) -> Looks:
    """Far from every volume that nobody has claimed, only what allows provisioning makes a difference."""
    book, columns = state.volumes, state.columns
    near = columns.none()
    everywhere, near_volumes = set(keys), set[str]()
    for claim in delayed:
        near |= book.near_unclaimed(claim.storage_class, columns)
        everywhere |= book.provisioning_keys(claim.storage_class)
        near_volumes |= book.volume_keys(claim.storage_class)
        for volume in book.reserved_for(claim):
            everywhere |= volume.node_affinity.label_keys if volume.node_affinity is not None else set()
    return columns.looks(everywhere).divided(near, columns.looks(everywhere | near_volumes))


def _sort_claims(pod: Pod, book: VolumeBook, plugin: str) -> _Claims | Status:
    """V18 for every claim first, then V19-V21."""
    claims: list[Claim] = []
    for use in pod.claims:
        claim = book.claim(use.claim)
        obstacle = _missing(use) if claim is None else _unusable(claim, use, pod)
        if obstacle:
            return Status(plugin=plugin, code=Code.UNRESOLVABLE, reasons=(obstacle,))
        assert claim is not None
        claims.append(claim)
    for claim in claims:
        unclear = _unclear_mode(claim, book)
        if unclear:
            return Status(plugin=plugin, code=Code.ERROR, reasons=(unclear,))
    bound = tuple(claim for claim in claims if claim.is_bound)
    delayed = tuple(claim for claim in claims if is_delayed(claim, book))
    if len(bound) + len(delayed) < len(claims):  # V21
        return Status(plugin=plugin, code=Code.UNRESOLVABLE, reasons=(UNBOUND_IMMEDIATE,))
    return _Claims(bound=bound, delayed=delayed)


def _missing(use: ClaimUse) -> str:
    if not use.ephemeral:
        return claim_not_found(use.claim)
    name = use.claim.partition("/")[2]
    return f'waiting for ephemeral volume controller to create the persistentvolumeclaim "{name}"'


def _unusable(claim: Claim, use: ClaimUse, pod: Pod) -> str:
    """V18, in its order; "" when the claim can be used."""
    if claim.phase == "Lost":
        volume = claim.volume_name or ""
        return f'persistentvolumeclaim "{claim.name}" bound to non-existent persistentvolume "{volume}"'
    if claim.deleting:
        return f'persistentvolumeclaim "{claim.name}" is being deleted'
    if use.ephemeral and not owns(pod, claim):
        return not_owner(pod, claim)
    return ""


def _unclear_mode(claim: Claim, book: VolumeBook) -> str:
    """V21: an unbound claim whose class object says nothing about binding."""
    if claim.is_bound:
        return ""
    storage_class = book.storage_class(claim.storage_class)
    if storage_class is None or storage_class.binding_mode is not None:
        return ""
    return f'VolumeBindingMode not set for StorageClass "{storage_class.name}"'


def _bound_obstacle(claims: tuple[Claim, ...], node: NodeState, book: VolumeBook) -> str:
    """V23-V26; the first claim that fails decides. Raises _UntranslatableError."""
    for claim in claims:
        assert claim.volume_name is not None
        volume = book.volume(claim.volume_name)
        if volume is None:
            return VOLUME_MISSING
        affinity = _affinity(volume, book.csi_node(node.node.name))
        if affinity is not None and not affinity.reaches(node.node.labels):
            return NODE_CONFLICT
    return ""


def _affinity(volume: Volume, csi_node: CSINode | None) -> NodeSelector | None:
    """V25: as the node's drivers see it."""
    if not volume.plugin or not is_migrated(volume.plugin, csi_node):
        return volume.node_affinity
    if is_untranslatable(volume):
        raise _UntranslatableError(f"could not translate pv: {volume.name} has no {volume.plugin} name")
    return csi_affinity(volume)
