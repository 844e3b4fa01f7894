"""Which running pods a plan may move, and which of them may have new volumes.

A pod stays where nobody would make it again (no controller, DaemonSets, static pods, terminating), where a
PodDisruptionBudget allows no eviction or two of them cover it (policy/v1 refuses that), and where it is the
pod that breaks a rule already: lifting it would make the rule an obstacle.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from frozendict import frozendict

from solver.model.config import SolveConfig
from solver.model.disruption import DisruptionBudget
from solver.model.names import NodeName, PodKey, claim_key, pod_key
from solver.model.outcome import Question
from solver.model.placement import Assignment, Placement
from solver.model.pod import Pod
from solver.model.snapshot import Snapshot
from solver.model.storage import WAIT_FOR_FIRST_CONSUMER, Claim
from solver.planning.lift import lifted, movable
from solver.planning.rebalance.answer import Kept
from solver.verify import verify

_RENEWED = "~new"
"""Ends the names of variants and of their claims; no Kubernetes name has this sign."""
_ROUNDS = 5
_BREAKS = "breaks a rule where it is"
_BREAKING = "pods that break a rule where they are were not thought of as moving"
_ASKED_ON_ARRIVAL = "TNKLRD"
"""Families of rules that the model does not hold a pod to that stays at home."""


@dataclass(frozen=True, kw_only=True)
class Loose:
    """``snapshot`` has the movable pods lifted off their nodes, and a variant beside each with claims to
    renew."""

    snapshot: Snapshot
    homes: frozendict[PodKey, NodeName]
    variants: frozendict[PodKey, PodKey]
    """Variant to the pod it stands for."""
    kept: tuple[Kept, ...]
    approximations: tuple[str, ...]


def loosen(
    snapshot: Snapshot, renewable: frozenset[str], leaving: frozenset[NodeName], config: SolveConfig
) -> Loose:
    """``renewable``: storage classes whose claims may be created anew; ``leaving``: nodes that are
    emptied."""
    barred = {pod.key: why for pod in snapshot.running if (why := _barred(snapshot, pod)) is not None}
    loose = [pod for pod in movable(snapshot) if pod.key not in barred]
    for _ in range(_ROUNDS):
        breaking = _breaking(snapshot, loose, leaving, config)
        if not breaking:
            break
        barred.update(dict.fromkeys(breaking, _BREAKS))
        loose = [pod for pod in loose if pod.key not in breaking]
    homes = {pod.key: pod.node_name for pod in loose if pod.node_name is not None}
    with_variants, variants = _with_variants(lifted(snapshot, homes), loose, renewable)
    return Loose(
        snapshot=with_variants,
        homes=frozendict(homes),
        variants=variants,
        kept=tuple(_kept(snapshot, set(homes), barred)),
        approximations=(_BREAKING,) if _BREAKS in barred.values() else (),
    )


def _barred(snapshot: Snapshot, pod: Pod) -> str | None:
    budgets = [budget for budget in snapshot.budgets if budget.covers(pod)]
    if len(budgets) > 1:
        return f"covered by {budgets[0]} and {budgets[1]}: evictions are refused"
    if budgets and not budgets[0].lets_go(pod, covered_by(budgets[0], snapshot)):
        return f"{budgets[0]} allows no eviction"
    return None


def covered_by(budget: DisruptionBudget, snapshot: Snapshot) -> list[Pod]:
    return [pod for pod in snapshot.pods if not pod.is_terminal and budget.covers(pod)]


def _kept(snapshot: Snapshot, loose: set[PodKey], barred: Mapping[PodKey, str]) -> Iterable[Kept]:
    for pod in sorted(snapshot.running, key=lambda pod: pod.key):
        if pod.key in loose or pod.node_name is None:
            continue
        why = barred.get(pod.key) or _unmade(pod)
        if why is not None:
            yield Kept(pod=pod.key, node=pod.node_name, why=why)


def _unmade(pod: Pod) -> str | None:
    """Why nobody would make the pod again elsewhere; None for pods of a DaemonSet, which belong to their
    node, and for those that are leaving anyway."""
    kind = pod.owner.kind if pod.owner else None
    if kind == "DaemonSet" or pod.terminating:
        return None
    return "is a static pod" if kind == "Node" else "has no controller that would make it again"


def _breaking(
    snapshot: Snapshot, loose: list[Pod], leaving: frozenset[NodeName], config: SolveConfig
) -> set[PodKey]:
    """Pods that may stay and break a rule between pods where they are. A skew (T7) does not count, and
    neither does a node that would not let the pod in today: of a pod that stays neither is asked."""
    homes = {pod.key: pod.node_name for pod in loose if pod.node_name is not None}
    stay = Placement(
        assignments=tuple(
            Assignment(pod=key, node=node) for key, node in homes.items() if node not in leaving
        )
    )
    broken = verify(lifted(snapshot, homes), Question(pods=tuple(homes)), stay, config)
    return {pod for one in broken if one.rule[0] not in _ASKED_ON_ARRIVAL for pod in one.pods if pod in homes}


def _with_variants(
    snapshot: Snapshot, loose: list[Pod], renewable: frozenset[str]
) -> tuple[Snapshot, frozendict[PodKey, PodKey]]:
    """A pod with any bound claim of a renewable class that waits for its first consumer gets one, with all
    such claims new; its other claims stay bound."""
    pods: list[Pod] = []
    claims: dict[str, Claim] = {}
    renewal = Renewal(snapshot, renewable)
    for pod in loose:
        fresh = {claim.key: claim for claim in renewal.claims(pod)}
        if not fresh:
            continue
        made = {key: _fresh(claim) for key, claim in fresh.items()}
        claims.update({claim.key: claim for claim in made.values()})
        uses = tuple(
            replace(use, claim=made[use.claim].key) if use.claim in made else use for use in pod.claims
        )
        name = f"{pod.name}{_RENEWED}"
        pods.append(
            replace(
                snapshot.pod_by_key[pod.key],
                key=pod_key(pod.namespace, name),
                name=name,
                uid=f"{pod.uid}{_RENEWED}",
                claims=uses,
            )
        )
    larger = replace(snapshot, pods=(*snapshot.pods, *pods), claims=(*snapshot.claims, *claims.values()))
    return larger, frozendict({pod.key: original_of(pod.key) for pod in pods})


class Renewal:
    """Which claims of a pod may be created anew."""

    def __init__(self, snapshot: Snapshot, renewable: frozenset[str]) -> None:
        self._snapshot = snapshot
        self._renewable = renewable
        self._users = Counter(claim for pod in snapshot.pods for claim in {use.claim for use in pod.claims})

    def claims(self, pod: Pod) -> Iterable[Claim]:
        """Bound ones of these classes that no other pod uses, whose new volume would be made where the pod
        goes (V27)."""
        for key in dict.fromkeys(use.claim for use in pod.claims):
            claim = self._snapshot.claim_by_key.get(key)
            if claim is None or not claim.is_bound or claim.storage_class not in self._renewable:
                continue
            storage_class = self._snapshot.class_by_name.get(claim.storage_class)
            waits = storage_class is not None and storage_class.binding_mode == WAIT_FOR_FIRST_CONSUMER
            if waits and self._users[key] == 1:
                yield claim


def original_of(variant: PodKey) -> PodKey:
    return PodKey(variant.removesuffix(_RENEWED))


def _fresh(claim: Claim) -> Claim:
    name = f"{claim.name}{_RENEWED}"
    return replace(
        renewed(claim), key=claim_key(claim.namespace, name), name=name, uid=f"{claim.uid}{_RENEWED}"
    )


def renewed(claim: Claim) -> Claim:
    """The claim as it is when it was just created anew."""
    return replace(
        claim, volume_name=None, bind_completed=False, selected_node=None, phase="Pending", deleting=False
    )
