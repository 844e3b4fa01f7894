"""Results as Markdown: what was asked, what came out, and where the time went. Nothing is measured here."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from benchmarks.case import IN_PROCESS, Peer, Stage
from benchmarks.results import CaseResult, PeerRun, Results, StageTime, Whole

Row = Sequence[str]


def document(results: Results) -> str:
    parts = [
        "# Results",
        _where(results),
        "## Instances",
        _instances(results.cases),
        "## Whole processes",
        "`solve fit` from command to answer: reading, planning, checking and printing.",
        _whole(results.cases),
        _repeated(results.cases),
        "## Stages",
        "CPU seconds of one call each, the quickest of up to fifteen, in one process. Search includes the"
        " construction it starts from and the bound, and place is everything from the instance in memory to"
        " the verified plan; both run once, and take their time limit, twenty seconds at most, where not"
        " everything is proved.",
        _stages(results.cases),
        *_facts(
            results.cases,
            Stage.EVENTS,
            "A cluster that follows events, one at a time, and plans a StatefulSet that arrives:",
        ),
        *_facts(
            results.cases,
            Stage.HTTP,
            "A running extender, asked about every node by name, one request after another:",
        ),
        *_facts(
            results.cases,
            Stage.LIVE,
            "A live extender, beside an endpoint of the same server that sends the body back:",
        ),
        *_facts(
            results.cases,
            Stage.WATCH,
            "A live cluster followed by list and watch, its API server a process beside it; CPU is that until"
            " the first snapshot:",
        ),
        "## Peers",
        "The same instance in the same run. Seconds are wall time from the instance in memory to the last pod"
        " placed, for Bulkhead to the verified plan; memory is the peak of the whole process.",
        _peers(results.cases),
        *_left_out(results),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _where(results: Results) -> str:
    machine = results.machine
    versions = ", ".join(f"{name} {version}" for name, version in results.versions.items())
    return "\n".join(
        (
            f"- Command: `{results.command}`",
            f"- Commit: {results.commit or 'unknown'}, started {results.started}",
            f"- Machine: {machine.cpu}, {machine.cores} cores, {machine.memory_gib} GiB, {machine.system}"
            + (f"; load {machine.load} before" if machine.load is not None else ""),
            f"- Versions: {versions}",
        )
    )


def _instances(cases: Iterable[CaseResult]) -> str:
    rows = [
        (
            case.name,
            case.family,
            ", ".join(f"{key} {value}" for key, value in case.parameters.items()),
            str(case.seed),
            str(case.size.claims),
            f"{case.size.mebibytes:.1f}",
        )
        for case in cases
    ]
    return _table(("case", "family", "parameters", "seed", "claims", "file MiB"), rows)


def _whole(cases: Iterable[CaseResult]) -> str:
    header = (
        "case",
        "nodes",
        "running",
        "asked",
        "placed",
        "wall s",
        "CPU s",
        "peak MiB",
        "answer",
        "target",
    )
    rows = [
        (
            case.name,
            str(case.size.nodes),
            str(case.size.running),
            str(case.size.pending),
            _placed(whole.placed, case.size.pending),
            f"{whole.usage.wall_s:.1f}",
            f"{whole.usage.cpu_s:.1f}",
            f"{whole.usage.peak_mib:.0f}",
            f"{whole.verdict}, {whole.proof}; {whole.stopped_by}",
            _target(whole),
        )
        for case in cases
        for whole in case.whole
    ]
    return _table(header, rows)


def _repeated(cases: Iterable[CaseResult]) -> str:
    """Which cases gave more than one plan for the same command; empty where nothing was repeated."""
    repeated = [case for case in cases if len(case.whole) > len({whole.command for whole in case.whole})]
    if not repeated:
        return ""
    differing = [case.name for case in repeated if _plans(case) > len({w.command for w in case.whole})]
    return f"Repeated runs that gave different plans: {', '.join(differing) or 'none'}."


def _plans(case: CaseResult) -> int:
    return len({(whole.command, whole.plan) for whole in case.whole})


def _target(whole: Whole) -> str:
    target = whole.target
    share = "all" if target.placed_share == 1 else f"{target.placed_share:.2%}"
    proved = ", proved" if target.proved else ""
    asked = f"{share}{proved} in {target.wall_s:g} s, {target.peak_mib} MiB"
    return f"{asked}: missed {', '.join(whole.missed)}" if whole.missed else f"{asked}: met"


def _placed(placed: int, asked: int) -> str:
    return "all" if placed == asked else f"{placed} ({placed / asked:.2%})"


def _stages(cases: Iterable[CaseResult]) -> str:
    rows = [(case.name, *(_cpu(case.stage(stage)) for stage in IN_PROCESS)) for case in cases if case.stages]
    return _table(("case", *IN_PROCESS), rows)


def _cpu(time: StageTime | None) -> str:
    return "" if time is None else f"{time.cpu_s:.3f}" if time.cpu_s < 1 else f"{time.cpu_s:.1f}"


def _facts(cases: Iterable[CaseResult], stage: Stage, said: str) -> list[str]:
    """A table of what this stage measures of itself."""
    times = [(case, each) for case in cases if (each := case.stage(stage))]
    if not times:
        return []
    names = list(times[0][1].facts)
    rows = [(case.name, str(each.repeats), *(str(each.facts[n]) for n in names)) for case, each in times]
    return [said, _table(("case", "times", *names), rows)]


def _peers(cases: Iterable[CaseResult]) -> str:
    rows = []
    for case in cases:
        if case.peers:
            found = {run.peer: run for run in case.peers}
            rows.append(
                (case.name, _own(case), *(_peer(found.get(peer), case.size.pending) for peer in Peer))
            )
    return _table(("case", "Bulkhead", *Peer), rows)


def _own(case: CaseResult) -> str:
    """Empty without stages: the whole process did more than the peers' seconds tell."""
    place = case.stage(Stage.PLACE)
    if place is None:
        return ""
    peak = max(whole.usage.peak_mib for whole in case.whole)
    return f"{_placed(int(place.facts['placed']), case.size.pending)} in {place.wall_s:.1f} s, {peak:.0f} MiB"


def _peer(run: PeerRun | None, asked: int) -> str:
    if run is None:
        return ""
    note = f" ({run.note})" if run.note else ""
    return f"{_placed(run.placed, asked)} in {run.answer_s:.1f} s, {run.usage.peak_mib:.0f} MiB{note}"


def _left_out(results: Results) -> list[str]:
    lines = [f"- {skip.name}: {skip.why}" for skip in results.skipped]
    lines += [f"- {failure.name} failed: {_one_line(failure.why)}" for failure in results.failed]
    return ["## Not run", "\n".join(lines)] if lines else []


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _table(header: Row, rows: Iterable[Row]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines) if len(lines) > 2 else ""
