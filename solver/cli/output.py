"""Answers to stdout and files, everything else to stderr."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import click

from solver.cli.flags import Format, OutputFlags
from solver.cli.paint import painted, wants_colour
from solver.errors import Fault, InputError
from solver.report.facts import Run
from solver.report.json import to_json, to_yaml

Forms = Mapping[Format, Callable[[], str]]
"""What a verb can print besides its document: each form, and how to make it."""

Facts = TypeVar("Facts")


def forms(
    facts: Facts, table: Callable[..., str], names: Callable[[Facts], str], rows: Callable[[Facts], str]
) -> Forms:
    """Those of every verb: a ``table``, also ``wide``, a name a line, and comma-separated rows."""
    return {
        Format.TABLE: lambda: table(facts),
        Format.WIDE: lambda: table(facts, wide=True),
        Format.NAME: lambda: names(facts),
        Format.CSV: lambda: rows(facts),
    }


def emit(flags: OutputFlags, document: dict[str, Any], forms: Forms) -> None:
    """Print the answer as ``-o`` says and save the document where ``--out`` says."""
    if flags.out is not None:
        _save(flags.out, document)
    match flags.output:
        case Format.JSON:
            write(to_json(document))
        case Format.YAML:
            write(to_yaml(document))
        case Format.TABLE | Format.WIDE if wants_colour(sys.stdout, os.environ):
            write(painted(forms[flags.output]()))
        case form:
            write(forms[form]())


def write(text: str) -> None:
    """UTF-8 to stdout; a reader that has seen enough (``| head``) is no error."""
    try:
        click.echo(text.encode(), nl=False)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def warn(flags: OutputFlags, warnings: Iterable[str]) -> None:
    if not flags.quiet:
        for warning in warnings:
            click.echo(f"warning: {warning}", err=True)


def tell_times(flags: OutputFlags, run: Run) -> None:
    tell(flags, f"read in {run.read_seconds:.1f} s, answered in {run.wall_seconds:.1f} s")


def tell(flags: OutputFlags, text: str, *, only_verbose: bool = False) -> None:
    """A remark for whoever watches; never part of the answer."""
    if not flags.quiet and (flags.verbose or not only_verbose):
        click.echo(text, err=True)


def _save(path: str, document: dict[str, Any]) -> None:
    as_yaml = path.endswith((".yaml", ".yml"))
    try:
        Path(path).write_text(to_yaml(document) if as_yaml else to_json(document), encoding="utf-8")
    except OSError as error:
        raise cannot_write(path, error) from error


def cannot_write(path: str, error: OSError) -> InputError:
    found = error.strerror or str(error)
    return InputError(
        [Fault(kind="document", name=path, path="", found=found, expected="a file that can be written")]
    )
