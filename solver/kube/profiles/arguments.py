"""Arguments of plugins: raw to what a profile says, and what kube-scheduler would refuse in them.

Sources: ``pkg/scheduler/apis/config/v1/defaults.go`` and ``validation/validation_pluginargs.go`` of v1.34.1.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from solver.kube import raw as kube
from solver.kube.faults import Problem, show
from solver.kube.pods import spread_constraint
from solver.kube.profiles import raw
from solver.kube.selectors import node_selector, node_selector_problems, node_term, node_term_problems
from solver.kube.syntax import LABEL_KEY, is_label_key
from solver.kube.valid_pod import spread_problems
from solver.model.pod import PreferredNodeTerm
from solver.model.profile import CPU_AND_MEMORY, Strategy, StrategyType

Changes = dict[str, Any]
"""Fields of a Profile that differ from the default."""

_STRATEGIES = tuple(StrategyType)
_DEFAULTINGS = ("System", "List")
_MOST = 100
_BEST_SCORE = 10


def fit(args: raw.NodeResourcesFitArgs, problems: list[Problem]) -> Changes:
    ignored, groups = args.ignored_resources or (), args.ignored_resource_groups or ()
    for i, name in enumerate(ignored):
        if not is_label_key(name):
            problems.append(Problem(f"ignoredResources[{i}]", show(name), LABEL_KEY))
    for i, name in enumerate(groups):
        if "/" in name or not is_label_key(name):
            problems.append(
                Problem(f"ignoredResourceGroups[{i}]", show(name), "the part of a name before its /")
            )
    changes: Changes = {
        "ignored_resources": frozenset(ignored),
        "ignored_resource_groups": frozenset(groups),
    }
    if args.scoring_strategy is not None:
        changes["strategy"] = _strategy(args.scoring_strategy, problems)
    return changes


def _strategy(stated: raw.ScoringStrategy, problems: list[Problem]) -> Strategy:
    path = "scoringStrategy"
    shape = stated.requested_to_capacity_ratio
    if stated.type not in _STRATEGIES:
        problems.append(Problem(f"{path}.type", show(stated.type), f"one of {', '.join(_STRATEGIES)}"))
    elif stated.type == StrategyType.RATIO and shape is None:
        problems.append(Problem(f"{path}.requestedToCapacityRatio", "none", "a shape for this strategy"))
    if shape is not None:
        problems.extend(_shape_problems(shape.shape or (), f"{path}.requestedToCapacityRatio.shape"))
    for i, resource in enumerate(stated.resources or ()):
        if not resource.name:
            problems.append(Problem(f"{path}.resources[{i}].name", show(resource.name), "a resource"))
        if not 0 <= (resource.weight or 0) <= _MOST:
            problems.append(
                Problem(f"{path}.resources[{i}].weight", show(resource.weight), f"a number from 1 to {_MOST}")
            )
    named = tuple((resource.name or "", resource.weight or 1) for resource in stated.resources or ())
    points = () if shape is None else tuple((p.utilization or 0, p.score or 0) for p in shape.shape or ())
    kind = StrategyType(stated.type) if stated.type in _STRATEGIES else StrategyType.LEAST
    return Strategy(type=kind, resources=named or CPU_AND_MEMORY, shape=points)


def _shape_problems(shape: Sequence[raw.ShapePoint], path: str) -> Iterator[Problem]:
    if not shape:
        yield Problem(path, "no points", "at least one point")
    before = -1
    for i, point in enumerate(shape):
        use, score = point.utilization or 0, point.score or 0
        if not 0 <= use <= _MOST:
            yield Problem(f"{path}[{i}].utilization", show(use), f"a number from 0 to {_MOST}")
        elif use <= before:
            yield Problem(f"{path}[{i}].utilization", show(use), f"more than {before}, the one before")
        if not 0 <= score <= _BEST_SCORE:
            yield Problem(f"{path}[{i}].score", show(score), f"a number from 0 to {_BEST_SCORE}")
        before = max(before, use)


def balanced(args: raw.NodeResourcesBalancedAllocationArgs, problems: list[Problem]) -> Changes:
    names = [resource.name or "" for resource in args.resources or ()]
    for i, resource in enumerate(args.resources or ()):
        if not resource.name or resource.name in names[:i]:
            problems.append(
                Problem(f"resources[{i}].name", show(resource.name), "a resource, each of them once")
            )
        if resource.weight not in (None, 0, 1):
            problems.append(Problem(f"resources[{i}].weight", show(resource.weight), "1"))
    return {"balanced_resources": tuple(names)} if names else {}


def pod_affinity(args: raw.InterPodAffinityArgs, problems: list[Problem]) -> Changes:
    weight = 1 if args.hard_pod_affinity_weight is None else args.hard_pod_affinity_weight
    if not 0 <= weight <= _MOST:
        problems.append(Problem("hardPodAffinityWeight", show(weight), f"a number from 0 to {_MOST}"))
    return {
        "hard_pod_affinity_weight": weight,
        "ignore_preferences_of_others": bool(args.ignore_preferred_terms_of_existing_pods),
    }


def node_affinity(args: raw.NodeAffinityArgs, problems: list[Problem]) -> Changes:
    added = args.added_affinity
    if added is None:
        return {}
    required = added.required_during_scheduling_ignored_during_execution
    preferred = added.preferred_during_scheduling_ignored_during_execution or ()
    path = "addedAffinity.requiredDuringSchedulingIgnoredDuringExecution"
    problems.extend(node_selector_problems(required, path))
    for i, one in enumerate(preferred):
        where = f"addedAffinity.preferredDuringSchedulingIgnoredDuringExecution[{i}]"
        problems.extend(node_term_problems(_term(one), f"{where}.preference"))
    return {
        "added_affinity": node_selector(required),
        "added_preferences": tuple(
            PreferredNodeTerm(weight=one.weight or 0, term=node_term(_term(one))) for one in preferred
        ),
    }


def _term(preferred: kube.PreferredNodeTerm) -> kube.NodeSelectorTerm:
    return preferred.preference or kube.NodeSelectorTerm()


def spread(args: raw.PodTopologySpreadArgs, problems: list[Problem]) -> Changes:
    kind, constraints = args.defaulting_type or "System", args.default_constraints or ()
    if kind not in _DEFAULTINGS:
        problems.append(Problem("defaultingType", show(kind), " or ".join(_DEFAULTINGS)))
    elif kind == "System" and constraints:
        problems.append(
            Problem("defaultingType", show(kind), "List, since there are defaultConstraints of your own")
        )
    seen: set[tuple[object, object]] = set()
    for i, one in enumerate(constraints):
        path = f"defaultConstraints[{i}]"
        problems.extend(spread_problems(one, path, manifest=True))
        if one.label_selector is not None:
            problems.append(
                Problem(f"{path}.labelSelector", "a selector", "none: it is deduced for each pod (T21)")
            )
        pair = one.topology_key, one.when_unsatisfiable
        if pair in seen:
            problems.append(
                Problem(path, "a repetition", "each pair of topologyKey and whenUnsatisfiable once")
            )
        seen.add(pair)
    return {"default_constraints": tuple(map(spread_constraint, constraints)) if kind == "List" else None}


def preemption(args: raw.DefaultPreemptionArgs, problems: list[Problem]) -> Changes:
    share, least = args.min_candidate_nodes_percentage, args.min_candidate_nodes_absolute
    if share is not None and not 0 <= share <= _MOST:
        problems.append(Problem("minCandidateNodesPercentage", show(share), f"a number from 0 to {_MOST}"))
    if least is not None and least < 0:
        problems.append(Problem("minCandidateNodesAbsolute", show(least), "a number of at least 0"))
    return {}


def volume_binding(args: raw.VolumeBindingArgs, problems: list[Problem]) -> Changes:
    if (args.bind_timeout_seconds or 0) < 0:
        problems.append(Problem("bindTimeoutSeconds", show(args.bind_timeout_seconds), "at least 0"))
    if args.shape is not None:
        problems.append(Problem("shape", "a shape", "none: StorageCapacityScoring is off in v1.34 (V39)"))
    return {}


def nothing(_args: object, _problems: list[Problem]) -> Changes:
    """Arguments that concern neither filters nor scores as they are modelled."""
    return {}
