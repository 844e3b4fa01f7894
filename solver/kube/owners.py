"""Who controls an object."""

from __future__ import annotations

from solver.kube import raw
from solver.model.pod import Owner


def controller(meta: raw.Metadata) -> Owner | None:
    """The controlling ownerReference; there is at most one."""
    for reference in meta.owner_references or ():
        if reference.controller:
            return Owner(kind=reference.kind or "", name=reference.name or "", uid=reference.uid or "")
    return None
