"""One stored object to plain data, each text as its treatment says."""

from __future__ import annotations

from typing import Any, Protocol

from solver.kube.raw import Raw
from solver.kube.redact.fields import TREATMENT, Treatment


class Writer(Protocol):
    def __call__(self, treatment: Treatment, text: Any, beside: Raw, /) -> Any:
        """The text, list or map as it is to be written; None to leave it out. ``beside`` holds it."""


def written(stored: Raw, write: Writer) -> dict[str, Any]:
    made: dict[str, Any] = {}
    treatments = TREATMENT.get(type(stored), {})
    names = zip(stored.__struct_fields__, stored.__struct_encode_fields__, strict=True)
    for field, name in names:
        value = _shown(getattr(stored, field), treatments.get(field), stored, write)
        if value is not None:
            made[name] = value
    return made


def _shown(value: Any, treatment: Treatment | None, beside: Raw, write: Writer) -> Any:
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, Raw):
        return written(value, write)
    if isinstance(value, list) and (not value or isinstance(value[0], Raw)):
        return [written(item, write) for item in value]
    return None if treatment is None else write(treatment, value, beside)
