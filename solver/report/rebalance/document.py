"""A rebalance as a PlacementResult: steps under ``moves`` in their order, pending pods under
``placements``."""

from __future__ import annotations

from solver.model.outcome import Proof, Verdict
from solver.planning.rebalance.answer import RebalanceAnswer, Step, StepKind
from solver.report.envelope import Document, placement_envelope, unplaced_section
from solver.report.rebalance.facts import RebalanceFacts


def document(facts: RebalanceFacts) -> Document:
    answer = facts.answer
    verdict, proof = judged(answer)
    moved, replaced = facts.of_kind(StepKind.MOVE), facts.of_kind(StepKind.REPLACE)
    return placement_envelope(
        facts.run,
        verb=facts.verb,
        verdict=verdict,
        proof=proof,
        question={
            "goals": list(facts.goals),
            "recreate": list(facts.renewable),
            **({} if facts.most_cost is None else {"budget": facts.most_cost}),
        },
        summary={
            "podsMoved": len(moved) + len(replaced),
            "volumesReplaced": sum(len(step.renewed) for step in replaced),
            "bytesReplaced": sum(one.size_bytes for step in replaced for one in step.renewed),
            "podsUnchanged": answer.stay,
            "cost": answer.cost if answer.steps is not None else None,
            "costAtLeast": answer.bound,
        },
        search=facts.hindered.search if facts.hindered else None,
        skipped=facts.skipped,
        warnings=facts.warnings,
        sections={
            "moves": [
                _move(number, step)
                for number, step in enumerate(facts.steps, start=1)
                if step.kind is not StepKind.PLACE
            ],
            "placements": [_placement(step) for step in facts.of_kind(StepKind.PLACE)],
            "unplaced": unplaced_section(facts.hindered.unplaced) if facts.hindered else [],
            "kept": [{"pod": kept.pod, "node": kept.node, "why": kept.why} for kept in answer.kept],
        },
    )


def judged(answer: RebalanceAnswer) -> tuple[Verdict, Proof]:
    """Fits: there is a plan, and it reaches the goal. Optimal: none is cheaper."""
    if answer.in_the_way:
        return Verdict.DOES_NOT_FIT, Proof.PROVED
    if answer.steps is not None:
        return Verdict.FITS, Proof.OPTIMAL if answer.proved else Proof.PROVED
    if answer.proved:
        return Verdict.DOES_NOT_FIT, Proof.PROVED
    return Verdict.UNKNOWN, Proof.NOT_PROVED


def _move(order: int, step: Step) -> Document:
    return {
        "kind": step.kind.value,
        "order": order,
        "pod": step.pod,
        "from": step.source,
        "to": step.target,
        "claims": [{"claim": one.claim, "bytes": one.size_bytes} for one in step.renewed],
        "cordonMeanwhile": list(step.others),
        "preconditions": list(preconditions(step)),
    }


def preconditions(step: Step) -> list[str]:
    """What has to hold before the step, in words."""
    found = []
    if step.replicas is not None and step.replicas[1] > 1:
        found.append(f"{step.replicas[0]} of {step.replicas[1]} replicas run while it is away")
    if step.budget:
        found.append(step.budget)
    if step.renewed:
        found.append("the other replicas are in sync: the new volume starts empty")
        found += [f"create claim {name} by hand: its workload does not" for name in handmade(step)]
    return found


def handmade(step: Step) -> list[str]:
    """Claims created anew that are of no template of a StatefulSet."""
    namespace, _, pod = step.pod.partition("/")
    of_template = step.workload is not None and step.workload.kind == "StatefulSet"
    names = (one.claim.removeprefix(f"{namespace}/") for one in step.renewed)
    return [name for name in names if not (of_template and name.endswith(f"-{pod}"))]


def _placement(step: Step) -> Document:
    return {
        "pod": step.pod,
        "workload": str(step.workload) if step.workload else None,
        "ordinal": None,
        "node": step.target,
        "domains": {},
        "volumes": [],
    }
