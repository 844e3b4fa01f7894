"""``extender serve``: the application behind waitress, in one process, and its orderly end.

The server answers at once; the plan is made beside it, and ``/readyz`` says when it is there.
"""

from __future__ import annotations

import logging
import os
import platform
import signal
import sys
import threading
from importlib.metadata import version as installed_version
from types import FrameType

import click
from flask import Flask
from waitress.server import (  # type: ignore[import-untyped]  # waitress ships no types
    BaseWSGIServer,
    create_server,
)

from extender import logs
from extender.app import create_app, planner_of
from extender.config import ConfigError, ExtenderConfig, parse_bind
from extender.intake import NO_LIMIT, channel_with_limit
from solver.errors import BulkheadError
from solver.model.config import SolveConfig

log = logging.getLogger(__name__)

PACKAGE = "kube-bulkhead"
FAILED = 1
STOPPING = (signal.SIGTERM, signal.SIGINT)


@click.group()
def main() -> None:
    """A kube-scheduler extender that keeps room for the replicas that are still to come."""


@main.command()
@click.option(
    "--snapshot",
    required=True,
    multiple=True,
    metavar="DIR_OR_FILE",
    help="The cluster as kubectl get -o json or yaml gives it: a file (.gz too), a directory or -.",
)
@click.option(
    "--bind", default="127.0.0.1:8888", show_default=True, metavar="HOST:PORT", help="Address to serve on."
)
@click.option("--threads", default=8, show_default=True, help="Requests answered at the same time.")
@click.option("--max-body", default=128, show_default=True, metavar="MIB", help="Largest request body.")
@click.option(
    "--shared-nodes", default=4, show_default=True, help="Nodes of others offered to a pod beside its own."
)
@click.option("--time-limit", default=20.0, show_default=True, metavar="SECONDS", help="For making the plan.")
@click.option("--workers", default=2, show_default=True, help="Search threads while the plan is made.")
@click.option("--seed", default=0, show_default=True, help="Same snapshot, same seed, same plan.")
@click.option("-v", "--verbose", is_flag=True, help="Log more.")
def serve(
    snapshot: tuple[str, ...],
    bind: str,
    threads: int,
    max_body: int,
    shared_nodes: int,
    time_limit: float,
    workers: int,
    seed: int,
    verbose: bool,
) -> None:
    """Answer /filter and /prioritize from a plan of the snapshot's pending pods."""
    logs.configure(logging.DEBUG if verbose else logging.INFO)
    try:
        host, port = parse_bind(bind)
        config = ExtenderConfig(
            snapshot=snapshot,
            host=host,
            port=port,
            threads=threads,
            max_body_bytes=max_body * 1024 * 1024,
            shared_nodes=shared_nodes,
            solve=SolveConfig(time_limit_s=time_limit, workers=workers, seed=seed),
        )
    except ConfigError as error:
        raise click.UsageError(str(error)) from None
    sys.exit(run(create_app(config), config))


@main.command()
def version() -> None:
    """Print the version."""
    click.echo(f"extender {installed_version(PACKAGE)} (Python {platform.python_version()})")


def run(app: Flask, config: ExtenderConfig) -> int:
    """Serve until SIGTERM or SIGINT; the exit code."""
    listeners: dict[int, object] = {}
    try:
        server = create_server(
            app,
            map=listeners,
            host=config.host,
            port=config.port,
            threads=config.threads,
            channel_timeout=config.idle_timeout_s,
            max_request_body_size=NO_LIMIT,
            recv_bytes=65536,
            ident="bulkhead",
        )
    except (OSError, ValueError) as error:
        log.error(logs.event("bind_failed", host=config.host, port=config.port, error=error))
        return FAILED
    channel = channel_with_limit(config.max_body_bytes)
    sockets = [listener for listener in listeners.values() if isinstance(listener, BaseWSGIServer)]
    for listener in sockets:  # one per address the host name stands for
        listener.channel_class = channel
        log.info(logs.event("serving", host=listener.effective_host, port=listener.effective_port))
    failed = threading.Event()
    _heed_signals()
    try:
        planner = threading.Thread(target=_plan, args=(app, sockets[0], failed), name="planner", daemon=True)
        planner.start()
        server.run()  # ends on SystemExit, after the requests in hand
    except SystemExit:
        log.debug(logs.event("stopped_early"))  # the signal came before the server's loop
    log.info(logs.event("stopped"))
    return FAILED if failed.is_set() else 0


def _plan(app: Flask, listener: BaseWSGIServer, failed: threading.Event) -> None:
    """Without a plan there is nothing to serve, so a failure ends the process."""
    try:
        planner_of(app).run()
    except BulkheadError as error:
        log.error(logs.event("plan_failed", error=error))
    except Exception:
        log.exception(logs.event("plan_failed"))
    else:
        listener.trigger.pull_trigger(_ready)  # runs in the server's loop, which is the main thread's
        return
    failed.set()
    os.kill(os.getpid(), signal.SIGTERM)


def _ready() -> None:
    """A search takes SIGINT for itself and leaves its default action behind; only the main thread can mend
    that."""
    _heed_signals()
    log.info(logs.event("ready"))


def _heed_signals() -> None:
    for number in STOPPING:
        signal.signal(number, _stop)


def _stop(number: int, _frame: FrameType | None) -> None:
    log.info(logs.event("stopping", signal=signal.Signals(number).name))
    raise SystemExit(0)
