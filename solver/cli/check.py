"""``solve check``: one policy file as a gate: fits, survives losses, has room to spare, is clean."""

from __future__ import annotations

import time

import click

from solver.cli import complete
from solver.cli.exits import ExitCode
from solver.cli.flags import (
    Format,
    InputFlags,
    OutputFlags,
    SelectionFlags,
    input_flags,
    output_flags_with,
    planning_flags_with,
    progress_flags,
    refuse_empty,
    selection_flags,
)
from solver.cli.inputs import read_documents
from solver.cli.load import Loaded, load
from solver.cli.output import Forms, emit, forms, tell_times, warn
from solver.cli.overrides import Said, overrides_of, storage_flags
from solver.cli.progress import answering
from solver.cli.record import run_record
from solver.cli.selection import asked_about
from solver.model.config import SolveConfig
from solver.planning.check.answer import CheckAnswer, FitCheck, Result
from solver.planning.check.policy import Policy, read_policy
from solver.planning.outage.answer import Assumptions
from solver.planning.outage.limits import not_modelled
from solver.report.check import text
from solver.report.check.document import check_report
from solver.report.check.facts import CheckFacts
from solver.report.check.gates import check_junit, check_sarif

_TIME_LIMIT_S = 60.0
_CODES = {
    Result.PASSED: ExitCode.YES,
    Result.FAILED: ExitCode.PROVED_NO,
    Result.UNKNOWN: ExitCode.UNKNOWN,
}


@click.command(short_help="One policy file as a gate: fits, survives losses, has room to spare, is clean.")
@click.option(
    "--policy",
    required=True,
    metavar="FILE",
    shell_complete=complete.paths,
    help="A CheckPolicy (docs/check.md).",
)
@storage_flags
@input_flags
@selection_flags
@planning_flags_with(_TIME_LIMIT_S)
@output_flags_with(Format.SARIF, Format.JUNIT)
@progress_flags
def check(
    policy: str,
    storage: tuple[Said, ...],
    storage_file: tuple[str, ...],
    inputs: InputFlags,
    selection: SelectionFlags,
    config: SolveConfig,
    show: OutputFlags,
) -> int:
    """Hold a cluster, and what is to be added to it, against a policy.

    Pods that wait, and those of -f and -k, are first planned as `solve fit` plans them; losses are taken from
    what that leaves. Exit code 0: every check passed. 3: proved that one did not. 4: not known.

    \b
    solve check --policy policy.yaml -f app.yaml --snapshot prod.json
    solve check --policy policy.yaml --snapshot prod.json -o junit > check.xml
    """
    refuse_empty(policy)
    wanted = read_policy(read_documents([policy]))
    assumptions = Assumptions(overrides=overrides_of(storage, storage_file))
    loaded = load(inputs, selection.namespace)
    started = time.monotonic()
    answer, interrupted = _answer(wanted, loaded, selection, assumptions, config, show)
    code = ExitCode.INTERRUPTED if interrupted else _CODES[answer.result]
    facts = CheckFacts(
        run=run_record(loaded, inputs, selection, config, exit_code=code, started=started),
        answer=answer,
        policy_file=policy,
        skipped=(
            *loaded.snapshot.skipped,
            *asked_about(loaded.snapshot, selection)[1],
            *(not_modelled() if wanted.survive or wanted.headroom else ()),
        ),
        warnings=(*loaded.snapshot.warnings, *_left_out(wanted, answer)),
    )
    warn(show, facts.warnings)
    tell_times(show, facts.run)
    emit(show, check_report(facts), _forms(facts))
    return code


def _answer(
    policy: Policy,
    loaded: Loaded,
    selection: SelectionFlags,
    assumptions: Assumptions,
    config: SolveConfig,
    show: OutputFlags,
) -> tuple[CheckAnswer, bool]:
    """The answer, and whether it was interrupted."""
    from solver.engine.budget import Budget
    from solver.planning.check.check import check as ask  # OR-Tools takes its time to import

    with answering(show, config) as (stop, watch):
        found = ask(
            policy,
            loaded.inputs,
            loaded.snapshot,
            lambda cluster: asked_about(cluster, selection)[0],
            assumptions,
            config,
            Budget(config.time_limit_s, stop, watch),
        )
    return found, stop.is_set()


def _left_out(policy: Policy, answer: CheckAnswer) -> list[str]:
    """Losses say nothing of pods that found no place; without a fit check nobody would know."""
    waiting = len(answer.settled.pending)
    fits = any(isinstance(one, FitCheck) for one in answer.checks)
    if not waiting or fits or not (policy.survive or policy.headroom):
        return []
    return [
        f"pods still waiting: {waiting}; losses are judged without them, and the policy does not ask for fit"
    ]


def _forms(facts: CheckFacts) -> Forms:
    return {
        **forms(facts, text.render, text.names, text.rows),
        Format.SARIF: lambda: check_sarif(facts),
        Format.JUNIT: lambda: check_junit(facts),
    }
