"""The ``solve`` command: arguments, files and exit codes, one file per verb. No logic lives here."""

from solver.cli.app import main

__all__ = ["main"]
