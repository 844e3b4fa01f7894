"""What claims decide together: static volumes running out (V29-V33), claims that several pods use (V8, V36,
V44). Attach limits are in ``attach_limits``."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Mapping
from dataclasses import dataclass

import numpy as np

from solver.compile.access import Access, ClaimAccess
from solver.compile.classes import claim_users
from solver.compile.counts import RunningPods
from solver.compile.greedy import matched_in_turn
from solver.compile.problem import BoolArray, ClaimKind, PodClass, SharedClaim, VolumeGroup
from solver.model.names import ClaimKey
from solver.model.snapshot import Snapshot
from solver.model.storage import READ_WRITE_ONCE, Claim, Volume

_MANY_NODES = frozenset({"ReadWriteMany", "ReadOnlyMany"})


@dataclass(frozen=True, slots=True, kw_only=True)
class VolumeRules:
    """Everything this module compiles; ``blocked`` [C, N] are nodes that shared claims rule out at once."""

    kinds: tuple[ClaimKind, ...]
    groups: tuple[VolumeGroup, ...]
    shared: tuple[SharedClaim, ...]
    blocked: BoolArray
    approximations: tuple[str, ...]


def volume_rules(
    snapshot: Snapshot,
    classes: tuple[PodClass, ...],
    access: Access,
    running: RunningPods,
    *,
    strict_rwo: bool,
) -> VolumeRules:
    return _Compiler(snapshot, classes, access, running, strict_rwo).rules()


class _Compiler:
    def __init__(
        self,
        snapshot: Snapshot,
        classes: tuple[PodClass, ...],
        access: Access,
        running: RunningPods,
        strict_rwo: bool,
    ) -> None:
        self._snapshot = snapshot
        self._classes = classes
        self._access = access
        self._running = running
        self._strict_rwo = strict_rwo
        self._users = claim_users(snapshot, (p for c in classes for p in c.members))
        self._views = {
            use.claim: access.of(pod, use) for c in classes for pod in c.members for use in pod.claims
        }
        self._approximations: set[str] = set()

    def rules(self) -> VolumeRules:
        kinds, groups, kind_of = self._static()
        shared, blocked = self._shared(kind_of)
        return VolumeRules(
            kinds=kinds,
            groups=groups,
            shared=shared,
            blocked=blocked | self._never_matched(),
            approximations=tuple(sorted(self._approximations)),
        )

    # static volumes

    def _static(self) -> tuple[tuple[ClaimKind, ...], tuple[VolumeGroup, ...], dict[ClaimKey, int]]:
        """Claim kinds that may need a static volume, volume groups, and the kind of every such claim."""
        needy = {
            key: view
            for key, view in self._views.items()
            if view.candidates and not (view.provisionable >= view.nodes).all()
        }
        alike = {v.likeness: v for v in needy.values()}
        signature_of = {likeness: _kind_signature(view) for likeness, view in alike.items()}
        signature = {key: signature_of[view.likeness] for key, view in needy.items()}
        kinds = list(dict.fromkeys(signature.values()))
        kind_of = {key: kinds.index(s) for key, s in signature.items()}
        samples = {kind_of[key]: view for key, view in needy.items()}
        groups, groups_of = self._groups([samples[i].candidates for i in range(len(kinds))])
        per_pod = np.zeros((len(kinds), len(self._classes)), dtype=np.int64)
        for index, c in enumerate(self._classes):
            for use in c.sample.claims:
                if use.claim in kind_of and self._users[use.claim] == 1:
                    per_pod[kind_of[use.claim], index] += 1
        if any(v.provisionable.any() for v in needy.values()):
            self._approximations.add("a claim may take a static volume where it could be provisioned (V28)")
        compiled = tuple(
            ClaimKind(per_pod=per_pod[i], groups=groups_of[i], needed=~samples[i].provisionable)
            for i in range(len(kinds))
        )
        return compiled, groups, kind_of

    def _groups(
        self, candidates: list[tuple[Volume, ...]]
    ) -> tuple[tuple[VolumeGroup, ...], list[tuple[int, ...]]]:
        """Volumes with the same reach that the same kinds accept become one group."""
        takers: dict[str, list[int]] = defaultdict(list)
        volumes: dict[str, Volume] = {}
        for kind, accepted in enumerate(candidates):
            for volume in accepted:
                takers[volume.name].append(kind)
                volumes[volume.name] = volume
        alike: dict[tuple[tuple[int, ...], bytes], list[Volume]] = defaultdict(list)
        for name, volume in volumes.items():
            alike[tuple(takers[name]), self._access.reach(volume.node_affinity).tobytes()].append(volume)
        groups: list[VolumeGroup] = []
        groups_of: list[list[int]] = [[] for _ in candidates]
        for (kinds, _), members in alike.items():
            for kind in kinds:
                groups_of[kind].append(len(groups))
            groups.append(VolumeGroup(size=len(members), reach=self._access.reach(members[0].node_affinity)))
        return tuple(groups), [tuple(g) for g in groups_of]

    def _never_matched(self) -> BoolArray:
        """[C, N], V33: nodes where the claims of one pod get in each other's way."""
        blocked = np.zeros((len(self._classes), self._running.size), dtype=np.bool_)
        known: dict[Hashable, BoolArray] = {}
        for index, c in enumerate(self._classes):
            views = [self._views[use.claim] for use in c.sample.claims]
            own = all(self._users[use.claim] == 1 for use in c.sample.claims)
            if own and sum(1 for view in views if view.candidates) > 1:
                question = tuple(view.likeness for view in views)
                if question not in known:
                    known[question] = ~matched_in_turn(views, self._access.reach)
                blocked[index] = known[question]
        return blocked

    # shared claims

    def _shared(self, kind_of: Mapping[ClaimKey, int]) -> tuple[tuple[SharedClaim, ...], BoolArray]:
        homes = self._homes()
        users: dict[ClaimKey, list[int]] = defaultdict(list)
        for index, c in enumerate(self._classes):
            for key in {use.claim for pod in c.members for use in pod.claims}:
                users[key].append(index)
        blocked = np.zeros((len(self._classes), self._running.size), dtype=np.bool_)
        found: list[SharedClaim] = []
        for key in sorted(users):
            claim = self._snapshot.claim_by_key.get(key)
            if claim is None or self._users[key] < 2:
                continue
            self._block(claim, users[key], homes.get(key, []), blocked)
            found.append(
                SharedClaim(
                    users=tuple(users[key]),
                    one_node=self._one_node_at_a_time(claim) or self._is_promised(claim),
                    one_pod=claim.single_pod,
                    claim_kind=kind_of.get(key),
                )
            )
        return tuple(found), blocked

    def _homes(self) -> dict[ClaimKey, list[int]]:
        """Claim to the nodes of the running pods that use it."""
        found: dict[ClaimKey, list[int]] = defaultdict(list)
        for node, pod in self._running.on_nodes():
            for use in pod.claims:
                found[use.claim].append(node)
        return found

    def _one_node_at_a_time(self, claim: Claim) -> bool:
        """V44."""
        modes = set(claim.access_modes)
        return self._strict_rwo and READ_WRITE_ONCE in modes and not _MANY_NODES & modes

    def _is_promised(self, claim: Claim) -> bool:
        """V36: an unbound claim goes where its first pod goes; a static volume may be within reach of more
        nodes, which the model does not follow."""
        if claim.is_bound:
            return False
        if not self._one_node_at_a_time(claim) and any(
            v.storage_class == claim.storage_class for v in self._snapshot.volumes
        ):
            self._approximations.add("pods sharing an unbound static claim are kept on one node (V36)")
        return True

    def _block(self, claim: Claim, classes: list[int], homes: list[int], blocked: BoolArray) -> None:
        """Where running users leave no room: RWOP (V8) anywhere, RWO (V44) on every other node."""
        if not homes:
            return
        if claim.single_pod:
            blocked[classes, :] = True
        elif self._one_node_at_a_time(claim):
            elsewhere = np.ones(blocked.shape[1], dtype=np.bool_)
            if len(set(homes)) == 1:
                elsewhere[homes] = False
            blocked[classes] |= elsewhere


def _kind_signature(view: ClaimAccess) -> Hashable:
    assert view.claim is not None
    return (view.claim.storage_class, view.likeness)
