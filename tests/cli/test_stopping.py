"""A verb that a signal stops says so, and how to go on; options may come before the verb."""

import os
import shutil
import signal
import time
from typing import Any

import pytest

from stat_engine import Run, Workspace
from tests.cli.conftest import Verb, assert_refused


@pytest.mark.parametrize(("number", "status"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_run_that_is_stopped_says_how_to_go_on(
    stat: Verb, finished: Workspace, monkeypatch: pytest.MonkeyPatch, number: signal.Signals, status: int
) -> None:
    def stopped(*_: Any) -> None:
        os.kill(os.getpid(), number)
        time.sleep(10)

    monkeypatch.setattr(Run, "run", stopped)
    before = signal.getsignal(signal.SIGTERM)
    said = stat("run", "small", "--until", "responses", workspace=finished.root)
    assert (said.status, said.out) == (status, "")
    assert said.err == (
        f"stat-studio: stopped by {number.name}; what was finished is kept, go on with: stat-studio run small "
        f"--until responses --workspace {finished.root}\n"
    )
    assert signal.getsignal(signal.SIGTERM) == before


def test_options_of_every_verb_may_come_before_it(stat: Verb, finished: Workspace) -> None:
    expected = stat("status", "small", "--json", workspace=finished.root)
    assert expected.json["run"] == "small"
    for first in (["--workspace", finished.root, "--json"], ["--json", f"--workspace={finished.root}"]):
        assert stat(*first, "status", "small") == expected
    assert stat("--workspace", finished.root).status == 2


def test_models_without_a_server_asks_nobody(
    stat: Verb, finished: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL"):
        monkeypatch.delenv(name, raising=False)
    said = stat("models", workspace=finished.root)
    assert (said.status, said.out) == (
        0, "neither the settings nor a run names a server; ask one with: stat-studio models --url URL\n",
    )  # fmt: skip


def test_models_asks_the_servers_that_the_workspace_names(
    stat: Verb, copy: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    monkeypatch.setenv("LAB_KEY", "x")
    server = ["servers.lab.base_url=http://127.0.0.1:9/v1", "servers.lab.api_key_env=LAB_KEY"]
    assert stat("settings", *server, workspace=copy.root).status == 0
    (row,) = stat("models", "--json", workspace=copy.root).json["servers"]
    assert (row["part"], row["url"], row["is_up"]) == ("lab", "http://127.0.0.1:9/v1", False)


def test_the_difficult_part_is_not_counted_before_it_is_scored(stat: Verb, copy: Workspace) -> None:
    before = stat("compare", "small", "--json", workspace=copy.root).json
    assert before["is_difficult_known"] and before["difficult_questions"]
    shutil.rmtree(copy.run("small").folder.benchmark_rewards("test").folder)
    after = stat("compare", "small", "--json", workspace=copy.root).json
    assert (after["is_difficult_known"], after["difficult_questions"]) == (False, 0)
    first = stat("compare", "small", workspace=copy.root).out.splitlines()[0]
    assert first.endswith("difficult part not known yet: the student's own responses are not scored")
    copy.run("small").configure(["difficulty.filter=ground-truth"])
    assert stat("compare", "small", "--json", workspace=copy.root).json["is_difficult_known"]


def test_a_filter_that_lacks_rewards_names_those_that_need_none(stat: Verb, copy: Workspace) -> None:
    shutil.rmtree(copy.run("small").folder.step_rewards.folder)
    said = stat("difficult", "small", "--filter", "orm", workspace=copy.root)
    assert_refused(said, "filter orm needs outcome rewards or step rewards, and no response has any")
    assert said.err.endswith("; filters that need none: consistency, length, ground-truth\n")
    copy.run("small").configure(["difficulty.filter=ground-truth", "difficulty.aggregate=any"])
    told = stat("difficult", "small", "--grid", workspace=copy.root)
    assert told.out.endswith("no grid of thresholds: it needs step rewards and known correctness\n")
