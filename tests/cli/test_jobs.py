"""The verbs on jobs; the jobs themselves are tested in tests/jobs."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from stat_engine import jobs
from stat_engine.config.shipped import ROOT
from stat_engine.jobs import jobs as module
from stat_engine.store.files import read_json
from tests.cli.conftest import Verb
from tests.jobs.conftest import end_all, until
from tests.jobs.counting import ordered


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A workspace with an empty run `small`, whose jobs count instead of working."""
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    counting = str(ROOT / "tests" / "jobs" / "counting.py")
    monkeypatch.setattr(module, "WORKER", [sys.executable, "-u", counting])
    card = {"config": {"teacher": {"backend": "numeracy"}}}
    (tmp_path / "runs" / "small").mkdir(parents=True)
    (tmp_path / "runs" / "small" / "run.json").write_text(json.dumps(card))
    yield tmp_path
    end_all(tmp_path)


def test_a_run_is_detached_followed_stopped_and_resumed(stat: Verb, root: Path) -> None:
    said = stat("run", "small", "--until", "profile", "--detach", workspace=root)
    line = (
        "job run-small-1 is queued in lane device; follow it with: stat-studio jobs log run-small-1 --follow"
    )
    assert (said.status, said.out, said.err) == (0, f"{line}\n", "")
    assert jobs.job(root, "run-small-1")["arguments"] == ["run", "small", "--until", "profile"]
    until(root, "run-small-1", lambda job: job["done"] is not None)
    stopped = stat("jobs", "stop", "run-small-1", workspace=root).out
    assert stopped.endswith("; resume it with: stat-studio jobs resume run-small-1\n")
    log = stat("jobs", "log", "run-small-1", "--follow", workspace=root).out
    assert log.startswith("$ stat-studio run small --until profile\ncounted 0\n")
    assert log.endswith("stopped\njob run-small-1 is stopped\n")
    assert stat("jobs", "resume", "run-small-1", workspace=root).out == f"{line}\n"


def test_settings_are_in_force_before_the_job_is_there(stat: Verb, root: Path) -> None:
    bad = stat("run", "small", "difficulty.tau1=2", "--detach", workspace=root)
    assert bad.err.startswith("stat-studio: run small: setting difficulty.tau1: found 2")
    assert jobs.listed(root) == []
    job = stat("run", "small", "difficulty.tau1=0.5", "--detach", "--json", workspace=root).json
    assert job["arguments"] == ["run", "small"]
    assert read_json(root / "runs" / "small" / "run.json")["config"]["difficulty"]["tau1"] == 0.5


def test_what_does_not_go_together_is_refused_before_anything_changes(stat: Verb, root: Path) -> None:
    cases = {
        ("--detach", "--dry-run"): "--dry-run --detach: a dry run does no work that could be detached",
        ("--launcher", "gpu"): "--launcher gpu: only a job has a launcher; add --detach",
        ("--launcher", "gpu", "--detach", "difficulty.tau1=0.5"): (
            "no launcher gpu (there: none yet); make one with: stat-studio jobs launcher gpu 'srun {command}'"
        ),
    }
    before = (root / "runs" / "small" / "run.json").read_text()
    for options, sentence in cases.items():
        said = stat("run", "small", *options, workspace=root)
        assert (said.status, said.out, said.err) == (2, "", f"stat-studio: {sentence}\n")
    assert (root / "runs" / "small" / "run.json").read_text() == before
    assert jobs.listed(root) == []


def test_jobs_are_listed_newest_first(stat: Verb, root: Path) -> None:
    empty = stat("jobs", "list", workspace=root)
    assert empty.out == "no jobs; start one with: stat-studio run RUN --detach\n"
    assert stat("jobs", "list", "--json", workspace=root).json == {"jobs": []}
    for words in (["count", "3", "0"], ["fail"]):
        id = jobs.submit(root, ordered(*words))["id"]
        until(root, id, lambda job: not job["is_running"])
    head, first, second = stat("jobs", "list", workspace=root).out.splitlines()
    assert head.split()[:4] == ["job", "state", "run", "stage"]
    assert first.split()[:2] == ["fail-1", "failed"]
    assert second.split()[:6] == ["count-1", "done", "-", "counting", "3", "3"]
    assert stat("jobs", "list", "--json", workspace=root).json == {"jobs": jobs.listed(root)}


def test_the_log_ends_in_how_the_job_ended(stat: Verb, root: Path) -> None:
    jobs.submit(root, ordered("fail"))
    until(root, "fail-1", "failed")
    said = stat("jobs", "log", "fail-1", workspace=root)
    assert said.out.splitlines() == [
        "$ stat-studio fail", "stat-studio: the numbers ran out", "job fail-1 is failed", "the numbers ran out",
    ]  # fmt: skip
    as_json = stat("jobs", "log", "fail-1", "--json", workspace=root).json
    assert as_json == jobs.job(root, "fail-1")
    none = stat("jobs", "log", "none", workspace=root)
    assert none.err == (
        f"stat-studio: no job none in {root} (there: fail-1); start one with: stat-studio run RUN --detach\n"
    )


def test_launchers_are_set_shown_and_forgotten(stat: Verb, root: Path) -> None:
    said = stat("jobs", "launcher", "gpu", "nice -n 1 {command}", workspace=root)
    assert said.out == "launcher  template\ngpu       nice -n 1 {command}\n"
    shown = stat("jobs", "launchers", "--json", workspace=root).json
    assert shown == {"launchers": {"gpu": "nice -n 1 {command}"}}
    job = stat("run", "small", "--detach", "--launcher", "gpu", "--json", workspace=root).json
    assert (job["lane"], job["launcher"]) == ("gpu", "gpu")
    bad = stat("jobs", "launcher", "gpu", "srun", workspace=root)
    assert bad.err == "stat-studio: launcher 'srun': expected a command with {command} in it, once\n"
    assert stat("jobs", "launcher", "gpu", "--json", workspace=root).json == {"launchers": {}}
