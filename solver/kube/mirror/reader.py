"""One object as the API server sends it: typed and checked, or its faults."""

from __future__ import annotations

from dataclasses import replace

import msgspec

from solver.errors import Fault
from solver.kube.decoding import decode
from solver.kube.documents import Entry
from solver.kube.inventory import Inventory, Loaded
from solver.kube.kinds import BY_NAME

SOURCE = "the cluster"
_NOTHING = msgspec.Raw(b"{}")


class _Spec(msgspec.Struct):
    template: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET


class _Templated(msgspec.Struct):
    spec: _Spec | msgspec.UnsetType = msgspec.UNSET


_encode = msgspec.json.Encoder().encode


def read_object(kind: str, value: msgspec.Raw) -> tuple[Loaded | None, tuple[Fault, ...]]:
    """The object, or else what is wrong with it. Keeps nothing of the text but a pod template."""
    inventory = Inventory("default")
    inventory.add(Entry(kind, "", value, SOURCE, f"{kind} without a name"), manifest=False)
    if inventory.faults:
        return None, tuple(inventory.faults)
    (loaded,) = inventory.of(kind)
    return replace(loaded, entry=replace(loaded.entry, value=_template(loaded))), ()


def _template(loaded: Loaded) -> msgspec.Raw:
    """Templates are compared field by field (W16), also in fields that are not read otherwise."""
    if not loaded.kind.workload or loaded.kind.name == "Pod":
        return _NOTHING
    return msgspec.Raw(_encode(decode(loaded.entry.value, _Templated)))


def label_of(kind: str, namespace: str, name: str) -> str:
    """How an object is named among those of its kind."""
    return f"{namespace}/{name}" if BY_NAME[kind].namespaced else name
