"""What happens when after a loss, in lines (C16-C23)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from solver.model.pod import WorkloadKey
from solver.planning.outage.answer import Fencing, LossFate, Outage, Returned
from solver.planning.outage.timing import Span, Timing
from solver.planning.storage import Recovery
from solver.report.naming import few
from solver.report.outage.words import FENCING, clock, timing_words

_SHOWN = 6


def timeline(found: Outage, timing: Timing, *, nodes_deleted: bool) -> list[str]:
    lines = [f"TIMELINE ({timing_words(timing)})"]
    if nodes_deleted:
        return [*lines, " Node objects are deleted for you: their pods go with them, whenever that is (C19)."]
    evicted = timing.grace + _wait(timing)
    lines.append(
        f" 0:00 domain gone · {clock(timing.grace)} nodes NotReady ·"
        f" {clock(evicted)} pods marked for deletion, unless they tolerate it for longer or shorter"
    )
    lines += [f" {words}" for fate in found.fates for words in _back(fate)]
    return lines + list(_fencing(found, timing))


def _wait(timing: Timing) -> Span:
    seconds = 300 if timing.eviction_s is None else timing.eviction_s
    return Span(low_s=seconds, high_s=seconds)


def _back(fate: LossFate) -> Iterator[str]:
    """The workloads of one loss that come back by themselves, those alike together."""
    groups: dict[Span, list[WorkloadKey]] = defaultdict(list)
    for workload in fate.workloads:
        spans = [one.after for one in workload.returned if one.after is not None]
        if spans:
            whole = Span(low_s=min(s.low_s for s in spans), high_s=max(s.high_s for s in spans))
            groups[whole].append(workload.workload)
    for span, workloads in sorted(groups.items(), key=lambda item: (item[0].low_s, item[0].high_s)):
        shown = few([key.name for key in workloads], _SHOWN)
        yield f"{fate.loss.label}: {shown} made again at {clock(span)} (≈ {_about(span)} min)"


def _about(span: Span) -> int:
    return max(1, round(span.high_s / 60))


def _fencing(found: Outage, timing: Timing) -> Iterator[str]:
    waiting = [one for fate in found.fates for workload in fate.workloads for one in workload.returned]
    reasons = _reasons(waiting)
    yield (
        " StatefulSet pods stay Terminating until their Node is deleted or tainted"
        " node.kubernetes.io/out-of-service."
    )
    for reason in reasons:
        yield f" waits for fencing: {FENCING[reason]}"
    if Fencing.ATTACHED_VOLUME in reasons:
        forced = clock(Span(low_s=timing.detach_s, high_s=timing.detach_s))
        yield f" Attached volumes are free at once with that taint, else {forced} after their pod is gone."
    yield " Zonal volumes wait for the zone; a re-created claim starts empty."


def _reasons(returned: list[Returned]) -> list[Fencing]:
    found = {reason for one in returned if one.recovery is Recovery.FENCE for reason in one.fencing}
    return sorted(found - {Fencing.STATEFUL_SET})
