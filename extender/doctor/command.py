"""``extender doctor``: the command and what it prints."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import click

from extender.doctor.codes import BY_ID, CODES
from extender.doctor.examine import examine
from extender.doctor.finding import Finding
from extender.doctor.wiring import Wiring, gather
from solver.cli.inputs import read_documents
from solver.errors import InputError
from solver.planning.lint.codes import Severity

UNREADABLE = 1
FOUND = 3


@click.command(short_help="Check how scheduler and extender are wired; explain what is found.")
@click.option(
    "-f",
    "--filename",
    multiple=True,
    metavar="PATH",
    help="Configurations of scheduler and extender, and manifests: files, directories or -. Repeatable.",
)
@click.option(
    "-o", "--output", type=click.Choice(["text", "json"]), default="text", show_default=True, help="The form."
)
@click.option("--list", "listed", is_flag=True, help="Every finding there is, and what it means.")
def doctor(filename: tuple[str, ...], output: str, listed: bool) -> None:
    """Check how kube-scheduler and the extender are wired, and explain what is found.

    Reads files only; configurations inside ConfigMaps are found too. Exit code 0: nothing graver than a
    note. 3: a warning or an error was found. 1: a file cannot be read.

    \b
    kubectl kustomize deploy/base | extender doctor -f -
    extender doctor -f /etc/kubernetes/kube-scheduler-config.yaml
    """
    if listed:
        click.echo("\n".join(_catalogue()))
        return
    if not filename:
        raise click.UsageError("expected -f with what is to be checked, or --list")
    try:
        wiring = gather(read_documents(filename))
    except InputError as error:
        click.echo(str(error), err=True)
        sys.exit(UNREADABLE)
    if wiring.is_empty:
        click.echo("found no scheduler or extender configuration and no pods in what was given", err=True)
        sys.exit(UNREADABLE)
    findings = examine(wiring)
    click.echo(_json(findings) if output == "json" else "\n".join(_text(wiring, findings)))
    if any(BY_ID[finding.code].severity is not Severity.NOTE for finding in findings):
        sys.exit(FOUND)


def _text(wiring: Wiring, findings: Sequence[Finding]) -> Iterator[str]:
    for finding in findings:
        code = BY_ID[finding.code]
        yield f"{code.severity.upper():8}{code.id} {code.title}"
        where = f"{finding.about}  {finding.path}".rstrip()
        yield f"        {where}: {finding.found}"
        yield f"        why: {code.why}"
        yield f"        do:  {finding.expected or code.remedy}"
        yield ""
    kinds = (
        (len(wiring.schedulers), "scheduler configuration"),
        (len(wiring.extenders), "extender configuration"),
        (len(wiring.workloads), "workload"),
        (len(wiring.bindings), "binding"),
    )
    looked = ", ".join(f"{count} {noun}{'' if count == 1 else 's'}" for count, noun in kinds)
    yield f"{_counted(findings)} in {looked}"


def _counted(findings: Iterable[Finding]) -> str:
    by_severity = [BY_ID[finding.code].severity for finding in findings]
    words = [
        f"{by_severity.count(s)} {s}{'' if by_severity.count(s) == 1 else 's'}" for s in reversed(Severity)
    ]
    return ", ".join(words) if by_severity else "nothing found"


def _json(findings: Iterable[Finding]) -> str:
    document = {
        "apiVersion": "bulkhead.dev/v1alpha1",
        "kind": "DoctorReport",
        "findings": [_finding(finding) for finding in findings],
    }
    return json.dumps(document, indent=2, ensure_ascii=False)


def _finding(finding: Finding) -> dict[str, Any]:
    code = BY_ID[finding.code]
    return {
        "code": code.id,
        "name": code.name,
        "severity": code.severity.value,
        "about": finding.about,
        "path": finding.path,
        "found": finding.found,
        "expected": finding.expected or code.remedy,
        "title": code.title,
        "why": code.why,
    }


def _catalogue() -> Iterator[str]:
    for code in CODES:
        yield f"{code.id} {code.name} ({code.severity}): {code.title}"
        yield f"    why: {code.why}"
        yield f"    do:  {code.remedy}"
