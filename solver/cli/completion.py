"""``solve completion``: what a shell needs to complete verbs, flags and names."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

from solver.cli.output import write

_PROGRAM = "solve"
_VARIABLE = "_SOLVE_COMPLETE"
"""Click answers a shell that sets it."""


@click.command(short_help="Shell completion for bash, zsh or fish.")
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def completion(context: click.Context, shell: str) -> None:
    """The script that makes a shell complete verbs, flags, and names of pods, nodes and
    workloads of --snapshot files.

    \b
    bash:  source <(solve completion bash)
    zsh:   source <(solve completion zsh)
    fish:  solve completion fish | source
    """
    made = get_completion_class(shell)
    assert made is not None  # the choices are click's own shells
    write(made(context.find_root().command, {}, _PROGRAM, _VARIABLE).source())
