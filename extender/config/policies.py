"""What is answered when there is no complete plan, and for which pods (A10)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from solver.model.selector import LabelSelector

EVERYTHING = LabelSelector()


class OnInfeasible(StrEnum):
    """For a pod that was proved not to fit together with the rest of its cohort."""

    FALL_THROUGH = "FallThrough"
    """Behave like plain kube-scheduler, and say in an Event what the conflict is."""
    HOLD = "Hold"
    """Refuse every node."""


class OnUndecided(StrEnum):
    """For a pod for which neither a place nor a proof was found in time."""

    GREEDY = "Greedy"
    """Answer from the best joint placement found so far, pod by pod where there is none."""
    PASS_THROUGH = "PassThrough"
    """Keep every node."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    on_infeasible: OnInfeasible = OnInfeasible.FALL_THROUGH
    on_undecided: OnUndecided = OnUndecided.GREEDY


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyRule:
    """A policy for the pods that both selectors match."""

    namespaces: LabelSelector = EVERYTHING
    """By the labels of the pod's namespace."""
    pods: LabelSelector = EVERYTHING
    policy: Policy

    def covers(self, namespace_labels: Mapping[str, str], pod_labels: Mapping[str, str]) -> bool:
        return self.namespaces.matches(namespace_labels) and self.pods.matches(pod_labels)


@dataclass(frozen=True, slots=True, kw_only=True)
class Policies:
    default: Policy = field(default_factory=Policy)
    rules: tuple[PolicyRule, ...] = ()
    """The first that covers a pod decides."""

    def of(self, namespace_labels: Mapping[str, str], pod_labels: Mapping[str, str]) -> Policy:
        for rule in self.rules:
            if rule.covers(namespace_labels, pod_labels):
                return rule.policy
        return self.default
