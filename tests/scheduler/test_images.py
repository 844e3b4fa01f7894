"""Section 10.1: image locality (I)."""

from __future__ import annotations

from tests.builders import container, node, pod
from tests.scheduler.judge import judge, scores

MI = 2**20
APP = "registry.example.com/app:1"


def image(*names, mebibytes):
    return {"names": list(names), "sizeBytes": mebibytes * MI}


def nodes(*holders, names=(APP,), mebibytes=600):
    """Four nodes; those named hold the image."""
    held = [image(*names, mebibytes=mebibytes)]
    return [node(name=f"n{i}", images=held if f"n{i}" in holders else []) for i in range(1, 5)]


def locality(*objects, images=(APP,), **fields):
    containers = [container(name=f"c{i}", image=name) for i, name in enumerate(images)]
    return list(
        scores(judge(*objects, pod(name="p", containers=containers, **fields)), "ImageLocality").values()
    )


def test_ex_i1_image_counts_by_size_and_share_of_nodes():
    assert locality(*nodes("n1")) == [12, 0, 0, 0]


def test_ex_i2_image_on_every_node_counts_in_full():
    assert locality(*nodes("n1", "n2", "n3", "n4")) == [59, 59, 59, 59]


def test_ex_i3_more_containers_raise_the_ceiling():
    assert locality(*nodes("n1"), images=[APP, "other"]) == [6, 0, 0, 0]


def test_i1_init_containers_count():
    init = [container(name="init", image=APP)]
    assert locality(*nodes("n1"), images=["other"], init_containers=init) == [6, 0, 0, 0]


def test_ex_i4_small_images_stay_below_the_floor():
    assert locality(*nodes("n1", "n2", "n3", "n4", mebibytes=20)) == [0, 0, 0, 0]


def test_i4_large_images_stop_at_the_ceiling():
    assert locality(*nodes("n1", "n2", "n3", "n4", mebibytes=5000)) == [100, 100, 100, 100]


def test_ex_i5_names_match_as_text_with_latest_for_a_missing_tag():
    assert locality(*nodes("n1", names=["nginx:latest"]), images=["nginx"])[0] == 12
    assert locality(*nodes("n1", names=["docker.io/library/nginx:latest"]), images=["nginx"])[0] == 0
    port = "registry.example.com:5000/nginx"
    assert locality(*nodes("n1", names=[f"{port}:latest"]), images=[port])[0] == 12


def test_i3_size_is_the_one_reported_first():
    unlike = [node(name=f"n{i}", images=[image(APP, mebibytes=size)]) for i, size in enumerate((600, 100))]
    assert locality(*unlike) == [59, 59]
