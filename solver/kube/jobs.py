"""Jobs and runs of CronJobs as pods (W9, W10, W16)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count, islice

from solver.kube import raw
from solver.kube.inventory import Loaded
from solver.kube.templates import Planned, Template, owner_of, template_labels, workload_key
from solver.model.pod import Owner

INDEX_LABEL = "batch.kubernetes.io/job-completion-index"
_NEW_UID = "new"


@dataclass(frozen=True, slots=True)
class Progress:
    """What a stored Job says it has done."""

    succeeded: int = 0
    indexes: frozenset[int] = frozenset()


def expand_job(loaded: Loaded, spec: raw.PodSpec, planned: Planned) -> None:
    stored: raw.Job = loaded.stored
    wanted = stored.spec or raw.JobSpec()
    twin = planned.inventory.replaced.get(("Job", loaded.namespace, loaded.name))
    status = (twin.stored if twin else stored).status  # applying a manifest does not touch the status
    uid = loaded.metadata.uid or (twin.metadata.uid if twin else None) or _NEW_UID
    template = Template(
        workload=workload_key(loaded),
        owner=owner_of(loaded),
        labels={**template_labels(wanted.template), **_job_labels(loaded.name, uid)},
        spec=spec,
    )
    _expand(template, wanted, _progress(status), planned)


def expand_cron_job(loaded: Loaded, spec: raw.PodSpec, planned: Planned) -> None:
    """W10: one run, as if the hour had come."""
    stored: raw.CronJob = loaded.stored
    cron = stored.spec or raw.CronJobSpec()
    wanted = (cron.job_template.spec if cron.job_template else None) or raw.JobSpec()
    if cron.suspend:
        return
    name = f"{loaded.name}-run"
    template = Template(
        workload=workload_key(loaded),
        owner=Owner(kind="Job", name=name),
        labels={**template_labels(wanted.template), **_job_labels(name, _NEW_UID)},
        spec=spec,
        path="spec.jobTemplate.spec.template",
    )
    _expand(template, wanted, Progress(), planned)


def active_pods(wanted: raw.JobSpec, succeeded: int) -> int:
    """W9."""
    if wanted.suspend:
        return 0
    parallelism = 1 if wanted.parallelism is None else wanted.parallelism
    if wanted.completions is None:
        return parallelism if wanted.parallelism is not None else max(0, 1 - succeeded)
    return max(0, min(parallelism, wanted.completions - succeeded))


def _expand(template: Template, wanted: raw.JobSpec, progress: Progress, planned: Planned) -> None:
    present = planned.active(template.workload)
    missing = max(0, active_pods(wanted, progress.succeeded) - len(present))
    names = planned.free_names(template.workload.namespace, template.owner.name, missing)
    if wanted.completion_mode != "Indexed":
        for name in names:
            planned.add_pod(template, name)
        return
    used = {int(p.labels[INDEX_LABEL]) for p in present if p.labels.get(INDEX_LABEL, "").isdecimal()}
    free = (i for i in count() if i not in used and i not in progress.indexes)
    for name, index in zip(names, islice(free, missing), strict=True):
        planned.add_pod(template, name, labels={INDEX_LABEL: str(index)})


def _job_labels(name: str, uid: str) -> dict[str, str]:
    return {
        "batch.kubernetes.io/job-name": name,
        "job-name": name,
        "batch.kubernetes.io/controller-uid": uid,
        "controller-uid": uid,
    }


def _progress(status: raw.JobStatus | None) -> Progress:
    if status is None:
        return Progress()
    return Progress(status.succeeded or 0, frozenset(_indexes(status.completed_indexes or "")))


def _indexes(text: str) -> Iterator[int]:
    """``0-2,5`` as Indexed Jobs report what has succeeded; what is not of that form is left out."""
    for part in text.split(","):
        low, _, high = part.partition("-")
        if low.isdecimal() and (high or low).isdecimal():
            yield from range(int(low), min(int(high or low), int(low) + 100_000) + 1)
