"""What is wrong with workloads before anything is placed: a closed list of findings, each with a code.

Looked for in the objects alone; nothing is solved. Codes that compare with a cluster are silent without one.
"""

from solver.planning.lint.codes import CODES, Code, Severity
from solver.planning.lint.lint import Finding, LintAnswer, Suppressed, lint

__all__ = ["CODES", "Code", "Finding", "LintAnswer", "Severity", "Suppressed", "lint"]
