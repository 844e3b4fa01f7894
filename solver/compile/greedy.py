"""V33: kube-scheduler matches the claims of a pod to volumes one by one and never takes a choice back."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from solver.compile.access import ClaimAccess
from solver.compile.problem import BoolArray, IntArray
from solver.model.requirement import NodeSelector


def matched_in_turn(
    views: Sequence[ClaimAccess], reach: Callable[[NodeSelector | None], BoolArray]
) -> BoolArray:
    """[N], nodes where every one of a pod's claims, in volume order, gets a volume or can be provisioned
    while all free volumes are there.

    Where that fails it fails for good: with fewer volumes left, each claim finds what it found before or a
    volume that a later claim could have had.
    """
    waiting = sorted((v for v in views if v.candidates), key=_request)
    passes = np.ones_like(views[0].nodes)
    numbers: dict[str, int] = {}
    taken: list[IntArray] = []
    for view in waiting:
        chosen = np.full(len(passes), -1, dtype=np.int64)
        for volume in sorted(view.candidates, key=lambda v: (v.capacity_milli, v.name)):
            number = numbers.setdefault(volume.name, len(numbers))
            here = (chosen < 0) & reach(volume.node_affinity)
            for earlier in taken:
                here &= earlier != number
            chosen[here] = number
        taken.append(chosen)
        passes &= (chosen >= 0) | view.provisionable
    return passes


def _request(view: ClaimAccess) -> int:
    """V29: in ascending size; the sort is stable."""
    assert view.claim is not None
    return view.claim.request_milli
