"""The command ``extender``; a sub-command to a file."""

from __future__ import annotations

import platform
from importlib.metadata import version as installed_version

import click

from extender.config.command import config
from extender.doctor.command import doctor
from extender.serve import serve

PACKAGE = "kube-bulkhead"


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
def main() -> None:
    """A kube-scheduler extender that keeps room for the replicas that are still to come."""


@main.command()
def version() -> None:
    """Print the version."""
    click.echo(f"extender {installed_version(PACKAGE)} (Python {platform.python_version()})")


main.add_command(serve)
main.add_command(config)
main.add_command(doctor)
