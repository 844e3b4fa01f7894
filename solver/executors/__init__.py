"""Where independent pieces of work run: in this process, in local processes or on a Dask cluster.

Nothing here knows what the work is. Answers are the same everywhere, because a piece of work sees only its
own item; an executor decides who runs it and what happens when that one is lost.
"""

from solver.executors.base import Executor, Stop
from solver.executors.choice import opened, parsed
from solver.executors.inline import Inline

__all__ = ["Executor", "Inline", "Stop", "opened", "parsed"]
