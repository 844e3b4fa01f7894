"""Settings: refused with a word that names them, before anything starts."""

from __future__ import annotations

from typing import Any

import pytest

from extender.config import ConfigError, ExtenderConfig, parse_bind
from solver.model.config import SolveConfig


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("127.0.0.1:8888", ("127.0.0.1", 8888)),
        ("localhost:0", ("localhost", 0)),
        ("[::1]:80", ("::1", 80)),
    ],
)
def test_an_address_is_host_and_port(text: str, address: tuple[str, int]) -> None:
    assert parse_bind(text) == address


@pytest.mark.parametrize(
    "text", ["", "8888", ":8888", "localhost", "localhost:", "localhost:http", "::1:80", "h:²"]
)
def test_anything_else_is_no_address(text: str) -> None:
    with pytest.raises(ConfigError, match="HOST:PORT"):
        parse_bind(text)


@pytest.mark.parametrize(
    ("settings", "word"),
    [
        ({"port": 65536}, "port"),
        ({"threads": 0}, "threads"),
        ({"idle_timeout_s": 90}, "idle timeout"),
        ({"max_body_bytes": 0}, "body limit"),
        ({"shared_nodes": -1}, "shared nodes"),
        ({"newcomers": -1}, "newcomers"),
        ({"solve": SolveConfig(time_limit_s=0)}, "time limit"),
        ({"solve": SolveConfig(workers=0)}, "workers"),
    ],
)
def test_a_setting_that_cannot_work_is_refused_by_name(settings: dict[str, Any], word: str) -> None:
    with pytest.raises(ConfigError, match=word):
        ExtenderConfig(**settings)


def test_the_defaults_outlive_the_idle_connections_of_kube_scheduler() -> None:
    assert ExtenderConfig().idle_timeout_s > 90
    assert ExtenderConfig().max_body_bytes == 128 * 1024 * 1024
