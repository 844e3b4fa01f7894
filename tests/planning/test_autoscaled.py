"""Replicas under a HorizontalPodAutoscaler: moved into its bounds, set on demand, and named."""

from __future__ import annotations

from typing import Any

import pytest

from solver.errors import InputError
from solver.planning.autoscaled import autoscaled, within_bounds
from solver.planning.change import Inputs, apply, inputs_of
from solver.planning.setting import parse_setting, set_all
from tests import builders as b


def autoscaler(least: int | None, most: int, target: str = "web", namespace: str = b.NAMESPACE) -> b.Raw:
    spec: dict[str, Any] = {"scaleTargetRef": {"kind": "Deployment", "name": target}, "maxReplicas": most}
    return {
        "apiVersion": "autoscaling/v2",
        "kind": "HorizontalPodAutoscaler",
        "metadata": {"name": target, "namespace": namespace},
        "spec": spec if least is None else {**spec, "minReplicas": least},
    }


def given(written: int | None, *manifests: b.Raw, cluster: tuple[b.Raw, ...] = ()) -> Inputs:
    web = b.deployment(name="web", replicas=1, spec=b.pod_spec(requests={"cpu": "1"}))
    if written is None:
        del web["spec"]["replicas"]
    else:
        web["spec"]["replicas"] = written
    return inputs_of([b.document(*b.f_nodes(), *cluster)], [b.document(web, *manifests)])


def taken(inputs: Inputs, *settings: str) -> tuple[int | None, int, int]:
    """Written, taken at, and the pods there are."""
    asked = apply(inputs, within_bounds(inputs))
    asked = apply(asked, set_all(asked, [parse_setting(text) for text in settings]))
    (one,) = autoscaled(inputs, asked)
    return one.written, one.replicas, len(asked.snapshot().pending)


@pytest.mark.parametrize(
    ("written", "least", "most", "replicas"),
    [(4, 2, 6, 4), (1, 2, 6, 2), (9, 2, 6, 6), (None, 3, 6, 3), (None, None, 6, 1), (0, 2, 6, 0)],
)
def test_a_count_is_moved_into_the_bounds(
    written: int | None, least: int | None, most: int, replicas: int
) -> None:
    assert taken(given(written, autoscaler(least, most))) == (written, replicas, replicas)


def test_without_a_written_count_the_one_that_runs_is_kept() -> None:
    running = b.deployment(name="web", replicas=5, spec=b.pod_spec(requests={"cpu": "1"}))
    assert taken(given(None, cluster=(running, autoscaler(2, 6)))) == (None, 5, 5)


def test_the_bounds_can_be_asked_about_by_name() -> None:
    inputs = given(4, autoscaler(2, 6))
    assert taken(inputs, "web.replicas=max") == (4, 6, 6)
    assert taken(inputs, "web.replicas=min") == (4, 2, 2)
    assert taken(inputs, "web.replicas=5") == (4, 5, 5)


def test_a_running_workload_can_be_set_to_its_most() -> None:
    inputs = inputs_of(
        [
            b.document(
                *b.f_nodes(),
                b.deployment(name="web", replicas=1, spec=b.pod_spec(requests={"cpu": "1"})),
                autoscaler(1, 3),
            )
        ]
    )
    assert autoscaled(inputs, apply(inputs, within_bounds(inputs))) == ()
    assert taken(inputs, "web.replicas=max") == (1, 3, 3)


def test_an_autoscaler_of_another_namespace_says_nothing() -> None:
    inputs = given(1, autoscaler(2, 6, namespace="other"))
    assert within_bounds(inputs).edits == ()


def test_a_bound_without_an_autoscaler_is_an_input_error() -> None:
    inputs = given(1)
    with pytest.raises(InputError, match="no HorizontalPodAutoscaler for Deployment"):
        set_all(inputs, [parse_setting("web.replicas=max")])


def test_bounds_that_contradict_each_other_are_a_fault() -> None:
    with pytest.raises(InputError, match=r"spec\.maxReplicas: found 2; expected at least 3"):
        given(1, autoscaler(3, 2)).snapshot()
