"""What the profiles of a snapshot mean for a joint plan.

Rules that a profile adds or leaves out become rules of the pods themselves, so that model, verification and
replay see the same. Filters whose absence is not modelled stay in force: such a plan passes the profile all
the same, but that something does not fit is then no proof.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from frozendict import frozendict

from solver.kube.unsupported import KEPT_FILTER, SkipList
from solver.model.outcome import Outcome, Proof, Question, Verdict
from solver.model.pod import Pod, SpreadConstraint
from solver.model.profile import DEFAULT_PROFILE, FILTERS, Profile, Profiles
from solver.model.snapshot import Skipped, Snapshot
from solver.scheduler.default_spread import default_constraints
from solver.scheduler.state import ClusterState

_MODELLED = frozenset(
    {"NodeUnschedulable", "NodeName", "TaintToleration", "NodeAffinity", "PodTopologySpread"}
)
"""Filters that a plan can do without."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JointView:
    snapshot: Snapshot
    kept: tuple[str, ...]
    """Filters some profile leaves out and the plan keeps; ignored resources that it counts all the same."""
    skipped: tuple[Skipped, ...]

    def honest(self, outcome: Outcome) -> Outcome:
        """Where more is asked of the plan than the scheduler asks, a no is not proved."""
        if not self.kept or outcome.verdict in (Verdict.FITS, Verdict.UNKNOWN):
            return outcome
        return replace(outcome, verdict=Verdict.UNKNOWN, proof=Proof.NOT_PROVED)


def joint_view(snapshot: Snapshot, question: Question) -> JointView:
    """The snapshot to plan on; names and nodes are the same."""
    asked = [snapshot.pod_by_key[key] for key in question.pods]
    used = {pod.scheduler_name: snapshot.profiles.of(pod.scheduler_name) for pod in asked}
    if all(profile == DEFAULT_PROFILE for profile in used.values()):
        return JointView(snapshot=snapshot, kept=(), skipped=())
    ignored = _ignored_by_all(asked, snapshot.profiles)
    skipped = SkipList()
    for name, profile in used.items():
        for what in _kept(profile, [pod for pod in asked if pod.scheduler_name == name], ignored):
            skipped.add(KEPT_FILTER, f"profile {name}", f"{what}: {KEPT_FILTER.text}")
    state = ClusterState.of(snapshot)
    changed = {pod.key: _with_rules(pod, state, ignored) for pod in asked}
    rows = tuple(skipped.rows())
    return JointView(
        snapshot=replace(
            snapshot,
            pods=tuple(changed.get(pod.key, pod) for pod in snapshot.pods),
            profiles=_strict(snapshot.profiles),
        ),
        kept=tuple(row.feature for row in rows),
        skipped=rows,
    )


def _kept(profile: Profile, pods: Iterable[Pod], ignored: frozenset[str]) -> list[str]:
    filters = [f"filter {name}" for name in profile.left_out if name not in _MODELLED]
    counted = {name for pod in pods for name in pod.requests if profile.ignores(name)} - ignored
    return filters + [f"ignored resource {name}" for name in sorted(counted)]


def _ignored_by_all(pods: Iterable[Pod], profiles: Profiles) -> frozenset[str]:
    """Resources that no asked pod is held back by: for these it does not matter what they add up to."""
    names = {name for pod in pods for name in pod.requests}
    used = {pod.scheduler_name: profiles.of(pod.scheduler_name) for pod in pods}
    return frozenset(name for name in names if all(profile.ignores(name) for profile in used.values()))


def _with_rules(pod: Pod, state: ClusterState, ignored: frozenset[str]) -> Pod:
    requests = frozendict({name: amount for name, amount in pod.requests.items() if name not in ignored})
    return replace(pod, spread=_spread(pod, state), requests=requests)


def _spread(pod: Pod, state: ClusterState) -> tuple[SpreadConstraint, ...]:
    """T20: a list of the profile's own is like constraints of the pod; the system's only score."""
    profile = state.profile_of(pod)
    stated = pod.spread
    if not stated and profile.default_constraints is not None:
        stated = default_constraints(pod, state)
    if "PodTopologySpread" in profile.filters:
        return stated
    return tuple(constraint for constraint in stated if not constraint.hard)


def _strict(profiles: Profiles) -> Profiles:
    return Profiles(
        by_name=frozendict({name: _strictly(profile) for name, profile in profiles.by_name.items()}),
        otherwise=_strictly(profiles.otherwise),
    )


def _strictly(profile: Profile) -> Profile:
    filters = tuple(name for name in FILTERS if name in profile.filters or name not in _MODELLED)
    return replace(
        profile,
        prefilters=FILTERS,
        filters=filters,
        ignored_resources=frozenset(),
        ignored_resource_groups=frozenset(),
    )
