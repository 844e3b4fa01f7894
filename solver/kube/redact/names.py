"""Texts as they are, where they are of a harmless form, or exchanged for pseudonyms.

Pseudonyms keep what rules and reports rely on: parts of names (``data-db-0`` is still made of the template's
name and the pod's, with its ordinal), which are equal, and their order, by which ties are broken.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from solver.kube import raw
from solver.kube.pods import image_name
from solver.kube.redact.fields import Treatment
from solver.model.csi_translation import BETA_REGION, BETA_ZONE
from solver.model.names import OWN_PREFIX, REGION, ZONE
from solver.model.storage import BIND_COMPLETED, MIGRATED_PLUGINS, SELECTED_NODE

_FORM = {
    Treatment.WORD: re.compile(r"[A-Za-z]{0,64}"),
    Treatment.TIME: re.compile(r"[0-9TZ:.+-]{0,40}"),
    Treatment.DRIVER: re.compile(r"[A-Za-z0-9./_-]{0,253}"),
    Treatment.QUANTITY: re.compile(r"[+-]?[0-9.]{1,40}([eE][+-]?[0-9]{1,3}|[numkKMGTPE]i?)?"),
    Treatment.NAME: re.compile(r"[A-Za-z0-9./_-]{0,253}"),
    Treatment.UID: re.compile(r"[A-Za-z0-9/._-]{0,253}"),
    Treatment.KEY: re.compile(r"[A-Za-z0-9./_-]{0,317}"),
    Treatment.VALUE: re.compile(r"[A-Za-z0-9._-]{0,253}"),
    Treatment.SHARE: re.compile(r"[0-9]{1,9}%?"),
    Treatment.INDEXES: re.compile(r"[0-9,-]*"),
}
_RESOURCE = re.compile(r"[A-Za-z0-9./_-]{1,317}")
_NOTE = re.compile(r"[A-Za-z0-9 .,/%_-]{0,253}")
"""What annotations may say that are read at all."""
_NOTES = {
    BIND_COMPLETED: Treatment.WORD,
    SELECTED_NODE: Treatment.NAME,
    MIGRATED_PLUGINS: None,
    "volume.beta.kubernetes.io/storage-class": Treatment.NAME,
    "storageclass.kubernetes.io/is-default-class": Treatment.WORD,
    "storageclass.beta.kubernetes.io/is-default-class": Treatment.WORD,
}
"""Annotations that are read, and what they hold; None for a list of plugins. Ours are kept beside them."""
_PARAMETERS = frozenset({"replication-type", "skuname", "storageaccounttype", "zones", "zone", "type"})
"""Of storage classes, in lower case; C8 reads them."""
_ANY_ADDRESS = ("", "0.0.0.0", "::", "127.0.0.1")
_KEPT_NAMES = ("default-scheduler", "system-cluster-critical", "system-node-critical")
_KEPT_VALUES = frozenset(
    {
        ZONE,
        REGION,
        BETA_ZONE,
        BETA_REGION,
        "kubernetes.io/arch",
        "kubernetes.io/os",
        "node.kubernetes.io/instance-type",
    }
)
_UIDS = ("controller-uid", "batch.kubernetes.io/controller-uid")
_PARTS = re.compile(r"(?<![0-9])[0-9]{1,3}(?:([-.])[0-9]{1,3})(?:\1[0-9]{1,3}){2}(?![0-9])|[^-._/]+")
"""What separators leave, but an address as a whole: names of nodes and static pods hold them."""
_LEADING_DIGITS = re.compile(r"([0-9]{0,6})(.*)", re.DOTALL)
_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"


class Verbatim:
    """Names stay; images, handles and addresses are numbered all the same."""

    def __init__(self) -> None:
        self._seen: dict[Treatment, set[str]] = {Treatment.IMAGE: set(), Treatment.HANDLE: set()}
        self._number: dict[Treatment, dict[str, str]] = {}

    def learn(self, treatment: Treatment, text: Any, beside: raw.Raw, /) -> Any:
        if treatment in (Treatment.IMAGE, Treatment.HANDLE, Treatment.ADDRESS):
            kind = Treatment.IMAGE if treatment is Treatment.IMAGE else Treatment.HANDLE
            self._seen[kind].update(_segments(text) if kind is Treatment.HANDLE else _images(text, beside))
        return None

    def settle(self) -> None:
        """Everything was seen."""
        self._number = {kind: _numbered(seen) for kind, seen in self._seen.items()}

    def shown(self, treatment: Treatment, text: Any, beside: raw.Raw, /) -> Any:
        if isinstance(text, list):
            return [each for item in text if (each := self.shown(treatment, item, beside)) is not None]
        match treatment:
            case Treatment.LABELS:
                return self._labels(text)
            case Treatment.ANNOTATIONS:
                return self._annotations(text)
            case Treatment.PARAMETERS:
                return {k: v for k, v in text.items() if k.lower() in _PARAMETERS and _NOTE.fullmatch(v)}
            case Treatment.QUANTITY if isinstance(text, dict):
                return {k: v for k, v in text.items() if _is_resource(k) and _is_quantity(v)}
            case Treatment.IMAGE:
                (name,) = _images(text, beside)
                return f"image-{self._number[treatment][name]}:redacted"
            case Treatment.HANDLE:
                return self._handle(text)
            case Treatment.ADDRESS:
                return text if text in _ANY_ADDRESS else self._handle(text)
            case _:
                return self._plain(treatment, text, beside)

    def _plain(self, treatment: Treatment, text: str, beside: raw.Raw) -> str | None:
        form = _FORM[Treatment.KEY if treatment is Treatment.TOPOLOGY_KEY else treatment]
        if not form.fullmatch(text):
            return None
        match treatment:
            case Treatment.NAME:
                return self.name(text)
            case Treatment.UID:
                return self.uid(text)
            case Treatment.KEY | Treatment.TOPOLOGY_KEY:
                return self.key(text)
            case Treatment.VALUE:
                return self.value(getattr(beside, "key", None) or "", text)
            case _:
                return text

    def _labels(self, labels: Mapping[str, str]) -> dict[str, str]:
        key_form, value_form = _FORM[Treatment.KEY], _FORM[Treatment.VALUE]
        return {
            self.key(key): self.value(key, value)
            for key, value in labels.items()
            if key_form.fullmatch(key) and value_form.fullmatch(value)
        }

    def _annotations(self, annotations: Mapping[str, str]) -> dict[str, str] | None:
        kept = {}
        for key, text in annotations.items():
            if not _NOTE.fullmatch(text):
                continue
            if key in _NOTES:
                kept[key] = self.name(text) if _NOTES[key] is Treatment.NAME else text
            elif key.startswith(OWN_PREFIX):
                kept[key] = text
        return kept or None

    def _handle(self, text: str) -> str:
        """Segment by segment: some are compared with others that are written differently (V16)."""
        return "/".join(self._segment(segment) for segment in text.split("/"))

    def _segment(self, segment: str) -> str:
        if segment in _HANDLE_WORDS:
            return segment
        number = self._number[Treatment.HANDLE][segment]
        return f"vol-{number}" if segment.startswith("vol-") else f"handle-{number}"

    def name(self, text: str) -> str:
        return text

    def uid(self, text: str) -> str:
        return text

    def key(self, text: str) -> str:
        return text

    def value(self, _key: str, text: str) -> str:
        return text


class Pseudonyms(Verbatim):
    """Names and labels too. Kept: zones and regions, processor, system and machine type, resource and driver
    names, label keys of Kubernetes and of drivers, and short numbers."""

    def __init__(self) -> None:
        super().__init__()
        self._uids: set[str] = set()
        self._keys: set[str] = set()
        self._texts: set[str] = set()
        self._kept_keys: set[str] = set()
        self._compared: set[str] = set()
        """Keys whose values are compared as numbers."""
        self._uid: dict[str, str] = {}
        self._key: dict[str, str] = {}
        self._token: dict[str, str] = {}

    def learn(self, treatment: Treatment, text: Any, beside: raw.Raw, /) -> Any:
        super().learn(treatment, text, beside)
        match treatment:
            case Treatment.LABELS:
                self._learn_labels(text)
            case Treatment.ANNOTATIONS:
                self._texts.update(text[key] for key, kind in _NOTES.items() if kind and key in text)
            case Treatment.NAME:
                self._texts.update(_listed(text))
            case Treatment.UID:
                self._uids.add(text)
            case Treatment.KEY:
                self._keys.update(_listed(text))
            case Treatment.TOPOLOGY_KEY:
                self._kept_keys.update(_listed(text))
            case Treatment.VALUE:
                self._texts.update(_listed(text))
                if getattr(beside, "operator", None) in ("Gt", "Lt"):
                    self._compared.add(getattr(beside, "key", None) or "")
        return None

    def _learn_labels(self, labels: Mapping[str, str]) -> None:
        for key, value in labels.items():
            self._keys.add(key)
            (self._uids if key in _UIDS else self._texts).add(value)

    def settle(self) -> None:
        super().settle()
        self._uid = _numbered(self._uids, "uid-")
        self._key = _numbered({key for key in self._keys if not self._is_kept(key)}, "k")
        parts = (found[0] for text in self._texts for found in _PARTS.finditer(text))
        self._token = _numbered({_halves(part)[1] for part in parts} - {""}, "t")

    def name(self, text: str) -> str:
        return text if text in _KEPT_NAMES else _PARTS.sub(self._part, text)

    def uid(self, text: str) -> str:
        return self._uid.get(text, "")

    def key(self, text: str) -> str:
        return self._key.get(text, text) if not self._is_kept(text) else text

    def value(self, key: str, text: str) -> str:
        if key in _KEPT_VALUES or key.endswith(("/zone", "/region")):
            return text
        if key in _UIDS:
            return self.uid(text)
        if key in self._compared and text.lstrip("-").isdigit():
            return text
        return self.name(text)

    def _part(self, found: re.Match[str]) -> str:
        digits, rest = _halves(found[0])
        return digits + self._token.get(rest, "")

    def _is_kept(self, key: str) -> bool:
        owner, _, name = key.rpartition("/")
        public = owner.endswith(("kubernetes.io", "k8s.io")) or (bool(owner) and name in ("zone", "region"))
        return public or key in self._kept_keys or key.startswith(OWN_PREFIX) or key in _FIELDS


_FIELDS = ("", "metadata.name", "metadata.namespace")
_HANDLE_WORDS = ("", "aws:", "projects", "zones", "regions", "disks", "UNSPECIFIED")


def _listed(text: Any) -> Iterable[str]:
    return text if isinstance(text, list) else [text]


def _images(text: Any, beside: raw.Raw) -> Iterable[str]:
    """I2: the name that a container's image goes by on nodes."""
    return map(image_name, _listed(text)) if isinstance(beside, raw.Container) else _listed(text)


def _segments(text: Any) -> Iterable[str]:
    return (segment for one in _listed(text) for segment in one.split("/"))


def _is_resource(key: str) -> bool:
    """A quota per storage class holds the name of the class: it is left out."""
    return bool(_RESOURCE.fullmatch(key)) and ".storageclass." not in key


def _is_quantity(value: Any) -> bool:
    return not isinstance(value, str) or bool(_FORM[Treatment.QUANTITY].fullmatch(value))


def _halves(part: str) -> tuple[str, str]:
    """Short numbers at the beginning stay: ordinals are told by them. Nothing of an address does."""
    found = _LEADING_DIGITS.fullmatch(part) if part.isalnum() else re.fullmatch("()(.*)", part)
    assert found is not None  # any text is of this form
    return found[1], found[2]


def _numbered(texts: Iterable[str], prefix: str = "") -> dict[str, str]:
    """Numbers of equal length, in the texts' order."""
    ordered = sorted(set(texts))
    width = 1
    while len(_DIGITS) ** width < len(ordered):
        width += 1
    return {text: prefix + _base36(number, width) for number, text in enumerate(ordered)}


def _base36(number: int, width: int) -> str:
    text = ""
    for _ in range(width):
        number, digit = divmod(number, len(_DIGITS))
        text = _DIGITS[digit] + text
    return text
