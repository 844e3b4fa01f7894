"""``extender config``: check a configuration file, or print one to start from."""

from __future__ import annotations

import sys

import click

from extender.config.file import parse_config
from extender.config.printed import printed
from extender.config.values import ExtenderConfig
from solver.cli.inputs import read_documents
from solver.errors import Fault, InputError

INVALID = 1


@click.command(short_help="Check a configuration file, or print one to start from.")
@click.option(
    "--validate", metavar="FILE", help="Say everything that is wrong with FILE (- is standard input)."
)
@click.option("--print-defaults", is_flag=True, help="Print every field with its default and what it is for.")
def config(validate: str | None, print_defaults: bool) -> None:
    """The configuration file of `extender serve --config`."""
    if (validate is None) != print_defaults:
        raise click.UsageError("expected either --validate FILE or --print-defaults")
    if validate is None:
        click.echo(printed(ExtenderConfig()), nl=False)
        return
    try:
        read_config(validate)
    except InputError as error:
        click.echo(str(error), err=True)
        sys.exit(INVALID)
    click.echo(f"{validate}: valid")


def read_config(path: str) -> ExtenderConfig:
    """Raises InputError when the file cannot be read, and for every fault in it."""
    (document,) = read_documents([path])
    try:
        text = document.data.decode()
    except UnicodeDecodeError as error:
        found = f"bytes that are not text ({error.reason})"
        raise InputError([Fault(kind="file", name=path, path="", found=found, expected="UTF-8")]) from None
    return parse_config(text, path)
