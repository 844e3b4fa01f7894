"""``kubectl place-volumes``: the installed commands under the names that kubectl looks for."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from solver.cli.kubectl import complete
from tests.paths import SHOP_APP, SHOP_CLUSTER, SHOP_PENDING

SCRIPTS = str(Path(sys.executable).parent)
KUBECTL = shutil.which("kubectl") or ""

needs_kubectl = pytest.mark.skipif(not KUBECTL, reason="no kubectl on the PATH")


def kubectl(*arguments: str) -> subprocess.CompletedProcess[str]:
    path = os.pathsep.join([SCRIPTS, os.environ["PATH"]])
    return subprocess.run(
        [KUBECTL, *arguments], env={**os.environ, "PATH": path}, capture_output=True, text=True, check=False
    )


@needs_kubectl
def test_kubectl_runs_the_plugin_with_its_exit_code() -> None:
    ran = kubectl("place-volumes", "fit", "-f", SHOP_APP, "--snapshot", SHOP_CLUSTER, "-q")
    assert (ran.returncode, ran.stdout[:25]) == (0, "FITS     7 of 7 pods, 6 o")
    refused = kubectl(
        "place-volumes", "fit", "-f", SHOP_APP, "--snapshot", SHOP_CLUSTER, "--set", "db.replicas=9"
    )
    assert refused.returncode != 0
    assert "DOES NOT FIT" in refused.stdout


@needs_kubectl
def test_kubectl_lists_the_plugin_without_complaint() -> None:
    ran = kubectl("plugin", "list")
    assert f"{SCRIPTS}/kubectl-place_volumes" in ran.stdout


@needs_kubectl
def test_kubectl_completes_verbs_and_names_of_the_plugin() -> None:
    assert "nodes" in kubectl("__complete", "place-volumes", "no").stdout.split()
    ran = kubectl("__complete", "place-volumes", "nodes", "--snapshot", SHOP_PENDING, "pod/d")
    assert ran.stdout.split()[:3] == ["pod/db-0", "pod/db-1", "pod/db-2"]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["no"], ["nodes\tWhat kube-scheduler would say now about each pending pod, node by node.", ":4"]),
        (["nodes", "--snapshot", SHOP_PENDING, "pod/db-1"], ["pod/db-1", ":4"]),
        (["fit", "--snapshot", ""], [":0"]),
    ],
)
def test_candidates_end_with_the_directive_for_files(
    words: list[str], told: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert complete(words) == 0
    assert capsys.readouterr().out.splitlines() == told


def test_without_a_word_every_verb_is_offered(capsys: pytest.CaptureFixture[str]) -> None:
    complete([])
    assert {"fit", "nodes"} <= {line.partition("\t")[0] for line in capsys.readouterr().out.splitlines()}
