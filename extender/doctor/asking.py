"""How kube-scheduler asks: the extenders entry and what is around it (B1.1)."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from extender.doctor.finding import Finding
from extender.doctor.wiring import SchedulerFile
from solver.kube.profiles import raw

SERVED = {"filter_verb": "filter", "prioritize_verb": "prioritize", "preempt_verb": "preempt"}
_ALL_NODES = 100
_DECISIVE = 13
_DEFAULT_TIMEOUT_S = 5.0
_LONG_S = 5.0
_DURATION = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h)")
_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}
_OWN_LEASE = ("kube-system", "kube-scheduler")


def check(file: SchedulerFile) -> Iterator[Finding]:
    stored = file.stored
    if not stored.extenders:
        yield Finding(code="BD02", about=file.name, path="extenders", found="none")
    for i, entry in enumerate(stored.extenders or ()):
        yield from _entry(file, entry, f"extenders[{i}]")
    yield from _sampling(file)
    yield from _lease(file)
    if file.missing_filters:
        found = ", ".join(file.missing_filters)
        yield Finding(code="BD27", about=file.name, path="profiles", found=f"without {found}")


def _entry(file: SchedulerFile, entry: raw.Extender, path: str) -> Iterator[Finding]:
    def finding(code: str, field: str, found: object, expected: str = "") -> Finding:
        return Finding(
            code=code, about=file.name, path=f"{path}.{field}", found=str(found), expected=expected
        )

    if not entry.node_cache_capable:
        yield finding("BD03", "nodeCacheCapable", str(bool(entry.node_cache_capable)).lower())
    if entry.bind_verb:
        yield finding("BD11", "bindVerb", entry.bind_verb)
    if entry.managed_resources:
        named = ", ".join(r.name or "?" for r in entry.managed_resources)
        yield finding("BD17", "managedResources", named)
    if entry.ignorable:
        yield finding("BD18", "ignorable", "true")
    for one in (*_verbs(entry), *_weight(entry), *_timeout(entry), *_transport(entry)):
        yield finding(*one)


def _verbs(entry: raw.Extender) -> Iterator[tuple[str, str, str]]:
    if not entry.filter_verb:
        yield "BD05", "filterVerb", "none"
    if not entry.prioritize_verb:
        yield "BD06", "prioritizeVerb", "none"
    if not entry.preempt_verb:
        yield "BD07", "preemptVerb", "none"
    for field, served in SERVED.items():
        verb = getattr(entry, field)
        if verb and verb.strip("/") != served:
            yield "BD10", f"{served}Verb", verb


def _weight(entry: raw.Extender) -> Iterator[tuple[str, str, str]]:
    weight = entry.weight or 0
    if entry.prioritize_verb and weight <= 0:
        yield "BD09", "weight", str(weight)
    elif entry.prioritize_verb and weight < _DECISIVE:
        yield "BD08", "weight", str(weight)


def timeout_s(entry: raw.Extender) -> float:
    """0 and none mean 5 s; forms nobody can read are told by the strict reader."""
    parts = _DURATION.findall(entry.http_timeout or "")
    return sum(float(number) * _UNITS[unit] for number, unit in parts) or _DEFAULT_TIMEOUT_S


def _timeout(entry: raw.Extender) -> Iterator[tuple[str, str, str]]:
    if timeout_s(entry) >= _LONG_S:
        shown = entry.http_timeout or "none, which means 5s"
        yield "BD12", "httpTimeout", shown


def _transport(entry: raw.Extender) -> Iterator[tuple[str, str, str]]:
    url = urlsplit(entry.url_prefix or "")
    tls = entry.tls_config
    has_authority = tls is not None and bool(tls.ca_file or tls.ca_data)
    if entry.enable_https and not has_authority:
        yield "BD13", "tlsConfig", "no caFile or caData"
    if url.scheme == "https" and not entry.enable_https and tls is None:
        yield "BD14", "urlPrefix", entry.url_prefix or ""
    if not _is_loopback(url.hostname or ""):
        yield "BD15", "urlPrefix", entry.url_prefix or "none"


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _sampling(file: SchedulerFile) -> Iterator[Finding]:
    whole = file.stored.percentage_of_nodes_to_score
    profiles = file.stored.profiles or [raw.Profile()]
    for i, profile in enumerate(profiles):
        said = profile.percentage_of_nodes_to_score
        if (whole if said is None else said) != _ALL_NODES:
            path = f"profiles[{i}].percentageOfNodesToScore" if file.stored.profiles else "profiles"
            found = "none" if said is None and whole is None else str(whole if said is None else said)
            yield Finding(code="BD04", about=file.name, path=path, found=found)


def _lease(file: SchedulerFile) -> Iterator[Finding]:
    """Only of a second scheduler: one without a profile called default-scheduler."""
    names = {profile.scheduler_name for profile in file.stored.profiles or ()}
    if not names or None in names or "default-scheduler" in names:
        return
    election = file.stored.leader_election or raw.LeaderElection()
    lease = (election.resource_namespace or _OWN_LEASE[0], election.resource_name or _OWN_LEASE[1])
    if election.leader_elect is not False and lease == _OWN_LEASE:
        yield Finding(
            code="BD16", about=file.name, path="leaderElection.resourceName", found="/".join(_OWN_LEASE)
        )
