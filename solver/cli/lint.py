"""``solve lint``: contradictions visible in manifests alone, or held against a cluster."""

from __future__ import annotations

import time
from dataclasses import replace
from importlib.metadata import version

import click

from solver.cli.exits import ExitCode
from solver.cli.flags import Format, InputFlags, OutputFlags, input_flags, output_flags_with
from solver.cli.load import Given, given
from solver.cli.output import Forms, emit, forms, warn, write
from solver.cli.parsed import Parsed
from solver.cli.record import arguments_of
from solver.cli.version import DISTRIBUTION
from solver.model.config import SolveConfig
from solver.planning.change import Inputs, apply
from solver.planning.lint import LintAnswer, Severity, lint
from solver.planning.lint.codes import BY_NAME
from solver.planning.setting import set_all
from solver.report.facts import Run
from solver.report.lint import text
from solver.report.lint.cases import lint_junit
from solver.report.lint.document import lint_report
from solver.report.lint.facts import LintFacts
from solver.report.lint.page import section
from solver.report.lint.sarif import lint_sarif

NEVER = "never"


def _codes(text: str) -> tuple[str, ...]:
    """Codes or their names, separated by commas. Raises ValueError."""
    names = tuple(name.strip() for name in text.split(",") if name.strip())
    if not names or any(name not in BY_NAME for name in names):
        raise ValueError(f"{text!r} is no list of codes; `solve lint --explain all` lists them")
    return names


@click.command("lint", short_help="Contradictions and traps in manifests, each with a code.")
@input_flags
@click.option("-n", "--namespace", metavar="NAME", help="Namespace of manifests that name none.")
@click.option(
    "--fail-on",
    type=click.Choice([*(severity.value for severity in reversed(Severity)), NEVER]),
    default=Severity.ERROR.value,
    show_default=True,
    help="Least severity that ends with exit code 3.",
)
@click.option(
    "--ignore",
    multiple=True,
    type=Parsed("codes", _codes),
    metavar="CODE,…",
    help="Codes to leave out. Repeatable.",
)
@click.option("--explain", metavar="CODE", help="Say what a code means (or `all`), and nothing else.")
@output_flags_with(Format.SARIF, Format.JUNIT)
def lint_verb(
    namespace: str | None,
    fail_on: str,
    ignore: tuple[tuple[str, ...], ...],
    explain: str | None,
    inputs: InputFlags,
    show: OutputFlags,
) -> int:
    """Look for contradictions and traps in workloads, without placing anything.

    With -f or -k those are looked at, held against --snapshot or --context where given; without, the whole
    cluster is. Exit code 0: nothing at or above --fail-on. 3: something.

    \b
    solve lint -f app.yaml
    solve lint -f app.yaml --snapshot prod.json --fail-on warning -o sarif > lint.sarif
    """
    if explain is not None:
        write(_explained(explain))
        return ExitCode.YES
    started = time.monotonic()
    manifests_alone = bool(inputs.filename or inputs.kustomize) and inputs.context is None
    found = given(inputs, namespace, live=not manifests_alone)
    asked = _with_settings(found.inputs, inputs, namespace)
    answer = lint(asked, [name for names in ignore for name in names])
    facts = _facts(
        answer,
        None if fail_on == NEVER else Severity(fail_on),
        found,
        started,
        arguments_of(inputs, namespace),
    )
    warn(show, found.warnings)
    emit(show, lint_report(facts), _forms(facts))
    return facts.run.exit_code


def _with_settings(inputs: Inputs, flags: InputFlags, namespace: str | None) -> Inputs:
    return apply(inputs, set_all(inputs, flags.settings, namespace)) if flags.settings else inputs


def _explained(name: str) -> str:
    if name == "all":
        return "\n".join(map(section, dict.fromkeys(BY_NAME.values())))
    if name not in BY_NAME:
        raise click.UsageError(f"{name!r} is no code; `solve lint --explain all` lists them")
    return section(BY_NAME[name])


def _facts(
    answer: LintAnswer, fail_on: Severity | None, found: Given, started: float, arguments: str
) -> LintFacts:
    run = Run(
        version=version(DISTRIBUTION),
        arguments=arguments,
        exit_code=0,
        config=SolveConfig(),
        snapshot_digest=found.snapshot_digest,
        manifest_digests=found.manifest_digests,
        read_seconds=0.0,
        wall_seconds=time.monotonic() - started,
    )
    facts = LintFacts(answer=answer, fail_on=fail_on, run=run)
    code = ExitCode.YES if facts.passed else ExitCode.PROVED_NO
    return replace(facts, run=replace(run, exit_code=int(code)))


def _forms(facts: LintFacts) -> Forms:
    return {
        **forms(facts, text.render, text.names, text.comma_separated_findings),
        Format.SARIF: lambda: lint_sarif(facts),
        Format.JUNIT: lambda: lint_junit(facts),
    }
