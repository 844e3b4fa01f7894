"""What a plugin says about a pod, or about a pod on one node, when it does not pass."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Code(StrEnum):
    UNSCHEDULABLE = "Unschedulable"
    """U: removing pods might help."""
    UNRESOLVABLE = "UnschedulableAndUnresolvable"
    """UU: preemption is not tried."""
    ERROR = "Error"
    """ERR: kube-scheduler itself fails on this pod and tries again; not a verdict."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """A rejection. ``reasons`` are kube-scheduler's exact texts; compare them as a set (V37)."""

    plugin: str
    code: Code
    reasons: tuple[str, ...]
