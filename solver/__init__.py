"""Joint placement of Kubernetes pods and volumes across failure domains.

``read_snapshot`` makes a ``Snapshot`` of Kubernetes objects; ``solver.pipeline.place`` answers a ``Question``
about it with an ``Outcome``. The pipeline is not imported here because it brings OR-Tools with it.
"""

from solver.errors import BulkheadError, InputError, InternalError, UnsupportedError
from solver.kube.documents import Document
from solver.kube.read import ReadOptions, read_snapshot
from solver.model.config import SolveConfig
from solver.model.outcome import Outcome, Question
from solver.model.placement import Assignment, Placement
from solver.model.snapshot import Snapshot

__all__ = [
    "Assignment",
    "BulkheadError",
    "Document",
    "InputError",
    "InternalError",
    "Outcome",
    "Placement",
    "Question",
    "ReadOptions",
    "Snapshot",
    "SolveConfig",
    "UnsupportedError",
    "read_snapshot",
]
