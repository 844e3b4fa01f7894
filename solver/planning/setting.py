"""``--set workload.field=value``: a what-if on one workload, in the words people use for its fields.

Finds the workload and makes the change; what the change leads to is not looked at here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from solver.errors import Fault, InputError
from solver.model.quantity import parse_milli
from solver.planning.autoscaled import bounds_of
from solver.planning.change import Change, Inputs, Object, Ref, editing
from solver.planning.workloads import (
    SCALED_KINDS,
    SHORT_KINDS,
    WORKLOAD_KINDS,
    controller_of,
    pending_pods_of,
    pod_spec,
    requests_text,
    scaling,
    set_request,
)

BOUNDS = ("min", "max")
"""Numbers of replicas by name: the least and the most that the workload's autoscaler allows."""
FIELDS = ("replicas", "cpu", "memory", "ephemeral-storage", "maxSkew")
_EXTENDED = re.compile(r"[a-z0-9.-]+/[A-Za-z0-9._-]+")
"""A resource name with a domain, such as a GPU's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """``text`` is what was written."""

    text: str
    workload: str
    field: str
    value: str


def parse_setting(text: str) -> Setting:
    """Raises ValueError with what is wrong."""
    where, equals, value = text.partition("=")
    workload, dot, field = where.rpartition(".")
    if "/" in field:  # db.nvidia.com/gpu: the dot of a resource's domain is not the one
        workload, dot, field = _before_resource(where)
    if not equals or not dot or not workload or not field or not value:
        raise ValueError(f"{text!r} is not of the form WORKLOAD.FIELD=VALUE, such as db.replicas=4")
    if field not in FIELDS and not _EXTENDED.fullmatch(field):
        raise ValueError(
            f"{text!r}: no field {field!r}{_instead(field, FIELDS)}; fields: {', '.join(FIELDS)}"
        )
    return Setting(text=text, workload=workload, field=field, value=_checked(text, field, value))


def _before_resource(where: str) -> tuple[str, str, str]:
    """``[KIND/|NS/]NAME.DOMAIN/RESOURCE``."""
    path, _, resource = where.rpartition("/")
    lead, slash, rest = path.rpartition("/")
    name, dot, domain = rest.partition(".")
    return f"{lead}{slash}{name}", dot, f"{domain}/{resource}"


def _checked(text: str, field: str, value: str) -> str:
    if field in ("replicas", "maxSkew"):
        least = 0 if field == "replicas" else 1
        if field == "replicas" and value in BOUNDS:
            return value
        if not value.isascii() or not value.isdigit() or not least <= int(value) < 2**31:
            also = ", min or max" if field == "replicas" else ""
            raise ValueError(f"{text!r}: {value!r} is not a whole number from {least}{also}")
        return value
    try:
        if parse_milli(value) >= 0:
            return value
    except ValueError:
        pass
    raise ValueError(f"{text!r}: {value!r} is not a quantity such as 500m, 2 or 4Gi")


def set_all(inputs: Inputs, settings: Sequence[Setting], namespace: str | None = None) -> Change:
    """The change of all settings together. Raises InputError naming every setting that cannot be made."""
    faults: list[Fault] = []
    change = Change()
    for setting in settings:
        try:
            change += _change(inputs, setting, namespace)
        except InputError as error:
            faults += error.faults
    if faults:
        raise InputError(faults)
    return change


def _change(inputs: Inputs, setting: Setting, namespace: str | None) -> Change:
    ref = find_workload(inputs, setting.workload, namespace, f"--set {setting.text}")
    if setting.field == "replicas":
        if ref.kind not in SCALED_KINDS:
            raise _refused(setting, f"a {ref.kind}", f"one of {', '.join(SCALED_KINDS)}: they have replicas")
        return scaling(inputs, ref, _count(inputs, ref, setting))

    def in_object(found: Object) -> None:
        spec = pod_spec(found)
        if spec is None:
            raise _refused(setting, "no pod template", "a workload with one")
        _set_in(spec, setting)

    change = editing(inputs, ref, in_object)
    for pod in pending_pods_of(inputs, ref):
        change += editing(inputs, pod, in_object)
    return change


def _count(inputs: Inputs, ref: Ref, setting: Setting) -> int:
    if setting.value not in BOUNDS:
        return int(setting.value)
    bounds = bounds_of(inputs, ref)
    if bounds is None:
        raise _refused(setting, f"no HorizontalPodAutoscaler for {ref}", "a number")
    return bounds[1:][BOUNDS.index(setting.value)]


def _set_in(spec: dict[str, Any], setting: Setting) -> None:
    if setting.field == "maxSkew":
        rules = spec.get("topologySpreadConstraints") or []
        if not rules:
            raise _refused(setting, "no topologySpreadConstraints", "a workload that has one")
        for rule in rules:
            rule["maxSkew"] = int(setting.value)
    elif not set_request(spec, setting.field, parse_milli(setting.value)):
        told = requests_text(spec, setting.field)
        raise _refused(setting, f"containers beside the largest that ask for more already ({told})", "more")


def find_workload(inputs: Inputs, name: str, namespace: str | None, asker: str) -> Ref:
    """The one workload called ``[KIND/]NAME`` or ``NS/NAME``. Raises InputError, with a guess."""
    kinds, wanted_namespace, wanted = _named(name, namespace)
    every = list(workload_refs(inputs))
    found = [
        ref
        for ref in every
        if ref.name == wanted
        and (kinds is None or ref.kind == kinds)
        and wanted_namespace in (None, ref.namespace)
    ]
    if len(found) == 1:
        return found[0]
    if found:
        told = " and ".join(map(str, found))
        raise _fault(name, f"several: {told}", "KIND/NAME or NAMESPACE/NAME that names one", asker)
    near = _instead(wanted, sorted({ref.name for ref in every}))
    known = ", ".join(sorted({_short(ref) for ref in every})[:8]) or "none"
    raise _fault(name, f"no such workload{near}", f"one of those there are: {known}", asker)


def _named(name: str, namespace: str | None) -> tuple[str | None, str | None, str]:
    """Kind, namespace and name; None is any."""
    lead, slash, rest = name.partition("/")
    if not slash:
        return None, namespace, name
    kind = SHORT_KINDS.get(lead.lower())
    if kind is None:
        return None, lead, rest
    inner, slash, last = rest.partition("/")
    return (kind, inner, last) if slash else (kind, namespace, rest)


def workload_refs(inputs: Inputs) -> Iterable[Ref]:
    """Workloads that people name; a ReplicaSet of a Deployment is not one."""
    for kind in WORKLOAD_KINDS:
        for ref in inputs.refs(kind):
            if kind != "ReplicaSet" or not _has_owner(inputs, ref):
                yield ref


def _has_owner(inputs: Inputs, ref: Ref) -> bool:
    return controller_of(inputs.get(ref) or {}) is not None


def _short(ref: Ref) -> str:
    return f"{ref.namespace}/{ref.name}"


def _instead(wanted: str, known: Sequence[str]) -> str:
    near = get_close_matches(wanted, known, n=1, cutoff=0.5)
    return f" (did you mean {near[0]}?)" if near else ""


def _fault(name: str, found: str, expected: str, source: str) -> InputError:
    return InputError(
        [Fault(kind="workload", name=name, path="", found=found, expected=expected, source=source)]
    )


def _refused(setting: Setting, found: str, expected: str) -> InputError:
    return _fault(setting.workload, found, expected, f"--set {setting.text}")
