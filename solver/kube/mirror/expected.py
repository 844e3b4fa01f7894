"""Replicas the StatefulSets still lack, and the claims those will have (W7, W13-W16)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from solver.kube.admission import Policy
from solver.kube.expand import admitted_spec
from solver.kube.faults import Problem, Subject
from solver.kube.inventory import Inventory, Loaded
from solver.kube.mirror.table import Table
from solver.kube.stateful_sets import (
    Missing,
    add_replica,
    missing_replicas,
    replica_template,
)
from solver.kube.storage import ClaimContext
from solver.kube.templates import Planned, Template
from solver.model.names import ClaimKey, PodKey
from solver.model.pod import Pod
from solver.model.storage import Claim


class Replica(NamedTuple):
    """One that is to come, with every claim its template names, whether that exists or not."""

    pod: Pod
    claims: tuple[Claim, ...]


class Touched(NamedTuple):
    """Of what something else is expected than before."""

    pods: frozenset[PodKey] = frozenset()
    claims: frozenset[ClaimKey] = frozenset()


@dataclass(slots=True)
class _Set:
    loaded: Loaded
    template: Template | None
    """None: its pods could not be created, so none is expected."""
    problems: tuple[Problem, ...] = ()
    """Why they could not be created."""
    replicas: dict[Missing, Replica] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)


class Expected:
    def __init__(self, existing: Mapping[PodKey, Pod]) -> None:
        self._existing = existing
        self._policy = Policy()
        self._context = ClaimContext()
        self._sets: Table[_Set] = Table()
        self.pods: dict[PodKey, Pod] = {}
        self._wanted: dict[ClaimKey, dict[str, Claim]] = {}
        """By the label of the set that wants it."""

    def change_set(self, label: str, loaded: Loaded | None) -> Touched:
        """The set came, changed or went."""
        known = self._sets.get(label)
        before = known.replicas if known is not None else {}
        if loaded is None or not _has_template(loaded):
            self._sets.set(label, None)
            return self._renew(label, before, {})
        found = _Set(loaded, *self._template(loaded))
        self._sets.set(label, found)
        self._expect(found, {})
        return self._renew(label, before, found.replicas)

    def change_pod(self, key: PodKey) -> Touched:
        """A pod of this name came, changed or went."""
        label = key.rpartition("-")[0]
        found = self._sets.get(label)
        if found is None:
            return Touched()
        before = found.replicas
        self._expect(found, before)
        return self._renew(label, before, found.replicas)

    def change_rules(self, policy: Policy, context: ClaimContext, namespace: str = "") -> Touched:
        """What new pods and claims are made by, in one namespace or everywhere."""
        self._policy, self._context = policy, context
        labels = [label for label in self._sets if label.startswith(f"{namespace}/") or not namespace]
        touched = [self.change_set(label, self._set(label).loaded) for label in labels]
        return Touched(
            pods=frozenset(key for t in touched for key in t.pods),
            claims=frozenset(key for t in touched for key in t.claims),
        )

    def claim(self, key: ClaimKey) -> Claim | None:
        """What the claim will be if it does not exist. Of several sets that want it the first decides."""
        wanted = self._wanted.get(key)
        return wanted[min(wanted)] if wanted else None

    def replicas(self) -> Iterator[Replica]:
        """By set and ordinal."""
        for found in self._sets.values():
            yield from found.replicas.values()

    def sets(self) -> Iterator[Loaded]:
        """Those whose pods could be created, in key order."""
        return (found.loaded for found in self._sets.values() if found.template is not None)

    def warnings(self) -> Iterator[str]:
        for label, found in zip(self._sets, self._sets.values(), strict=True):
            yield from found.warnings
            for problem in found.problems:
                fault = Subject("StatefulSet", label, "").fault(problem)
                yield f"{fault}; its missing replicas are not planned for"

    def _set(self, label: str) -> _Set:
        found = self._sets.get(label)
        assert found is not None
        return found

    def _template(self, loaded: Loaded) -> tuple[Template | None, tuple[Problem, ...]]:
        manifest = replace(loaded, manifest=True)
        problems = list(loaded.kind.problems(loaded.stored, True))
        admitted = admitted_spec(manifest, self._policy)
        if not problems and admitted is not None:
            problems.extend(admitted.problems)
        if problems or admitted is None:
            return None, tuple(problems)
        return replica_template(manifest, admitted.spec, loaded), ()

    def _expect(self, found: _Set, known: Mapping[Missing, Replica]) -> None:
        """What is known already is not made again."""
        found.warnings = []
        if found.template is None:
            return
        missing = missing_replicas(found.loaded, self._existing, found.warnings)
        template = found.template
        found.replicas = {m: known.get(m) or self._make(template, found.loaded, m) for m in missing}

    def _make(self, template: Template, loaded: Loaded, missing: Missing) -> Replica:
        alone = Planned(
            inventory=Inventory(loaded.namespace),
            nodes=(),
            claim_context=self._context,
            existing={},
            claims={},
        )
        add_replica(template, loaded.stored, missing, alone)
        return Replica(alone.pods[0], tuple(alone.claims.values()))

    def _renew(
        self, label: str, before: Mapping[Missing, Replica], now: Mapping[Missing, Replica]
    ) -> Touched:
        gone = [replica for missing, replica in before.items() if now.get(missing) is not replica]
        new = [replica for missing, replica in now.items() if before.get(missing) is not replica]
        for replica in gone:
            del self.pods[replica.pod.key]
            for claim in replica.claims:
                self._unwant(claim.key, label)
        for replica in new:
            self.pods[replica.pod.key] = replica.pod
            for claim in replica.claims:
                self._wanted.setdefault(claim.key, {})[label] = claim
        return _touched((*gone, *new))

    def _unwant(self, key: ClaimKey, label: str) -> None:
        wanted = self._wanted.get(key, {})
        wanted.pop(label, None)
        if not wanted:
            self._wanted.pop(key, None)


def _touched(replicas: Iterable[Replica]) -> Touched:
    replicas = tuple(replicas)
    return Touched(
        pods=frozenset(r.pod.key for r in replicas),
        claims=frozenset(c.key for r in replicas for c in r.claims),
    )


def _has_template(loaded: Loaded) -> bool:
    """Hand-written dumps often name a set only as an owner."""
    return loaded.stored.spec is not None and loaded.stored.spec.template is not None
