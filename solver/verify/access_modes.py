"""Who may share a volume: ReadWriteOncePod (V8, V9), ReadWriteOnce (V44), legacy inline disks (V5).

V44 is stricter than kube-scheduler and holds only with ``SolveConfig.strict_rwo``.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from solver.model.pod import DiskKind, InlineDisk
from solver.model.storage import READ_WRITE_ONCE, Claim
from solver.verify.state import FinalState, Resident
from solver.verify.violation import Violation

_MANY_NODES = frozenset({"ReadWriteMany", "ReadOnlyMany"})


def check(state: FinalState) -> Iterator[Violation]:
    for key, users in state.users.items():
        claim = state.snapshot.claim_by_key.get(key)
        if claim is not None and len(users) > 1:
            yield from _single_pod(claim, users)
            if state.config.strict_rwo:
                yield from _single_node(claim, users)
    for residents in state.by_node.values():
        yield from _disks([r for r in residents if r.pod.disks])


def _single_pod(claim: Claim, users: Sequence[Resident]) -> Iterator[Violation]:
    """V8, V9. Only volumes that name the claim are looked at, not the ephemeral volume behind it (V2)."""
    naming = [u for u in users if any(use.claim == claim.key and not use.ephemeral for use in u.pod.claims)]
    if claim.single_pod and len(naming) > 1 and any(u.planned for u in naming):
        yield _violation("V9", claim, naming, "one pod at a time")


def _single_node(claim: Claim, users: Sequence[Resident]) -> Iterator[Violation]:
    """V44, running pods included."""
    one_node = READ_WRITE_ONCE in claim.access_modes and _MANY_NODES.isdisjoint(claim.access_modes)
    if one_node and len({u.node.name for u in users}) > 1:
        yield _violation("V44", claim, users, "one node at a time")


def _violation(rule: str, claim: Claim, users: Sequence[Resident], limit: str) -> Violation:
    where = ", ".join(f"{u.pod.key} on {u.node.name}" for u in users)
    return Violation(
        rule=rule,
        pods=tuple(u.pod.key for u in users),
        node=None,
        sentence=f"claim {claim.key} ({', '.join(claim.access_modes)}) serves {limit}; used by {where}",
    )


def _disks(residents: Sequence[Resident]) -> Iterator[Violation]:
    """V5."""
    for index, one in enumerate(residents):
        for other in residents[:index]:
            clashes = (a for a in one.pod.disks for b in other.pod.disks if _excludes(a, b))
            disk = next(clashes, None)
            if disk is not None and (one.planned or other.planned):
                yield Violation(
                    rule="V5",
                    pods=(one.pod.key, other.pod.key),
                    node=one.node.name,
                    sentence=(
                        f"pods {one.pod.key} and {other.pod.key} cannot both use {disk.kind} disk"
                        f" {disk.identity} on node {one.node.name}"
                    ),
                )


def _excludes(one: InlineDisk, other: InlineDisk) -> bool:
    if (one.kind, one.identity) != (other.kind, other.identity):
        return False
    if one.kind is DiskKind.RBD and one.monitors.isdisjoint(other.monitors):
        return False
    return one.kind is DiskKind.EBS or not (one.read_only and other.read_only)
