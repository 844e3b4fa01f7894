"""Static volumes are passed on where that serves one claim more."""

from __future__ import annotations

import numpy as np
import pytest

from solver.engine.neighbourhood import Neighbourhoods
from solver.engine.state import State
from tests.builders import claim, in_zones, node, pod, snapshot, storage_class, volume
from tests.constraints.judge import compiled

LOCAL = storage_class(name="local", provisioner="kubernetes.io/no-provisioner")
ZONES = ("za", "zb", "zc", "zd")


def world(volumes, claims):
    """``volumes`` name their zones and size, ``claims`` (one pod each) their zone and size."""
    return compiled(
        snapshot(
            *(node(name=zone, zone=zone) for zone in ZONES),
            LOCAL,
            *(
                volume(name=name, storage=size, storage_class="local", affinity=[in_zones(*zones)])
                for name, (zones, size) in volumes.items()
            ),
            *(claim(name=name, storage=size, storage_class="local") for name, (_, size) in claims.items()),
            *(
                pod(
                    name=name,
                    claims=[name],
                    node_affinity=None,
                    node_selector={"topology.kubernetes.io/zone": zone},
                )
                for name, (zone, _) in claims.items()
            ),
        )
    )


def place_of(problem, name):
    index = next(i for i, c in enumerate(problem.classes) if c.sample.name == name)
    return index, int(np.flatnonzero(problem.limit[index])[0])


def test_small_claim_leaves_the_near_volume_to_one_that_fits_no_other():
    """The small one takes the volume that fewest nodes reach; the large one may take no other."""
    problem = world(
        {"near": (["za"], "10Gi"), "wide": (["za", "zb"], "1Gi")},
        {"small": ("za", "1Gi"), "large": ("za", "5Gi")},
    )
    small, large = place_of(problem, "small"), place_of(problem, "large")
    state = State(problem)
    state.put(*small)
    assert not state.open_to(large[0], np.array([large[1]])).any()
    state.put(*large)
    assert sum(state.volumes.left) == 0
    state.remove(*small)
    state.remove(*large)
    assert sum(state.volumes.left) == 2


def test_pods_put_back_in_another_order_find_their_volumes():
    problem = world(
        {"near": (["za"], "10Gi"), "wide": (["za", "zb"], "1Gi")},
        {"small": ("za", "1Gi"), "large": ("za", "5Gi")},
    )
    state = State(problem)
    for name in ("large", "small"):
        index, number = place_of(problem, name)
        assert state.open_to(index, np.array([number])).all()
        state.put(index, number)
    neighbourhoods = Neighbourhoods(problem, state)
    here = neighbourhoods.open(np.arange(len(problem.nodes)))
    neighbourhoods.close(here, here.counts)
    assert state.placed.tolist() == [1, 1]


def test_a_volume_is_passed_on_along_a_chain_of_claims():
    """Each claim moves to the next volume, so that the first volume is free for the last claim."""
    problem = world(
        {"v1": (["za", "zb"], "1Gi"), "v2": (["zb", "zc"], "1Gi"), "v3": (["zc", "zd"], "1Gi")},
        {"b": ("zb", "1Gi"), "c": ("zc", "1Gi"), "a": ("za", "1Gi")},
    )
    state = State(problem)
    for name in "bca":
        state.put(*place_of(problem, name))
    assert sum(state.volumes.left) == 0


def test_more_claims_than_volumes_are_never_served():
    problem = world({"v1": (["za", "zb"], "1Gi")}, {"a": ("za", "1Gi"), "b": ("zb", "1Gi")})
    state = State(problem)
    state.put(*place_of(problem, "a"))
    with pytest.raises(AssertionError):
        state.put(*place_of(problem, "b"))
