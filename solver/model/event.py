"""What happens in a cluster between two snapshots, as far as indexes follow it."""

from __future__ import annotations

from dataclasses import dataclass

from solver.model.pod import Pod
from solver.model.storage import Attachment, Claim, StorageCapacity, Volume

Thing = Pod | Claim | Volume | Attachment | StorageCapacity
"""What comes and goes all the time. When anything else changes, nodes for example, start from a snapshot."""


@dataclass(frozen=True, slots=True)
class Put:
    """The object is there from now on, in place of one of the same kind and name: a pod that is bound to a
    node is put again with its node."""

    thing: Thing


@dataclass(frozen=True, slots=True)
class Gone:
    """The object is not there any more; only its kind and name count."""

    thing: Thing


Event = Put | Gone
