"""A peer in a process of its own, with a wall guard. One that runs out of time has placed nothing, which is a
result as well."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from benchmarks.case import Peer, Raw
from benchmarks.process import ProcessFailedError, run
from benchmarks.results import PeerRun

GRACE_S = 90
"""For reading the instance and checking the answer, which do not count."""


def answered_by(
    peer: Peer, command: Sequence[str], limit_s: float, read: Callable[[bytes], Raw], grace_s: float = GRACE_S
) -> PeerRun:
    """``read`` finds placed, seconds and note in what the process prints. Raises ProcessFailedError."""
    finished = run(command, limit_s=limit_s + grace_s)
    if finished.stopped:
        note = f"no answer {grace_s:g} s after its limit of {limit_s:g} s"
        answer: Raw = {"placed": 0, "seconds": finished.usage.wall_s, "note": note}
    elif finished.exit_code == 0:
        answer = read(finished.stdout)
    else:
        said = finished.stderr[-2000:].strip()
        raise ProcessFailedError(f"peer {peer} ended with {finished.exit_code}: {said}")
    return PeerRun(
        peer=peer,
        usage=finished.usage,
        answer_s=answer["seconds"],
        placed=answer["placed"],
        note=answer["note"],
    )
