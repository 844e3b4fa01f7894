"""Usual suspects that are not to blame: their rules are left out altogether, and it still does not fit."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from solver.planning.why.answer import Cleared
from solver.planning.why.core import Checker, Core
from solver.planning.why.facts import Fact, FactKind
from solver.planning.why.gather import PODS

_MOST = 12
_OF_WORKLOADS = (
    FactKind.SPREAD,
    FactKind.ANTI_AFFINITY,
    FactKind.AFFINITY,
    FactKind.NODE_SELECTOR,
    FactKind.NODE_AFFINITY,
    FactKind.HOST_PORT,
)
_VOLUMES = frozenset(
    {
        FactKind.VOLUME_PLACE,
        FactKind.CLAIM,
        FactKind.SELECTED_NODE,
        FactKind.ALLOWED_TOPOLOGIES,
        FactKind.STORAGE_CAPACITY,
        FactKind.ACCESS_MODE,
    }
)
VOLUMES = "volumes"
TAINTS = "taints"


def cleared(checker: Checker, found_cores: Sequence[Core]) -> tuple[Cleared, ...]:
    """Each was solved without its rules, everything else in force. None is in any of the question's cores."""
    blamed = frozenset(part for core in found_cores for part in core.parts)
    found: list[Cleared] = []
    for suspect in _suspects(checker, blamed):
        if len(found) < _MOST and checker.dropping(suspect.facts) is False:
            found.append(suspect)
    return tuple(found)


def _suspects(checker: Checker, blamed: frozenset[Fact]) -> Iterator[Cleared]:
    """Those with a rule in the question, and the ones that are asked after in any case."""
    names = {fact.name for fact in blamed if fact.kind in (FactKind.REQUEST, FactKind.ALLOCATABLE)}
    resources = {fact.name for fact in checker.facts if fact.kind is FactKind.REQUEST} | {"cpu", "memory"}
    for resource in sorted((resources | {PODS}) - names):
        mine = _of(checker, FactKind.ALLOCATABLE, name=resource)
        if mine or resource != PODS:
            yield Cleared(what="pod count" if resource == PODS else resource, facts=mine)
    kinds = {fact.kind for fact in blamed}
    if not kinds & {FactKind.TAINT, FactKind.CORDON}:
        yield Cleared(what=TAINTS, facts=_of(checker, FactKind.TAINT) + _of(checker, FactKind.CORDON))
    for kind in _OF_WORKLOADS:
        groups: dict[tuple[object, str], list[Fact]] = {}
        for fact in _of(checker, kind):
            groups.setdefault((fact.owner, fact.name), []).append(fact)
        for rules in groups.values():
            if not blamed & set(rules):
                yield Cleared(what=kind.value, facts=tuple(rules))
    if FactKind.ATTACH_LIMIT not in kinds and _of(checker, FactKind.ATTACH_LIMIT):
        yield Cleared(what=FactKind.ATTACH_LIMIT.value, facts=_of(checker, FactKind.ATTACH_LIMIT))
    if not kinds & _VOLUMES and _uses_claims(checker):
        yield Cleared(what=VOLUMES, facts=(_no_claims(checker),))


def _of(checker: Checker, kind: FactKind, name: str | None = None) -> tuple[Fact, ...]:
    return tuple(fact for fact in checker.facts if fact.kind is kind and name in (None, fact.name))


def _uses_claims(checker: Checker) -> bool:
    return any(checker.snapshot.pod_by_key[key].claims for key in checker.keys)


def _no_claims(checker: Checker) -> Fact:
    """Stands for all claims of the question."""
    pods = [checker.snapshot.pod_by_key[key] for key in checker.keys]
    claims = frozenset(use.claim for pod in pods for use in pod.claims)
    return Fact(
        kind=FactKind.CLAIM,
        objects=tuple(f"PersistentVolumeClaim/{key}" for key in sorted(claims)),
        path="spec",
        pods=frozenset(pod.key for pod in pods),
        claims=claims,
    )
