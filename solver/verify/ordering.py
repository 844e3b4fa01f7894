"""W14: a pod of an OrderedReady StatefulSet is created only after its predecessor runs."""

from __future__ import annotations

from collections.abc import Iterator

from solver.verify.state import FinalState
from solver.verify.violation import Violation


def check(state: FinalState) -> Iterator[Violation]:
    followers = [resident for resident in state.planned if resident.pod.created_after is not None]
    present = {resident.pod.key for resident in state.residents} if followers else set()
    for resident in followers:
        before = resident.pod.created_after
        if before is not None and before not in present:
            yield Violation(
                rule="W14",
                pods=(resident.pod.key, before),
                node=resident.node.name,
                sentence=f"pod {resident.pod.key} is created only once {before} runs, which has no node",
            )
