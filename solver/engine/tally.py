"""Parts solved one after the other, told of as one question."""

from __future__ import annotations

from dataclasses import replace

from solver.model.progress import Phase, Progress, Watcher


class Tally:
    """The best plan never gets worse in what is told, and its bound never looser."""

    def __init__(self, watch: Watcher, asked: int) -> None:
        self._watch = watch
        self._asked = asked
        self._placed = 0
        self._at_best = asked
        watch(Progress(phase=Phase.SEARCH, asked=asked, placed=0))

    def of_part(self, asked: int) -> Watcher:
        """Tells what a part of ``asked`` pods reports, with what the parts before it came to."""
        placed, at_best = 0, asked

        def heard(progress: Progress, /) -> None:
            nonlocal placed, at_best
            placed = max(placed, progress.placed or 0)
            at_best = min(at_best, asked if progress.at_best is None else progress.at_best)
            self._tell(progress, placed, at_best - asked)

        return heard

    def end_part(self, asked: int, placed: int, at_best: int) -> None:
        self._placed += placed
        self._at_best += at_best - asked
        self._tell(Progress(phase=Phase.SEARCH), 0, 0)

    def _tell(self, progress: Progress, placed: int, at_best: int) -> None:
        told = replace(
            progress, asked=self._asked, placed=self._placed + placed, at_best=self._at_best + at_best
        )
        self._watch(told)
