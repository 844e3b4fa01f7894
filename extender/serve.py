"""``extender serve``: what is asked for on the command line and in the configuration file, put to work."""

from __future__ import annotations

import logging
import sys
from typing import Any

import click

from extender import logs
from extender.app import create_app
from extender.config import MIB, ConfigError, ExtenderConfig, parse_bind
from extender.config.command import read_config
from extender.config.file import with_setting
from extender.config.settings import BY_PATH
from extender.events.conflicts import remarks
from extender.metrics import Metrics
from extender.planner.live import Announce
from extender.server import FAILED, run
from extender.snapshots import FileSource
from solver.errors import InputError

log = logging.getLogger(__name__)

_PATHS = {
    "snapshot": "snapshot",
    "kubeconfig": "cluster.kubeconfig",
    "context": "cluster.context",
    "bind": "server.bind",
    "threads": "server.threads",
    "max_body": "server.maxBody",
    "shared_nodes": "plan.sharedNodes",
    "time_limit": "solver.timeLimit",
    "workers": "solver.workers",
    "seed": "solver.seed",
}
"""Option to the field of the configuration file that it overrides."""


@click.command(short_help="Answer kube-scheduler from a plan for the pending pods.")
@click.option(
    "--config",
    "file",
    metavar="FILE",
    help="Configuration file; `extender config --print-defaults` prints one. Options override it.",
)
@click.option(
    "--snapshot",
    multiple=True,
    metavar="DIR_OR_FILE",
    help="Plan for a cluster as kubectl get -o json or yaml gives it, instead of a live one: a file (.gz"
    " too), a directory or -.",
)
@click.option(
    "--kubeconfig",
    metavar="FILE",
    help="How to reach the cluster. Left out: the service account of the pod we run in, or else what kubectl"
    " would use.",
)
@click.option("--context", metavar="NAME", help="Context of the kubeconfig; the current one when left out.")
@click.option("--bind", metavar="HOST:PORT", help="Address to serve on (127.0.0.1:8888).")
@click.option("--threads", type=int, help="Requests answered at the same time (8).")
@click.option("--max-body", type=int, metavar="MIB", help="Largest request body (128).")
@click.option("--shared-nodes", type=int, help="Nodes of others offered to a pod beside its own (4).")
@click.option("--time-limit", type=float, metavar="SECONDS", help="For making the plan (20).")
@click.option("--workers", type=int, help="Search threads while the plan is made (2).")
@click.option("--seed", type=int, help="Same snapshot, same seed, same plan (0).")
@click.option("-v", "--verbose", is_flag=True, help="Log more.")
def serve(file: str | None, verbose: bool, **options: Any) -> None:
    """Answer kube-scheduler from a plan for the pending pods of the cluster.

    Nothing is written to the cluster but Events. How to run it: docs/serve.md.

    \b
    extender serve --kubeconfig prod.yaml --context prod
    extender serve --config extender.yaml --bind 0.0.0.0:8888
    extender serve --snapshot prod.json
    """
    logs.configure(logging.DEBUG if verbose else logging.INFO)
    try:
        config = overridden(read_config(file) if file else ExtenderConfig(), **options)
    except ConfigError as error:
        raise click.UsageError(str(error)) from None
    except InputError as error:
        click.echo(str(error), err=True)
        sys.exit(FAILED)
    sys.exit(_run(config))


def overridden(config: ExtenderConfig, **options: Any) -> ExtenderConfig:
    """With the options that were given. Raises ConfigError for one that cannot work."""
    live = [name for name in ("kubeconfig", "context") if options.get(name)]
    if live and options.get("snapshot"):
        raise ConfigError("the cluster", f"both --snapshot and --{live[0]}", "one of them")
    for name, given in options.items():
        if given is None or given == ():
            continue
        value = parse_bind(given) if name == "bind" else given * MIB if name == "max_body" else given
        config = with_setting(config, BY_PATH[_PATHS[name]], value)
    return with_setting(config, BY_PATH["snapshot"], ()) if live else config


def _run(config: ExtenderConfig) -> int:
    metrics = Metrics()
    if config.snapshot:
        return run(create_app(config, FileSource(config.snapshot), metrics), config)
    from extender.watch import LiveSource, Tally  # the client takes a second to import; files do not need it

    tally = Tally(
        restarted=lambda kind: metrics.watch_restarts.labels(kind).inc(),
        changed=lambda kind, number: metrics.watch_events.labels(kind).inc(number),
        faulty=lambda kind, number: metrics.unreadable.labels(kind).set(number),
    )
    try:
        source = LiveSource(config.cluster, tally=tally)
    except InputError as error:
        log.error(logs.event("no_cluster", error=error))
        return FAILED
    source.start()
    try:
        return run(create_app(config, source, metrics, _announcer(config)), config)
    finally:
        source.stop()


def _announcer(config: ExtenderConfig) -> Announce:
    """Tells of conflicts in Events on pods, if that is wanted."""
    if not config.events.enabled:
        return lambda _plan: None
    from extender.events.recorder import Recorder, sender  # the client takes a second to import
    from extender.watch.connection import connected

    recorder = Recorder(sender(connected(config.cluster)), config.events)
    recorder.start()
    return lambda plan: recorder.offer(remarks(plan, config.policies))
