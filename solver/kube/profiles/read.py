"""A KubeSchedulerConfiguration, pasted as it is, to profiles; what is in it and not modelled is named."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from frozendict import frozendict

from solver.errors import Fault, InputError
from solver.kube.documents import Document, DocumentError, Entry, entries, plain
from solver.kube.faults import Problem, Subject, show
from solver.kube.profiles import arguments, raw
from solver.kube.profiles.plugins import KNOWN, Chosen, chosen
from solver.kube.profiles.unknown import advice, nearest, unknown_fields
from solver.kube.shape import ShapeError, typed
from solver.kube.unsupported import EXTENDER, FOREIGN_PLUGIN, SAMPLING, SkipList
from solver.model.pod import DEFAULT_SCHEDULER
from solver.model.profile import DEFAULT_PROFILE, Profile, Profiles
from solver.model.snapshot import Skipped

KIND = "KubeSchedulerConfiguration"
API_VERSION = "kubescheduler.config.k8s.io/v1"
_WHOLE = 100
_TYPO = 0.8

_Reader = Callable[[Any, list[Problem]], arguments.Changes]
_ARGUMENTS: dict[str, tuple[type[raw.Arguments], _Reader]] = {
    "NodeResourcesFit": (raw.NodeResourcesFitArgs, arguments.fit),
    "NodeResourcesBalancedAllocation": (raw.NodeResourcesBalancedAllocationArgs, arguments.balanced),
    "InterPodAffinity": (raw.InterPodAffinityArgs, arguments.pod_affinity),
    "NodeAffinity": (raw.NodeAffinityArgs, arguments.node_affinity),
    "PodTopologySpread": (raw.PodTopologySpreadArgs, arguments.spread),
    "DefaultPreemption": (raw.DefaultPreemptionArgs, arguments.preemption),
    "VolumeBinding": (raw.VolumeBindingArgs, arguments.volume_binding),
    "DynamicResources": (raw.DynamicResourcesArgs, arguments.nothing),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Configuration:
    profiles: Profiles
    skipped: tuple[Skipped, ...]


def read_profiles(document: Document) -> Configuration:
    """Raises InputError with every fault of the document."""
    problems: list[Problem] = []
    subject = Subject(KIND, "file", document.source)
    stored = _the_only_one(document, subject)
    skipped = SkipList()
    read = [_profile(profile, i, problems, skipped) for i, profile in enumerate(stored.profiles or ())]
    problems.extend(_limits(stored))
    problems.extend(_names(read))
    if problems:
        raise InputError([subject.fault(problem) for problem in problems])
    _extenders(stored.extenders or (), skipped)
    if stored.percentage_of_nodes_to_score not in (None, _WHOLE):
        skipped.add(SAMPLING, f"{KIND} percentageOfNodesToScore")
    ignored = _left_to_extenders(stored.extenders or ())
    by_name = {
        name or DEFAULT_SCHEDULER: replace(p, ignored_resources=p.ignored_resources | ignored)
        for name, p in read or [(None, DEFAULT_PROFILE)]
    }
    profiles = Profiles(
        by_name=frozendict(by_name), otherwise=by_name.get(DEFAULT_SCHEDULER, DEFAULT_PROFILE)
    )
    return Configuration(profiles=profiles, skipped=tuple(skipped.rows()))


def _the_only_one(document: Document, subject: Subject) -> raw.Configuration:
    """Raises InputError unless the document is one configuration of the right form."""
    found = list(entries(document))
    faults = [one[0].fault(one[1]) for one in found if not isinstance(one, Entry)]
    if not faults and len(found) != 1:
        expected = f"one {KIND}"
        faults = [subject.fault(Problem("", f"{len(found)} objects", expected))]
    if faults:
        raise InputError(faults)
    entry = found[0]
    assert isinstance(entry, Entry)  # everything else is a fault
    faults = [subject.fault(problem) for problem in _header(entry)]
    if faults:
        raise InputError(faults)
    return _strictly(entry.value, subject)


def _header(entry: Entry) -> Iterator[Problem]:
    if entry.kind != KIND:
        hint = "; take what is under data of the ConfigMap" if entry.kind == "ConfigMap" else ""
        yield Problem("kind", show(entry.kind), f"{KIND}{hint}")
    elif entry.api_version != API_VERSION:
        yield Problem(
            "apiVersion",
            show(entry.api_version),
            f"{API_VERSION}, the only version kube-scheduler v1.34 reads",
        )


def _strictly(value: Any, subject: Subject) -> raw.Configuration:
    """Wrong types and unknown fields together, those of arguments not yet."""
    try:
        faults = [subject.fault(problem) for problem in unknown_fields(plain(value), raw.Configuration)]
    except DocumentError as error:
        raise InputError([subject.fault(error.problem)]) from None
    try:
        stored = typed(value, raw.Configuration)
    except ShapeError as error:
        raise InputError([*faults, *map(subject.fault, error.problems)]) from None
    if faults:
        raise InputError(_with_arguments(faults, stored, subject))
    return stored


def _with_arguments(faults: Sequence[Fault], stored: raw.Configuration, subject: Subject) -> list[Fault]:
    """All faults at once: what is known of arguments too."""
    problems: list[Problem] = []
    for i, profile in enumerate(stored.profiles or ()):
        _profile(profile, i, problems, SkipList())
    return [*faults, *map(subject.fault, problems)]


def _profile(
    stored: raw.Profile, index: int, problems: list[Problem], skipped: SkipList
) -> tuple[str | None, Profile]:
    path = f"profiles[{index}]"
    found: list[Problem] = []
    plugins = chosen(stored.plugins, found)
    changes = _arguments(stored.plugin_config or (), found)
    found.extend(_percentage(stored.percentage_of_nodes_to_score))
    problems.extend(problem.under(path) for problem in found)
    for name, where in plugins.foreign:
        skipped.add(FOREIGN_PLUGIN, f"{name} at {path}.{where}", f"plugin {name}: {FOREIGN_PLUGIN.text}")
    if stored.percentage_of_nodes_to_score not in (None, _WHOLE):
        skipped.add(SAMPLING, f"{KIND} {path}.percentageOfNodesToScore")
    return stored.scheduler_name, _made(plugins, changes)


def _made(plugins: Chosen, changes: arguments.Changes) -> Profile:
    return Profile(prefilters=plugins.prefilters, filters=plugins.filters, weights=plugins.weights, **changes)


def _arguments(configs: Iterable[raw.PluginConfig], problems: list[Problem]) -> arguments.Changes:
    changes: arguments.Changes = {}
    seen: set[str] = set()
    for i, config in enumerate(configs):
        path, name = f"pluginConfig[{i}]", config.name or ""
        if not name or name in seen:
            problems.append(Problem(f"{path}.name", show(config.name), "a plugin, each of them once"))
        elif name not in KNOWN and nearest(name, KNOWN, _TYPO):
            problems.append(Problem(f"{path}.name", show(name), f"a plugin{advice(name, KNOWN)}"))
        seen.add(name)
        if name in _ARGUMENTS:
            found: list[Problem] = []
            changes.update(_arguments_of(name, config.args or {}, found))
            problems.extend(problem.under(f"{path}.args") for problem in found)
    return changes


def _arguments_of(name: str, value: dict[str, Any], problems: list[Problem]) -> arguments.Changes:
    wanted, read = _ARGUMENTS[name]
    problems.extend(unknown_fields(value, wanted))
    try:
        args = typed(value, wanted)
    except ShapeError as error:
        problems.extend(error.problems)
        return {}
    for field, given, expected in (
        ("apiVersion", args.api_version, API_VERSION),
        ("kind", args.kind, f"{name}Args"),
    ):
        if given not in (None, expected):
            problems.append(Problem(field, show(given), expected))
    return read(args, problems)


def _names(read: Sequence[tuple[str | None, Profile]]) -> Iterator[Problem]:
    seen: set[str | None] = set()
    for i, (name, _) in enumerate(read):
        if name in seen or name == "" or (name is None and len(read) > 1):
            yield Problem(f"profiles[{i}].schedulerName", show(name), "a name of its own for each profile")
        seen.add(name)


def _limits(stored: raw.Configuration) -> Iterator[Problem]:
    yield from _percentage(stored.percentage_of_nodes_to_score)
    if stored.parallelism is not None and stored.parallelism <= 0:
        yield Problem("parallelism", show(stored.parallelism), "a number of at least 1")
    for i, extender in enumerate(stored.extenders or ()):
        if not extender.url_prefix:
            yield Problem(f"extenders[{i}].urlPrefix", show(extender.url_prefix), "where it is reached")
        if extender.prioritize_verb and (extender.weight or 0) <= 0:
            yield Problem(f"extenders[{i}].weight", show(extender.weight), "a number of at least 1")


def _percentage(value: int | None) -> Iterator[Problem]:
    if value is not None and not 0 <= value <= _WHOLE:
        yield Problem("percentageOfNodesToScore", show(value), f"a number from 0 to {_WHOLE}")


def _extenders(extenders: Iterable[raw.Extender], skipped: SkipList) -> None:
    for i, extender in enumerate(extenders):
        skipped.add(EXTENDER, f"extenders[{i}] at {extender.url_prefix}")


def _left_to_extenders(extenders: Iterable[raw.Extender]) -> frozenset[str]:
    """X10."""
    managed = (resource for extender in extenders for resource in extender.managed_resources or ())
    return frozenset(r.name for r in managed if r.name and r.ignored_by_scheduler)
