"""The real kube-scheduler, where somebody has built it: ``make bench-kube-scheduler`` does, with Go.

The program in ``benchmarks/kube_scheduler`` runs its own scheduling loop against an in-process API.
"""

from __future__ import annotations

import json
import os
import shutil
from functools import partial
from pathlib import Path

from benchmarks.case import Peer, Raw
from benchmarks.peers.guarded import answered_by
from benchmarks.results import PeerRun

ENVIRONMENT = "BULKHEAD_KUBE_SCHEDULER"
BUILT = Path(__file__).parents[1] / "kube_scheduler/kube-scheduler-bench"
NOT_BUILT = f"not built: `make bench-kube-scheduler` needs Go; --kube-scheduler or {ENVIRONMENT} name another"
_QUIET_S = 10


def find(given: str | None) -> str | None:
    """The program to run: the one given, that of the environment, or the one built here."""
    wanted = given or os.environ.get(ENVIRONMENT) or str(BUILT)
    return shutil.which(wanted)


def measure(program: str, path: Path, limit_s: float) -> PeerRun:
    """All nodes are looked at, as everybody else here does. Raises ProcessFailedError."""
    command = (
        program,
        f"-snapshot={path}",
        "-percentage-of-nodes-to-score=100",
        f"-quiet={_QUIET_S}s",
        f"-limit={limit_s:g}s",
    )
    return answered_by(Peer.KUBE_SCHEDULER, command, limit_s, partial(_summary, limit_s))


def _summary(limit_s: float, printed: bytes) -> Raw:
    summary = json.loads(printed.splitlines()[-1])
    notes = {
        "all bound": "",
        "quiet": f"no more bindings for {_QUIET_S} s",
        "limit": f"stopped after {limit_s:g} s",
    }
    return {
        "placed": summary["bound"],
        "seconds": summary["seconds"],
        "note": notes[summary["stopped_by"]],
    }
