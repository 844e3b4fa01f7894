"""The compiled, integer form of one question: index tables and arrays, no names to look up, no I/O.

Shapes: C pod classes, N nodes, R resources, D domains of one topology key. ``-1`` in a ``domain_of`` array
means that the node is in no domain of that key (label missing, or not eligible for that rule).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from solver.model.names import NodeName
from solver.model.pod import Pod, WorkloadKey

BoolArray = NDArray[np.bool_]
IntArray = NDArray[np.signedinteger[Any]]
"""Mostly int64. What has a row for every class and a column for every node is int32 to stay small."""

PODS = "pods"
"""The number of pods as a resource (R8)."""
UNLIMITED = 2**40
"""Stands for "no limit" in count arrays."""
MANY = 2**31 - 1
"""The same in arrays of int32."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PodClass:
    """Pods that no posted rule can tell apart. ``members`` are in input order."""

    members: tuple[Pod, ...]

    @property
    def count(self) -> int:
        return len(self.members)

    @property
    def sample(self) -> Pod:
        return self.members[0]

    @property
    def priority(self) -> int:
        return self.sample.priority


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SpreadRule:
    """One topology spread constraint of one or more classes (T1-T12, J4)."""

    constrained: tuple[int, ...]
    """Classes that carry exactly this constraint."""
    counted: tuple[int, ...]
    """Classes whose pods the constraint counts (selector and namespace match)."""
    domain_of: IntArray
    """[N], over eligible nodes only."""
    present: IntArray
    """[D], matching pods already there."""
    max_skew: int
    minimum_is_zero: bool
    """Fewer domains than minDomains (T6)."""
    settled: BoolArray | None = None
    """[D], where pods that carry the constraint are planned already, outside of the classes named."""

    @property
    def exact(self) -> bool:
        """True when the final state decides admissibility (J4): all counted pods obey the same rule."""
        return set(self.counted) <= set(self.constrained)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SeparationRule:
    """One required anti-affinity term of one class towards pending classes (A7, A8). Pods already running
    are in ``Problem.limit``."""

    owner: int
    others: tuple[int, ...]
    """Matching classes other than the owner."""
    itself: bool
    """The owner matches its own term."""
    topology_key: str
    domain_of: IntArray


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class AttractionTerm:
    domain_of: IntArray
    """[N]"""
    occupied: BoolArray
    """[D], a running pod that matches all terms is there (A5)."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class AttractionRule:
    """All required affinity terms of one class (A5, A6, A9, A10, J6)."""

    owner: int
    supporters: tuple[int, ...]
    """Other classes whose pods match all terms."""
    itself: bool
    started: bool
    """A matching pod runs already on a node with one of the keys, so A9 is off."""
    terms: tuple[AttractionTerm, ...]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class VolumeLimit:
    """Attach limit of one driver (V10-V15)."""

    driver: str
    added: IntArray
    """[C], volumes that each pod of the class brings, those of ``SharedVolume`` left out."""
    free: IntArray
    """[N]; UNLIMITED where there is no limit."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SharedVolume:
    """A volume that counts once on a node, however many pods bring it (V12)."""

    users: tuple[int, ...]
    limit: int
    """Index into ``Problem.volume_limits``."""
    added: IntArray
    """[N], 0 where a running pod uses it already and where it does not count, else 1."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SharedClaim:
    """A claim that several pods use (V8, V36, V44)."""

    users: tuple[int, ...]
    one_node: bool
    one_pod: bool
    claim_kind: int | None = None
    """Static demand it makes once, an index into ``Problem.claim_kinds``."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ClaimKind:
    """Claims that need a static volume and accept the same ones (V29-V33)."""

    per_pod: IntArray
    """[C], how many such claims each pod of a class has (shared claims left out)."""
    groups: tuple[int, ...]
    """Acceptable volume groups."""
    needed: BoolArray
    """[N], False where provisioning is possible instead (V28)."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class VolumeGroup:
    """Free static volumes that every claim kind sees alike."""

    size: int
    reach: BoolArray
    """[N]"""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class BalanceGroup:
    """A StatefulSet whose replicas should stay even over zones."""

    workload: WorkloadKey
    classes: tuple[int, ...]
    domain_of: IntArray
    """[N], zones."""
    present: IntArray
    """[D], replicas already there."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SoftPairRule:
    """A preferred pod (anti-)affinity term of one class."""

    owner: int
    others: tuple[int, ...]
    """Matching classes, the owner among them when it matches itself."""
    weight: int
    """Positive attracts, negative repels."""
    domain_of: IntArray
    present: IntArray
    """[D], matching pods already there."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Problem:
    nodes: tuple[NodeName, ...]
    zone_of: IntArray
    """[N]"""
    zones: tuple[str, ...]
    """Names, in the order of ``zone_of``."""
    classes: tuple[PodClass, ...]
    limit: IntArray
    """[C, N] int32, most pods of the class on the node as far as the node alone tells; 0 = not eligible."""
    resources: tuple[str, ...]
    request: IntArray
    """[C, R], scaled; the pod count is one of the resources."""
    free: IntArray
    """[N, R], scaled alike, rounded down; never negative."""
    grain: tuple[int, ...]
    """[R], by what they were divided."""
    node_class: IntArray
    """[N], equal numbers: nodes that no rule can tell apart but by name."""
    conflicts: tuple[tuple[int, int], ...]
    """Class pairs that cannot share a node (host ports, inline disks)."""
    volume_limits: tuple[VolumeLimit, ...]
    shared_volumes: tuple[SharedVolume, ...]
    claim_kinds: tuple[ClaimKind, ...]
    volume_groups: tuple[VolumeGroup, ...]
    shared_claims: tuple[SharedClaim, ...]
    spreads: tuple[SpreadRule, ...]
    separations: tuple[SeparationRule, ...]
    attractions: tuple[AttractionRule, ...]
    chains: tuple[tuple[int, int], ...]
    """(earlier, later): the later pods exist only once all of the earlier run (W14). Members of either are
    created one after another."""
    node_cost: IntArray
    """[C, N] int32, soft cost of one pod there: preferred node affinity missed, PreferNoSchedule taints met.
    Not to be written to: equal rows may be one."""
    soft_spreads: tuple[SpreadRule, ...]
    soft_pairs: tuple[SoftPairRule, ...]
    balances: tuple[BalanceGroup, ...]
    approximations: tuple[str, ...]
    optional: tuple[int, ...] = ()
    """Nodes that need not be there: a pod there means they are. A domain without others exists only with
    them."""
    variants: tuple[tuple[int, int], ...] = ()
    """(class, class that may be placed in its stead, pod for pod)."""
    homes: IntArray | None = None
    """[C, N], how many pods of the class were lifted off each node and may go back; None: none were."""

    @cached_property
    def places(self) -> int:
        """Pairs of class and open node: how large a model of the whole would be."""
        return int(np.count_nonzero(self.limit))

    @property
    def pods_asked(self) -> int:
        return sum(c.count for c in self.classes)
