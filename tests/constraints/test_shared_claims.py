"""V8, V9, V36, V44: claims that several pods use."""

from __future__ import annotations

import pytest

from tests.builders import claim, in_zones, node, pod, snapshot, storage_class, volume
from tests.constraints.judge import LENIENT, allows

ONCE, MANY, ONE_POD = "ReadWriteOnce", "ReadWriteMany", "ReadWriteOncePod"


def sharing(mode, *more, bound=True):
    """p and q use one claim; r uses one of its own."""
    claims = [claim(name=name, modes=[mode], volume=f"pv-{name}") for name in ("data", "own")]
    volumes = [volume(name=f"pv-{name}", claim=name, modes=[mode]) for name in ("data", "own")]
    pods = [pod(name=name, claims=["data"]) for name in "pq"] + [pod(name="r", claims=["own"])]
    return snapshot(node(name="a1"), node(name="b1"), *claims, *volumes, *pods, *more)


def test_v44_users_of_a_read_write_once_claim_share_a_node():
    assert allows(sharing(ONCE), {"p": "a1", "q": "a1"})
    assert not allows(sharing(ONCE), {"p": "a1", "q": "b1"})
    assert allows(sharing(ONCE), {"p": "a1", "r": "b1"})


def test_v44_can_be_switched_off():
    assert allows(sharing(ONCE), {"p": "a1", "q": "b1"}, config=LENIENT)


def test_read_write_many_claims_are_used_anywhere():
    assert allows(sharing(MANY), {"p": "a1", "q": "b1"})


def test_v9_read_write_once_pod_claims_have_one_user():
    assert allows(sharing(ONE_POD), {"p": "a1", "r": "a1"})
    assert not allows(sharing(ONE_POD), {"p": "a1", "q": "a1"})


def test_read_write_once_pod_claims_of_their_own_do_not_concern_other_pods():
    claims = [claim(name=f"c-{name}", modes=[ONE_POD], volume=f"pv-{name}") for name in "pq"]
    volumes = [volume(name=f"pv-{name}", claim=f"c-{name}", modes=[ONE_POD]) for name in "pq"]
    pods = [pod(name=name, claims=[f"c-{name}"]) for name in "pq"]
    here = snapshot(node(name="a1"), node(name="b1"), *claims, *volumes, *pods)
    assert allows(here, {"p": "a1", "q": "a1"})


@pytest.mark.parametrize(("mode", "beside", "elsewhere"), [(ONCE, True, False), (MANY, True, True)])
def test_running_user_holds_its_claim(mode, beside, elsewhere):
    here = sharing(mode, pod(name="old", node="a1", claims=["data"]))
    assert allows(here, {"p": "a1"}) is beside
    assert allows(here, {"p": "b1"}) is elsewhere


def test_v8_running_user_of_a_read_write_once_pod_claim_keeps_everyone_out():
    here = sharing(ONE_POD, pod(name="old", node="a1", claims=["data"]))
    assert not allows(here, {"p": "a1"})
    assert not allows(here, {"p": "b1"})
    assert allows(here, {"r": "b1"})


def test_v44_running_users_on_two_nodes_leave_no_node():
    old = [pod(name=f"old-{name}", node=name, claims=["data"]) for name in ("a1", "b1")]
    assert not allows(sharing(ONCE, *old), {"p": "a1"})
    assert allows(sharing(ONCE, *old), {"p": "a1"}, config=LENIENT)


def test_v36_unbound_claim_goes_where_its_first_pod_goes():
    here = snapshot(
        node(name="a1", zone="za"),
        node(name="b1", zone="zb"),
        storage_class(name="fast"),
        claim(name="data", storage_class="fast", modes=[MANY]),
        *(pod(name=name, claims=["data"]) for name in "pq"),
    )
    assert allows(here, {"p": "b1", "q": "b1"}, config=LENIENT)
    assert not allows(here, {"p": "a1", "q": "b1"}, config=LENIENT)


def test_unbound_claim_of_a_running_pod_promises_nothing():
    """kube-scheduler assumes nothing for pods that were on nodes before (G8, V36)."""
    here = snapshot(
        node(name="a1", zone="za"),
        node(name="b1", zone="zb"),
        storage_class(name="fast"),
        claim(name="data", storage_class="fast", modes=[MANY]),
        pod(name="old", node="a1", claims=["data"]),
        pod(name="p", claims=["data"]),
    )
    assert allows(here, {"p": "b1"})


def test_shared_static_claim_takes_one_volume():
    here = snapshot(
        node(name="a1", zone="za"),
        node(name="b1", zone="zb"),
        storage_class(name="local", provisioner="kubernetes.io/no-provisioner"),
        volume(name="pv", storage_class="local", affinity=[in_zones("za")]),
        claim(name="data", storage_class="local"),
        claim(name="own", storage_class="local"),
        *(pod(name=name, claims=["data"]) for name in "pq"),
        pod(name="r", claims=["own"]),
    )
    assert allows(here, {"p": "a1", "q": "a1"})
    assert not allows(here, {"p": "b1"})
    assert allows(here, {"r": "a1"})
    assert not allows(here, {"p": "a1", "r": "a1"})
