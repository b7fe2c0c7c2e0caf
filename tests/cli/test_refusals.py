"""Names and numbers that a verb refuses, with --dry-run as without."""

import json
from pathlib import Path

import pytest

from stat_engine import Workspace
from stat_engine.errors import StatError
from stat_engine.jobs import Wish, clean
from tests.cli.conftest import Verb, assert_refused
from tests.reviewing import append


@pytest.mark.parametrize("flags", [[], ["--dry-run"]])
@pytest.mark.parametrize(
    ("verb", "sentence"),
    [
        ("study seeds-none small", "expected one of"),
        ("study set-size small --name ../x", "study name '../x': expected 1 to 64 letters"),
        ("study set-size small --name " + "a" * 64, "run name 'aaa"),
        ("round small --arm stat-syn --name a/b", "run name 'a/b': expected 1 to 64 letters"),
        ("build small --method random --name base", "training set base: this name stands for the student"),
        ("build small --method random --name ../x", "training set name '../x': expected 1 to 64 letters"),
    ],
)
def test_a_bad_name_is_refused_by_the_dry_run_too(
    stat: Verb, finished: Workspace, flags: list[str], verb: str, sentence: str
) -> None:
    assert_refused(stat(*verb.split(), *flags, workspace=finished.root), sentence)


@pytest.mark.parametrize(
    "verb", ["label list small", "label history small", "questions small", "flips small"]
)
def test_a_negative_limit_is_refused(stat: Verb, finished: Workspace, verb: str) -> None:
    assert_refused(stat(*verb.split(), "--limit", "-5", workspace=finished.root), "greater than or equal to")


@pytest.mark.parametrize("option", ["--steps", "--threads"])
def test_a_training_of_no_step_or_thread_is_refused(stat: Verb, tmp_path: Path, option: str) -> None:
    said = stat("numeracy", "pretrain", "--out", tmp_path / "student", option, "0", workspace=tmp_path / "w")
    assert_refused(said, "greater than or equal to 1")
    assert not (tmp_path / "student").exists()


@pytest.mark.parametrize(
    ("verb", "option"),
    [
        ("round small --arm random --name", "name"),
        ("build small --method random --pairs 5 --name", "name"),
        ("import training-set FILE --run small --name", "name"),
        ("import hub gsm8k --file FILE --dataset", "dataset"),
        ("import hub processbench --file FILE --dataset numeracy --run", "run"),
        ("train small --set random --arm", "arm"),
        ("compare small --benchmark", "benchmark"),
        ("evaluate small --arm", "arm"),
        ("new made --dataset", "dataset"),
    ],
)
def test_an_empty_name_does_not_stand_for_the_default(
    stat: Verb, finished: Workspace, verb: str, option: str
) -> None:
    said = stat(*verb.split(), "", workspace=finished.root)
    assert_refused(said, f"{option}: found an empty text, expected a name")


@pytest.mark.parametrize(
    "verb",
    [
        "train small --set random --dry-run",
        "grpo small --dry-run",
        "build small --method random --dry-run",
        "study set-size small --dry-run",
        "split numeracy --validation 5 --dry-run",
        "round small --arm random --dry-run",
    ],
)
@pytest.mark.parametrize("seed", ["-5", "4294967296"])
def test_a_seed_that_no_library_takes_is_refused(
    stat: Verb, finished: Workspace, verb: str, seed: str
) -> None:
    said = stat(*verb.split(), "--seed", seed, workspace=finished.root)
    expected = "greater than or equal to 0" if seed == "-5" else "less than or equal to 4294967295"
    assert_refused(said, expected)


def test_a_name_whose_default_is_empty_may_be_left_out(stat: Verb, finished: Workspace) -> None:
    assert stat("build", "small", "--method", "stat-sel", "--dry-run", workspace=finished.root).status == 0


def test_clean_names_a_verb_that_keeps_the_decisions(stat: Verb, copy: Workspace) -> None:
    run = copy.run("small").folder
    append(run.label_log, run.own_labels()[0].response_id, "accept", "ada")
    with pytest.raises(StatError) as refused:
        clean(copy, Wish(whole_run="small"))
    command = (
        str(refused.value).split("stat-studio ")[1].split(";")[0].replace("FILE", str(copy.root / "kept"))
    )
    assert stat(*command.split(), workspace=copy.root).status == 0
    assert "accepted" in (copy.root / "kept.jsonl").read_text()


def test_data_steers_no_terminal(stat: Verb, copy: Workspace) -> None:
    card = copy.root / "runs" / "small" / "run.json"
    value = json.loads(card.read_text())
    value["note"] = "red \x1b[31m \x9b2J"
    card.write_text(json.dumps(value))
    out = stat("runs", workspace=copy.root).out
    assert "red \\x1b[31m \\x9b2J" in out and "\x1b" not in out
    assert stat("status", "\x1b[31m", workspace=copy.root).err.count("\x1b") == 0
