"""A cluster that follows events instead of being read again: how long one event takes, and a new workload.

The events are those of ``generators.churn``. Each is applied by itself; then the last StatefulSet to arrive
is planned on the cluster as it is now, verified and replayed. A pod is planned before all that, so that what
is kept from one question to the next is there and has to follow.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from statistics import quantiles

from benchmarks.case import Instance, Raw, Stage
from benchmarks.generators.churn import churn
from benchmarks.results import StageTime
from benchmarks.stages.planner import parse
from benchmarks.stages.timing import once
from solver.compile import Cluster
from solver.model.config import SolveConfig
from solver.model.event import Event, Gone, Put, Thing
from solver.model.outcome import Outcome, Question
from solver.model.pod import Pod
from solver.pipeline import place

_EVENTS, _ARRIVALS, _SEED = 500, 60, 1


def measure(data: bytes, config: SolveConfig) -> StageTime:
    items = json.loads(data)["items"]
    raw = churn(items, events=_EVENTS, arrivals=_ARRIVALS, seed=_SEED)
    things = _things(items, raw)
    events = list(_events(raw, things))
    cluster = Cluster(parse(data))
    _plan(cluster, cluster.snapshot().pending[:1], config)
    applied = [once(partial(cluster.apply, event)) for event in events]
    arrived = [event.thing for event in events if isinstance(event.thing, Pod) and event.thing.is_pending]
    newest = [pod for pod in arrived if pod.workload == arrived[-1].workload]
    planned = once(lambda: _plan(cluster, newest, config))
    times_ms = [1000 * each.wall_s for each in applied]
    cuts = quantiles(times_ms, n=100, method="inclusive")
    return StageTime(
        stage=Stage.EVENTS,
        wall_s=sum(each.wall_s for each in applied) + planned.wall_s,
        cpu_s=sum(each.cpu_s for each in applied) + planned.cpu_s,
        repeats=len(events),
        facts={
            "event p50 ms": round(cuts[49], 3),
            "event p99 ms": round(cuts[98], 3),
            "replicas arriving": len(newest),
            "planned": len(planned.value.placement.assignments),
            "planning CPU ms": round(1000 * planned.cpu_s, 1),
        },
    )


def _plan(cluster: Cluster, pods: Sequence[Pod], config: SolveConfig) -> Outcome:
    question = Question(pods=tuple(pod.key for pod in pods))
    return place(cluster.snapshot(), question, config, cluster=cluster)


def _things(items: Sequence[Raw], events: Sequence[Raw]) -> Mapping[tuple[str, str], Thing]:
    """Everything that is or comes, by kind and key, as the reader gives it."""
    coming = [event["object"] for event in events if event["type"] == "ADDED"]
    every = parse(b"".join(Instance(objects=[*items, *coming]).lines()))
    pods = {("Pod", str(pod.key)): pod for pod in every.pods}
    claims = {("PersistentVolumeClaim", str(claim.key)): claim for claim in every.claims}
    return {**pods, **claims}


def _events(raw: Sequence[Raw], things: Mapping[tuple[str, str], Thing]) -> Iterator[Event]:
    """Those that the cluster follows: pods and claims, not their StatefulSets."""
    for event in raw:
        item = event["object"]
        name = f"{item['metadata']['namespace']}/{item['metadata']['name']}"
        thing = things.get((item["kind"], name))
        if thing is not None:
            yield Gone(thing) if event["type"] == "DELETED" else Put(thing)
