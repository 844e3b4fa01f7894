"""kube-scheduler v1.34.1's own filters and scores, one plugin per file, one pod at a time.

Rule ids are those of ``solver/SEMANTICS.md``. Nothing here looks at two pending pods together.
"""

from solver.scheduler.framework import PREFILTER_RESULT, PodVerdict, check, explain, verdict
from solver.scheduler.registry import FILTERS, PLUGINS, SCORERS
from solver.scheduler.state import ClusterState
from solver.scheduler.status import Code, Status

__all__ = [
    "FILTERS",
    "PLUGINS",
    "PREFILTER_RESULT",
    "SCORERS",
    "ClusterState",
    "Code",
    "PodVerdict",
    "Status",
    "check",
    "explain",
    "verdict",
]
