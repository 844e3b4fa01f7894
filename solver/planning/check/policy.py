"""A policy file (``kind: CheckPolicy``), and what it asks for. Strict: an unknown field is refused, because a
check left out in silence would pass."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from solver.errors import Fault, InputError
from solver.kube import raw
from solver.kube.documents import Document, DocumentError, Entry, entries, plain
from solver.kube.faults import Problem, Subject, show
from solver.kube.shape import ShapeError, typed, unknown_fields
from solver.planning.lint import Severity
from solver.planning.lint.codes import BY_NAME
from solver.planning.outage.answer import LossVerdict, Wanted
from solver.planning.outage.loss import NODE, parse_key
from solver.planning.outage.quorum import parse_quorums

API_VERSION = "bulkhead.dev/v1alpha1"
KIND = "CheckPolicy"
_AT_WORST = {verdict.value: verdict for verdict in (LossVerdict.OK, LossVerdict.DEGRADED)}

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Survive:
    key: str
    """Topology key in full, or ``node``: each of its domains is lost on its own."""
    at_worst: LossVerdict
    quorums: tuple[Wanted, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class LintRule:
    fail_on: Severity
    ignore: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    fit: bool
    survive: tuple[Survive, ...] = ()
    headroom: tuple[str, ...] = ()
    """Keys: without any one of their domains there is still room for every pod that can move."""
    lint: LintRule | None = None


class RawSurvive(raw.Raw):
    each: raw.Text = None
    at_worst: raw.Text = None
    quorum: dict[str, int | str] | None = None


class RawHeadroom(raw.Raw):
    each: raw.Text = None


class RawLint(raw.Raw):
    fail_on: raw.Text = None
    ignore: raw.Texts = None


class RawPolicy(raw.Raw):
    api_version: raw.Text = None
    kind: raw.Text = None
    fit: raw.Flag = None
    survive: list[RawSurvive] | None = None
    headroom: list[RawHeadroom] | None = None
    lint: RawLint | None = None


def read_policy(documents: Sequence[Document]) -> Policy:
    """Raises InputError with every fault; there has to be one policy and it has to ask for something."""
    found = [entry for document in documents for entry in entries(document)]
    faults: list[Fault] = []
    policies: list[Policy] = []
    for entry in found:
        if not isinstance(entry, Entry):
            subject, problem = entry
            faults.append(subject.fault(problem))
            continue
        reading = _Reading(entry.source)
        policy = reading.policy(entry)
        subject = Subject(KIND, entry.position, entry.source)
        faults += [subject.fault(problem) for problem in reading.problems]
        policies += [policy] if policy is not None else []
    if not faults and len(policies) != 1:
        source = documents[0].source if documents else ""
        number = Problem("", f"{len(policies)} policies", "one")
        faults.append(Subject(KIND, "as a whole", source).fault(number))
    if faults:
        raise InputError(faults)
    return policies[0]


class _Reading:
    """One document, and what is wrong with it."""

    def __init__(self, source: str) -> None:
        self.problems: list[Problem] = []
        self._source = source

    def policy(self, entry: Entry) -> Policy | None:
        stored = self._stored(entry)
        if stored is None:
            return None
        policy = Policy(
            fit=bool(stored.fit),
            survive=tuple(
                Survive(
                    key=self._key(one.each, f"survive[{i}].each"),
                    at_worst=self._one_of(_AT_WORST, one.at_worst or "Degraded", f"survive[{i}].atWorst"),
                    quorums=tuple(self._quorums(one.quorum or {}, f"survive[{i}].quorum")),
                )
                for i, one in enumerate(stored.survive or ())
            ),
            headroom=tuple(
                self._key(one.each or NODE, f"headroom[{i}].each")
                for i, one in enumerate(stored.headroom or ())
            ),
            lint=self._lint(stored.lint),
        )
        if not (policy.fit or policy.survive or policy.headroom or policy.lint):
            self.problems.append(Problem("", "nothing to check", "fit, survive, headroom or lint"))
        return policy

    def _stored(self, entry: Entry) -> RawPolicy | None:
        if (entry.api_version, entry.kind) != (API_VERSION, KIND):
            found = f"{entry.api_version or 'none'} {entry.kind or 'none'}"
            self.problems.append(Problem("apiVersion, kind", found, f"{API_VERSION} {KIND}"))
            return None
        try:
            value = plain(entry.value)
            self.problems += unknown_fields(value, RawPolicy)
            return typed(value, RawPolicy)
        except ShapeError as error:
            self.problems += error.problems
        except DocumentError as error:
            self.problems.append(error.problem)
        return None

    def _lint(self, stored: RawLint | None) -> LintRule | None:
        if stored is None:
            return None
        for i, name in enumerate(stored.ignore or ()):
            if name not in BY_NAME:
                self.problems.append(Problem(f"lint.ignore[{i}]", show(name), "a code or its name"))
        severities = {severity.value: severity for severity in Severity}
        fail_on = self._one_of(severities, stored.fail_on or Severity.ERROR.value, "lint.failOn")
        return LintRule(fail_on=fail_on, ignore=tuple(stored.ignore or ()))

    def _key(self, text: str | None, path: str) -> str:
        return self._parsed(parse_key, text or "", path, "zone, region, node or a node label") or NODE

    def _quorums(self, stated: Mapping[str, int | str], path: str) -> Iterator[Wanted]:
        for name, needs in stated.items():
            expected = "a number of replicas, or majority"
            said = self._parsed(parse_quorums, f"{name}={needs}", f"{path}.{name}", expected) or ()
            yield from (replace(one, source=f"{self._source}: {path}") for one in said)

    def _one_of(self, known: Mapping[str, T], text: str, path: str) -> T:
        if text not in known:
            self.problems.append(Problem(path, show(text), f"one of {', '.join(known)}"))
        return known.get(text, next(iter(known.values())))

    def _parsed(self, parse: Callable[[str], Any], text: str, path: str, expected: str) -> Any:
        """None where the text makes no sense, which is then a problem."""
        try:
            return parse(text)
        except ValueError:
            self.problems.append(Problem(path, show(text), expected))
            return None
