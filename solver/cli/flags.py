"""Flags that several verbs share, as click decorators and as the frozen values the verbs work with."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, fields
from enum import StrEnum
from functools import wraps
from typing import Any

import click

from solver.cli import complete
from solver.cli.labels import parse_label_selector
from solver.cli.parsed import Parsed
from solver.executors import parsed
from solver.kube.syntax import is_object_name
from solver.model.config import SolveConfig
from solver.model.selector import LabelSelector
from solver.planning.setting import Setting, parse_setting

MAX_SEED = 10**9
"""The solver's own limit is 2^31 - 1, and one run counts a little on from its seed."""

_DURATION = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h)?")
_UNITS_S = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}

Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]


class Format(StrEnum):
    """Forms of an answer. JSON and YAML are the document; a verb makes the others (``solver.cli.output``)."""

    TABLE = "table"
    WIDE = "wide"
    JSON = "json"
    YAML = "yaml"
    NAME = "name"
    CSV = "csv"
    SARIF = "sarif"
    JUNIT = "junit"


class ProgressMode(StrEnum):
    AUTO = "auto"
    PLAIN = "plain"
    JSON = "json"
    NONE = "none"


COMMON_FORMATS = (Format.TABLE, Format.WIDE, Format.JSON, Format.YAML, Format.NAME, Format.CSV)
"""What ``-o`` takes with every verb."""


class FormatChoice(click.Choice):  # type: ignore[type-arg]  # generic in the newest click only
    """``text`` is the older name of ``table``."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Format:
        plain = str(value).casefold()
        return Format(super().convert("table" if plain == "text" else plain, param, ctx))


@dataclass(frozen=True, slots=True, kw_only=True)
class InputFlags:
    """Where the cluster and the workloads come from."""

    snapshot: tuple[str, ...]
    """Empty: the live cluster."""
    filename: tuple[str, ...]
    kustomize: str | None
    context: str | None
    settings: tuple[Setting, ...] = ()
    """What-ifs laid over all that."""
    scheduler_config: str | None = None
    """A KubeSchedulerConfiguration file; verbs without the flag judge by the default profile."""

    def __post_init__(self) -> None:
        """Raises click.UsageError where a flag would silently do nothing, or read the wrong place."""
        if self.snapshot and self.context is not None:
            raise click.UsageError("--context is for reading a live cluster; leave it out with --snapshot")
        refuse_empty(*self.snapshot, *self.filename, self.kustomize, self.scheduler_config)


@dataclass(frozen=True, slots=True, kw_only=True)
class SelectionFlags:
    """Which pending pods are asked about; never which pods occupy nodes."""

    namespace: str | None
    selector: LabelSelector
    ignore_pending: bool
    plan_gated: bool = False

    def __post_init__(self) -> None:
        """Raises click.UsageError for a namespace that cannot exist: nothing would be asked about."""
        if self.namespace is not None and not is_object_name(self.namespace):
            raise click.UsageError(f"{self.namespace!r} is not the name of a namespace")


@dataclass(frozen=True, slots=True, kw_only=True)
class OutputFlags:
    output: Format
    out: str | None
    quiet: bool
    verbose: bool
    progress: str = "none"

    def __post_init__(self) -> None:
        refuse_empty(self.out)

    @property
    def progress_mode(self) -> ProgressMode:
        return ProgressMode.NONE if self.quiet else ProgressMode(self.progress)


def _duration(text: str) -> float:
    """``30s``, ``2m``, ``500ms`` or plain seconds. Raises ValueError."""
    found = _DURATION.fullmatch(text.strip())
    if found is None:
        raise ValueError(f"{text!r} is not a duration; write 30s, 2m or 500ms")
    seconds = float(found.group(1)) * _UNITS_S[found.group(2) or "s"]
    if seconds == 0:
        raise ValueError("a time limit has to be longer than nothing")
    return seconds


def _executor(text: str) -> str:
    """Kept as text: the configuration of a run is recorded in plain words. Raises ValueError."""
    parsed(text)
    return text


DURATION = Parsed("duration", _duration)
EXECUTOR = Parsed("executor", _executor)


def refuse_empty(*paths: str | None) -> None:
    """Raises click.UsageError."""
    if "" in paths:
        raise click.UsageError("a path is empty (an unset variable?)")


def input_flags(command: Callable[..., Any]) -> Callable[..., Any]:
    """The command is called with ``inputs``."""

    @wraps(command)
    def bundled(**values: Any) -> Any:
        return command(inputs=InputFlags(**_taken(values, InputFlags)), **values)

    return with_all(
        bundled,
        click.option(
            "--snapshot",
            multiple=True,
            metavar="PATH",
            shell_complete=complete.paths,
            help="The cluster as it is: any `kubectl get … -o json|yaml` output; a file (.gz too), a "
            "directory or `-`. Repeatable. Without it the live cluster is read.",
        ),
        click.option(
            "-f",
            "--filename",
            multiple=True,
            metavar="PATH",
            shell_complete=complete.paths,
            help="Workloads to add; same forms. Repeatable.",
        ),
        click.option(
            "-k",
            "--kustomize",
            metavar="DIR",
            shell_complete=complete.paths,
            help="Workloads to add, built by `kubectl kustomize DIR`.",
        ),
        click.option("--context", metavar="NAME", help="The kubeconfig context to read live."),
        click.option(
            "--set",
            "settings",
            multiple=True,
            type=Parsed("setting", parse_setting),
            metavar="WORKLOAD.FIELD=VALUE",
            help="What if: replicas, cpu, memory or maxSkew of a workload, e.g. db.replicas=4; replicas=min "
            "and replicas=max are the bounds of its autoscaler. Repeatable.",
        ),
    )


def selection_flags(command: Callable[..., Any]) -> Callable[..., Any]:
    """The command is called with ``selection``."""

    @wraps(command)
    def bundled(**values: Any) -> Any:
        return command(selection=SelectionFlags(**_taken(values, SelectionFlags)), **values)

    return with_all(
        bundled,
        click.option(
            "-n", "--namespace", metavar="NAME", help="Ask only about this namespace; default for manifests."
        ),
        click.option(
            "-l",
            "--selector",
            type=Parsed("selector", parse_label_selector),
            default=LabelSelector(),
            metavar="LABELS",
            help="Ask only about pods with these labels, e.g. app=db,tier!=cache.",
        ),
        click.option(
            "--ignore-pending", is_flag=True, help="Ask only about -f and -k, not about pending pods."
        ),
    )


def planning_flags(command: Callable[..., Any]) -> Callable[..., Any]:
    """The command is called with ``config``."""
    return planning_flags_with(SolveConfig().time_limit_s)(command)


def planning_flags_with(time_limit_s: float) -> Decorator:
    """``planning_flags`` for a verb that asks many questions and takes longer by default."""
    return lambda command: _planning_flags(command, time_limit_s)


def _planning_flags(command: Callable[..., Any], time_limit_s: float) -> Callable[..., Any]:
    limits = SolveConfig(time_limit_s=time_limit_s)

    @wraps(command)
    def bundled(*, time_limit: float, workers: int, seed: int, executor: str, **values: Any) -> Any:
        config = SolveConfig(time_limit_s=time_limit, workers=workers, seed=seed, executor=executor)
        return command(config=config, **values)

    return with_all(
        bundled,
        click.option("--plan-gated", is_flag=True, help="Plan pods with scheduling gates too."),
        click.option(
            "--time-limit",
            type=DURATION,
            default=limits.time_limit_s,
            show_default=f"{limits.time_limit_s:g}s",
            help="From the end of reading to the verified answer.",
        ),
        click.option(
            "--workers", type=click.IntRange(min=1), default=limits.workers, show_default=True, metavar="N"
        ),
        click.option(
            "--seed", type=click.IntRange(0, MAX_SEED), default=limits.seed, show_default=True, metavar="N"
        ),
        click.option(
            "--executor",
            type=EXECUTOR,
            default=limits.executor,
            show_default=True,
            metavar="inline|processes[=N]|dask=ADDRESS",
            help="Where independent parts of the question are solved; the answer is the same.",
        ),
    )


def progress_flags(command: Callable[..., Any]) -> Callable[..., Any]:
    return with_all(
        command,
        click.option(
            "--progress",
            type=click.Choice([mode.value for mode in ProgressMode], case_sensitive=False),
            default=ProgressMode.AUTO.value,
            show_default=True,
            help="How far the search is, on stderr: a line that is redrawn on a terminal, else a line "
            "every ten seconds.",
        ),
    )


def output_flags(command: Callable[..., Any]) -> Callable[..., Any]:
    """The command is called with ``show``."""
    return output_flags_with()(command)


def output_flags_with(*more: Format) -> Decorator:
    """``output_flags`` for a verb that can print ``more`` than the common formats."""
    return lambda command: _output_flags(command, (*COMMON_FORMATS, *more))


def _output_flags(command: Callable[..., Any], formats: tuple[Format, ...]) -> Callable[..., Any]:
    @wraps(command)
    def bundled(**values: Any) -> Any:
        return command(show=OutputFlags(**_taken(values, OutputFlags)), **values)

    return with_all(
        bundled,
        click.option(
            "-o",
            "--output",
            type=FormatChoice([form.value for form in formats]),
            default=Format.TABLE.value,
            show_default=True,
            help="How to print the answer on stdout.",
        ),
        click.option(
            "--out",
            metavar="FILE",
            shell_complete=complete.paths,
            help="Also save the result document in FILE (YAML if it ends in .yaml or .yml, else JSON).",
        ),
        click.option("-q", "--quiet", is_flag=True, help="Only errors on stderr."),
        click.option("-v", "--verbose", is_flag=True, help="More on stderr."),
    )


def _taken(values: dict[str, Any], wanted: type[InputFlags | SelectionFlags | OutputFlags]) -> dict[str, Any]:
    """What belongs to ``wanted``, taken out of ``values``; what a verb has no flag for keeps its default."""
    return {field.name: values.pop(field.name) for field in fields(wanted) if field.name in values}


def with_all(command: Callable[..., Any], *options: Decorator) -> Callable[..., Any]:
    for option in reversed(options):  # click lists them in reading order this way
        command = option(command)
    return command
