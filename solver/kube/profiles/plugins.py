"""Which plugins a profile runs: extension points merged as kube-scheduler v1.34.1 merges them.

Sources: ``pkg/scheduler/apis/config/v1/default_plugins.go`` and ``framework/runtime/framework.go``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from frozendict import frozendict

from solver.kube.faults import Problem, show
from solver.kube.profiles import raw
from solver.kube.profiles.unknown import advice, nearest
from solver.model.profile import FILTERS, WEIGHTS

_ALL = "*"
_TYPO = 0.8
"""Names this much alike are one name, misspelt; others may be plugins of somebody's own."""

_WITHOUT_PREFILTER = frozenset({"NodeUnschedulable", "NodeName", "TaintToleration"})
_PRE_FILTER = frozenset(FILTERS) - _WITHOUT_PREFILTER
_SCORE = frozenset({*WEIGHTS, "VolumeBinding"})
_PRE_SCORE = _SCORE - {"ImageLocality"}
_RESERVE = frozenset({"VolumeBinding", "DynamicResources"})
_IMPLEMENT = {
    "pre_enqueue": frozenset({"SchedulingGates", "DefaultPreemption", "DynamicResources"}),
    "queue_sort": frozenset({"PrioritySort"}),
    "pre_filter": _PRE_FILTER,
    "filter": frozenset(FILTERS),
    "post_filter": frozenset({"DefaultPreemption", "DynamicResources"}),
    "pre_score": _PRE_SCORE,
    "score": _SCORE,
    "reserve": _RESERVE,
    "permit": frozenset[str](),
    "pre_bind": _RESERVE,
    "bind": frozenset({"DefaultBinder"}),
    "post_bind": frozenset[str](),
}
_DEFAULT = (
    "SchedulingGates",
    "PrioritySort",
    *FILTERS,
    "DefaultPreemption",
    "NodeResourcesBalancedAllocation",
    "ImageLocality",
    "DefaultBinder",
)
KNOWN = frozenset(_DEFAULT)

Enabled = tuple[str, int]
"""Name and weight, 0 where none is stated."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    prefilters: tuple[str, ...]
    filters: tuple[str, ...]
    weights: frozendict[str, int]
    foreign: tuple[tuple[str, str], ...]
    """Enabled plugins that are no part of kube-scheduler, each with where."""


def chosen(plugins: raw.Plugins | None, problems: list[Problem]) -> Chosen:
    """Paths of problems start at ``plugins``."""
    stated = plugins or raw.Plugins()
    sets = {point: getattr(stated, point) or raw.PluginSet() for point in (*_IMPLEMENT, "multi_point")}
    for point, one in sets.items():
        problems.extend(_misnamed(one, f"plugins.{_camel(point)}", _IMPLEMENT.get(point)))
    multi = _merged([(name, WEIGHTS.get(name, 0)) for name in _DEFAULT], sets["multi_point"])
    run = {point: _expanded(multi, sets[point], _IMPLEMENT[point]) for point in _IMPLEMENT}
    problems.extend(_half_disabled(run))
    filters = tuple(name for name, _ in run["filter"] if name in FILTERS)
    prefilters = tuple(name for name, _ in run["pre_filter"] if name in FILTERS)
    alone = [name for name in filters if name in _WITHOUT_PREFILTER]
    both = tuple(dict.fromkeys((*alone, *prefilters)))
    foreign = [
        (plugin.name, f"plugins.{_camel(point)}.enabled[{i}]")
        for point, one in sets.items()
        for i, plugin in enumerate(one.enabled or ())
        if plugin.name and plugin.name not in KNOWN
    ]
    return Chosen(
        prefilters=_in_default_order(both),
        filters=tuple(name for name in filters if name in both),
        weights=_weights(run["score"], sets["score"], multi),
        foreign=tuple(foreign),
    )


def _in_default_order(prefilters: tuple[str, ...]) -> tuple[str, ...]:
    """Plugins without a PreFilter stand where their filter does when nothing was moved."""
    plain = tuple(name for name in FILTERS if name in prefilters)
    moved = [name for name in prefilters if name not in _WITHOUT_PREFILTER]
    return plain if moved == [name for name in plain if name not in _WITHOUT_PREFILTER] else prefilters


def _weights(run: Sequence[Enabled], score: raw.PluginSet, multi: Sequence[Enabled]) -> frozendict[str, int]:
    """The score extension point's own weight comes before the one of multiPoint; none means 1."""
    stated: dict[str, int] = {}
    for name, weight in (*_listed(score.enabled), *multi):
        stated.setdefault(name, weight or 1)
    return frozendict({name: stated[name] for name, _ in run if name in WEIGHTS})


def _listed(plugins: Iterable[raw.Plugin] | None) -> list[Enabled]:
    return [(plugin.name or "", plugin.weight or 0) for plugin in plugins or ()]


def _merged(default: Sequence[Enabled], custom: raw.PluginSet) -> list[Enabled]:
    """multiPoint: a default plugin that is named again keeps its place and takes what is stated."""
    disabled = {name for name, _ in _listed(custom.disabled)}
    again = dict(_listed(custom.enabled))
    kept = [] if _ALL in disabled else [one for one in default if one[0] not in disabled]
    replaced = {name for name, _ in kept if name in again}
    first = [(name, again.get(name, weight)) for name, weight in kept]
    return first + [one for one in _listed(custom.enabled) if one[0] not in replaced]


def _expanded(multi: Sequence[Enabled], own: raw.PluginSet, implement: frozenset[str]) -> list[Enabled]:
    """What is named here and in multiPoint first, then the rest of multiPoint, then the rest named here."""
    listed = _listed(own.enabled)
    disabled = {name for name, _ in _listed(own.disabled)}
    if _ALL in disabled:
        return listed
    inherited = [(n, w) for n, w in multi if n in implement and n not in disabled]
    named, everywhere = {name for name, _ in listed}, {name for name, _ in inherited}
    return [
        *(one for one in listed if one[0] in everywhere),
        *(one for one in inherited if one[0] not in named),
        *(one for one in listed if one[0] not in everywhere),
    ]


def _misnamed(own: raw.PluginSet, path: str, implement: frozenset[str] | None) -> Iterator[Problem]:
    seen: set[str] = set()
    for i, plugin in enumerate(own.disabled or ()):
        yield from _nameless(plugin, f"{path}.disabled[{i}]", all_allowed=True)
    for i, plugin in enumerate(own.enabled or ()):
        where, name = f"{path}.enabled[{i}]", plugin.name or ""
        yield from _nameless(plugin, where, all_allowed=False)
        if name in seen:
            yield Problem(f"{where}.name", f"{show(name)} again", "each plugin once")
        seen.add(name)
        if implement is not None and name in KNOWN and name not in implement:
            yield Problem(f"{where}.name", show(name), "a plugin that extends this point")
        if (plugin.weight or 0) < 0:
            yield Problem(f"{where}.weight", show(plugin.weight), "a number of at least 0")


def _nameless(plugin: raw.Plugin, where: str, *, all_allowed: bool) -> Iterator[Problem]:
    name = plugin.name or ""
    if name == _ALL and all_allowed:
        return
    if name in ("", _ALL):
        yield Problem(f"{where}.name", show(plugin.name), "the name of a plugin")
    elif name not in KNOWN and nearest(name, KNOWN, _TYPO):
        yield Problem(f"{where}.name", show(name), f"a plugin{advice(name, KNOWN)}")


def _half_disabled(run: dict[str, list[Enabled]]) -> Iterator[Problem]:
    """Plugins that would ask for what nobody has prepared: kube-scheduler fails on pods then."""
    names = {point: {name for name, _ in plugins} for point, plugins in run.items()}
    for point, before, need in (
        ("filter", "pre_filter", _PRE_FILTER),
        ("score", "pre_score", _PRE_SCORE - {"NodeResourcesFit", "VolumeBinding"}),
    ):
        for name in sorted(names[point] & need - names[before]):
            yield Problem(
                f"plugins.{_camel(before)}",
                f"{name} enabled at {point} but not here",
                f"{name} at both points or at neither",
            )


def _camel(point: str) -> str:
    first, *rest = point.split("_")
    return first + "".join(word.capitalize() for word in rest)
