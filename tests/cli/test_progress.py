"""Progress on stderr: who sees what, and what an interrupt leaves."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from threading import Event

import pytest

from solver.cli import progress
from solver.cli.flags import ProgressMode
from solver.cli.interrupt import stop_on_interrupt
from solver.cli.progress import watching
from solver.model.config import SolveConfig
from solver.model.progress import Phase, Progress
from tests import builders as b
from tests.cli.conftest import Ran
from tests.paths import SHOP_PENDING

SOLVE = [sys.executable, "-m", "solver"]
SEEN = Progress(phase=Phase.SEARCH, asked=7, placed=6, at_best=7)


class Stream(io.StringIO):
    """Remembers what was written, and tells when ``SEEN`` was."""

    def __init__(self, terminal: bool) -> None:
        super().__init__()
        self.written = Event()
        self._terminal = terminal

    def isatty(self) -> bool:
        return self._terminal

    def write(self, text: str, /) -> int:
        written = super().write(text)
        if "gap 1 pod" in text:
            self.written.set()
        return written


@pytest.fixture
def tight(tmp_path: Path) -> str:
    """Odd sizes that fill the nodes to 99 %: a long search."""
    nodes = [b.node(name=f"n{i:02}", cpu="10") for i in range(30)]
    pods = [b.pod(name=f"p{i}", requests={"cpu": f"{2000 + i * 7919 % 3001}m"}) for i in range(85)]
    file = tmp_path / "tight.json"
    file.write_bytes(b.document(*nodes, *pods).data)
    return str(file)


def shown(stream: Stream, mode: ProgressMode = ProgressMode.AUTO) -> str:
    """What a long answer shows of ``SEEN``, with no time to lose."""
    with watching(mode, SolveConfig(time_limit_s=30), stream=stream) as watch:
        watch(SEEN)
        assert stream.written.wait(timeout=60)
    return stream.getvalue()


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("SILENT_S", "EVERY_S", "REDRAWN_S"):
        monkeypatch.setattr(progress, name, 0.001)


@pytest.mark.usefixtures("hasty")
def test_a_terminal_has_one_line_redrawn_and_erased_at_the_end() -> None:
    text = shown(Stream(terminal=True))
    assert "\n" not in text
    assert "\r\x1b[Ksearch 0 s · best: 6/7 pods · could be 7 at best · gap 1 pod · 2 workers" in text
    assert text.endswith("\r\x1b[K")


@pytest.mark.usefixtures("hasty")
@pytest.mark.parametrize(
    ("mode", "terminal"),
    [(ProgressMode.AUTO, False), (ProgressMode.PLAIN, False), (ProgressMode.PLAIN, True)],
)
def test_elsewhere_there_are_plain_lines(mode: ProgressMode, terminal: bool) -> None:
    text = shown(Stream(terminal), mode)
    assert "\x1b" not in text
    assert "gap 1 pod · 2 workers · limit 30 s\n" in text


@pytest.mark.parametrize("mode", [ProgressMode.AUTO, ProgressMode.PLAIN, ProgressMode.NONE])
def test_a_quick_answer_is_silent(mode: ProgressMode) -> None:
    stream = Stream(terminal=True)
    with watching(mode, SolveConfig(), stream=stream) as watch:
        watch(SEEN)
    assert stream.getvalue() == ""


def test_a_plain_line_is_due_every_ten_seconds_and_nothing_in_the_first() -> None:
    assert (progress.SILENT_S, progress.EVERY_S) == (1.0, 10.0)


def test_an_error_on_the_way_ends_the_progress() -> None:
    with pytest.raises(ZeroDivisionError), watching(ProgressMode.AUTO, SolveConfig(), stream=Stream(True)):
        raise ZeroDivisionError


def test_json_lines_tell_phases_in_order_and_end_with_what_was_found(solve: Callable[..., Ran]) -> None:
    ran = solve("fit", "--snapshot", SHOP_PENDING, "--progress", "json", "-o", "json")
    told = [json.loads(line) for line in ran.err.splitlines() if line.startswith("{")]
    phases = list(dict.fromkeys(line["phase"] for line in told))
    assert phases == ["read", "model", "search", "verify"]
    assert (told[-1]["podsPlaced"], told[-1]["podsAtBest"], told[-1]["podsRequested"]) == (7, 7, 7)
    assert all(line["workers"] == 2 and line["timeLimitSeconds"] == 12 for line in told)
    assert json.loads(ran.out)["kind"] == "PlacementResult"


def test_best_never_falls_and_the_bound_never_rises(solve: Callable[..., Ran], tight: str) -> None:
    ran = solve("fit", "--snapshot", tight, "--progress", "json", "--time-limit", "2s")
    told = [json.loads(line) for line in ran.err.splitlines() if '"search"' in line]
    best = [line["podsPlaced"] for line in told]
    bound = [line["podsAtBest"] for line in told if line["podsAtBest"] is not None]
    assert best == sorted(best)
    assert bound == sorted(bound, reverse=True)
    assert best[-1] > 70


def test_quiet_means_no_progress(solve: Callable[..., Ran]) -> None:
    assert solve("fit", "--snapshot", SHOP_PENDING, "--progress", "json", "-q").err == ""


def test_an_interrupt_prints_the_best_so_far_as_not_proved(tight: str) -> None:
    command = [*SOLVE, "fit", "--snapshot", tight, "--time-limit", "10m", "--progress", "json", "-o", "json"]
    running = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert running.stderr is not None
    for line in running.stderr:
        if '"search"' in line and json.loads(line)["podsPlaced"]:
            break
    running.send_signal(signal.SIGINT)
    out, err = running.communicate(timeout=300)
    document = json.loads(out)
    assert running.returncode == 130
    assert document["answer"] == {"verdict": "Unknown", "proof": "NotProved", "exitCode": 130}
    assert document["solver"]["stoppedBy"] == "interrupt"
    assert len(document["placements"]) > 70
    assert "Traceback" not in err


def test_the_second_interrupt_quits() -> None:
    with pytest.raises(KeyboardInterrupt), stop_on_interrupt() as stop:
        os.kill(os.getpid(), signal.SIGINT)
        assert stop.wait(timeout=60)
        os.kill(os.getpid(), signal.SIGINT)
        Event().wait(timeout=60)


@pytest.mark.parametrize(
    ("verb", "phase"),
    [
        (("why",), "search"),
        (("size", "--how-many", "zk", "--ignore-pending"), "search"),
        (("outage", "--no-fixes"), "search"),
        (("rebalance",), "search"),
        (("drain", "node/a1"), "search"),
    ],
)
def test_every_planning_verb_takes_progress(
    solve: Callable[..., Ran], verb: tuple[str, ...], phase: str
) -> None:
    ran = solve(*verb, "--snapshot", SHOP_PENDING, "--progress", "json", "-o", "json")
    told = [json.loads(line)["phase"] for line in ran.err.splitlines() if line.startswith('{"phase"')]
    assert phase in told
