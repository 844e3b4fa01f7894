"""Ask the scheduler about one pod of a small cluster and write the answer down short."""

from __future__ import annotations

from typing import Any

from solver.model.names import NodeName, PodKey
from solver.model.profile import WEIGHTS, Profile
from solver.model.snapshot import Snapshot
from solver.scheduler import ClusterState, Code, PodVerdict, Status, check, verdict
from tests.builders import NAMESPACE, Raw, snapshot

OK = "ok"
_SHORT = {Code.UNSCHEDULABLE: "U", Code.UNRESOLVABLE: "UU", Code.ERROR: "ERR"}


def judge(*objects: Raw, pod: str = "p", config: Profile | None = None, **reading: Any) -> PodVerdict:
    """What is said about ``pod`` (of the builders' namespace) among the objects."""
    return judge_in(snapshot(*objects, **reading), pod=pod, config=config)


def judge_in(world: Snapshot, *, pod: str = "p", config: Profile | None = None) -> PodVerdict:
    return verdict(world.pod_by_key[key_of(pod)], ClusterState.of(world, config))


def key_of(name: str) -> PodKey:
    return PodKey(name if "/" in name else f"{NAMESPACE}/{name}")


def short(status: Status | None) -> str:
    """``ok``, or ``U``, ``UU`` or ``ERR`` with the reasons."""
    return OK if status is None else f"{_SHORT[status.code]} {', '.join(status.reasons)}"


def by_node(found: PodVerdict) -> dict[str, str]:
    """Every node with ``ok`` or its code and reasons. The pod must have got past PreFilter."""
    assert found.prefilter is None
    said = {str(name): short(status) for name, status in found.failed.items()}
    return {**said, **{str(name): OK for name in found.feasible}}


def feasible(found: PodVerdict) -> list[str]:
    assert found.prefilter is None
    return [str(name) for name in found.feasible]


def scores(found: PodVerdict, plugin: str) -> dict[str, int]:
    """A plugin's normalised scores, weight taken out again; empty when the plugin was skipped."""
    weight = WEIGHTS[plugin]
    return {str(node): parts[plugin] // weight for node, parts in found.scores.items() if plugin in parts}


def ask(state: ClusterState, pod: str, node: str) -> str:
    """One node, as replay asks."""
    return short(check(state.snapshot.pod_by_key[key_of(pod)], NodeName(node), state))


def place(state: ClusterState, pod: str, node: str) -> None:
    state.add(state.snapshot.pod_by_key[key_of(pod)], NodeName(node))
