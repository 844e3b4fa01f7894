"""What state a claim is in (V19-V21), and the claims a placement still has to bind. Decides no placement."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum, auto

from solver.model.pod import ClaimUse, Pod
from solver.model.snapshot import Snapshot
from solver.model.storage import Claim
from solver.verify.state import FinalState, Resident


class Binding(Enum):
    BOUND = auto()
    DELAYED = auto()
    IMMEDIATE = auto()


def binding(snapshot: Snapshot, claim: Claim) -> Binding:
    if claim.is_bound:
        return Binding.BOUND  # V19
    storage_class = snapshot.class_by_name.get(claim.storage_class)
    if claim.volume_name is None and storage_class is not None and storage_class.waits:
        return Binding.DELAYED  # V20
    return Binding.IMMEDIATE  # V21


def owns(pod: Pod, use: ClaimUse, claim: Claim) -> bool:
    """V2: an ephemeral volume's claim must be controlled by the pod."""
    return not use.ephemeral or (claim.owner is not None and claim.owner.uid == pod.uid)


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenClaim:
    """A delayed claim and the planned pods that use it; a shared claim is one claim (V36)."""

    claim: Claim
    users: Sequence[Resident]


def open_claims(state: FinalState) -> Iterator[OpenClaim]:
    """Delayed claims whose volume is still to be chosen: those with a selected node are left out (V27)."""
    for key, residents in state.users.items():
        claim = state.snapshot.claim_by_key.get(key)
        if claim is None or claim.selected_node is not None:
            continue
        if binding(state.snapshot, claim) is Binding.DELAYED:
            yield OpenClaim(claim=claim, users=[r for r in residents if r.planned])
