"""The pods of scheduler and extender: who schedules them, how many plan."""

from __future__ import annotations

from collections.abc import Iterator

from extender.doctor.finding import Finding
from extender.doctor.wiring import Object, Wiring, containers, name_of, pod_of


def check(wiring: Wiring) -> Iterator[Finding]:
    ours = {p.scheduler_name for file in wiring.schedulers for p in file.stored.profiles or ()}
    ours.update(name for file in wiring.extenders for name in file.config.scheduler_names)
    for workload in wiring.workloads:
        if not runs_extender(workload):
            continue
        about = f"{workload['kind']}/{name_of(workload)}"
        scheduler = pod_of(workload).get("schedulerName")
        if scheduler in ours - {"default-scheduler", None}:
            yield Finding(
                code="BD21", about=about, path="spec.template.spec.schedulerName", found=str(scheduler)
            )
        replicas = (workload.get("spec") or {}).get("replicas", 1)
        if not runs_scheduler(workload) and isinstance(replicas, int) and replicas > 1:
            yield Finding(code="BD26", about=about, path="spec.replicas", found=str(replicas))


def runs_extender(workload: Object) -> bool:
    """A container that is told to serve."""
    return any("serve" in (c.get("args") or ()) and _is_ours(c) for c in containers(workload))


def _is_ours(container: Object) -> bool:
    words = f"{container.get('name', '')} {container.get('image', '')}"
    return "extender" in words or "bulkhead" in words


def runs_scheduler(workload: Object) -> bool:
    return any("kube-scheduler" in str(c.get("image", "")) for c in containers(workload))
