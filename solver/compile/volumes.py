"""What claims decide together: static volumes running out (V29-V33), claims that several pods use (V8, V36,
V44). Attach limits are in ``attach_limits``."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from solver.compile.access import Access, ClaimAccess
from solver.compile.classes import claim_users
from solver.compile.greedy import matched_in_turn
from solver.compile.problem import BoolArray, ClaimKind, PodClass, SharedClaim, VolumeGroup
from solver.compile.running import RunningPods
from solver.compile.storage import Storage
from solver.model.names import ClaimKey
from solver.model.storage import READ_WRITE_ONCE, Claim, Volume

_MANY_NODES = frozenset({"ReadWriteMany", "ReadOnlyMany"})


@dataclass(frozen=True, slots=True, kw_only=True)
class VolumeRules:
    """Everything this module compiles."""

    kinds: tuple[ClaimKind, ...]
    groups: tuple[VolumeGroup, ...]
    shared: tuple[SharedClaim, ...]
    closed: tuple[tuple[int, BoolArray], ...]
    """Class and [N], nodes that claims rule out together."""
    approximations: tuple[str, ...]


def volume_rules(
    classes: tuple[PodClass, ...], access: Access, storage: Storage, running: RunningPods, *, strict_rwo: bool
) -> VolumeRules:
    return _Compiler(classes, access, storage, running, strict_rwo).rules()


class _Compiler:
    def __init__(
        self,
        classes: tuple[PodClass, ...],
        access: Access,
        storage: Storage,
        running: RunningPods,
        strict_rwo: bool,
    ) -> None:
        self._classes = classes
        self._access = access
        self._storage = storage
        self._running = running
        self._strict_rwo = strict_rwo
        self._users = claim_users((p for c in classes for p in c.members), running)
        self._views = {
            use.claim: access.of(pod, use) for c in classes for pod in c.members for use in pod.claims
        }
        self._approximations: set[str] = set()

    def rules(self) -> VolumeRules:
        kinds, groups, kind_of = self._static()
        shared, closed = self._shared(kind_of)
        return VolumeRules(
            kinds=kinds,
            groups=groups,
            shared=tuple(shared),
            closed=(*closed, *self._never_matched()),
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

    def _never_matched(self) -> Iterator[tuple[int, BoolArray]]:
        """V33: nodes where the claims of one pod get in each other's way."""
        known: dict[Hashable, BoolArray] = {}
        for index, c in enumerate(self._classes):
            views = [self._views[use.claim] for use in c.sample.claims]
            own = all(self._users[use.claim] == 1 for use in c.sample.claims)
            if own and sum(1 for view in views if view.candidates) > 1:
                question = tuple(view.likeness for view in views)
                if question not in known:
                    known[question] = ~matched_in_turn(views, self._access.reach)
                yield index, known[question]

    # shared claims

    def _shared(
        self, kind_of: Mapping[ClaimKey, int]
    ) -> tuple[list[SharedClaim], list[tuple[int, BoolArray]]]:
        users: dict[ClaimKey, list[int]] = defaultdict(list)
        for index, c in enumerate(self._classes):
            for key in {use.claim for pod in c.members for use in pod.claims}:
                users[key].append(index)
        found: list[SharedClaim] = []
        closed: list[tuple[int, BoolArray]] = []
        for key in sorted(users):
            claim = self._storage.claims.get(key)
            if claim is None or self._users[key] < 2:
                continue
            mask = self._closed_by_users(claim)
            if mask is not None:
                closed += [(index, mask) for index in users[key]]
            found.append(
                SharedClaim(
                    users=tuple(users[key]),
                    one_node=self._one_node_at_a_time(claim) or self._is_promised(claim),
                    one_pod=claim.single_pod,
                    claim_kind=kind_of.get(key),
                )
            )
        return found, closed

    def _one_node_at_a_time(self, claim: Claim) -> bool:
        """V44."""
        modes = set(claim.access_modes)
        return self._strict_rwo and READ_WRITE_ONCE in modes and not _MANY_NODES & modes

    def _is_promised(self, claim: Claim) -> bool:
        """V36: an unbound claim goes where its first pod goes; a static volume may be within reach of more
        nodes, which the model does not follow."""
        if claim.is_bound:
            return False
        if not self._one_node_at_a_time(claim) and self._storage.of_class[claim.storage_class]:
            self._approximations.add("pods sharing an unbound static claim are kept on one node (V36)")
        return True

    def _closed_by_users(self, claim: Claim) -> BoolArray | None:
        """[N], where running users leave no room: RWOP (V8) anywhere, RWO (V44) on every other node."""
        homes = {home.node for home in self._running.users(claim.key)}
        if not homes or not (claim.single_pod or self._one_node_at_a_time(claim)):
            return None
        mask = np.ones(self._running.size, dtype=np.bool_)
        if len(homes) == 1 and not claim.single_pod:
            mask[list(homes)] = False
        return mask


def _kind_signature(view: ClaimAccess) -> Hashable:
    assert view.claim is not None
    return (view.claim.storage_class, view.likeness)
