"""The verbs on settings: what they say is what the engine does, and nothing is changed by asking."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml

from stat_engine import Workspace, review
from stat_engine import config as configuration
from stat_engine.review import Decision
from tests.cli.conftest import Verb, assert_refused
from tests.models.fault_server import Asked, FaultServer, Said
from tests.teaching import settings_for

KEY = "sk-never-to-be-seen"


def two_models(asked: Asked, _before: int) -> Said:
    assert asked.path == "/v1/models"
    return Said(json.dumps({"data": [{"id": "teacher-2"}, {"id": "checker-1"}]}).encode())


def test_presets_are_listed_with_their_dataset(stat: Verb, tmp_path: Path) -> None:
    found = stat("presets", "--json", workspace=tmp_path).json["presets"]
    assert {row["preset"]: row["dataset"] for row in found} == {
        "demo": "numeracy", "llama-3.2-3b-math": "math", "local-servers": "math",
        "numeracy-grpo": "numeracy", "qwen2.5-1.5b-math": "math", "self-teaching": "math",
    }  # fmt: skip


def test_a_run_from_a_preset_is_the_preset(stat: Verb, fresh: Workspace) -> None:
    stat("new", "again", "--preset", "demo", workspace=fresh.root)
    assert fresh.run("again").config == configuration.load(configuration.need_preset("demo").path)
    both = stat("new", "x", "--preset", "demo", "--config", "f.yaml", workspace=fresh.root)
    assert (both.status, both.err) == (2, "stat-studio: --preset demo --config f.yaml: give one of them\n")


def test_show_prints_yaml_that_makes_the_same_run(stat: Verb, fresh: Workspace, tmp_path: Path) -> None:
    for full in ([], ["--full"]):
        text = stat("show", "small", *full, workspace=fresh.root).out
        (tmp_path / "run.yaml").write_text(text)
        assert configuration.load(tmp_path / "run.yaml") == fresh.run("small").config
    then = stat("show", "small", "difficulty.tau1=0.9", "--json", workspace=fresh.root).json
    assert yaml.safe_load(then["yaml"])["difficulty"] == {"tau1": 0.9}
    assert fresh.run("small").config.difficulty.tau1 == 0.85


def test_set_says_what_becomes_stale_and_saves_only_without_dry_run(stat: Verb, copy: Workspace) -> None:
    setting = "difficulty.tau1=0.9"
    expected = {
        "run": "small", "changed": {"difficulty.tau1": [0.85, 0.9]},
        "stale": ["missing_skills", "training_sets", "sft", "evaluation"], "n_decisions": 0,
        "needs_copy": True,
    }  # fmt: skip
    asked = stat("set", "small", setting, "--dry-run", "--json", workspace=copy.root).json
    assert asked == {**expected, "saved": False}
    assert copy.run("small").config.difficulty.tau1 == 0.85
    assert stat("set", "small", setting, "--json", workspace=copy.root).json == {**expected, "saved": True}
    assert copy.run("small").config.difficulty.tau1 == 0.9
    again = stat("set", "small", setting, "--json", workspace=copy.root).json
    assert (again["changed"], again["saved"]) == ({}, False)


def test_set_is_refused_for_a_bad_setting_and_for_none_and_changes_nothing(
    stat: Verb, fresh: Workspace
) -> None:
    before = fresh.run("small").config
    bad = stat("set", "small", "difficulty.tau1=2", workspace=fresh.root)
    assert (bad.status, bad.err) == (
        2,
        "stat-studio: run small: setting difficulty.tau1: found 2, input should be less than or equal to 1\n",
    )
    none = stat("set", "small", workspace=fresh.root)
    assert none.err == "stat-studio: set small: expected key=value, as in difficulty.tau1=0.9\n"
    assert fresh.run("small").config == before


def test_settings_that_decisions_hang_on_are_refused_and_go_into_a_copy(stat: Verb, copy: Workspace) -> None:
    run = copy.run("small").folder
    review.decide(run, Decision(run.own_labels()[0].response_id, "accept"), "ada")
    asked = stat("set", "small", "difficulty.tau1=0.9", "--dry-run", "--json", workspace=copy.root)
    assert (asked.status, asked.json["n_decisions"]) == (0, 1)
    refused = stat("set", "small", "difficulty.tau1=0.9", workspace=copy.root)
    assert refused.status == 2 and "has 1 label decisions that depend on the settings" in refused.err
    made = stat("fork", "small", "strict", "difficulty.tau1=0.9", "--json", workspace=copy.root).json
    assert (made["run"], made["parent"], made["kept"]) == ("strict", "small", ["responses", "step_rewards"])
    strict = copy.run("strict")
    assert strict.config.difficulty.tau1 == 0.9 and copy.run("small").config.difficulty.tau1 == 0.85
    assert list(strict.folder.responses.read()) == list(run.responses.read())
    assert strict.folder.missing_skills().manifest() is None
    assert len(strict.folder.label_log.events()) == 1


def test_a_server_that_answers_is_up_with_its_models(
    stat: Verb, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("THEIR_KEY", KEY)
    with FaultServer(two_models) as server:
        said = stat("models", "--url", server.url, "--key-env", "THEIR_KEY", "--json", workspace=tmp_path)
        assert server.asked[0].headers["authorization"] == f"Bearer {KEY}"
    row = said.json["servers"][0]
    assert (said.json["is_up"], row["url"], row["models"]) == (True, server.url, ["checker-1", "teacher-2"])
    assert row["seconds"] >= 0 and row["sentence"].endswith("with 2 models: checker-1, teacher-2")
    assert KEY not in said.out + said.err


def test_a_server_that_is_not_there_is_down_with_its_reason(stat: Verb, tmp_path: Path) -> None:
    with FaultServer() as server:
        url = server.url
    row = stat("models", "--url", url, "--json", workspace=tmp_path).json["servers"][0]
    assert (row["is_up"], row["models"]) == (False, [])
    assert row["sentence"].startswith(f"no connection to {url}")
    bad = stat("models", "--url", "http://ada:secret@127.0.0.1/v1", workspace=tmp_path)
    assert bad.err == (
        "stat-studio: models --url: expected an address without user name or password; keys come from "
        "api_key_env\n"
    )


def test_every_server_of_a_run_is_asked_for_the_model_it_wants(stat: Verb, fresh: Workspace) -> None:
    with FaultServer(two_models) as server:
        said = stat("models", "small", *settings_for(server.url), "--json", workspace=fresh.root).json
        missing = stat(
            "models", "small", *settings_for(server.url), "teacher.model=else",
            "prices={else: {input: 1, output: 1}}", "--json", workspace=fresh.root,
        ).json  # fmt: skip
    (row,) = said["servers"]
    assert (row["part"], row["wanted"], row["has_wanted"]) == ("teacher", "checker-1", True)
    assert missing["servers"][0]["has_wanted"] is False
    assert missing["servers"][0]["sentence"].endswith("else is not among them")
    assert stat("models", "small", "--json", workspace=fresh.root).json == {"servers": [], "is_up": True}


def test_a_dry_run_until_a_stage_counts_no_later_one(stat: Verb, fresh: Workspace) -> None:
    settings = settings_for("http://127.0.0.1:9/v1")

    def purposes(*ends: str) -> set[str]:
        said = stat("run", "small", *settings, *ends, "--dry-run", "--json", workspace=fresh.root).json
        return {row["purpose"] for row in said["calls"]}

    assert purposes() == {"missing_skills", "stat-syn"}
    assert purposes("--until", "missing_skills") == {"missing_skills"}
    assert purposes("--from", "training_sets") == {"stat-syn"}
    assert purposes("--until", "step_rewards") == set()


def test_a_bad_name_in_a_file_is_set_right_by_set(stat: Verb, copy: Workspace) -> None:
    path = copy.root / "runs" / "small" / "run.json"
    card = json.loads(path.read_text())
    card["config"]["teacher"]["name"] = "../x"
    card["config"]["pool_dataset"] = "a/b"
    path.write_text(json.dumps(card))
    said = stat("status", "small", workspace=copy.root)
    assert said.status == 2 and said.err.endswith("set it right with: stat-studio set small KEY=VALUE\n")
    half = stat("set", "small", "teacher.name=null", workspace=copy.root)
    assert half.status == 2 and "run small: setting pool_dataset: found 'a/b'" in half.err
    mend = ("set", "small", "teacher.name=checker", "pool_dataset=null", "--json")
    dry = stat(*mend, "--dry-run", workspace=copy.root).json
    assert dry["changed"] == {"teacher.name": ["../x", "checker"], "pool_dataset": ["a/b", None]}
    assert json.loads(path.read_text()) == card
    assert stat(*mend, workspace=copy.root).json["saved"]
    assert stat("status", "small", workspace=copy.root).status == 0
    assert copy.run("small").config.teacher.name == "checker"


@pytest.mark.parametrize("is_dry", [False, True])
def test_set_refuses_a_dataset_that_does_not_fit(stat: Verb, copy: Workspace, is_dry: bool) -> None:
    flags = ["--dry-run"] if is_dry else []
    gone = stat("set", "small", "pool_dataset=gone", *flags, workspace=copy.root)
    assert_refused(
        gone, "run small: setting pool_dataset: no dataset 'gone' in the workspace (there: numeracy)"
    )
    shutil.copytree(copy.root / "datasets" / "numeracy", copy.root / "datasets" / "other")
    other = stat("set", "small", "dataset=other", *flags, workspace=copy.root)
    assert_refused(other, "run small: setting dataset: its responses are to questions of numeracy")


OLD: list[tuple[str, Any, str]] = [
    ("seeds", [-1], "seeds=[0]"),
    ("student.seed", -7, "student.seed=0"),
    ("training_set.seed", -1, "training_set.seed=0"),
    ("sft.epochs", -1, "sft.epochs=3"),
    ("student.n_samples", 1e23, "student.n_samples=1"),
    ("student.batch_size", True, "student.batch_size=100"),
    ("difficulty.tau1", float("inf"), "difficulty.tau1=0.85"),
]


@pytest.mark.parametrize(("key", "value", "mend"), OLD, ids=[key for key, _, _ in OLD])
def test_a_run_with_a_number_that_is_refused_today_opens_and_waits_for_the_correction(
    stat: Verb, copy: Workspace, key: str, value: Any, mend: str
) -> None:
    path = copy.root / "runs" / "small" / "run.json"
    card = json.loads(path.read_text())
    *sections, name = key.split(".")
    section = card["config"]
    for one in sections:
        section = section[one]
    section[name] = value
    path.write_text(json.dumps(card))
    for words in (
        ["status", "small"],
        ["show", "small"],
        ["runs"],
        ["profile", "small"],
        ["warnings", "small"],
    ):
        said = stat(*words, workspace=copy.root)
        assert said.status == 0, said.err
    status = stat("status", "small", workspace=copy.root)
    fix = f"correct it with: stat-studio set small {mend.partition('=')[0]}="
    assert f"stat-studio: warning: {path}: setting {key}" in status.err and fix in status.err
    (found,) = [w for w in copy.run("small").warnings() if w["sign"] == "refused_setting"]
    assert f"stat-studio set small {key}=" in found["way_out"]
    assert [row for row in stat("runs", "--json", workspace=copy.root).json["runs"] if row["damage"]] == []
    work = stat("run", "small", workspace=copy.root)
    assert work.status == 2 and work.err.splitlines()[-1].startswith(f"stat-studio: {path}: setting {key}")
    command = found["way_out"].rpartition("stat-studio ")[2].split()
    assert stat(*command, workspace=copy.root).status == 0, command
    assert copy.run("small").folder.faults == []
