"""The demo behind ``make demo``: plan a shop on a small cluster, then let the extender defend the plan.

Runs the real commands on the files beside it. Nothing is written and no cluster is needed.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

HERE = Path(os.path.relpath(Path(__file__).parent))
BIN = Path(sys.executable).parent
PENDING = HERE / "pending.json"
START_LIMIT_S = 60


def main() -> int:
    heading("1. Will the shop fit on this cluster, and where does everything go?")
    fit = command("solve", "fit", "-f", str(HERE / "app.yaml"), "--snapshot", str(HERE / "cluster.json"))
    code = subprocess.run(fit, check=False).returncode
    if code:
        return code

    heading("2. Now the same pods wait in the cluster. What kube-scheduler says about the first by itself:")
    subprocess.run(command("solve", "nodes", "default/web-0", "--snapshot", str(PENDING), "-q"), check=True)

    heading("3. What the extender answers, keeping room for the pods that are still to come:")
    with extender() as url:
        ask_about_everyone(url)
    click.echo("That was it. For your own cluster, see the README.")
    return 0


def heading(text: str) -> None:
    click.echo(f"\n{text}\n{'-' * len(text)}")


def command(program: str, *arguments: str) -> list[str]:
    """The installed program; what is typed is shown first."""
    path = Path(os.path.relpath(BIN / program))
    click.echo(f"$ {' '.join([str(path), *arguments])}\n")
    return [str(path), *arguments]


@contextmanager
def extender() -> Iterator[str]:
    """The real extender process on a free port, ready to answer; stopped at the end."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        address = f"127.0.0.1:{free.getsockname()[1]}"
    serve = command("extender", "serve", "--snapshot", str(PENDING), "--bind", address)
    process = subprocess.Popen(serve, stderr=subprocess.PIPE, text=True)
    try:
        wait_until_ready(process, f"http://{address}")
        yield f"http://{address}"
    finally:
        process.terminate()
        process.communicate()


def wait_until_ready(process: subprocess.Popen[str], url: str) -> None:
    deadline = time.monotonic() + START_LIMIT_S
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise click.ClickException(f"the extender stopped:\n{process.communicate()[1]}")
        try:
            urllib.request.urlopen(f"{url}/readyz", timeout=5).close()
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.1)
        else:
            return
    raise click.ClickException(f"the extender was not ready within {START_LIMIT_S} s")


def ask_about_everyone(url: str) -> None:
    """/filter and /prioritize for every waiting pod, as kube-scheduler words them, told in words."""
    objects = json.loads(PENDING.read_text(encoding="utf-8"))["items"]
    nodes = [item["metadata"]["name"] for item in objects if item["kind"] == "Node"]
    waiting = [item for item in objects if item["kind"] == "Pod" and not item["spec"].get("nodeName")]
    for item in waiting:
        pod = {key: part for key, part in item.items() if key not in ("kind", "apiVersion")}
        question = {"Pod": pod, "Nodes": None, "NodeNames": nodes}
        kept = post(f"{url}/filter", question)
        if kept["Error"]:
            raise click.ClickException(kept["Error"])
        ranked = post(f"{url}/prioritize", {**question, "NodeNames": kept["NodeNames"]})
        click.echo(pod["metadata"]["name"])
        for line in in_words(kept, ranked):
            click.echo(f"   {line}")
        click.echo()


def post(url: str, body: Mapping[str, Any]) -> Any:
    request = urllib.request.Request(
        url, json.dumps(body).encode(), {"Content-Type": "application/json"}, method="POST"
    )
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer)


def in_words(kept: Mapping[str, Any], ranked: list[Mapping[str, Any]]) -> Iterator[str]:
    """``may go to a1 (10 of 10) or b1 (9 of 10)``, and for every reason the nodes it was given for."""
    best_first = sorted(ranked, key=lambda entry: (-entry["Score"], entry["Host"]))
    names = [f"{entry['Host']} ({entry['Score']} of 10)" for entry in best_first]
    yield f"may go to {' or '.join(names)}" if names else "may go nowhere"
    refused: dict[str, list[str]] = {}
    for node, reason in {**kept["FailedNodes"], **kept["FailedAndUnresolvableNodes"]}.items():
        refused.setdefault(reason, []).append(node)
    for reason, nodes in refused.items():
        yield f"not to {', '.join(nodes)}: {reason}"


if __name__ == "__main__":
    try:
        sys.exit(main())
    except click.ClickException as error:
        error.show()
        sys.exit(1)
