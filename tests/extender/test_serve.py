"""The real command as a process of its own, over the loopback."""

from __future__ import annotations

import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from benchmarks.loopback import ApiServer, Fault, Store
from extender.config import ExtenderConfig
from extender.config.file import API_VERSION, KIND
from solver.model.config import SolveConfig
from tests import builders as b
from tests.builders import f_nodes
from tests.extender.desk import JSON, args

EXTENDER = str(Path(sys.executable).parent / "extender")
DB = b.pod(name="db-0", labels={"app": "db"}, requests={"cpu": "3"})
START_LIMIT_S = 60


@pytest.fixture
def dump(tmp_path: Path) -> Path:
    path = tmp_path / "dump.json"
    path.write_bytes(b.document(*f_nodes(), DB).data)
    return path


@contextmanager
def serving(*arguments: str, until: str = "event=ready") -> Iterator[tuple[subprocess.Popen[str], int]]:
    """The process and its port, once it says it has a plan. Waits on its log, not on the clock."""
    process = subprocess.Popen(
        [EXTENDER, "serve", "--bind", "127.0.0.1:0", *arguments],
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )
    assert process.stderr is not None
    try:
        port, seen = 0, False
        for line in process.stderr:
            bound = re.search(r"event=serving .*port=(\d+)", line)
            port = int(bound[1]) if bound else port
            seen = seen or until in line
            if port and seen:
                break
        yield process, port
    finally:
        process.kill()
        process.wait(START_LIMIT_S)
        process.stderr.close()


def connect(port: int) -> http.client.HTTPConnection:
    return http.client.HTTPConnection("127.0.0.1", port, timeout=START_LIMIT_S)


def ask(connection: http.client.HTTPConnection, body: bytes) -> tuple[http.client.HTTPResponse, bytes]:
    connection.request("POST", "/filter", body, {"Content-Type": JSON})
    response = connection.getresponse()
    return response, response.read()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_serves_until_it_is_told_to_stop_and_ends_well(dump: Path, number: signal.Signals) -> None:
    with serving("--snapshot", str(dump)) as (process, port):
        connection = connect(port)
        connection.request("GET", "/readyz")
        ready = connection.getresponse()
        assert (ready.status, json.loads(ready.read())) == (200, {"status": "ready"})
        response, body = ask(connection, json.dumps(args(DB, ["a1", "c1"])).encode())
        assert response.status == 200
        assert response.getheader("Content-Length") == str(len(body))
        assert json.loads(body)["NodeNames"] == ["a1", "c1"]
        process.send_signal(number)
        assert process.wait(START_LIMIT_S) == 0


def test_one_connection_serves_many_calls_even_after_a_bad_one(dump: Path) -> None:
    with serving("--snapshot", str(dump)) as (_, port):
        connection = connect(port)
        connection.connect()
        opened = connection.sock
        for body in (b"nonsense", json.dumps(args(DB, ["a1"])).encode(), b""):
            response, _body = ask(connection, body)
            assert response.status == 200
            assert connection.sock is opened


def test_a_body_over_the_limit_is_read_to_its_end_and_answered(dump: Path) -> None:
    """With 413 in the middle of it kube-scheduler would see a broken connection instead of the reason."""
    names = [f"node-{i:07}" for i in range(100_000)]
    body = json.dumps(args(DB, names)).encode()
    assert len(body) > 1024 * 1024
    with serving("--snapshot", str(dump), "--max-body", "1") as (_, port):
        connection = connect(port)
        response, answer = ask(connection, body)
        assert response.status == 200
        assert f"{len(body)} bytes; the limit is 1048576" in json.loads(answer)["Error"]
        parts = (body[i : i + 65536] for i in range(0, len(body), 65536))
        connection.request("POST", "/filter", parts, {"Content-Type": JSON}, encode_chunked=True)
        chunked = connection.getresponse()
        assert f"{len(body)} bytes" in json.loads(chunked.read())["Error"]
        response, answer = ask(connection, json.dumps(args(DB, ["a1"])).encode())
        assert json.loads(answer)["NodeNames"] == ["a1"]


def test_a_chunked_body_is_as_good_as_any(dump: Path) -> None:
    body = json.dumps(args(DB, ["a1", "a2"])).encode()
    with serving("--snapshot", str(dump)) as (_, port):
        connection = connect(port)
        headers = {"Content-Type": JSON, "Transfer-Encoding": "chunked"}
        connection.request("POST", "/filter", iter([body[:50], body[50:]]), headers, encode_chunked=True)
        assert json.loads(connection.getresponse().read())["NodeNames"] == ["a1", "a2"]


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [EXTENDER, *arguments], capture_output=True, text=True, timeout=START_LIMIT_S, check=False
    )


def test_a_snapshot_that_cannot_be_read_ends_the_process_with_an_error(tmp_path: Path) -> None:
    ran = run("serve", "--bind", "127.0.0.1:0", "--snapshot", str(tmp_path / "missing.json"))
    assert ran.returncode == 1
    assert "event=plan_failed" in ran.stderr
    assert "missing.json" in ran.stderr


def test_a_port_in_use_ends_the_process_with_an_error(dump: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        ran = run("serve", "--bind", f"127.0.0.1:{taken.getsockname()[1]}", "--snapshot", str(dump))
    assert ran.returncode == 1
    assert "event=bind_failed" in ran.stderr


def test_wrong_flags_are_a_usage_error(dump: Path) -> None:
    for flags in (
        ["--snapshot", str(dump), "--kubeconfig", "k"],
        ["--snapshot", str(dump), "--bind", "nowhere"],
        ["--snapshot", str(dump), "--threads", "0"],
    ):
        ran = run("serve", *flags)
        assert ran.returncode == 2
        assert "Error:" in ran.stderr


def test_it_tells_its_version() -> None:
    ran = run("version")
    assert ran.returncode == 0
    assert ran.stdout.startswith("extender 0.1.0")


def test_the_plan_gets_no_less_time_than_an_answer_on_the_command_line() -> None:
    """What ``solve fit`` places, the extender can hold to."""
    assert ExtenderConfig().solve.time_limit_s >= SolveConfig().time_limit_s


def test_a_configuration_file_is_obeyed_and_options_override_it(dump: Path, tmp_path: Path) -> None:
    content = {"apiVersion": API_VERSION, "kind": KIND, "snapshot": [str(dump)], "server": {"maxBody": "1Ki"}}
    file = tmp_path / "extender.json"
    file.write_text(json.dumps({**content, "solver": {"seed": 7}}))
    body = json.dumps(args(DB, [f"node-{i}" for i in range(200)])).encode()
    with serving("--config", str(file)) as (_, port):
        assert "the limit is 1024" in json.loads(ask(connect(port), body)[1])["Error"]
    with serving("--config", str(file), "--max-body", "1") as (_, port):
        assert "the limit" not in json.loads(ask(connect(port), body)[1]).get("Error", "")


def test_a_configuration_file_with_faults_ends_the_process_before_it_serves(tmp_path: Path) -> None:
    file = tmp_path / "extender.yaml"
    file.write_text("apiVersion: v1\nkind: ExtenderConfiguration\nserver: {thread: 1}\n")
    ran = run("serve", "--config", str(file))
    assert ran.returncode == 1
    assert "apiVersion" in ran.stderr
    assert "did you mean threads?" in ran.stderr


def test_without_a_way_to_a_cluster_the_process_ends_and_says_so(tmp_path: Path) -> None:
    ran = run("serve", "--bind", "127.0.0.1:0", "--kubeconfig", str(tmp_path / "missing"))
    assert ran.returncode == 1
    assert "event=no_cluster" in ran.stderr


def test_it_follows_a_live_cluster_until_it_is_told_to_stop(tmp_path: Path) -> None:
    store = Store()
    store.put(*f_nodes(), {**DB, "metadata": {**DB["metadata"], "uid": "1"}})
    with ApiServer(store).running() as server:
        kubeconfig = server.write_kubeconfig(tmp_path / "kubeconfig")
        with serving("--kubeconfig", str(kubeconfig)) as (process, port):
            connection = connect(port)
            assert json.loads(ask(connection, json.dumps(args(DB, ["a1", "c1"])).encode())[1])["NodeNames"]
            connection.request("GET", "/metrics")
            metrics = connection.getresponse().read().decode()
            assert "bulkhead_snapshot_age_seconds" in metrics
            process.send_signal(signal.SIGTERM)
            assert process.wait(START_LIMIT_S) == 0


def test_until_a_kind_that_is_needed_is_listed_it_is_not_ready_and_names_it(tmp_path: Path) -> None:
    store = Store()
    store.put(*f_nodes())
    store.fail("Pod", "list", *[Fault(status=403)] * 1000)
    with ApiServer(store).running() as server:
        kubeconfig = server.write_kubeconfig(tmp_path / "kubeconfig")
        with serving("--kubeconfig", str(kubeconfig), until="event=listed kind=Node") as (_, port):
            connection = connect(port)
            connection.request("GET", "/readyz")
            response = connection.getresponse()
            said = json.loads(response.read())
    assert response.status == 503
    assert any(text.startswith("Pod: not listed yet") for text in said["troubles"])
