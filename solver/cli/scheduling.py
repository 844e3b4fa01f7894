"""``--scheduler-config``: whose filters and scores judge the pods."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import click

from solver.cli.flags import InputFlags
from solver.cli.inputs import read_documents
from solver.cli.load import Loaded
from solver.errors import Fault, InputError
from solver.kube.profiles import read_profiles
from solver.kube.unsupported import EXTENDER, FOREIGN_PLUGIN, OTHER_SCHEDULER, SAMPLING, SkipList
from solver.model.snapshot import Snapshot


def scheduler_flags(*also: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """``also``: other names of the flag."""
    return click.option(
        "--scheduler-config",
        *also,
        "scheduler_config",
        metavar="FILE",
        help="The scheduler's KubeSchedulerConfiguration (kubescheduler.config.k8s.io/v1) as it is: "
        "profiles, plugins, weights and arguments. Without it: the default profile.",
    )


def not_modelled(snapshot: Snapshot) -> tuple[str, ...]:
    """What of the file is not modelled, for verbs whose answer has no place for it."""
    features = (SAMPLING, EXTENDER, FOREIGN_PLUGIN, OTHER_SCHEDULER)
    codes = {feature.code for feature in features}
    return tuple(
        f"not modelled: {row.feature} ({row.example})" for row in snapshot.skipped if row.code in codes
    )


def profiled(loaded: Loaded, flags: InputFlags) -> Loaded:
    """``loaded`` with what ``--scheduler-config`` says. Raises InputError with every fault of the file."""
    if flags.scheduler_config is None:
        return loaded
    return replace(loaded, snapshot=_with_profiles(loaded.snapshot, flags.scheduler_config))


def _with_profiles(snapshot: Snapshot, path: str) -> Snapshot:
    """The snapshot with the profiles of the file, and with what of the file is not modelled among what is
    skipped."""
    documents = read_documents([path])
    if len(documents) != 1:
        found, expected = f"{len(documents)} files", "one file"
        raise InputError(
            [Fault(kind="document", name=path, path="", found=found, expected=expected, source="")]
        )
    read = read_profiles(documents[0])
    others = SkipList()
    for pod in snapshot.pending:
        if pod.scheduler_name not in read.profiles.by_name:
            others.add(OTHER_SCHEDULER, f"Pod {pod.key}, {pod.scheduler_name}")
    return replace(
        snapshot, profiles=read.profiles, skipped=(*snapshot.skipped, *read.skipped, *others.rows())
    )
