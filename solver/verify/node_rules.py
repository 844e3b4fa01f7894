"""What a node must be like for each planned pod alone.

Cordon (N2), taints (K2), selector and affinity (L3), and where its devices are, if it claims any (D3).
Not here: anything that depends on other pods or on volumes.
"""

from __future__ import annotations

from collections.abc import Iterator

from solver.model.node import NO_SCHEDULE, UNSCHEDULABLE_TAINT, Taint
from solver.model.pod import tolerated
from solver.model.snapshot import ResourceClaim
from solver.verify.state import FinalState, Resident
from solver.verify.violation import Violation

_CORDON = Taint(key=UNSCHEDULABLE_TAINT, effect=NO_SCHEDULE)


def check(state: FinalState) -> Iterator[Violation]:
    for resident in state.planned:
        asked = state.snapshot.profiles.of(resident.pod.scheduler_name).filters
        if "NodeUnschedulable" in asked:
            yield from _cordon(resident)
        if "TaintToleration" in asked:
            yield from _taints(resident)
        if "NodeAffinity" in asked:
            yield from _selection(state, resident)
        yield from _devices(state, resident)


def _cordon(resident: Resident) -> Iterator[Violation]:
    pod, node = resident.pod, resident.node
    if node.unschedulable and not tolerated(_CORDON, pod.tolerations):
        yield _violation("N2", resident, "which is cordoned")


def _taints(resident: Resident) -> Iterator[Violation]:
    pod, node = resident.pod, resident.node
    for taint in node.taints:
        if taint.repels and not tolerated(taint, pod.tolerations):  # K1: PreferNoSchedule never filters
            yield _violation(
                "K2", resident, f"whose taint {taint.key}={taint.value}:{taint.effect} it does not tolerate"
            )


def _selection(state: FinalState, resident: Resident) -> Iterator[Violation]:
    pod, node = resident.pod, resident.node
    for key, value in pod.node_selector.items():
        if node.labels.get(key) != value:
            yield _violation("L3", resident, f"whose label {key} is {node.labels.get(key)!r}, not {value!r}")
    if pod.required_nodes is not None and node.name not in state.nodes.matching(pod.required_nodes):
        yield _violation("L3", resident, "which matches no term of its required node affinity")
    added = state.snapshot.profiles.of(pod.scheduler_name).added_affinity
    if added is not None and node.name not in state.nodes.matching(added):
        yield _violation("L2", resident, "which its scheduler's profile does not let it use")


def _devices(state: FinalState, resident: Resident) -> Iterator[Violation]:
    for name in resident.pod.resource_claims:
        claim = state.snapshot.resource_claim_by_key.get(f"{resident.pod.namespace}/{name}")
        if claim is None or claim.deleting or not claim.allocated:  # D2
            yield _violation("D3", resident, f"but its resource claim {name!r} has no device allocated")
        elif not _reaches(state, claim, resident):
            yield _violation("D3", resident, f"but the device of its resource claim {name!r} is elsewhere")


def _reaches(state: FinalState, claim: ResourceClaim, resident: Resident) -> bool:
    return claim.node_selector is None or resident.node.name in state.nodes.matching(claim.node_selector)


def _violation(rule: str, resident: Resident, why: str) -> Violation:
    pod, node = resident.pod, resident.node
    return Violation(
        rule=rule, pods=(pod.key,), node=node.name, sentence=f"pod {pod.key} is on node {node.name}, {why}"
    )
