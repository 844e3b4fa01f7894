"""How an answer came about, for the record: the run's limits and inputs, and the flags that ask again."""

from __future__ import annotations

import shlex
import time
from importlib.metadata import version

from solver.cli.flags import InputFlags, SelectionFlags
from solver.cli.labels import written
from solver.cli.load import Loaded
from solver.cli.version import DISTRIBUTION
from solver.model.config import SolveConfig
from solver.report.facts import Run


def run_record(
    loaded: Loaded,
    inputs: InputFlags,
    selection: SelectionFlags | None,
    config: SolveConfig,
    *,
    exit_code: int,
    started: float,
    verify_seconds: float = 0.0,
) -> Run:
    """Of a verb that ``started`` to answer (monotonic clock) when everything was read. ``exit_code`` goes
    into documents: a plain number."""
    return Run(
        version=version(DISTRIBUTION),
        arguments=arguments_of(inputs, selection.namespace if selection else None),
        exit_code=int(exit_code),
        config=config,
        snapshot_digest=loaded.snapshot_digest,
        manifest_digests=loaded.manifest_digests,
        read_seconds=loaded.seconds,
        wall_seconds=time.monotonic() - started,
        selection=_selection(selection) if selection else "",
        verify_seconds=verify_seconds,
        autoscaled=loaded.autoscaled,
    )


def arguments_of(inputs: InputFlags, namespace: str | None) -> str:
    """The flags that say where everything was read, for the command suggested next."""
    words: list[str] = []
    for path in inputs.filename:
        words += ["-f", path]
    if inputs.kustomize is not None:
        words += ["-k", inputs.kustomize]
    for path in inputs.snapshot:
        words += ["--snapshot", path]
    if inputs.context is not None:
        words += ["--context", inputs.context]
    if inputs.scheduler_config is not None:
        words += ["--scheduler-config", inputs.scheduler_config]
    for setting in inputs.settings:
        words += ["--set", setting.text]
    if namespace is not None:
        words += ["-n", namespace]
    return shlex.join(words)


def _selection(flags: SelectionFlags) -> str:
    """The flags that say which pods were asked about; the namespace is among ``arguments_of``."""
    words = [] if flags.selector.is_empty else ["-l", written(flags.selector)]
    words += ["--ignore-pending"] * flags.ignore_pending + ["--plan-gated"] * flags.plan_gated
    return shlex.join(words)
