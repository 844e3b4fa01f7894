"""What is wrong with controllers and with policy objects, as problems with field paths.

Controllers of a dump are not made into pods (only their selectors are read), so most checks are for
manifests.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from solver.kube import raw
from solver.kube.faults import Problem, show
from solver.kube.quantities import quantity_problems
from solver.kube.selectors import label_problems, label_selector, label_selector_problems
from solver.kube.syntax import OBJECT_NAME, is_object_name
from solver.kube.valid_pod import claim_spec_problems, pod_problems, toleration_problems
from solver.model.selector import selects

MAX_PODS = 200_000
"""Pods one workload may ask for here; more is a slip of the keyboard rather than a question."""

_MANAGEMENT_POLICIES = ("OrderedReady", "Parallel")
_COMPLETION_MODES = ("NonIndexed", "Indexed")


def deployment_problems(stored: raw.Deployment | raw.ReplicaSet, manifest: bool) -> Iterator[Problem]:
    spec = stored.spec
    if spec is None:
        yield Problem("spec", "nothing", "a spec with selector and template")
    elif manifest:
        yield from _count_problems(spec.replicas, "spec.replicas")
        yield from _selector_problems(spec.selector, spec.template)
        yield from _template_problems(spec.template, "spec.template", ("Always",))


def replication_controller_problems(stored: raw.ReplicationController, manifest: bool) -> Iterator[Problem]:
    spec = stored.spec
    if spec is None:
        yield Problem("spec", "nothing", "a spec with a template")
    elif manifest:
        yield from _count_problems(spec.replicas, "spec.replicas")
        yield from _template_problems(spec.template, "spec.template", ("Always",))
        if spec.selector is not None:
            selector = raw.LabelSelector(match_labels=spec.selector)
            yield from _selector_problems(selector, spec.template)


def stateful_set_problems(stored: raw.StatefulSet, manifest: bool) -> Iterator[Problem]:
    spec = stored.spec
    if spec is None:
        yield Problem("spec", "nothing", "a spec with selector and template")
        return
    if not manifest:
        return
    yield from _count_problems(spec.replicas, "spec.replicas")
    yield from _count_problems(spec.ordinals.start if spec.ordinals else None, "spec.ordinals.start")
    if spec.pod_management_policy and spec.pod_management_policy not in _MANAGEMENT_POLICIES:
        expected = " or ".join(_MANAGEMENT_POLICIES)
        yield Problem("spec.podManagementPolicy", show(spec.pod_management_policy), expected)
    yield from _selector_problems(spec.selector, spec.template)
    yield from _template_problems(spec.template, "spec.template", ("Always",))
    yield from _claim_template_problems(spec.volume_claim_templates or ())


def _claim_template_problems(templates: Sequence[raw.ClaimTemplate]) -> Iterator[Problem]:
    seen: set[str] = set()
    for i, template in enumerate(templates):
        path = f"spec.volumeClaimTemplates[{i}]"
        name = (template.metadata.name if template.metadata else None) or ""
        if not is_object_name(name):
            yield Problem(f"{path}.metadata.name", show(name), OBJECT_NAME)
        if name in seen:
            yield Problem(f"{path}.metadata.name", f"{show(name)} again", "template names that differ")
        seen.add(name)
        yield from claim_spec_problems(template.spec, f"{path}.spec", True)


def daemon_set_problems(stored: raw.DaemonSet, manifest: bool) -> Iterator[Problem]:
    spec = stored.spec
    if spec is None:
        yield Problem("spec", "nothing", "a spec with selector and template")
    elif manifest:
        yield from _selector_problems(spec.selector, spec.template)
        yield from _template_problems(spec.template, "spec.template", ("Always",))


def job_problems(stored: raw.Job, manifest: bool) -> Iterator[Problem]:
    if manifest:
        yield from _job_spec_problems(stored.spec, "spec")


def cron_job_problems(stored: raw.CronJob, manifest: bool) -> Iterator[Problem]:
    if not manifest:
        return
    template = stored.spec.job_template if stored.spec else None
    if template is None:
        yield Problem("spec.jobTemplate", "nothing", "a job template")
    else:
        yield from _job_spec_problems(template.spec, "spec.jobTemplate.spec")


def _job_spec_problems(spec: raw.JobSpec | None, path: str) -> Iterator[Problem]:
    """W9."""
    if spec is None:
        yield Problem(path, "nothing", "a job spec with a template")
        return
    yield from _count_problems(spec.parallelism, f"{path}.parallelism")
    yield from _count_problems(spec.completions, f"{path}.completions")
    if spec.completion_mode and spec.completion_mode not in _COMPLETION_MODES:
        expected = " or ".join(_COMPLETION_MODES)
        yield Problem(f"{path}.completionMode", show(spec.completion_mode), expected)
    if spec.completion_mode == "Indexed" and spec.completions is None:
        yield Problem(f"{path}.completions", "nothing", "a number of completions with Indexed")
    yield from _template_problems(spec.template, f"{path}.template", ("Never", "OnFailure"))


def _count_problems(number: int | None, path: str) -> Iterator[Problem]:
    if number is not None and not 0 <= number <= MAX_PODS:
        yield Problem(path, show(number), f"a number from 0 to {MAX_PODS}")


def _selector_problems(
    selector: raw.LabelSelector | None, template: raw.PodTemplate | None
) -> Iterator[Problem]:
    """The selector is mandatory, sound, not empty, and selects the pods of the template."""
    if selector is None or not (selector.match_labels or selector.match_expressions):
        yield Problem("spec.selector", show(selector), "a selector that is not empty")
        return
    bad = list(label_selector_problems(selector, "spec.selector"))
    yield from bad
    labels = (template.metadata.labels if template and template.metadata else None) or {}
    if not bad and template is not None and not selects(label_selector(selector), labels):
        yield Problem("spec.template.metadata.labels", show(labels), "labels that spec.selector matches")


def _template_problems(
    template: raw.PodTemplate | None, path: str, restart_policies: Sequence[str]
) -> Iterator[Problem]:
    if template is None:
        yield Problem(path, "nothing", "a pod template")
        return
    for key, value in ((template.metadata.labels if template.metadata else None) or {}).items():
        for problem in label_problems(key, value, "metadata.labels"):
            yield problem.under(path)
    yield from pod_problems(template.spec, f"{path}.spec", True)
    policy = (template.spec.restart_policy if template.spec else None) or "Always"
    if policy not in restart_policies:
        yield Problem(f"{path}.spec.restartPolicy", show(policy), " or ".join(restart_policies))


def runtime_class_problems(stored: raw.RuntimeClass, _manifest: bool) -> Iterator[Problem]:
    if stored.overhead is not None:
        yield from quantity_problems(stored.overhead.pod_fixed, "overhead.podFixed")
    for i, toleration in enumerate((stored.scheduling.tolerations if stored.scheduling else None) or ()):
        yield from toleration_problems(toleration, f"scheduling.tolerations[{i}]")


def limit_range_problems(stored: raw.LimitRange, _manifest: bool) -> Iterator[Problem]:
    for i, item in enumerate((stored.spec.limits if stored.spec else None) or ()):
        path = f"spec.limits[{i}]"
        yield from quantity_problems(item.default, f"{path}.default")
        yield from quantity_problems(item.default_request, f"{path}.defaultRequest")
        yield from quantity_problems(item.min, f"{path}.min")
        yield from quantity_problems(item.max, f"{path}.max")
