"""Remedies for spread rules that still count a lost domain (C27)."""

from __future__ import annotations

from collections.abc import Iterator

from solver.planning.change import Cost
from solver.planning.outage.answer import WorkloadVerdict
from solver.planning.outage.changes import heeding_taints
from solver.planning.outage.remedy import Remedy, RemedyKind
from solver.planning.outage.search import BAD, MOST_WORKLOADS, Search, fates, verdicts


def spread_rules(search: Search) -> Iterator[Remedy]:
    kept_out = [
        one for _, one in fates(search.found, WorkloadVerdict) if any(down.lost_domain for down in one.down)
    ]
    for workload in list(dict.fromkeys(one.workload for one in kept_out))[:MOST_WORKLOADS]:
        change = heeding_taints(search.inputs, workload)
        after = search.ask(change) if change is not None else None
        if change is None or after is None or not search.is_harmless(after):
            continue
        left = [one for _, one in fates(after, WorkloadVerdict) if one.workload == workload]
        if any(down.lost_domain for one in left for down in one.down):
            continue
        pods = sum(pod.workload == workload for pod in search.found.settled.running)
        yield Remedy(
            kind=RemedyKind.HEED_TAINTS,
            change=change,
            cost=Cost(pods=pods),
            workloads=(workload,),
            after=verdicts(after),
            mends_all=not any(one.verdict in BAD for one in left),
        )
