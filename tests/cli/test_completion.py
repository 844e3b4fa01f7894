"""Shell completion, asked the way a shell asks."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.conftest import Ran
from tests.paths import SHOP_PENDING

SOLVE = [sys.executable, "-m", "solver"]


def offered(*words: str) -> list[str]:
    """What bash would offer for the last word."""
    asked = {"_SOLVE_COMPLETE": "bash_complete", "COMP_WORDS": " ".join(("solve", *words))}
    number = {"COMP_CWORD": str(len(words))}
    ran = subprocess.run(
        SOLVE, env={**os.environ, **asked, **number}, capture_output=True, text=True, check=True
    )
    return [line.partition(",")[2] for line in ran.stdout.splitlines() if line]


def test_verbs_and_flags_are_completed() -> None:
    assert offered("no") == ["nodes"]
    assert "--snapshot" in offered("fit", "--s")
    assert offered("fit", "-o", "w") == ["wide"]
    assert "--time-limit" in offered("--ti")  # of the default verb


def test_names_of_pending_pods_come_out_of_the_snapshot() -> None:
    names = offered("nodes", "--snapshot", SHOP_PENDING, "pod/d")
    assert names == ["pod/db-0", "pod/db-1", "pod/db-2"]
    assert offered("nodes", "--snapshot", SHOP_PENDING, "default/web-0") == ["default/web-0"]


def test_names_of_nodes_and_workloads_come_out_of_it_too() -> None:
    nodes = offered("drain", "--snapshot", SHOP_PENDING, "node/a")
    assert nodes and all(name.startswith("node/a") for name in nodes)
    assert offered("rebalance", "--snapshot", SHOP_PENDING, "sts/") == ["sts/zk"]
    assert offered("why", "--snapshot", SHOP_PENDING, "sts/") == ["sts/zk"]
    assert offered("why", "--snapshot", SHOP_PENDING, "pod/db-0") == ["pod/db-0"]


def test_a_snapshot_that_cannot_be_read_offers_nothing(tmp_path: Path) -> None:
    (tmp_path / "bad.json").write_text("{")
    assert offered("nodes", "--snapshot", str(tmp_path / "bad.json"), "pod/") == []
    assert offered("nodes", "--snapshot", str(tmp_path / "none.json"), "pod/") == []


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_script_that_the_shell_accepts_is_printed(
    solve: Callable[..., Ran], tmp_path: Path, shell: str
) -> None:
    ran = solve("completion", shell)
    assert ran.code == 0
    assert "_SOLVE_COMPLETE" in ran.out
    if shutil.which(shell):
        (tmp_path / "script").write_text(ran.out)
        subprocess.run([shell, "-n", str(tmp_path / "script")], check=True)
