"""The command group, its default verb, and the one place where errors become exit codes."""

from __future__ import annotations

import gc
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path

import click
from click.shell_completion import CompletionItem

from solver.cli.catalog import catalog
from solver.cli.check import check
from solver.cli.compare import compare
from solver.cli.completion import completion
from solver.cli.exits import ExitCode
from solver.cli.fit import fit
from solver.cli.lint import lint_verb
from solver.cli.nodes import nodes
from solver.cli.outage import outage
from solver.cli.rebalance import drain, rebalance
from solver.cli.schema import schema
from solver.cli.size import size
from solver.cli.snapshot import snapshot
from solver.cli.storage import storage
from solver.cli.version import version
from solver.cli.why import why
from solver.errors import ExecutorError, InputError

DEFAULT_VERB = "fit"
PLUGIN_NAME = "kubectl-place_volumes"

_GARBAGE = (1_000_000, 50, 100)
"""When to look for garbage in cycles. Nearly all that a question makes stays to its end, and Python's own 700
new objects from one look to the next make looking as costly as planning."""


class VerbGroup(click.Group):
    """Puts the default verb in front of arguments that begin with a flag: ``solve -f app.yaml``."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if args and args[0].startswith("-") and args[0] not in ("-h", "--help"):
            args = [DEFAULT_VERB, *args]
        return super().parse_args(ctx, args)

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        offered = super().shell_complete(ctx, incomplete)
        if incomplete.startswith("-") and (verb := self.get_command(ctx, DEFAULT_VERB)):
            offered += verb.shell_complete(ctx, incomplete)
        return offered


@click.group(
    cls=VerbGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110}
)
def app() -> None:
    """Plan where stateful workloads go on a Kubernetes cluster, failure domains first.

    Reads files (`kubectl get … -o json`, manifests) or the cluster of the current kubeconfig context.
    Writes nothing to any cluster. Without a verb, `fit` is meant.
    """


_VERBS = (
    fit,
    nodes,
    why,
    compare,
    size,
    outage,
    storage,
    rebalance,
    drain,
    catalog,
    check,
    lint_verb,
    snapshot,
    schema,
    completion,
    version,
)
for verb in _VERBS:
    app.add_command(verb)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code; every error ends as a short message on stderr."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    gc.set_threshold(*_GARBAGE)
    try:
        code = app.main(args=given, prog_name=_program_name(), standalone_mode=False)
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except click.Abort:
        click.echo("interrupted", err=True)
        return ExitCode.INTERRUPTED
    except InputError as error:
        for remark in getattr(error, "__notes__", ()):
            click.echo(f"warning: {remark}", err=True)
        for fault in error.faults:
            click.echo(f"error: {fault}", err=True)
        return ExitCode.ERROR
    except ExecutorError as error:
        click.echo(f"error: {error}", err=True)
        return ExitCode.ERROR
    except OSError as error:  # a full disk or a closed stream is no bug of ours
        click.echo(f"error: {error.strerror or error}", err=True)
        return ExitCode.ERROR
    except Exception as error:
        return _internal(error, given)
    gc.freeze()  # the end of the process is no time to look for garbage either
    return int(code or ExitCode.YES)


def _internal(error: Exception, given: Sequence[str]) -> ExitCode:
    if {"-v", "--verbose"} & set(given):
        traceback.print_exception(error)
    first_line = (str(error).splitlines() or [""])[0]
    click.echo(f"internal error: {type(error).__name__}: {first_line}", err=True)
    click.echo("This is a bug in solve, not in your files. Add -v for the details to report.", err=True)
    return ExitCode.ERROR


def _program_name() -> str:
    return "kubectl place-volumes" if Path(sys.argv[0]).name == PLUGIN_NAME else "solve"
