"""What ``solve why`` says, in text and as a document."""

from solver.report.why.document import document
from solver.report.why.text import fixes_csv, names_of, render

__all__ = ["document", "fixes_csv", "names_of", "render"]
