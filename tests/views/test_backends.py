from pathlib import Path

import pytest

from stat_engine import config as configuration
from stat_engine import views

GIB = 2**30


def driver(folder: Path, said: str, status: int = 0) -> None:
    """An nvidia-smi that says this."""
    path = folder / "nvidia-smi"
    path.write_text(f"#!/bin/sh\ncat <<'END'\n{said}END\nexit {status}\n")
    path.chmod(0o755)


def test_gpus_are_those_the_driver_tells_of_with_their_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    driver(tmp_path, "NVIDIA H200, 1024, 2048\nCard, with a comma, 10, 20\n")
    assert views.servers.machine()["gpus"] == [
        {"name": "NVIDIA H200", "memory_free": GIB, "memory_total": 2 * GIB},
        {"name": "Card, with a comma", "memory_free": 10 * 2**20, "memory_total": 20 * 2**20},
    ]


@pytest.mark.parametrize(("said", "status"), [("no devices were found\n", 6), ("Card, [N/A], [N/A]\n", 0)])
def test_a_driver_that_tells_of_none_means_no_gpu(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, said: str, status: int
) -> None:
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    driver(tmp_path, said, status)
    found = views.servers.machine()
    assert found["gpus"] == []
    assert found["n_cpus"] >= 1 and 0 < found["memory_free"] <= found["memory_total"]


def test_servers_are_those_of_the_parts_that_ask_one() -> None:
    config = configuration.load(
        None,
        ["teacher={backend: openai, model: t}", "reward_model={backend: rlhflow-server, model: r}",
         "second_teachers=[{backend: student, name: self}, {backend: openai, model: u, name: two}]"],
    )  # fmt: skip
    assert {part: model for part, (_, model) in views.servers.run_servers(config).items()} == {
        "reward_model": "r", "teacher": "t", "second_teachers.1": "u",
    }  # fmt: skip
