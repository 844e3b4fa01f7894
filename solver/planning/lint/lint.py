"""All findings of all families, in the order of the codes, without those that somebody suppressed."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass

from solver.kube.inventory import Loaded
from solver.model.names import OWN_PREFIX
from solver.planning.change import Inputs
from solver.planning.lint import affinity, budgets, resources, spread, stateful, volumes
from solver.planning.lint.codes import BY_NAME, CODES, Code, Severity
from solver.planning.lint.hit import Hit
from solver.planning.lint.scene import Scene

IGNORE = f"{OWN_PREFIX}lint-ignore"
"""Annotation of an object: codes or names to leave out for it, separated by commas."""

Finder = Callable[[Scene], Iterator[Hit]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    code: Code
    severity: Severity
    kind: str
    object: str
    """Namespace/name, or the name alone."""
    path: str
    sentence: str
    source: str
    """The file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Suppressed:
    finding: Finding
    by: str
    """The annotation, or the flag."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LintAnswer:
    checked: tuple[tuple[str, str], ...]
    """Kind and name of every object that was looked at."""
    findings: tuple[Finding, ...]
    """By code, then by object."""
    suppressed: tuple[Suppressed, ...]
    has_cluster: bool
    warnings: tuple[str, ...]
    """What could not be looked for."""


def lint(inputs: Inputs, ignore: Collection[str] = ()) -> LintAnswer:
    """``ignore``: ids or names of codes to leave out everywhere. Raises InputError for faulty objects."""
    scene = Scene(inputs)
    left_out = {BY_NAME[name].id for name in ignore}
    findings: list[Finding] = []
    suppressed: list[Suppressed] = []
    for code in CODES:
        hits = sorted(
            FINDERS[code.id](scene), key=lambda hit: (hit.about.kind.name, hit.about.label, hit.path)
        )
        for hit in hits:
            finding = _finding(code, hit)
            by = "--ignore" if code.id in left_out else _annotation(hit.about, code)
            if by:
                suppressed.append(Suppressed(finding=finding, by=by))
            else:
                findings.append(finding)
    return LintAnswer(
        checked=tuple(_checked(scene)),
        findings=tuple(findings),
        suppressed=tuple(suppressed),
        has_cluster=scene.has_cluster,
        warnings=tuple(_unseen(scene)),
    )


_COMPARED = ("Node", "Pod", "PersistentVolumeClaim", "StorageClass", "PodDisruptionBudget", "Service")


def _unseen(scene: Scene) -> Iterator[str]:
    if not scene.has_cluster:
        yield "manifests alone: what only a cluster can show was not looked for"
        return
    for kind in _COMPARED:
        if not scene.knows(kind):
            yield f"the snapshot has no {kind} objects: what is missing among them was not looked for"


def _finding(code: Code, hit: Hit) -> Finding:
    return Finding(
        code=code,
        severity=hit.severity or code.severity,
        kind=hit.about.kind.name,
        object=hit.about.label,
        path=hit.path,
        sentence=hit.sentence,
        source=hit.about.entry.source,
    )


_LOOKED_AT = ("PersistentVolumeClaim", "StorageClass", "PodDisruptionBudget", "Service")


def _checked(scene: Scene) -> Iterator[tuple[str, str]]:
    for workload in scene.workloads:
        yield workload.kind, workload.loaded.label
    for kind in _LOOKED_AT:
        yield from ((kind, found.label) for found in scene.objects(kind))


def _names(about: Loaded) -> list[str]:
    text = (about.metadata.annotations or {}).get(IGNORE, "")
    return [name.strip() for name in text.split(",") if name.strip()]


def _annotation(about: Loaded, code: Code) -> str:
    """Nothing silences the finding about what silences nothing."""
    silenced = {BY_NAME[name].id for name in _names(about) if name in BY_NAME}
    return IGNORE if code.id in silenced - {_UNKNOWN} else ""


_UNKNOWN = "L001"


def _unknown_suppressions(scene: Scene) -> Iterator[Hit]:
    about = [workload.loaded for workload in scene.workloads]
    about += [found for kind in _LOOKED_AT for found in scene.objects(kind)]
    for found in about:
        unknown = [name for name in _names(found) if name not in BY_NAME]
        if unknown:
            yield Hit(found, f'metadata.annotations["{IGNORE}"]', f"there is no code {', '.join(unknown)}")


FINDERS: dict[str, Finder] = {
    _UNKNOWN: _unknown_suppressions,
    **spread.FINDERS,
    **affinity.FINDERS,
    **volumes.FINDERS,
    **stateful.FINDERS,
    **budgets.FINDERS,
    **resources.FINDERS,
}
