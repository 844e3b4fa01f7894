"""Verbs, exit codes, and what goes to which stream."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import jsonschema
import pytest

from solver.cli.app import app
from tests.cli.conftest import Ran
from tests.paths import SHOP_CLUSTER, SHOP_PENDING

Solve = Callable[..., Ran]
SOLVE = [sys.executable, "-m", "solver"]


def test_help_names_every_verb_and_what_it_is_for(solve: Solve) -> None:
    ran = solve("--help")
    assert ran.code == 0
    lines = [line.split(maxsplit=1) for line in ran.out.partition("Commands:\n")[2].splitlines()]
    listed = [words for words in lines if words and words[0] in app.commands]
    assert {name for name, *_ in listed} == set(app.commands)
    assert all(len(words) == 2 for words in listed)


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("no-such-verb",),
        ("fit", "--no-such-flag"),
        ("fit", "-o", "xml"),
        ("fit", "--workers", "0"),
        ("fit", "--time-limit", "soon"),
        ("fit", "--time-limit", "0"),
        ("fit", "--seed", "-1"),
        ("fit", "--seed", "2147483648"),
        ("fit", "--snapshot", ""),
        ("fit", "-f", "", "--snapshot", SHOP_PENDING),
        ("fit", "--snapshot", SHOP_PENDING, "--out", ""),
        ("fit", "--snapshot", SHOP_PENDING, "--context", "prod"),
        ("fit", "--snapshot", SHOP_PENDING, "-n", "Prod"),
        ("nodes", "--snapshot", SHOP_PENDING, "-n", ""),
        ("fit", "-l", "a b"),
        ("nodes", "--plan-gated"),
        ("-o", "xml"),
    ],
)
def test_wrong_flags_are_exit_code_2_with_nothing_on_stdout(solve: Solve, arguments: tuple[str, ...]) -> None:
    ran = solve(*arguments)
    assert (ran.code, ran.out) == (2, "")
    assert "Usage: solve" in ran.err


def test_version_names_the_scheduler_it_mirrors(solve: Solve) -> None:
    ran = solve("version")
    assert ran.code == 0
    assert ran.out.startswith("solve ")
    assert "kube-scheduler semantics v1.34.1" in ran.out


def test_schema_is_a_valid_schema(solve: Solve) -> None:
    jsonschema.Draft202012Validator.check_schema(json.loads(solve("schema").out))


@pytest.mark.parametrize("verb", ["fit", "nodes"])
@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("", "no nodes"),
        ("{", "valid JSON"),
        ("kind: [", "valid YAML"),
        ("just text", "a Kubernetes object"),
        ("\x00\x01", "expected"),
        ('{"kind": "Node", "metadata": {"name": 7}}', "metadata.name"),
        (
            '{"kind": "Node", "apiVersion": "v1", "metadata": {"name": "a"},'
            ' "status": {"allocatable": {"cpu": "much"}}}',
            "allocatable",
        ),
    ],
)
def test_documents_that_cannot_be_judged_are_exit_code_1(
    solve: Solve, tmp_path: Path, verb: str, content: str, told: str
) -> None:
    (tmp_path / "dump.json").write_text(content)
    ran = solve(verb, "--snapshot", str(tmp_path / "dump.json"), "-o", "json")
    assert (ran.code, ran.out) == (1, "")
    assert told in ran.err
    assert "Traceback" not in ran.err


def test_every_fault_is_on_a_line_of_its_own(solve: Solve, tmp_path: Path) -> None:
    ran = solve("nodes", "--snapshot", str(tmp_path / "one.json"), "-f", str(tmp_path / "two.yaml"))
    lines = ran.err.splitlines()
    assert ran.code == 1
    assert len(lines) == 2
    assert all(line.startswith("error: ") for line in lines)


def test_kustomize_without_kubectl_is_an_input_error(
    solve: Solve, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    ran = solve("nodes", "--snapshot", SHOP_CLUSTER, "-k", str(tmp_path))
    assert ran.code == 1
    assert "kubectl" in ran.err


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full")
@pytest.mark.parametrize(
    "arguments", [("schema",), ("fit", "--snapshot", SHOP_PENDING, "-o", "json"), ("--help",)]
)
def test_an_answer_that_cannot_be_written_is_exit_code_1(arguments: tuple[str, ...]) -> None:
    with Path("/dev/full").open("wb") as full:
        ran = subprocess.run([*SOLVE, *arguments], stdout=full, stderr=subprocess.PIPE, check=False)
    assert ran.returncode == 1
    assert b"error: No space left on device" in ran.stderr
    assert b"bug in solve" not in ran.stderr


def test_a_bug_of_ours_is_exit_code_1_without_a_traceback(
    solve: Solve, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError("oh\ndear")

    monkeypatch.setattr("solver.cli.nodes.verdict", broken)
    ran = solve("nodes", "--snapshot", SHOP_PENDING)
    assert (ran.code, ran.out) == (1, "")
    assert "internal error: ZeroDivisionError: oh\n" in ran.err
    assert "Traceback" not in ran.err
    assert "Traceback" in solve("nodes", "--snapshot", SHOP_PENDING, "-v").err


def test_warnings_go_to_stderr_and_quiet_silences_them(solve: Solve) -> None:
    loud = solve("nodes", "--snapshot", SHOP_PENDING)
    quiet = solve("nodes", "--snapshot", SHOP_PENDING, "-q")
    assert "warning: " in loud.err
    assert quiet.err == ""
    assert loud.out == quiet.out


@pytest.mark.parametrize("ending", ["json", "yaml"])
def test_out_saves_the_document_beside_what_is_printed(solve: Solve, tmp_path: Path, ending: str) -> None:
    import yaml

    saved = tmp_path / f"plan.{ending}"
    ran = solve("nodes", "--snapshot", SHOP_PENDING, "--out", str(saved))
    assert "5 of 5 nodes" in ran.out
    assert yaml.safe_load(saved.read_text())["kind"] == "NodeVerdicts"
    assert saved.read_text().startswith("{") is (ending == "json")


def test_out_that_cannot_be_written_is_exit_code_1(solve: Solve, tmp_path: Path) -> None:
    ran = solve("nodes", "--snapshot", SHOP_PENDING, "--out", str(tmp_path / "no" / "plan.json"))
    assert (ran.code, ran.out) == (1, "")
    assert "plan.json" in ran.err


@pytest.mark.parametrize("program", [SOLVE, [str(Path(sys.executable).parent / "solve")]])
def test_the_installed_commands_answer_like_the_module(program: list[str]) -> None:
    command = [*program, "nodes", "--snapshot", SHOP_PENDING, "-o", "name", "-q"]
    ran = subprocess.run(command, capture_output=True, text=True, check=True)
    assert ran.stdout.splitlines()[0] == "pod/web-0 node/b2"
    assert ran.stderr == ""


def test_kubectl_finds_the_command_as_a_plugin() -> None:
    plugin = Path(sys.executable).parent / "kubectl-place_volumes"
    ran = subprocess.run([str(plugin), "--help"], capture_output=True, text=True, check=True)
    assert ran.stdout.startswith("Usage: kubectl place-volumes")


def test_standard_input_is_a_snapshot() -> None:
    command = [*SOLVE, "nodes", "--snapshot", "-", "-o", "json", "-q"]
    with Path(SHOP_PENDING).open("rb") as dump:
        ran = subprocess.run(command, stdin=dump, capture_output=True, check=True)
    assert len(json.loads(ran.stdout)["pods"]) == 7


def test_a_reader_that_stops_early_is_no_error() -> None:
    read_end, write_end = os.pipe()
    os.close(read_end)
    command = [*SOLVE, "nodes", "--snapshot", SHOP_PENDING, "-q"]
    ran = subprocess.run(command, stdout=write_end, stderr=subprocess.PIPE, check=False)
    os.close(write_end)
    assert (ran.returncode, ran.stderr) == (0, b"")


def test_interrupt_is_exit_code_130(tmp_path: Path) -> None:
    fifo = tmp_path / "dump.json"
    os.mkfifo(fifo)
    running = subprocess.Popen(
        [*SOLVE, "nodes", "--snapshot", str(fifo)], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    with fifo.open("wb"):  # opens only once the command reads from it
        running.send_signal(signal.SIGINT)  # heeded when the read is over: by itself, or as the file ends
    out, err = running.communicate(timeout=60)
    assert (running.returncode, out) == (130, b"")
    assert b"Traceback" not in err
