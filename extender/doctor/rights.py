"""What the accounts of scheduler and extender may do, by the roles among the documents."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from extender.doctor.finding import Finding
from extender.doctor.pods import runs_extender, runs_scheduler
from extender.doctor.wiring import Object, Wiring, name_of, pod_of

READ: tuple[tuple[str, str], ...] = (
    ("", "nodes"),
    ("", "namespaces"),
    ("", "pods"),
    ("", "persistentvolumes"),
    ("", "persistentvolumeclaims"),
    ("", "services"),
    ("", "replicationcontrollers"),
    ("apps", "deployments"),
    ("apps", "replicasets"),
    ("apps", "statefulsets"),
    ("batch", "jobs"),
    ("storage.k8s.io", "storageclasses"),
    ("storage.k8s.io", "csinodes"),
    ("storage.k8s.io", "csidrivers"),
    ("storage.k8s.io", "csistoragecapacities"),
    ("storage.k8s.io", "volumeattachments"),
    ("policy", "poddisruptionbudgets"),
    ("scheduling.k8s.io", "priorityclasses"),
)
"""Group and resource of every kind without which there is no snapshot (extender.watch)."""
_NEVER = (("", "secrets"), ("", "pods/binding"), ("", "pods/eviction"))
_BUILT_IN = ("system:kube-scheduler", "system:volume-scheduler", "extension-apiserver-authentication-reader")
_EVERY = "*"


def check(wiring: Wiring) -> Iterator[Finding]:
    """Only where bindings are among the documents: rights may well be given elsewhere."""
    if not wiring.bindings:
        return
    for workload in wiring.workloads:
        if not runs_extender(workload):
            continue
        account = (
            str((workload.get("metadata") or {}).get("namespace") or "default"),
            str(pod_of(workload).get("serviceAccountName") or "default"),
        )
        yield from _account(wiring, account, with_scheduler=runs_scheduler(workload))


def _account(wiring: Wiring, account: tuple[str, str], *, with_scheduler: bool) -> Iterator[Finding]:
    about = f"ServiceAccount/{'/'.join(account)}"
    bound = {
        str((binding.get("roleRef") or {}).get("name"))
        for binding in wiring.bindings
        if _names(binding, account)
    }
    rules = [
        rule
        for role in wiring.roles
        if role["kind"] == "ClusterRole" and name_of(role) in bound
        for rule in role.get("rules") or ()
    ]
    yield from _own(rules, about, by_others=with_scheduler)
    if with_scheduler:
        for name in _BUILT_IN:
            if name not in bound:
                yield Finding(code="BD25", about=about, path="", found=f"no binding to {name}")


def _own(rules: list[Object], about: str, *, by_others: bool) -> Iterator[Finding]:
    """The built-in role of a scheduler beside it allows reading much of this, but not all."""
    missing = [
        f"{resource}.{group}" if group else resource
        for group, resource in READ
        if not all(_allows(rules, group, resource, verb) for verb in ("list", "watch"))
    ]
    if missing and (not by_others or rules):
        yield Finding(
            code="BD22", about=about, path="rules", found=f"no list and watch of {', '.join(missing)}"
        )
    if not any(_allows(rules, group, "events", "create") for group in ("", "events.k8s.io")):
        yield Finding(code="BD23", about=about, path="rules", found="no create of events")
    for group, resource in _NEVER:
        verbs = [verb for verb in ("get", "list", "create") if _allows(rules, group, resource, verb)]
        if verbs:
            yield Finding(code="BD24", about=about, path="rules", found=f"{', '.join(verbs)} of {resource}")


def _names(binding: Object, account: tuple[str, str]) -> bool:
    subjects: Iterable[Object] = binding.get("subjects") or ()
    return any(
        s.get("kind") == "ServiceAccount" and (s.get("namespace"), s.get("name")) == account for s in subjects
    )


def _allows(rules: Iterable[Object], group: str, resource: str, verb: str) -> bool:
    return any(
        _has(rule.get("apiGroups"), group)
        and _has(rule.get("resources"), resource)
        and _has(rule.get("verbs"), verb)
        and not rule.get("resourceNames")
        for rule in rules
    )


def _has(listed: Iterable[str] | None, wanted: str) -> bool:
    return any(one in (wanted, _EVERY) for one in listed or ())
