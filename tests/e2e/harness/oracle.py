"""The scheduler's own framework, asked about snapshots; see ../controlplane/oracle.go."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

from tests.e2e.harness.api import Raw
from tests.e2e.harness.processes import plain_environment


class OracleError(Exception):
    """The oracle could not be asked: no disagreement, a fault of the question or of the oracle."""


class Oracle:
    """One process that answers questions, one line each."""

    def __init__(self, controlplane: Path) -> None:
        self._process = subprocess.Popen(
            [controlplane, "oracle"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=plain_environment(),
        )

    def __enter__(self) -> Oracle:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(30)

    def verdicts(self, objects: Sequence[Raw]) -> list[Raw]:
        """For every pending pod: prefilter, feasible, failed and scores, as in the recorded corpus."""
        found: list[Raw] = self._ask({"snapshot": _list(objects)}).get("verdicts", [])
        return found

    def refusal(self, objects: Sequence[Raw], placements: Sequence[Raw]) -> str:
        """Why a replay of the placements, in their order, was stopped; empty when all were accepted."""
        if not placements:
            return ""
        pairs = [{"pod": placed["pod"], "node": placed["node"]} for placed in placements]
        return str(self._ask({"snapshot": _list(objects), "placements": pairs}).get("refused", ""))

    def _ask(self, question: Raw) -> dict[str, Any]:
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.write(json.dumps(question) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            raise OracleError(f"the oracle ended with {self._process.wait(10)}")
        reply: dict[str, Any] = json.loads(line)
        if reply.get("error"):
            raise OracleError(reply["error"])
        return reply


def _list(objects: Sequence[Raw]) -> Raw:
    return {"apiVersion": "v1", "kind": "List", "items": list(objects)}
