"""Whatever the input, the reader answers with a Snapshot or with an InputError."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from typing import Any

import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from solver.errors import InputError
from solver.kube.documents import Document
from solver.kube.read import ReadOptions, read_snapshot
from tests import builders as b
from tests.builders import Raw, f_nodes

_RULES = b.pod_spec(
    containers=[b.container(requests={"cpu": "1"}, limits={"memory": "1Gi"}, ports=[{"hostPort": 80}])],
    init_containers=[b.container(name="i", sidecar=True)],
    tolerations=[b.toleration(key="k", operator="Exists")],
    node_selector={"disk": "ssd"},
    node_affinity=b.required_nodes(b.in_zones("za")),
    pod_affinity=b.preferred_terms((5, b.affinity_term(labels={"a": "b"}, match_keys=["app"]))),
    pod_anti_affinity=b.required_terms(b.affinity_term(labels={"a": "b"}, namespace_selector={})),
    spread=[b.spread(labels={"app": "w"}, min_domains=2)],
    volumes=[b.claim_volume(claim="c"), b.ephemeral_volume(name="e")],
    extra={"resources": {"limits": {"cpu": "2"}}, "overhead": {"cpu": "1m"}},
)

WORLD: list[Raw] = [
    f_nodes()[0],
    b.pod(name="p", spec=_RULES, status={"containerStatuses": [{"name": "c", "resources": {}}]}),
    b.claim(name="c", volume="v"),
    b.volume(name="v", affinity=[b.in_zones("za")], claim="c", driver="d"),
    b.storage_class(name="s", default=True, topologies=[[(b.ZONE, ["za"])]]),
    b.csi_node(name="a1", limits={"d": 3}),
    b.csi_driver(name="d"),
    b.capacity(name="k", storage_class="s", topology={}, capacity="1Gi"),
    b.attachment(name="a", attacher="d", node="a1", volume="v"),
    b.service(name="s", labels={"a": "b"}),
    b.priority_class(name="gold", value=3),
]
APPS: list[Raw] = [
    b.deployment(name="w", replicas=2, spec=_RULES),
    b.stateful_set(name="db", replicas=2, claims={"data": b.claim_spec()}),
    b.daemon_set(name="log"),
    b.job(name="j", parallelism=2, completions=3, indexed=True),
]

_ODD = st.sampled_from(
    [
        None,
        True,
        0,
        -1,
        2**31,
        2**70,
        1.5,
        "",
        "x",
        "a b",
        "\x00",
        "9" * 80,
        "1e400",
        "=",
        [],
        [None],
        {},
        {"": None},
    ]
)


def _places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    children = (
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    )
    for key, child in children:
        yield (*path, key)
        yield from _places(child, (*path, key))


def _spoil(objects: list[Raw], where: tuple[Any, ...], value: Any) -> list[Raw]:
    spoiled: Any = copy.deepcopy(objects)
    at = spoiled
    for key in where[:-1]:
        at = at[key]
    at[where[-1]] = value
    return list(spoiled)


def _attempt(cluster: Document, apps: Document) -> None:
    try:
        made = read_snapshot([cluster], [apps], ReadOptions(run_cron_jobs=True))
    except InputError as error:
        assert error.faults
        assert all(fault.kind and fault.name and fault.found and fault.expected for fault in error.faults)
        str(error).encode()
    else:
        assert made.nodes


def _list(objects: list[Raw]) -> Raw:
    return {"apiVersion": "v1", "kind": "List", "items": objects}


@given(st.sampled_from(sorted(_places(WORLD), key=str)), _ODD, st.booleans())
@settings(max_examples=400, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
def test_any_value_anywhere_in_a_dump_is_read_or_refused(
    where: tuple[Any, ...], odd: Any, as_yaml: bool
) -> None:
    spoiled = _list(_spoil(WORLD, where, odd))
    text = yaml.safe_dump(spoiled) if as_yaml else json.dumps(spoiled)
    _attempt(Document("dump", text.encode()), b.document(*APPS))


@given(st.sampled_from(sorted(_places(APPS), key=str)), _ODD, st.booleans())
@settings(max_examples=400, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
def test_any_value_anywhere_in_a_manifest_is_read_or_refused(
    where: tuple[Any, ...], odd: Any, as_yaml: bool
) -> None:
    spoiled = _list(_spoil(APPS, where, odd))
    text = yaml.safe_dump(spoiled) if as_yaml else json.dumps(spoiled)
    _attempt(b.document(*WORLD), Document("app", text.encode()))


@given(st.integers(min_value=0), st.binary(max_size=3))
@settings(max_examples=300, deadline=None, derandomize=True)
def test_any_bytes_anywhere_are_read_or_refused(position: int, noise: bytes) -> None:
    data = b.document(*WORLD).data
    at = position % len(data)
    _attempt(Document("dump", data[:at] + noise + data[at + len(noise) + 1 :]), b.document(*APPS))


@given(st.binary(max_size=200))
@settings(max_examples=300, deadline=None, derandomize=True)
def test_any_bytes_at_all_are_read_or_refused(data: bytes) -> None:
    _attempt(b.document(*WORLD), Document("noise", data))
