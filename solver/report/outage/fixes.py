"""Remedies in words and as documents."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal

from solver.model.units import size
from solver.planning.change import Cost, patches
from solver.planning.outage.answer import LossVerdict
from solver.planning.outage.loss import short_key
from solver.planning.outage.remedy import Moved, Remedies, Remedy, RemedyKind
from solver.report.envelope import Document, cost_document
from solver.report.outage.words import LOSS
from solver.report.table import columns
from solver.report.units import count

_REBUILT = "the application must be able to rebuild a replica from its peers: its new volume starts empty"
_RESTARTS = "a change of the pod template restarts the workload's pods"


def fix_lines(found: Remedies) -> list[str]:
    rows = [
        [f"{number:>2} {sentence(remedy)}", cost_words(remedy.cost), _effect(remedy)]
        for number, remedy in enumerate(found.remedies, start=1)
    ]
    if not rows:
        return ["FIXES    none found in the time there was"] if found.cut_short else []
    several = ", and together" if found.together else ""
    lines = [f"FIXES    each re-solved{several}", *columns(rows)]
    if found.together:
        lines.append(f"   together: {_verdicts(found.together)}")
    lines += [
        f"   caution: {words}" for words in dict.fromkeys(w for r in found.remedies for w in cautions(r))
    ]
    return lines + ["   time ran out before everything was tried"] * found.cut_short


def sentence(remedy: Remedy) -> str:
    match remedy.kind:
        case RemedyKind.MOVE:
            name = remedy.workloads[0].name
            return f"{name}: " + "; ".join(_moved(moved, short_key(remedy.key)) for moved in remedy.moved)
        case RemedyKind.ADD_NODES:
            numbers = Counter(lot.node_type.name for lot in remedy.lots)
            zones = " and ".join(lot.zone for lot in remedy.lots)
            (name, number), *_ = numbers.items()
            return f"+{number} {name} in zone {zones}"
        case RemedyKind.HEED_TAINTS:
            return f"{remedy.workloads[0].name}: nodeTaintsPolicy Honor on its hard spread rules"


def _moved(moved: Moved, key: str) -> str:
    which = f"one of the {moved.siblings}" if moved.siblings > 1 else "the"
    replicas = "replicas" if moved.siblings > 1 else "replica"
    name = moved.pod.partition("/")[2]
    return f"put {which} {key}-{moved.source} {replicas} ({name}) in {moved.target}, on {moved.node}"


def cost_words(cost: Cost) -> str:
    parts = []
    if cost.volumes:
        parts.append(f"{count(cost.volumes, 'volume')}, {size(cost.bytes)}")
    elif cost.pods:
        parts.append(count(cost.pods, "pod"))
    if cost.money_per_hour is None:
        parts.append("price not known; --catalog names prices")
    elif cost.money_per_hour:
        parts.append(f"{money(cost.money_per_hour)}/h")
    return ", ".join(parts)


def money(amount: Decimal) -> str:
    return f"{amount:.2f}"


def _effect(remedy: Remedy) -> str:
    key = short_key(remedy.key) if remedy.key else "such"
    names = ", ".join(workload.name for workload in remedy.workloads)
    match remedy.kind:
        case RemedyKind.MOVE if remedy.mends_all:
            return f"no {key} loss breaks its quorum"
        case RemedyKind.ADD_NODES if remedy.mends_all:
            return f"{names} back to full after any {key} loss"
        case _:
            return f"then {_verdicts(remedy.after)}"


def _verdicts(after: tuple[tuple[str, LossVerdict], ...]) -> str:
    """All of them while they are few, else how many of each."""
    if len(after) <= 6:
        return ", ".join(f"{label} {LOSS[verdict]}" for label, verdict in after)
    numbers = Counter(verdict for _, verdict in after)
    return ", ".join(
        f"{numbers[verdict]} {LOSS[verdict]}" for verdict in reversed(LossVerdict) if numbers[verdict]
    )


def cautions(remedy: Remedy) -> list[str]:
    return {RemedyKind.MOVE: [_REBUILT], RemedyKind.HEED_TAINTS: [_RESTARTS]}.get(remedy.kind, [])


def fix_documents(found: Remedies) -> list[Document]:
    return [_fix(remedy) for remedy in found.remedies]


def _fix(remedy: Remedy) -> Document:
    return {
        "verified": True,
        "sentence": sentence(remedy),
        "patches": patches(remedy.change),
        "cost": cost_document(remedy.cost),
        "after": {"losses": _after(remedy.after)},
        "cautions": cautions(remedy),
        "recommended": remedy.mends_all,
    }


def together_document(found: Remedies) -> list[Document]:
    return _after(found.together)


def _after(after: tuple[tuple[str, LossVerdict], ...]) -> list[Document]:
    return [{"lost": label, "verdict": LOSS[verdict]} for label, verdict in after]
