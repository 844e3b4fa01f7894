"""``solve why`` for people: answer, facts, what is not to blame, how it came about, what would help."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal

from solver.model.names import ZONE
from solver.model.outcome import Verdict
from solver.model.pod import Pod, SpreadConstraint
from solver.model.snapshot import Skipped
from solver.model.units import size
from solver.planning.change import Cost
from solver.planning.why.answer import Conflict, ConflictKind, Why
from solver.planning.why.facts import Fact, FactKind
from solver.report import reasons
from solver.report.facts import Run
from solver.report.naming import span
from solver.report.skipped import skipped_block
from solver.report.table import columns, comma_separated, paragraphs, shortened
from solver.report.units import count
from solver.report.why.words import Words, history_words, objects, short_key
from solver.scheduler.spread_counts import domain_counts
from solver.scheduler.state import ClusterState

_INDENT = " " * 4
_MOST_DOMAINS = 8
_MOST_FACTS = 20
_LABEL = 16


def render(answer: Why, run: Run, skipped: Sequence[Skipped] = (), *, wide: bool = False) -> str:
    blocks = [_head(answer)]
    for number, conflict in enumerate(answer.conflicts, start=1):
        blocks += _conflict(answer, conflict, number if len(answer.conflicts) > 1 else 0, wide)
    blocks += [_fixes(answer), _left(answer), skipped_block(skipped), [f"next: {_next(answer, run)}"]]
    return paragraphs(blocks)


def _head(answer: Why) -> list[str]:
    headline = reasons.HEADLINE[answer.verdict]
    indent = " " * (len(headline) + 4)
    if answer.verdict is Verdict.FITS:
        told = f"all of {count(len(answer.asked), 'pod')} fit: there is nothing to explain"
        return [f"{headline}    {told}"] if answer.asked else [f"{headline}    nothing was asked about"]
    lines = [f"{headline}    {_claim(answer)}{_number(answer)}".rstrip()]
    if answer.verdict is Verdict.UNKNOWN or not answer.conflicts:
        lines.append(f"{indent}{reasons.certainty(answer.outcome)}")
    elif any(not conflict.core.minimal for conflict in answer.conflicts):
        lines.append(f"{indent}Proved not to fit; not proved minimal: some fact below may be one too many.")
    else:
        lines.append(f"{indent}Proved, and proved minimal.")
    return lines


def _number(answer: Why) -> str:
    placed, asked = len(answer.outcome.placement.assignments), len(answer.asked)
    if asked == 1 and answer.conflicts:
        return "" if answer.verdict is Verdict.CONTRADICTION else "The pod fits nowhere."
    most = "At most " if answer.bounded else ""
    return f"{most}{placed} of {count(asked, 'pod')} fit."


def _claim(answer: Why) -> str:
    if answer.verdict is Verdict.UNKNOWN:
        return ""
    if len(answer.conflicts) != 1:
        return f"{len(answer.conflicts)} separate reasons. " if answer.conflicts else ""
    conflict = answer.conflicts[0]
    facts = len(conflict.core.facts)
    if conflict.kind is ConflictKind.CONTRADICTION:
        if facts == 1:
            return "One fact leaves no node at all. No new node can help. "
        return f"{facts} facts exclude each other. No new node can help. "
    return ""


def _conflict(answer: Why, conflict: Conflict, number: int, wide: bool) -> Iterator[list[str]]:
    words = Words(answer.snapshot, conflict.core)
    pods = span(list(conflict.core.pods))
    kind = {
        ConflictKind.CONTRADICTION: "no new node can help",
        ConflictKind.SHORTAGE: "more room would help",
        ConflictKind.UNDECIDED: "not known whether new nodes would help",
    }[conflict.kind]
    title = f"REASON {number}   {pods}: {kind}" if number else "SMALLEST SET OF REASONS"
    drop = "drop any one and it fits" if conflict.core.decisive else "each is needed for it"
    rows = [
        [f"{position:>2}", words.fact(fact), objects(fact.objects), fact.path]
        for position, fact in enumerate(conflict.core.facts, start=1)
    ]
    limit = None if wide else _MOST_FACTS
    yield [f"{title} ({drop})", *shortened(columns(rows), limit, "facts"), *_in_words(words)]
    yield _spread_table(answer, conflict)
    yield [*_cleared(answer, conflict, words), *_help(conflict), *_history(conflict)]


def _in_words(words: Words) -> list[str]:
    told = words.in_words()
    return [f"{_INDENT}In words: {'; '.join(told)}."] if told else []


def _spread_table(answer: Why, conflict: Conflict) -> list[str]:
    """Where the counted pods run, and what this pod would make of it, for one spread rule to blame."""
    fact = next((f for f in conflict.core.facts if f.kind is FactKind.SPREAD), None)
    if fact is None or not isinstance(fact.rule, SpreadConstraint):
        return []
    rule = fact.rule
    pod = answer.snapshot.pod_by_key[min(fact.pods)]
    keys = [other.topology_key for other in pod.hard_spread]
    counts = dict(sorted(domain_counts(pod, rule, keys, ClusterState.of(answer.snapshot)).by_place.items()))
    if not counts or len(counts) > _MOST_DOMAINS:
        return []
    rows = [[short_key(rule.topology_key), *counts], ["running now", *map(str, counts.values())]]
    domain = _only_domain(answer, conflict, fact, rule)
    if domain in counts:
        counts[domain] += 1
        least = 0 if len(counts) < rule.min_domains else min(counts.values())
        skew = f"skew {counts[domain] - least}, allowed {rule.max_skew}"
        rows.append(["with this pod", *map(str, counts.values()), skew])
    return [f"{_INDENT}{line}" for line in columns(rows)]


def _only_domain(answer: Why, conflict: Conflict, fact: Fact, rule: SpreadConstraint) -> str | None:
    """The one domain that is left to a single pod without the rule."""
    nodes = next((opened for one, opened in conflict.openings if one == fact), ())
    labels = {answer.snapshot.node_by_name[name].labels.get(rule.topology_key) for name in nodes}
    return labels.pop() if len(labels) == 1 else None


def _cleared(answer: Why, conflict: Conflict, words: Words) -> list[str]:
    if not conflict.cleared:
        return []
    suspects = ", ".join(dict.fromkeys(words.suspect(one) for one in conflict.cleared))
    lines = [_labelled("NOT TO BLAME", f"relaxing these changes nothing: {suspects}")]
    fact, room = max(conflict.openings, key=_telling, default=(None, ()))
    if room and fact is not None:
        zones = {answer.snapshot.node_by_name[name].labels.get(ZONE) for name in room}
        where = f" in zone {zones.pop()}" if len(zones) == 1 and None not in zones else ""
        verb = "has" if len(room) == 1 else "have"
        position = conflict.core.facts.index(fact) + 1
        lines.append(
            _labelled("", f"{count(len(room), 'node')}{where} {verb} room for it but for {position}")
        )
    return lines


def _telling(opening: tuple[Fact, Sequence[str]]) -> tuple[bool, int]:
    """Where a pod's volumes are, other nodes are no news."""
    return (bool(opening[1]) and opening[0].kind is not FactKind.VOLUME_PLACE, len(opening[1]))


def _help(conflict: Conflict) -> list[str]:
    match conflict.kind:
        case ConflictKind.CONTRADICTION:
            told = "Adding nodes cannot help; an autoscaler will keep declining."
        case ConflictKind.SHORTAGE:
            places = [f"zone {p}" if p and " " not in p else p for p in conflict.help.places if p]
            where = f"in {_either(places)}" if places else "in several zones at once"
            told = f"New nodes would help: {where}."
        case ConflictKind.UNDECIDED:
            told = "Whether new nodes would help is not known."
    return [_labelled("", told)]


def _either(places: Sequence[str]) -> str:
    return places[0] if len(places) == 1 else f"{', '.join(places[:-1])} or {places[-1]}"


def _history(conflict: Conflict) -> list[str]:
    lines = [history_words(found) for found in conflict.history]
    return [_labelled("HOW IT GOT HERE" if i == 0 else "", line) for i, line in enumerate(lines)]


def _labelled(label: str, text: str) -> str:
    return f"{label:<{_LABEL}}{text}"


def _fixes(answer: Why) -> list[str]:
    if not answer.fixes:
        return ["FIXES  none found that was seen to help"] if answer.conflicts else []
    head = ["FIXES  each solved again", "PODS", "DATA", "MONEY", "AFTERWARDS"]
    rows = [
        [f"{number:>2} {fix.sentence}", str(fix.cost.pods), _data(fix.cost), _money(fix.cost), fix.afterwards]
        for number, fix in enumerate(answer.fixes, start=1)
    ]
    lines = columns([head, *rows])
    cautions: dict[str, list[int]] = {}
    for number, fix in enumerate(answer.fixes, start=1):
        for caution in fix.cautions:
            cautions.setdefault(caution, []).append(number)
    for caution, numbers in cautions.items():
        lines.append(f"{_INDENT}caution on {', '.join(map(str, numbers))}: {caution}.")
    lines += [f"{_INDENT}recommended: {n}" for n, fix in enumerate(answer.fixes, start=1) if fix.recommended]
    return lines


def _data(cost: Cost) -> str:
    return f"{count(cost.volumes, 'volume')}, {size(cost.bytes)}" if cost.volumes else "0"


def _money(cost: Cost) -> str:
    if cost.money_per_hour is None:
        return "unknown: --catalog"
    return f"${cost.money_per_hour:.2f}/h" if cost.money_per_hour > Decimal(0) else "$0"


def _left(answer: Why) -> list[str]:
    lines = []
    if answer.waiting:
        lines.append(f"{span(list(answer.waiting))} only wait for a pod named above (OrderedReady).")
    if answer.unexplained:
        lines.append(f"{span(list(answer.unexplained))}: no reason was proved within the time limit.")
    if answer.not_tried:
        noun = "fix" if answer.not_tried == 1 else "fixes"
        lines.append(f"{answer.not_tried} possible {noun} could not be solved in time: try --time-limit.")
    return lines


def _next(answer: Why, run: Run) -> str:
    if answer.verdict is Verdict.FITS:
        return f"solve fit {run.arguments} {run.selection}".rstrip()
    if answer.verdict is Verdict.UNKNOWN and not answer.conflicts:
        return f"solve why {run.arguments} --time-limit {4 * run.config.time_limit_s:g}s"
    if answer.verdict is Verdict.DOES_NOT_FIT:
        return f"solve size {run.arguments} {run.selection}".rstrip()
    pod = answer.snapshot.pod_by_key[answer.conflicts[0].core.pods[0]]
    again = _rebalance(answer, pod) or f"solve nodes {pod.key}"
    return f"{again} {run.arguments}".rstrip()


def _rebalance(answer: Why, pod: Pod) -> str:
    """Where claims made anew are what is recommended for a workload that spreads over zones."""
    renewed = any(fix.recommended and fix.cost.volumes for fix in answer.fixes)
    skew = next((rule.max_skew for rule in pod.hard_spread if rule.topology_key == ZONE), None)
    if not renewed or skew is None or pod.workload is None:
        return ""
    claims = (answer.snapshot.claim_by_key.get(use.claim) for use in pod.claims)
    classes = sorted({claim.storage_class for claim in claims if claim is not None and claim.storage_class})
    recreate = "".join(f" --recreate {name}" for name in classes)
    return f"solve rebalance {pod.workload} --goal fit --goal 'zone-skew<={skew}'{recreate}"


def names_of(answer: Why) -> str:
    """The objects to blame, a line each."""
    found = (name for conflict in answer.conflicts for fact in conflict.core.facts for name in fact.objects)
    return "".join(f"{name}\n" for name in dict.fromkeys(found))


def fixes_csv(answer: Why) -> str:
    rows = [
        (
            fix.sentence,
            fix.cost.pods,
            fix.cost.volumes,
            fix.cost.bytes,
            "" if fix.cost.money_per_hour is None else fix.cost.money_per_hour,
            fix.afterwards,
        )
        for fix in answer.fixes
    ]
    return comma_separated(("fix", "pods", "volumes", "bytes", "money_per_hour", "afterwards"), rows)
