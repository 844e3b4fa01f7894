"""The objects of a cluster, kept as a Snapshot while they change one by one. No I/O and no clock here.

Whatever the order of changes, the snapshot is the one that reading the objects from scratch would give, in
key order, with the replicas that the StatefulSets still lack.
"""

from solver.kube.mirror.change import Change, Shift
from solver.kube.mirror.mirror import Mirror
from solver.kube.mirror.reader import label_of
from solver.kube.mirror.whatif import with_manifests

__all__ = ["Change", "Mirror", "Shift", "label_of", "with_manifests"]
