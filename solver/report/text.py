"""A placement result for people: the answer first, how sure it is second, then where everything goes.

Prints only what the facts hold; sentences come from ``reasons``. Rows are by name, so the same plan reads
the same.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Sequence

from solver.model.names import NodeName, PodKey
from solver.model.outcome import Proof, StoppedBy, Unplaced, Verdict
from solver.model.pod import DEFAULT_SCHEDULER, Pod, WorkloadKey
from solver.model.units import amount, cpu, size
from solver.planning.quota import OverQuota
from solver.report import reasons
from solver.report.facts import (
    FitFacts,
    NodeFact,
    PlacedPod,
    PlacedVolume,
    SpreadFact,
    VolumeState,
)
from solver.report.naming import resource_names, span
from solver.report.skipped import skipped_block
from solver.report.spread import same_workload
from solver.report.table import GAP, columns, paragraphs, shortened
from solver.report.units import bar, count, percent

ROWS = 20
"""Longest table in the short form."""
ZONE_COLUMNS = 8
"""More zones than this are shown as fewest and most."""
NODES_SHOWN = 6
"""Distinct nodes named for a row of folded pods."""


def render(facts: FitFacts, *, wide: bool = False) -> str:
    labels = Labels(facts.requested)
    limit = None if wide else ROWS
    blocks = [
        _head(facts),
        _spread(facts, labels, limit),
        _pods(facts, labels, wide, limit),
        _nodes(facts, wide, limit),
        _unplaced(facts, labels, limit),
        _notes(facts, labels),
        _soft_rules(facts),
        _quota(facts),
        _autoscaled(facts),
        skipped_block(facts.skipped),
        [f"next: {_next(facts)}"],
    ]
    return paragraphs(blocks)


def names(facts: FitFacts) -> str:
    """``pod/db-0 node/a2``, a line each."""
    return resource_names((placed.pod.key, placed.node) for placed in facts.placed)


class Labels:
    """Short names for pods and workloads: without a namespace while there is only one."""

    def __init__(self, pods: Iterable[Pod]) -> None:
        self._qualified = len({pod.namespace for pod in pods}) > 1

    def pod(self, pod: Pod) -> str:
        return pod.key if self._qualified else pod.name

    def by_key(self, key: PodKey) -> str:
        return key if self._qualified else key.partition("/")[2]

    def workload(self, workload: WorkloadKey) -> str:
        return f"{workload.namespace}/{workload.name}" if self._qualified else workload.name


def _head(facts: FitFacts) -> list[str]:
    outcome = facts.outcome
    headline = reasons.HEADLINE[outcome.verdict]
    indent = " " * (len(headline) + 5)
    total = len(facts.requested)
    volumes = count(facts.new_volumes, "new volume")
    if outcome.verdict is Verdict.FITS and facts.new_volumes:
        volumes = f"{facts.new_volumes} of {volumes}"
    at_most = "at most " if facts.at_most else ""
    lines = [f"{headline}     {at_most}{len(facts.placed)} of {count(total, 'pod')}, {volumes}"]
    cluster = [
        count(facts.nodes_in_cluster, "node"),
        *([count(len(facts.zones), "zone")] if facts.zones else []),
    ]
    lines.append(f"{indent}{reasons.certainty(outcome)}   ({', '.join(cluster)})")
    if facts.unmet:
        lines.append(f"{indent}but {count(len(facts.unmet), 'soft rule')} not met: see SOFT RULES")
    if facts.over_quota:
        beyond = len({pod for over in facts.over_quota for pod in over.refused})
        lines.append(f"{indent}but {count(beyond, 'pod')} would not be created: see QUOTA")
    if outcome.verdict is Verdict.UNKNOWN:
        lines += [f"{indent}tightened for this question: {text}" for text in outcome.search.approximations]
    if not total:
        lines.append(
            f"{indent}nothing was asked about: no pod asked for is pending, and no workload wants more pods"
        )
    return lines


def _spread(facts: FitFacts, labels: Labels, limit: int | None) -> list[str]:
    by_zone = [fact for fact in facts.spread if fact.is_by_zone and (fact.rule or fact.pods > 1)]
    others = [fact for fact in facts.spread if not fact.is_by_zone]
    lines = _zone_table(facts, by_zone, labels, limit) if facts.zones and by_zone else []
    rows = [
        [
            labels.workload(fact.workload),
            f"by {fact.topology_key}",
            f"skew {fact.skew}",
            reasons.rule_words(fact),
            reasons.rule_state(fact),
        ]
        for fact in others
    ]
    return lines + shortened(columns(rows), limit, "rules")


def _zone_table(facts: FitFacts, rows: Sequence[SpreadFact], labels: Labels, limit: int | None) -> list[str]:
    many = len(facts.zones) > ZONE_COLUMNS
    heads = ["fewest", "most"] if many else [f"zone {zone}" for zone in facts.zones]
    table = [["", *heads, "skew", "rule"]]
    for fact in rows:
        counts = dict(fact.counts)
        if many:
            cells = [str(min(counts.values(), default=0)), str(max(counts.values(), default=0))]
        else:
            cells = [str(counts[zone]) if zone in counts else "-" for zone in facts.zones]
        name = labels.workload(fact.workload)
        table.append([name, *cells, str(fact.skew), reasons.rule_words(fact), reasons.rule_state(fact)])
    return shortened(columns(table), limit and limit + 1, "workloads")


def _pods(facts: FitFacts, labels: Labels, wide: bool, limit: int | None) -> list[str]:
    if not facts.placed:
        return []
    rows = [_pod_row(pods, labels, wide) for pods in _folded(facts.placed)]
    heads = ["POD", "NODE", "CPU", "MEM", "VOLUMES" if wide else "NEW VOLUMES"]
    if not any(row[-1] for row in rows):
        heads = heads[:-1]
    lines = shortened(columns([heads, *rows]), limit and limit + 1, "rows")
    foreign = sorted({p.pod.scheduler_name for p in facts.placed} - {DEFAULT_SCHEDULER})
    return lines + [f"* planned here, but left to another scheduler: {', '.join(foreign)}"] * bool(foreign)


def _folded(placed: Sequence[PlacedPod]) -> list[list[PlacedPod]]:
    """Interchangeable pods of one workload together; pods with ordinals or volumes stand alone. By name."""
    groups: dict[object, list[PlacedPod]] = defaultdict(list)
    for one in placed:
        pod = one.pod
        alone = one.volumes or pod.ordinal is not None or pod.workload is None
        groups[pod.key if alone else (pod.workload, pod.requests, pod.scheduler_name)].append(one)
    return sorted(groups.values(), key=lambda pods: _name_order(pods[0].pod))


def _name_order(pod: Pod) -> tuple[str, str, int, str]:
    workload = pod.workload.name if pod.workload else pod.name
    return pod.namespace, workload, pod.ordinal or 0, pod.name


def _pod_row(pods: Sequence[PlacedPod], labels: Labels, wide: bool) -> list[str]:
    pod = pods[0].pod
    millis, memory = pod.requests.get("cpu", 0), pod.requests.get("memory", 0)
    each = " each" if len(pods) > 1 else ""
    if len(pods) > 1 and pod.workload is not None:
        name = f"{labels.workload(pod.workload)} (×{len(pods)})"
    else:
        name = labels.pod(pod)
    return [
        name + "*" * (pod.scheduler_name != DEFAULT_SCHEDULER),
        _node_names([one.node for one in pods], wide),
        cpu(millis) + each if millis else "-",
        size(memory) + each if memory else "-",
        GAP.join(_volume(v) for v in pods[0].volumes if wide or v.state is not VolumeState.BOUND),
    ]


def _node_names(nodes: Sequence[NodeName], wide: bool) -> str:
    """``a1 a1 b1``; counted when there are more than a few."""
    if len(nodes) <= NODES_SHOWN:
        return " ".join(sorted(nodes))
    counts = sorted(Counter(nodes).items())
    shown = counts if wide else counts[:NODES_SHOWN]
    text = " ".join(name if number == 1 else f"{name}×{number}" for name, number in shown)
    hidden = len(counts) - len(shown)
    return f"{text} … {count(hidden, 'more node')}" if hidden else text


def _volume(volume: PlacedVolume) -> str:
    what = f"{volume.volume} {size(volume.size_bytes)} {volume.storage_class}".rstrip()
    if volume.persistent_volume:
        what = f"{what} {volume.state.lower()} to {volume.persistent_volume}"
    elif volume.state is VolumeState.EPHEMERAL:
        what = f"{what} ephemeral"
    places = ", ".join("/".join(values) for _, values in volume.accessible_from)
    return f"{what} in {places}" if places else what


def _nodes(facts: FitFacts, wide: bool, limit: int | None) -> list[str]:
    shown = [node for node in facts.nodes if wide or node.new_pods]
    if not shown:
        return []
    return shortened(
        columns([["NODE", "CPU", "MEM", "VOLUMES", "CPU LEFT"], *map(_node_row, shown)]),
        limit and limit + 1,
        "nodes",
    )


def _node_row(node: NodeFact) -> list[str]:
    volumes = "-" if node.volumes_limit is None else f"{node.volumes}/{node.volumes_limit}"
    return [
        node.node,
        _gauge(node.cpu_millis, node.cpu_total_millis),
        _gauge(node.memory_bytes, node.memory_total_bytes),
        volumes,
        cpu(node.cpu_total_millis - node.cpu_millis),
    ]


def _gauge(part: int, whole: int) -> str:
    return f"{bar(part, whole)} {percent(part, whole):>4}"


def _unplaced(facts: FitFacts, labels: Labels, limit: int | None) -> list[str]:
    """Pods of one workload that were told the same together."""
    groups: dict[Hashable, list[tuple[Pod, Unplaced]]] = defaultdict(list)
    for pod, unplaced in zip(facts.unplaced_pods, facts.outcome.unplaced, strict=True):
        told = tuple((reason.code, reasons.shared(reason, pod)) for reason in unplaced.reasons)
        groups[same_workload(pod), told].append((pod, unplaced))
    rows = []
    for members in groups.values():
        name = span([labels.pod(pod) for pod, _ in members])
        pod, unplaced = members[0]
        for reason in unplaced.reasons:
            words = reasons.sentence(reason) if len(members) == 1 else reasons.shared(reason, pod)
            where = " ".join(reasons.located(reason.object, reason.path)).strip()
            rows.append([name, reason.code.value, words, where])
            name = ""
        if name:
            rows.append([name, "", "not placed before the search ended"])
    return ["UNPLACED", *shortened(columns(rows), limit, "rows")] if rows else []


def _notes(facts: FitFacts, labels: Labels) -> list[str]:
    words = [reasons.note_words(note, labels.workload) for note in facts.notes]
    return ["NOTES", *(f"{number:>2} {text}" for number, text in enumerate(words, start=1))] if words else []


def _soft_rules(facts: FitFacts) -> list[str]:
    rows = [
        [*reasons.located(one.source, one.path), count(len(one.pods), "pod"), one.sentence]
        for one in facts.unmet or ()
    ]
    return ["SOFT RULES NOT MET", *columns(rows)] if rows else []


def _quota(facts: FitFacts) -> list[str]:
    """kube-scheduler does not look at it, the API server does."""
    rows = [
        [
            f"{over.namespace}/{over.quota}",
            over.resource,
            f"{_counted(over, over.wanted)} wanted, {_counted(over, over.hard)} allowed",
            f"{count(len(over.refused), 'pod')} refused, first {over.refused[0]}",
        ]
        for over in facts.over_quota
    ]
    return ["QUOTA   the API server would not create all these pods", *columns(rows)] if rows else []


def _autoscaled(facts: FitFacts) -> list[str]:
    rows = [
        [
            str(one.workload),
            f"taken at {one.replicas}",
            f"{'nothing' if one.written is None else one.written} written",
            f"{one.minimum} to {one.maximum} allowed by {one.autoscaler}",
        ]
        for one in facts.run.autoscaled
    ]
    if not rows:
        return []
    return ["AUTOSCALED   other counts: --set WORKLOAD.replicas=min, max or a number", *columns(rows)]


def _counted(over: OverQuota, value: int) -> str:
    resource = over.resource.rpartition("/")[2] if "storageclass" in over.resource else over.resource
    name = resource.removeprefix("requests.")
    return size(value) if name == "storage" else amount(name, value)


def _next(facts: FitFacts) -> str:
    """A command that exists and says more about this very answer."""
    run, outcome = facts.run, facts.outcome
    again = " ".join(part for part in ("solve fit", run.arguments, run.selection) if part)
    ran_out = outcome.search.stopped_by in (StoppedBy.WALL, StoppedBy.DETERMINISTIC)
    if ran_out and outcome.proof is not Proof.OPTIMAL:
        return f"{again} --time-limit {4 * run.config.time_limit_s:g}s"
    if facts.unplaced_pods:
        return again.replace("solve fit", "solve why", 1)
    return f"{again} --out plan.json"
