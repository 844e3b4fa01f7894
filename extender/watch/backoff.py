"""How long to wait before the next try."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to wait between tries."""

    first_s: float = 0.25
    longest_s: float = 10.0


PATIENCE = Patience()


class Backoff:
    """Doubles with every failure in a row, with jitter so that the kinds do not all come back at once."""

    def __init__(self, random: Random, patience: Patience = PATIENCE) -> None:
        self._random = random
        self._patience = patience
        self.failures = 0
        """In a row."""

    def succeeded(self) -> None:
        self.failures = 0

    def failed(self, at_least_s: float = 0.0) -> float:
        """Seconds to wait; ``at_least_s`` is what the server asked for."""
        full = min(self._patience.longest_s, self._patience.first_s * 2.0 ** min(self.failures, 16))
        self.failures += 1
        return max(at_least_s, full * self._random.uniform(0.5, 1.0))
