"""``python -m benchmarks``: arguments and files. What is heavy to import is imported by the command that
needs it, because a run has to stay smaller than what it measures (``benchmarks.process``)."""

from __future__ import annotations

import os
import shlex
import sys
from pathlib import Path

import click
import msgspec

from benchmarks.case import Case, Peer, Stage, Suite, UnavailableError
from benchmarks.process import ProcessFailedError
from benchmarks.registry import CASES, case, chosen
from benchmarks.results import ResultsError
from benchmarks.studies.command import study
from benchmarks.traces.files import FOLDER

_FILE = click.Path(path_type=Path, exists=True, dir_okay=False)
_NEW_FILE = click.Path(path_type=Path, dir_okay=False)
_FOLDER = click.Path(path_type=Path, file_okay=False)


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.option("--data", metavar="DIR", help=f"Where the files of public traces are; {FOLDER} says it, too.")
def app(data: str | None) -> None:
    """Seeded instances, measured stage by stage and beside peers in the same run."""
    if data is not None:
        os.environ[FOLDER] = data  # other processes of the run inherit it


app.add_command(study)


def main() -> int:
    """Run one command; errors end as a short message on stderr."""
    try:
        return int(app.main(prog_name="python -m benchmarks", standalone_mode=False) or 0)
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except click.Abort:
        click.echo("interrupted", err=True)
        return 130
    except (ProcessFailedError, ResultsError, OSError) as error:
        click.echo(f"error: {error}", err=True)
        return 1


@app.command("list")
def list_cases() -> None:
    """Every case with its parameters, seed and targets."""
    for each in CASES:
        parameters = " ".join(f"{key}={value}" for key, value in each.parameters.items())
        click.echo(f"{each.name:24} {each.suite:6} {parameters} seed={each.seed}")
        for target in each.targets:
            share = "proved" if target.proved else f"{target.placed_share:.2%}"
            click.echo(f"{'':31} {share} in {target.wall_s:g} s and {target.peak_mib} MiB")


@app.command()
@click.argument("name")
@click.option("--out", type=_NEW_FILE, required=True, metavar="FILE")
def generate(name: str, out: Path) -> int:
    """Write the instance of case NAME as a kind: List."""
    from benchmarks.suite import UNAVAILABLE

    try:
        _case(name).instance().write(out)
    except UnavailableError as error:
        click.echo(str(error), err=True)
        return UNAVAILABLE
    return 0


@app.command()
@click.option(
    "--suite",
    type=click.Choice(Suite, case_sensitive=False),  # click goes by the names, which are upper case
    default=Suite.QUICK,
    show_default="quick",
)
@click.option("--case", "names", multiple=True, metavar="NAME", help="Only these; repeatable.")
@click.option("--out", type=_FOLDER, metavar="DIR", help="Where results go [default: build/benchmarks/TIME].")
@click.option("--repeat", default=1, show_default=True, help="Whole-process runs for each target.")
@click.option("--stages/--no-stages", default=True, help="Take every answer apart by stages, too.")
@click.option("--peers/--no-peers", default=True, help="Let peers answer as well.")
@click.option(
    "--kube-scheduler", metavar="PATH", help="The real one, as benchmarks/kube_scheduler builds it."
)
def run(
    suite: Suite,
    names: tuple[str, ...],
    out: Path | None,
    repeat: int,
    stages: bool,
    peers: bool,
    kube_scheduler: str | None,
) -> int:
    """Measure a suite or some cases; write results.json and results.md."""
    from benchmarks import results, table
    from benchmarks.peers.kube_scheduler import find
    from benchmarks.suite import Plan, measure, stamp

    folder = out or Path("build/benchmarks") / stamp()
    folder.mkdir(parents=True, exist_ok=True)
    plan = Plan(
        cases=tuple(_case(name) for name in names) or chosen(suite),
        instances=Path("build/benchmarks/instances"),
        command=shlex.join(("python", "-m", "benchmarks", *sys.argv[1:])),
        repeats=repeat,
        stages=stages,
        peers=peers,
        scheduler=find(kube_scheduler),
        tell=lambda line: click.echo(line, err=True),
    )
    failed = False
    for found in measure(plan):  # a run that is interrupted leaves what it has measured
        (folder / "results.json").write_bytes(results.encode(found))
        (folder / "results.md").write_text(table.document(found), encoding="utf-8")
        failed = bool(found.failed)
    click.echo(str(folder / "results.md"))
    return 1 if failed else 0


@app.command("table")
@click.argument("results", type=_FILE)
@click.option("--out", type=_NEW_FILE, metavar="FILE", help="Instead of stdout.")
def table_of(results: Path, out: Path | None) -> None:
    """RESULTS (a results.json) as Markdown."""
    from benchmarks import table
    from benchmarks.results import read

    text = table.document(read(results))
    if out is None:
        click.echo(text, nl=False)
    else:
        out.write_text(text, encoding="utf-8")


@app.command()
@click.argument("results", type=_FILE)
@click.option("--out", type=_FOLDER, metavar="DIR", help="Beside RESULTS by default.")
def plot(results: Path, out: Path | None) -> None:
    """Growth curves of RESULTS (a results.json) as PNG and SVG."""
    from benchmarks.plots import draw
    from benchmarks.results import read

    for path in draw(read(results), out or results.parent):
        click.echo(str(path))


@app.command()
@click.option("--only", multiple=True, metavar="RATIO", help="Only these; repeatable.")
def gate(only: tuple[str, ...]) -> int:
    """Compare ratios measured now with the thresholds in benchmarks/gate.toml."""
    from benchmarks.gate import GateError, thresholds, verdict

    try:
        lines, broken = verdict(thresholds(), only)
    except GateError as error:
        raise click.UsageError(str(error)) from None
    for line in lines:
        click.echo(line)
    for sentence in broken:
        click.echo(sentence, err=True)
    return 1 if broken else 0


@app.command("stages", hidden=True)
@click.argument("path", type=_FILE)
@click.argument("stages", nargs=-1, type=click.Choice(Stage, case_sensitive=False))
@click.option("--time-limit", type=float, required=True)
def stages_of(path: Path, stages: tuple[Stage, ...], time_limit: float) -> None:
    """Times of the stages as JSON, for a process of its own."""
    from benchmarks.stages import events, http, live, planner, watch
    from solver.model.config import SolveConfig

    config = SolveConfig(time_limit_s=time_limit)
    found = planner.measure(path, stages, config)
    if Stage.EVENTS in stages:
        found.append(events.measure(path.read_bytes(), config))
    if Stage.HTTP in stages:
        found.append(http.measure(path, time_limit))
    if Stage.LIVE in stages:
        found.append(live.measure(path))
    if Stage.WATCH in stages:
        found.append(watch.measure(path))
    click.echo(msgspec.json.encode(found))


@app.command(hidden=True)
@click.argument("peer", type=click.Choice([Peer.NAIVE, Peer.GREEDY], case_sensitive=False))
@click.argument("path", type=_FILE)
@click.option("--limit", type=float, required=True)
def peer(peer: Peer, path: Path, limit: float) -> None:
    """The answer of a peer as JSON, for a process of its own."""
    from benchmarks.peers import greedy, naive
    from benchmarks.stages.planner import Workbench
    from solver.model.config import SolveConfig

    bench = Workbench(data=path.read_bytes(), config=SolveConfig())
    answer = naive.answer if peer is Peer.NAIVE else greedy.answer
    click.echo(msgspec.json.encode(answer(bench.snapshot, bench.question, limit)))


@app.command(hidden=True)
@click.argument("instance", type=_FILE)
@click.argument("kubeconfig", type=_NEW_FILE)
def apiserver(instance: Path, kubeconfig: Path) -> None:
    """An API server with the objects of INSTANCE, for the stage ``watch``."""
    from benchmarks.loopback.commands import serve

    serve(instance, kubeconfig)


@app.command(hidden=True)
@click.argument("kubeconfig", type=_FILE)
def follow(kubeconfig: Path) -> None:
    """What follows it."""
    from benchmarks.loopback.commands import follow

    follow(kubeconfig)


@app.command(hidden=True)
@click.argument("command", nargs=-1)
def usage(command: tuple[str, ...]) -> None:
    """What a command used, as JSON, for callers that are too large to measure it themselves."""
    from benchmarks.process import answered
    from benchmarks.suite import ANSWERS

    click.echo(msgspec.json.encode(answered(command, well=ANSWERS).usage))


def _case(name: str) -> Case:
    try:
        return case(name)
    except KeyError:
        raise click.UsageError(f"no case is named {name!r}; see `python -m benchmarks list`") from None
