"""Growth curves as pictures: time and memory beside the peers, and where the time goes by stage."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullLocator

from benchmarks.case import Curve, Peer, Stage
from benchmarks.results import CaseResult, Results

Point = tuple[Curve, CaseResult]
Dot = tuple[tuple[float, float], bool]
"""x and y, and whether every pod was placed."""

_OWN = "Bulkhead"
_COLORS = {
    _OWN: "#0b6e4f",
    Peer.NAIVE: "#c1440e",
    Peer.GREEDY: "#7a7a7a",
    Peer.KUBE_SCHEDULER: "#326ce5",
}
_STAGE_COLORS = (
    "#4c72b0",
    "#dd8452",
    "#55a868",
    "#8172b3",
    "#c44e52",
    "#937860",
    "#da8bc3",
    "#64b5cd",
    "#ccb974",
)
_FORMATS = ("png", "svg")


def draw(results: Results, folder: Path) -> list[Path]:
    """The files written: two pictures for each curve with at least two points."""
    folder.mkdir(parents=True, exist_ok=True)
    written: list[Path] = []
    for name, points in _curves(results.cases).items():
        if len(points) > 1:
            written += _save(_beside_peers(points, results), folder / f"growth-{name}")
            written += _save(_by_stage(points, results), folder / f"stages-{name}")
    return written


def _curves(cases: Iterable[CaseResult]) -> dict[str, list[Point]]:
    found: dict[str, list[Point]] = {}
    for case in cases:
        for curve in case.curves:
            found.setdefault(curve.name, []).append((curve, case))
    return {name: sorted(points, key=lambda point: point[0].x) for name, points in found.items()}


def _beside_peers(points: Sequence[Point], results: Results) -> Figure:
    figure = Figure(figsize=(11, 4.4), layout="constrained")
    time, memory = figure.subplots(1, 2)
    for who, seconds, mebibytes in _answers(points):
        _line(time, who, seconds, _COLORS[who])
        _line(memory, who, mebibytes, _COLORS[who])
    _dress(time, points, "wall seconds to the last pod placed")
    _logarithmic(time)
    _dress(memory, points, "peak memory of the process, MiB")
    memory.set_ylim(bottom=0)
    _legend(figure, time)
    _title(figure, points, results, "filled: every pod placed; hollow: pods left out")
    return figure


def _answers(points: Sequence[Point]) -> Iterator[tuple[str, list[Dot], list[Dot]]]:
    """Who, and (x, seconds) and (x, MiB)."""
    time: list[Dot] = []
    memory: list[Dot] = []
    for curve, case in points:
        whole, place = case.whole[-1], case.stage(Stage.PLACE)
        memory.append(((curve.x, whole.usage.peak_mib), whole.placed == case.size.pending))
        if place is not None:
            time.append(((curve.x, place.wall_s), place.facts["placed"] == case.size.pending))
    yield _OWN, time, memory
    for peer in Peer:
        runs = [(c.x, run, run.placed == case.size.pending) for c, case in points if (run := case.peer(peer))]
        yield (
            peer,
            [((x, run.answer_s), full) for x, run, full in runs],
            [((x, run.usage.peak_mib), full) for x, run, full in runs],
        )


def _by_stage(points: Sequence[Point], results: Results) -> Figure:
    figure = Figure(figsize=(7, 4.4), layout="constrained")
    axes = figure.subplots()
    for stage, color in zip(Stage, _STAGE_COLORS, strict=False):
        times = [
            (float(c.x), each.cpu_s) for c, case in points for each in case.stages if each.stage is stage
        ]
        _line(axes, stage, [(point, True) for point in times], color)
    _dress(axes, points, "CPU seconds")
    _logarithmic(axes)
    _legend(figure, axes)
    _title(figure, points, results, "search includes construction and bound")
    return figure


def _line(axes: Axes, label: str, dots: Sequence[Dot], color: str) -> None:
    if not dots:
        return
    axes.plot([x for (x, _), _ in dots], [y for (_, y), _ in dots], color=color, label=label, linewidth=1.8)
    for (x, y), full in dots:
        axes.plot([x], [y], marker="o", markersize=6, color=color, markerfacecolor=color if full else "white")


def _dress(axes: Axes, points: Sequence[Point], y: str) -> None:
    xs = [curve.x for curve, _ in points]
    axes.set_xscale("log")
    axes.set_xticks(xs, [f"{x:,}" for x in xs])
    axes.minorticks_off()
    axes.set_xlabel(points[0][0].label)
    axes.set_ylabel(y)
    axes.grid(alpha=0.3)
    axes.spines[["top", "right"]].set_visible(False)


def _logarithmic(axes: Axes) -> None:
    axes.set_yscale("log")
    axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axes.yaxis.set_major_formatter("{x:g}")
    axes.yaxis.set_minor_locator(NullLocator())


def _legend(figure: Figure, axes: Axes) -> None:
    handles, labels = axes.get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=4, frameon=False, fontsize=9)


def _title(figure: Figure, points: Sequence[Point], results: Results, note: str) -> None:
    first = points[0][1]
    fixed = {
        key: value
        for key, value in first.parameters.items()
        if all(case.parameters.get(key) == value for _, case in points)
    }
    said = ", ".join(f"{key} {value}" for key, value in fixed.items())
    machine = f"{results.machine.cpu}, {results.machine.cores} cores; {results.commit or 'no commit'}"
    figure.suptitle(f"{first.family}: {said}, seed {first.seed}\n{machine}; {note}", fontsize=9)


def _save(figure: Figure, path: Path) -> list[Path]:
    written = []
    for form in _FORMATS:
        file = path.with_suffix(f".{form}")
        figure.savefig(file, dpi=130, metadata={"Date": None} if form == "svg" else None)
        written.append(file)
    return written
