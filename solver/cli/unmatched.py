"""What to say when the flags leave no pod to ask about: a typo in them would look like a yes."""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Sequence

from solver.cli.flags import SelectionFlags
from solver.cli.labels import written
from solver.cli.selection import matching, waiting
from solver.model.pod import Pod
from solver.model.selector import LabelSelector
from solver.model.snapshot import Snapshot
from solver.report.units import count

_NAMED = 8


def unmatched(snapshot: Snapshot, flags: SelectionFlags) -> tuple[str, ...]:
    """A warning that names the flags and what they could have named; none when they leave a pod."""
    pods = waiting(snapshot, flags.ignore_pending)
    given = _given(flags)
    if not given or matching(pods, flags.namespace, flags.selector):
        return ()
    return (f"no pending pod matches {shlex.join(given)}; {_what_there_is(snapshot, pods, flags)}",)


def _given(flags: SelectionFlags) -> list[str]:
    words = [] if flags.namespace is None else ["-n", flags.namespace]
    words += [] if flags.selector.is_empty else ["-l", written(flags.selector)]
    return words + ["--ignore-pending"] * flags.ignore_pending


def _what_there_is(snapshot: Snapshot, pods: Sequence[Pod], flags: SelectionFlags) -> str:
    if not pods and snapshot.pending:
        return f"--ignore-pending leaves out {count(len(snapshot.pending), 'pod')}"
    if not pods:
        return "no pod is pending at all"
    there = [pod for pod in pods if flags.namespace in (None, pod.namespace)]
    if there:
        return f"labels of pending pods there: {_listed(_labels(there, flags.selector))}"
    namespaces = Counter(pod.namespace for pod in pods)
    return f"namespaces with pending pods: {_listed(sorted(namespaces.items()))}"


def _labels(pods: Sequence[Pod], selector: LabelSelector) -> list[tuple[str, int]]:
    """``key=value`` with how many pods have it: keys that were asked for first, then the most common."""
    asked = {requirement.key for requirement in selector.requirements}
    counts = Counter(label for pod in pods for label in pod.labels.items())
    ranked = sorted(counts.items(), key=lambda item: (item[0][0] not in asked, -item[1], item[0]))
    return [(f"{key}={value}", number) for (key, value), number in ranked]


def _listed(counts: Sequence[tuple[str, int]]) -> str:
    """``app=web (4), app=db (3)``."""
    shown = [f"{text} ({number})" for text, number in counts[:_NAMED]]
    if len(counts) > _NAMED:
        shown.append(f"{len(counts) - _NAMED} more")
    return ", ".join(shown) or "none"
