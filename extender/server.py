"""The application behind waitress, in one process, and its orderly end.

The server answers at once; the plan is made beside it, and ``/readyz`` says when it is there.
"""

from __future__ import annotations

import gc
import logging
import os
import signal
import sys
import threading
from types import FrameType

from flask import Flask
from waitress.server import (  # type: ignore[import-untyped]  # waitress ships no types
    BaseWSGIServer,
    create_server,
)

from extender import logs
from extender.app import planner_of
from extender.config import ExtenderConfig
from extender.intake import NO_LIMIT, channel_with_limit
from solver.errors import BulkheadError

log = logging.getLogger(__name__)

SWITCH_S = 0.00005
"""A call waits so long for a thread that plans to make way; Python's own 5 ms add up over a call."""
GROWTH = 500_000
"""So many more objects than before make the garbage collector look through them, which stops every thread.
Rounds leave nothing behind that it would have to find, so this is for what goes astray over a long time."""
CONNECTIONS = 500
"""As many may be open; beyond that nobody new is let in, kube-scheduler and probes neither, until idle
ones are closed. With waitress's 100, a few clients that never finish a request do. ``select`` holds 1,024."""
FAILED = 1
STOPPING = (signal.SIGTERM, signal.SIGINT)


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
            connection_limit=CONNECTIONS,
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
    for number in STOPPING:
        signal.signal(number, _stop)
    sys.setswitchinterval(SWITCH_S)
    try:
        planner = threading.Thread(target=_plan, args=(app, failed), name="planner", daemon=True)
        planner.start()
        server.run()  # ends on SystemExit, after the requests in hand
    except SystemExit:
        log.debug(logs.event("stopped_early"))  # the signal came before the server's loop
    log.info(logs.event("stopped"))
    return FAILED if failed.is_set() else 0


def _plan(app: Flask, failed: threading.Event) -> None:
    """Without a plan there is nothing to serve, so a failure ends the process."""
    try:
        planner_of(app).run()
    except BulkheadError as error:
        log.error(logs.event("plan_failed", error=error))
    except Exception:
        log.exception(logs.event("plan_failed"))
    else:
        gc.collect()
        gc.freeze()  # most of it stays; walking it again and again would stop every thread for long
        gc.set_threshold(GROWTH)
        log.info(logs.event("ready"))
        return
    failed.set()
    os.kill(os.getpid(), signal.SIGTERM)


def _stop(number: int, _frame: FrameType | None) -> None:
    log.info(logs.event("stopping", signal=signal.Signals(number).name))
    raise SystemExit(0)
