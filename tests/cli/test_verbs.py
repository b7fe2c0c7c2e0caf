"""Every verb on a finished run, with its values against the engine's."""

import os
import sys
from pathlib import Path

import pytest

from stat_engine import Workspace, doctor, views
from stat_engine.config.shipped import ROOT
from tests.cli.conftest import Verb, assert_refused
from tests.full_disk import files_up_to


def test_status_prints_one_json_object(stat: Verb, finished: Workspace) -> None:
    said = stat("status", "small", "--json", workspace=finished.root)
    assert (said.status, said.err) == (0, "")
    assert {stage["stage"]: stage["state"] for stage in said.json["stages"]} == dict.fromkeys(
        ["responses", "step_rewards", "missing_skills", "training_sets", "sft", "evaluation"], "done"
    )


def test_difficult_counts_under_other_thresholds_and_changes_nothing(stat: Verb, finished: Workspace) -> None:
    folder = finished.run("small").folder
    plain = stat("difficult", "small", "--json", workspace=finished.root).json
    assert plain == views.difficult.summary(folder)
    assert set(plain) == {
        "n_questions", "n_responses", "n_difficult", "by_subject", "clauses", "confusion",
    }  # fmt: skip
    off = stat("difficult", "small", "--tau1", 0, "--tau2", 0, "--json", workspace=finished.root).json
    assert (off["n_difficult"], off["clauses"]) == (0, {"final": 0, "mean": 0, "step": 0})
    truth = stat("difficult", "small", "--filter", "ground-truth", "--json", workspace=finished.root).json
    assert (truth["confusion"]["fp"], truth["confusion"]["fn"]) == (0, 0)
    assert stat("difficult", "small", "--json", workspace=finished.root).json == plain


def test_profile_lists_skills_most_missed_first(stat: Verb, finished: Workspace) -> None:
    result = stat("profile", "small", "--json", workspace=finished.root).json
    counts = [skill["n_missing"] for skill in result["skills"]]
    assert counts == sorted(counts, reverse=True) and counts[0] > 0
    assert set(result["skills"][0]) == {
        "subject", "skill", "n_missing", "n_questions", "failure_rate", "ci_low", "ci_high",
    }  # fmt: skip
    frame = finished.run("small").profile()
    assert [s["failure_rate"] for s in result["skills"]] == list(frame.failure_rate)


def test_compare_gives_fractions_with_intervals(stat: Verb, finished: Workspace) -> None:
    result = stat("compare", "small", "--json", workspace=finished.root).json
    assert (result["run"], result["test_questions"]) == ("small", 100)
    assert {arm["arm"]: arm["n_pairs"] for arm in result["arms"]} == {
        "random": 40,
        "stat-sel": 40,
        "stat-syn": 40,
    }
    for row in [result["base"], *result["arms"]]:
        assert 0 <= row["ci_low"] <= row["accuracy"] <= row["ci_high"] <= 1
    random = next(arm for arm in result["arms"] if arm["arm"] == "random")
    assert random["p_vs_random"] is None and 0 <= random["p_vs_base"] <= 1
    table = stat("compare", "small", workspace=finished.root).out
    assert "base (the student)" in table and "\x1b" not in table


def test_build_reports_the_set_and_builds_it_once(stat: Verb, copy: Workspace) -> None:
    arguments = [
        "build",
        "small",
        "--method",
        "naive",
        "--name",
        "mine",
        "--pairs",
        25,
        "--seed",
        3,
        "--json",
    ]
    built = stat(*arguments, workspace=copy.root).json
    assert (built["set"], built["method"], built["n_pairs"], built["n_repeats"]) == ("mine", "random", 25, 0)
    assert sum(skill["n"] for skill in built["skills"]) >= 25
    assert stat(*arguments, workspace=copy.root).json == built
    other = stat(*arguments[:-3], "--seed", 4, workspace=copy.root)
    assert (other.status, other.err.count("\n")) == (2, 1)


def test_export_writes_every_format(stat: Verb, finished: Workspace, tmp_path: Path) -> None:
    for name in ("trl", "openai", "alpaca", "sharegpt", "parquet"):
        out = tmp_path / name
        said = stat(
            "export", "small", "stat-sel", "--format", name, "--out", out, "--json", workspace=finished.root
        )
        assert said.json["n_pairs"] == 40, said.err
        assert all(Path(file).stat().st_size > 0 for file in said.json["files"])


def test_train_and_evaluate_add_an_arm(stat: Verb, copy: Workspace) -> None:
    trained = stat(
        "train", "small", "--set", "random", "--arm", "again", "--seed", 5, "--json", workspace=copy.root
    )
    assert (trained.json["arm"], trained.json["seed"], trained.json["n_pairs"]) == ("again", 5, 40)
    graded = stat("evaluate", "small", "--arm", "again", "--json", workspace=copy.root).json
    assert (graded["arm"], graded["seeds"], graded["test_questions"]) == ("again", [5], 100)
    base = stat("evaluate", "small", "--arm", "base", "--json", workspace=copy.root).json
    assert (
        base["accuracy"] == stat("compare", "small", "--json", workspace=copy.root).json["base"]["accuracy"]
    )


def test_new_diff_and_fork(stat: Verb, copy: Workspace) -> None:
    made = stat("new", "other", "--dataset", "numeracy", "difficulty.tau1=0.9", "--json", workspace=copy.root)
    assert made.json["run"] == "other"
    settings = stat("diff", "small", "other", "--json", workspace=copy.root).json["settings"]
    assert settings["difficulty.tau1"] == [0.85, 0.9]
    forked = stat(
        "run", "small", "--fork", "strict", "--until", "profile", "difficulty.tau2=0.8", "--json",
        workspace=copy.root,
    )  # fmt: skip
    assert (forked.status, forked.json["parent"]) == (0, "small")
    taken = stat("new", "other", "--dataset", "numeracy", workspace=copy.root)
    assert (taken.status, taken.err) == (
        2,
        f"stat-studio: run other exists already in {copy.root}; choose another name\n",
    )


def test_a_fork_on_a_full_disk_leaves_nothing_behind(stat: Verb, copy: Workspace) -> None:
    before = sorted(copy.root.rglob("*"))
    with files_up_to(1000):
        said = stat("fork", "small", "strict", "difficulty.tau2=0.8", workspace=copy.root)
    assert_refused(said, f"{copy.root}/runs/strict: the copy of run small could not be written (")
    assert sorted(copy.root.rglob("*")) == before


def test_settings_of_a_run_on_a_full_disk_stay_as_they_were(stat: Verb, copy: Workspace) -> None:
    card = copy.root / "runs" / "small" / "run.json"
    before = card.read_bytes()
    with files_up_to(1000):
        assert_refused(
            stat("set", "small", "difficulty.tau1=0.5", workspace=copy.root), "run.json: could not"
        )
    assert (card.read_bytes(), (copy.root / "settings.json").exists()) == (before, False)
    (
        copy.root / f".settings.json.{os.getpid()}.tmp"
    ).mkdir()  # the thresholds for the next run cannot be saved
    with pytest.raises(OSError, match="directory"):
        copy.run("small").configure(["difficulty.tau1=0.5"])
    assert copy.run("small").config.difficulty.tau1 == 0.85


def test_split_stores_both_parts(stat: Verb, copy: Workspace) -> None:
    said = stat(
        "split", "numeracy", "--validation", 400, "--from", "test", "--seed", 1, "--json", workspace=copy.root
    )
    expected = {"dataset": "numeracy", "validation": 400, "test": 125, "from": "test", "seed": 1}
    assert said.json == expected | {"runs": ["small"]}
    assert len(copy.dataset("numeracy").split("validation")) == 400


def test_audit_trusts_the_embedded_map(stat: Verb, finished: Workspace) -> None:
    result = stat("audit-skill-map", "numeracy", "--json", workspace=finished.root).json
    assert result["findings"] == ["the splits' labels agree with one another"]
    assert all(row["hit_rate"] > row["shuffled"] for row in result["rows"])


def test_doctor_examines_and_shows_no_key(
    stat: Verb, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")
    said = stat("doctor", "--json", workspace=tmp_path)
    states = {row["what"]: row["state"] for row in said.json["checks"]}
    assert states["torch"] == "ok" and states["embedded checkpoints"] == "ok"
    assert "sk-secret" not in said.out + said.err


def test_doctor_names_the_pip_command_where_there_is_no_checkout(
    stat: Verb, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doctor, "IS_CHECKOUT", False)
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    rows = {row["what"]: row["fix"] for row in stat("doctor", "--json", workspace=tmp_path).json["checks"]}
    assert rows["vllm"] == f"{sys.executable} -m pip install 'vllm==0.32.0'"
    assert rows["sentence_transformers"].startswith(f"{sys.executable} -m pip install 'sentence-transformers")


def test_leakage_is_measured_for_every_weak_skill(stat: Verb, tmp_path: Path) -> None:
    result = stat("numeracy", "leakage", "--json", workspace=tmp_path).json
    assert len(result["skills"]) >= 7
    assert all(0 <= row["share"] <= 1 for row in result["skills"])


def test_the_dataset_verb_makes_the_shipped_files(stat: Verb, tmp_path: Path) -> None:
    said = stat("numeracy", "dataset", "--out", tmp_path, "--json", workspace=tmp_path)
    assert said.json == {"folder": str(tmp_path), "seed": 0}
    for name in ("questions.jsonl.gz", "skill_map.jsonl.gz", "skills.json"):
        assert (tmp_path / name).read_bytes() == (ROOT / "data" / "numeracy" / name).read_bytes()
