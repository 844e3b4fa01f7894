"""How many replicas a workload keeps while a plan is carried out."""

from __future__ import annotations

from collections.abc import Iterable

from frozendict import frozendict

from solver.compile import Cluster
from solver.model.pod import WorkloadKey
from solver.model.snapshot import Snapshot
from solver.planning.outage.answer import QuorumSource, Wanted
from solver.planning.outage.pods import Pods
from solver.planning.outage.quorum import quorums
from solver.planning.storage import StorageBook

_FEW = 2
"""Replicas of which a majority is all: one that moves is missed whatever the order."""


def needs(snapshot: Snapshot, flags: Iterable[Wanted]) -> frozendict[WorkloadKey, int]:
    """Quorums as ``outage`` sees them. A majority of one or two that nobody asked for is no condition: then
    moving means an interruption. Raises InputError for flags and annotations that make no sense."""
    pods = Pods(snapshot, StorageBook(snapshot), Cluster(snapshot))
    replicas = {key: len(members) for key, members in pods.by_workload.items()}
    found = quorums(snapshot, replicas, pods.models, flags)
    return frozendict(
        {
            key: quorum.needs
            for key, quorum in found.items()
            if quorum.is_quorum and (quorum.source is not QuorumSource.MAJORITY or replicas[key] > _FEW)
        }
    )
