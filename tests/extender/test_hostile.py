"""Clients that do everything wrong, over real connections to the real process (A11, B2).

None of them may end it, make it hang, get an answer that is no answer, or be in the way of kube-scheduler.
Bodies that are wrong in themselves are in ``test_protocol``.
"""

from __future__ import annotations

import json
import random
import re
import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from tests import builders as b
from tests.builders import Raw, f_nodes
from tests.extender.desk import JSON, args, full_args
from tests.extender.test_protocol import BAD
from tests.extender.test_serve import START_LIMIT_S, connect, serving

VERBS = ("/filter", "/prioritize", "/preempt")
DB = b.pod(name="db-0", labels={"app": "db"}, requests={"cpu": "3"})
GOOD = json.dumps(args(DB, ["a1", "c1"])).encode()
SLOW_CLIENTS = 200
"""waitress by itself lets in 100."""


class Server:
    def __init__(self, process: subprocess.Popen[str], port: int) -> None:
        self._process, self._port = process, port

    def ask(self, path: str, body: bytes = GOOD, method: str = "POST") -> tuple[int, bytes]:
        connection = connect(self._port)
        try:
            connection.request(method, path, body, {"Content-Type": JSON})
            response = connection.getresponse()
            return response.status, response.read()
        finally:
            connection.close()

    def dial(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self._port), timeout=START_LIMIT_S)

    def send(self, text: bytes) -> bytes:
        """All that comes back until the server has no more to say."""
        with self.dial() as client:
            client.sendall(text)
            client.shutdown(socket.SHUT_WR)
            return b"".join(iter(lambda: client.recv(65536), b""))

    def is_well(self) -> bool:
        """It answers as if nothing had been, and found no fault with itself meanwhile."""
        status, body = self.ask("/filter")
        assert (status, json.loads(body)["NodeNames"]) == (200, ["a1", "c1"])
        metrics = self.ask("/metrics", b"", "GET")[1].decode()
        failed = [line for line in metrics.splitlines() if 'outcome="failed"' in line]
        assert all(line.endswith(" 0.0") for line in failed), failed
        return self._process.poll() is None


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    dump = tmp_path_factory.mktemp("hostile") / "dump.json"
    dump.write_bytes(b.document(*f_nodes(), DB).data)
    with serving("--snapshot", str(dump)) as (process, port):
        assert process.stderr is not None
        log: list[str] = []  # read, or the process would wait for somebody who does
        reader = threading.Thread(target=log.extend, args=(process.stderr,))
        reader.start()
        yield Server(process, port)
        process.kill()
        reader.join()
    assert not any("Traceback" in line for line in log), "".join(log)[-5000:]


@pytest.fixture(autouse=True)
def afterwards(server: Server) -> Iterator[None]:
    yield
    assert server.is_well()


def test_b2_whatever_is_sent_to_a_verb_is_answered_with_200_and_json(server: Server) -> None:
    for path in VERBS:
        for body, _word in BAD.values():
            status, answer = server.ask(path, body)
            assert status == 200
            json.loads(answer)


PREEMPT_BAD = (
    {"Pod": DB, "NodeNameToMetaVictims": []},
    {"Pod": DB, "NodeNameToMetaVictims": {"a1": 7}},
    {"Pod": DB, "NodeNameToMetaVictims": {"a1": {"Pods": "all"}}},
    {"Pod": DB, "NodeNameToMetaVictims": {"a1": {"Pods": [None]}}},
    {"Pod": DB, "NodeNameToMetaVictims": {"a1": {"Pods": [{"UID": 7}]}}},
    {"Pod": DB, "NodeNameToMetaVictims": {"a1": {"Pods": [], "NumPDBViolations": "many"}}},
    {"Pod": DB, "NodeNameToVictims": {"a1": {"Pods": [{}]}}},
    {"Pod": DB, "NodeNameToMetaVictims": {"a1": None}},
    {"Pod": DB, "NodeNameToMetaVictims": {"\ud83d": {"Pods": []}}},
)


@pytest.mark.parametrize("body", PREEMPT_BAD, ids=range(len(PREEMPT_BAD)))
def test_b1_6_no_answer_about_evictions_ever_holds_a_null(server: Server, body: Raw) -> None:
    status, answer = server.ask("/preempt", json.dumps(body).encode())
    assert status == 200
    assert isinstance(json.loads(answer)["NodeNameToMetaVictims"], dict)
    assert b"null" not in answer


def test_b1_4_names_in_any_script_are_answered_as_they_were_asked(server: Server) -> None:
    odd = ["Ünïcödé", "節点", "😀", 'quo"te', "back\\slash", "new\nline", "", "\u2028", "a" * 100_000, "a1"]
    answer = json.loads(server.ask("/filter", json.dumps(args(DB, odd)).encode())[1])
    assert answer["NodeNames"] == ["a1"]
    assert answer["FailedAndUnresolvableNodes"].keys() == set(odd) - {"a1"}
    scored = json.loads(server.ask("/prioritize", json.dumps(args(DB, odd)).encode())[1])
    assert [entry["Host"] for entry in scored] == odd
    nodes = [b.node(name=name) for name in odd]
    answer = json.loads(server.ask("/filter", json.dumps(full_args(DB, nodes)).encode())[1])
    assert [node["metadata"]["name"] for node in answer["Nodes"]["items"]] == ["a1"]


def test_a11_half_of_a_character_is_bad_input_or_a_stranger(server: Server) -> None:
    """JSON can write a lone surrogate, and no text can hold it."""
    body = b'{"Pod": %b, "NodeNames": ["\\ud83d", "a1"]}' % json.dumps(DB).encode()
    for path in VERBS:
        status, answer = server.ask(path, body)
        assert status == 200
        answer.decode()


def test_a11_a_question_about_very_many_nodes_is_answered(server: Server) -> None:
    names = [f"node-{number:07}" for number in range(200_000)] + ["a1"]
    answer = json.loads(server.ask("/filter", json.dumps(args(DB, names)).encode())[1])
    assert answer["NodeNames"] == ["a1"]
    assert len(answer["FailedAndUnresolvableNodes"]) == 200_000


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "BREW"])
def test_a11_a_verb_is_only_ever_posted(server: Server, method: str) -> None:
    for path in VERBS:
        status, _ = server.ask(path, b"", method)
        assert status == (200 if method == "OPTIONS" else 405)


@pytest.mark.parametrize(
    "path", ["/", "/bind", "/Filter", "/filter/", "/filter/../filter", "/%00", "/%ff", "/?" * 99]
)
def test_a11_an_unknown_path_is_an_ordinary_404_in_json(server: Server, path: str) -> None:
    status, body = server.ask(path)
    assert status in (308, 404)
    json.loads(body)


BROKEN = {
    "no HTTP": b"nonsense\r\n\r\n",
    "TLS": bytes.fromhex("160301020001"),
    "no length": b"POST /filter HTTP/1.1\r\nHost: x\r\n\r\n" + GOOD,
    "a negative length": b"POST /filter HTTP/1.1\r\nContent-Length: -1\r\n\r\n" + GOOD,
    "a length that is a word": b"POST /filter HTTP/1.1\r\nContent-Length: many\r\n\r\n" + GOOD,
    "two lengths": b"POST /filter HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n" + GOOD,
    "a huge length": b"POST /filter HTTP/1.1\r\nContent-Length: " + b"9" * 40 + b"\r\n\r\n" + GOOD,
    "broken chunks": b"POST /filter HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n" + GOOD,
    "an unknown encoding": b"POST /filter HTTP/1.1\r\nTransfer-Encoding: gzip\r\n\r\n" + GOOD,
    "endless headers": b"POST /filter HTTP/1.1\r\n" + b"X: " + b"y" * 1_000_000 + b"\r\n\r\n",
    "half a header": b"POST /filter HTTP/1.1\r\nContent-Le",
    "half a body": b"POST /filter HTTP/1.1\r\nContent-Type: application/json\r\nContent-Length: 9999\r\n\r\n"
    + GOOD[:50],
}


@pytest.mark.parametrize("text", BROKEN.values(), ids=BROKEN)
def test_a11_what_is_no_request_is_refused_or_dropped(server: Server, text: bytes) -> None:
    try:
        answer = server.send(text)
    except ConnectionError:
        return  # dropped
    assert b" 500 " not in answer.split(b"\r\n")[0]


def test_a11_who_hangs_up_before_the_answer_is_no_trouble(server: Server) -> None:
    head = b"POST /filter HTTP/1.1\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(
        GOOD
    )
    for _ in range(50):
        with server.dial() as client:
            client.sendall(head + GOOD)


def test_a11_slow_clients_keep_nobody_waiting(server: Server) -> None:
    """Each has sent half of a request, and says no more."""
    with ExitStack() as held:
        for _ in range(SLOW_CLIENTS):
            client = held.enter_context(server.dial())
            client.sendall(BROKEN["half a body"])
        assert server.is_well()


def test_a11_questions_broken_at_random_are_answered(server: Server) -> None:
    """Bytes of a good question are replaced, left out or doubled."""
    draw = random.Random(4)
    questions = [GOOD, json.dumps(full_args(DB, f_nodes())).encode()]
    victims = {"a1": {"Pods": [{"UID": "1"}], "NumPDBViolations": 0}}
    questions.append(json.dumps({"Pod": DB, "NodeNameToMetaVictims": victims}).encode())
    for number in range(300):
        text = bytearray(draw.choice(questions))
        for _ in range(draw.randint(1, 4)):
            at = draw.randrange(len(text))
            text[at : at + draw.randint(0, 3)] = draw.choice(
                [b"", b"null", b"{", b'"', b"\xff", b"-1", b"[]"]
            )
        status, answer = server.ask(VERBS[number % 3], bytes(text))
        assert status == 200, text
        json.loads(answer)


def test_a11_beside_the_verbs_nonsense_is_refused_in_json(server: Server) -> None:
    """No answer is a 500."""
    for path in ("/simulate", "/explain/default/nobody", "/explain/%ff/%00", "/plans?x=%ff", "/snapshot"):
        for method, body in (("GET", b""), ("POST", b"nonsense"), ("POST", b"[" * 100_000), ("POST", b"{}")):
            status, answer = server.ask(path, body, method)
            assert status in (200, 400, 404, 405, 413, 415, 422), (path, method, status)
            json.loads(answer)


def test_a11_many_questions_on_one_connection_without_waiting_for_answers(server: Server) -> None:
    """Answers come in the order of the questions."""
    head = b"POST /filter HTTP/1.1\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
    texts = [json.dumps(args(DB, ["a1"] * (number % 2))).encode() for number in range(20)]
    answers = server.send(b"".join(head % len(text) + text for text in texts))
    assert re.findall(rb'"NodeNames":\[(.*?)\]', answers) == [b"", b'"a1"'] * 10
