"""Which pods a command asks about: pending ones and manifests, by namespace, label and name."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from solver.cli.flags import SelectionFlags
from solver.errors import Fault, InputError
from solver.kube.unsupported import GATED
from solver.model.names import PodKey, pod_key
from solver.model.outcome import Question
from solver.model.pod import Pod
from solver.model.selector import LabelSelector
from solver.model.snapshot import Skipped, Snapshot
from solver.planning.change import Inputs
from solver.planning.setting import find_workload
from solver.planning.workloads import SHORT_KINDS, workload_key


def asked_about(snapshot: Snapshot, flags: SelectionFlags) -> tuple[Question, tuple[Skipped, ...]]:
    """What a plan is made for, and the gated pods it leaves out (Q1)."""
    pods = matching(waiting(snapshot, flags.ignore_pending), flags.namespace, flags.selector)
    gated = [] if flags.plan_gated else [pod for pod in pods if pod.scheduling_gates]
    question = Question(pods=tuple(pod.key for pod in pods if flags.plan_gated or not pod.scheduling_gates))
    if not gated:
        return question, ()
    row = Skipped(code=GATED.code, feature=GATED.text, count=len(gated), example=f"Pod {gated[0].key}")
    return question, (row,)


def waiting(snapshot: Snapshot, ignore_pending: bool) -> tuple[Pod, ...]:
    """Pods without a node: those of the manifests, and those already in the cluster unless ignored."""
    return tuple(pod for pod in snapshot.pending if pod.from_manifest or not ignore_pending)


def matching(pods: Iterable[Pod], namespace: str | None, selector: LabelSelector) -> tuple[Pod, ...]:
    """The pods that ``-n`` and ``-l`` leave, in their order."""
    return tuple(pod for pod in pods if namespace in (None, pod.namespace) and selector.matches(pod.labels))


def named(snapshot: Snapshot, names: Sequence[str], namespace: str | None) -> tuple[Pod, ...]:
    """The pending pods called ``pod/NAME`` (in ``namespace`` or default), ``NS/NAME`` or ``pod/NS/NAME``.

    Raises InputError naming every one that does not exist or is not pending.
    """
    keys = [_key(name, namespace) for name in names]
    faults = [fault for key in dict.fromkeys(keys) if (fault := _not_pending(snapshot, key))]
    if faults:
        raise InputError(faults)
    return tuple(snapshot.pod_by_key[key] for key in dict.fromkeys(keys))


def named_or_owned(
    snapshot: Snapshot, inputs: Inputs, names: Sequence[str], namespace: str | None
) -> tuple[PodKey, ...]:
    """Pending pods that are named, and those of workloads that are: ``sts/NAME``, ``KIND/NS/NAME``, ``NAME``.

    Raises InputError naming every name that leads to no pending pod.
    """
    found: list[PodKey] = []
    faults: list[Fault] = []
    for name in names:
        try:
            found += _pods_called(snapshot, inputs, name, namespace)
        except InputError as error:
            faults += error.faults
    if faults:
        raise InputError(faults)
    return tuple(dict.fromkeys(found))


def _pods_called(snapshot: Snapshot, inputs: Inputs, name: str, namespace: str | None) -> list[PodKey]:
    lead, slash, rest = name.partition("/")
    if slash and (lead == "pod" or lead.lower() not in SHORT_KINDS):
        key = _key(name, namespace)
        if lead == "pod" or key in snapshot.pod_by_key:
            return [pod.key for pod in named(snapshot, [name], namespace)]
    elif not slash and (key := pod_key(namespace or "default", rest or name)) in snapshot.pod_by_key:
        return [pod.key for pod in named(snapshot, [key], namespace)]
    ref = find_workload(inputs, name, namespace, "")
    owner = workload_key(ref)
    pods = [pod.key for pod in snapshot.pending if pod.workload == owner]
    if not pods:
        told = Fault(
            kind=ref.kind, name=f"{ref.namespace}/{ref.name}", path="", found="no pending pod", expected="one"
        )
        raise InputError([told])
    return pods


def _key(name: str, namespace: str | None) -> PodKey:
    first, second = name.split("/")[-2:]
    return pod_key(namespace or "default", second) if name == f"pod/{second}" else pod_key(first, second)


def _not_pending(snapshot: Snapshot, key: PodKey) -> Fault | None:
    pod = snapshot.pod_by_key.get(key)
    if pod is None:
        return Fault(kind="Pod", name=key, path="", found="no such pod", expected="a pending pod")
    if pod.is_pending:
        return None
    if pod.node_name is not None:
        found = f"running on node {pod.node_name}"
    else:
        found = "terminating" if pod.terminating else f"phase {pod.phase}"
    return Fault(kind="Pod", name=key, path="", found=found, expected="a pending pod")
