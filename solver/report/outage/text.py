"""``solve outage`` for people: the verdict first, then loss by loss what is left and what comes back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from solver.model.names import PodKey
from solver.model.outcome import Verdict
from solver.model.pod import Pod, WorkloadKey
from solver.model.units import size
from solver.planning.outage.answer import (
    DataFate,
    LossFate,
    LossVerdict,
    WorkloadFate,
    WorkloadVerdict,
)
from solver.report.outage.facts import OutageFacts
from solver.report.outage.fixes import fix_lines
from solver.report.outage.timeline import timeline
from solver.report.outage.words import (
    LOSS,
    MODEL,
    comes_back,
    quorum,
    stays_down,
    verdict,
)
from solver.report.skipped import skipped_block
from solver.report.storage.words import KIND
from solver.report.table import columns, comma_separated, paragraphs, shortened
from solver.report.units import count

ROWS = 40
"""Longest table in the short form."""
ALL_SHOWN = 24
"""Rows up to which unaffected workloads are shown, too."""
_NAMED = 6
_GOOD = frozenset({WorkloadVerdict.UNAFFECTED, WorkloadVerdict.QUORUM_HELD, WorkloadVerdict.RECOVERS})


def render(facts: OutageFacts, *, wide: bool = False) -> str:
    blocks = [
        _head(facts),
        _table(facts, wide=wide),
        _workloads(facts, wide=wide),
        _data(facts, wide=wide),
        fix_lines(facts.remedies),
        _rebuild(facts, wide=wide),
        _timeline(facts),
        skipped_block(facts.skipped),
        [f"next: {_next(facts)}"],
    ]
    return paragraphs(blocks)


def names(facts: OutageFacts) -> str:
    """``loss/zone=a FAILS``, a line each."""
    return "".join(f"loss/{loss_id(fate)} {LOSS[fate.verdict]}\n" for fate in facts.outage.fates)


def csv(facts: OutageFacts) -> str:
    head = ("loss", "workload", "now", "left", "uncertain", "back", "afterFencing", "needs", "verdict")
    rows = [
        (
            loss_id(fate),
            one.workload,
            one.now,
            one.left,
            one.uncertain,
            one.back,
            len(one.returned) - one.back,
            one.quorum.needs,
            one.verdict.value,
        )
        for fate in facts.outage.fates
        for one in fate.workloads
    ]
    return comma_separated(head, rows)


def loss_id(fate: LossFate) -> str:
    """``zone=a+node=b1``."""
    return "+".join(domain.label.replace(" ", "=") for domain in fate.loss.domains)


def _head(facts: OutageFacts) -> list[str]:
    word = LOSS[facts.outage.verdict]
    indent = " " * (len(word) + 5)
    parts = [_named(facts, found) for found in reversed(LossVerdict) if facts.with_verdict(found)]
    lines = [f"{word}     {', '.join(parts) or 'nothing to lose'}"]
    losses = count(len(facts.outage.fates), "loss").replace("losss", "losses")
    if facts.is_proved:
        lines.append(f"{indent}{losses} judged, each on its own; what comes back was placed and verified")
    else:
        lines.append(f"{indent}not proved: {losses} judged, but not everything about them is known")
    if facts.before is not None:
        lines.append(f"{indent}{_before(facts)}")
    return lines


def _named(facts: OutageFacts, found: LossVerdict) -> str:
    labels = [fate.loss.label for fate in facts.with_verdict(found)]
    if len(labels) <= _NAMED:
        return ", ".join(f"{label} {LOSS[found]}" for label in labels)
    return f"{len(labels)} {LOSS[found]} ({', '.join(labels[:3])} …)"


def _before(facts: OutageFacts) -> str:
    assert facts.before is not None
    outcome = facts.before
    placed, left = len(outcome.placement.assignments), len(outcome.unplaced)
    if outcome.verdict is Verdict.FITS:
        return f"first {count(placed, 'waiting pod')} placed as solve fit plans them, then the loss"
    of = f"{placed} of {placed + left} waiting pods"
    return f"first as solve fit plans it: {of} placed, the others are missing before anything is lost"


def _table(facts: OutageFacts, *, wide: bool) -> list[str]:
    pods = facts.pods
    rows = list(_rows(facts, wide=wide))
    if not rows:
        return []
    table = [["LOSE", "WORKLOAD", "NOW", "LEFT", "COMES BACK ELSEWHERE", "STAYS DOWN", "VERDICT"]]
    before = ""
    for fate, one in rows:
        label = fate.loss.label if fate.loss.label != before else ""
        before = fate.loss.label
        table.append([label, *_cells(facts, one, pods)])
    return shortened(columns(table), None if wide else ROWS + 1, "rows")


def _rows(facts: OutageFacts, *, wide: bool) -> Iterator[tuple[LossFate, WorkloadFate]]:
    """All of them while they are few; then those that are hit, then those of which somebody should know."""
    every = [(fate, one) for fate in facts.outage.fates for one in fate.workloads]
    if wide or len(every) <= ALL_SHOWN:
        return iter(every)
    hit = [(fate, one) for fate, one in every if one.is_affected or one.verdict not in _GOOD]
    if len(hit) <= ALL_SHOWN:
        return iter(hit)
    return ((fate, one) for fate, one in hit if one.verdict not in _GOOD)


def _cells(facts: OutageFacts, one: WorkloadFate, pods: Mapping[PodKey, Pod]) -> list[str]:
    uncertain = f" (+{one.uncertain}?)" if one.uncertain else ""
    return [
        facts.label(one.workload),
        str(one.now),
        f"{one.left}{uncertain}",
        comes_back(one, pods),
        stays_down(one, pods) or "0",
        verdict(one),
    ]


def _workloads(facts: OutageFacts, *, wide: bool) -> list[str]:
    """Both application models, and where each quorum comes from."""
    seen: dict[WorkloadKey, WorkloadFate] = {}
    for fate in facts.outage.fates:
        for one in fate.workloads:
            if one.is_affected or len(fate.workloads) <= ALL_SHOWN:
                seen.setdefault(one.workload, one)
    rows = [
        [facts.label(key), MODEL[one.model], count(one.wanted, "replica"), quorum(one.quorum)]
        for key, one in sorted(seen.items())
    ]
    return ["WORKLOADS", *shortened(columns(rows), None if wide else ROWS, "workloads")] if rows else []


def _data(facts: OutageFacts, *, wide: bool) -> list[str]:
    rows = [
        [
            fate.loss.label,
            one.storage_class or "no class",
            _kind(one),
            count(one.volumes, "volume"),
            _size(one),
            one.fate.value,
        ]
        for fate in facts.outage.fates
        for one in fate.data
    ]
    return ["DATA", *shortened(columns(rows), None if wide else ALL_SHOWN, "rows")] if rows else []


def _rebuild(facts: OutageFacts, *, wide: bool) -> list[str]:
    rows = []
    for fate in facts.outage.fates:
        for one in fate.workloads:
            places = [f"{facts.pods[down.pod].name} on {down.anew}" for down in one.down if down.anew]
            if places:
                rows.append([f" {fate.loss.label}", ", ".join(places)])
    if not rows:
        return []
    head = "REBUILD  after the loss, with claims made anew: empty, to be filled from the peers that are left"
    return [head, *shortened(columns(rows), None if wide else ALL_SHOWN, "rows")]


def _kind(one: DataFate) -> str:
    return KIND[one.kind] if one.kind is not None else "goes with its pod by design"


def _size(one: DataFate) -> str:
    return size(one.size_bytes) if one.size_bytes else ""


def _timeline(facts: OutageFacts) -> list[str]:
    if not facts.with_timeline:
        return []
    made = facts.assumptions
    return timeline(facts.outage, made.timing, nodes_deleted=made.nodes_deleted)


def _next(facts: OutageFacts) -> str:
    again = " ".join(
        part for part in ("solve outage", facts.again, facts.run.arguments, facts.run.selection) if part
    )
    if not facts.with_timeline:
        return f"{again} --with-timeline"
    return f"{again} --out outage.json"
