"""Verbs disagreements, verdict and verdicts, for people and as JSON."""

from pathlib import Path

from tests.cli.conftest import Verb, assert_refused
from tests.views.test_verdicts import asked


def test_disagreements_name_question_verdicts_and_rule(stat: Verb, tmp_path: Path) -> None:
    place = asked(tmp_path).folder.folder.parents[1]
    said = stat("disagreements", "small", "--json", workspace=place)
    assert (said.json["n_imported"], said.json["n_undecided"]) == (3, 0)
    assert [(row["question_id"], row["imported"], row["rule"]) for row in said.json["rows"]] == [
        ("v1", True, "differs as a number"), ("v2", False, "same text"),
    ]  # fmt: skip
    lines = stat("disagreements", "small", "--limit", 1, workspace=place).out.splitlines()
    assert lines[0] == "2 of 3 imported verdicts differ from the grader's; the grader does not decide on 0"
    assert lines[-1] == "1 more; --limit 0 shows all"


def test_a_verdict_is_overruled_and_taken_back(stat: Verb, tmp_path: Path) -> None:
    place = asked(tmp_path).folder.folder.parents[1]
    by = ("--author", "ada")
    said = stat("verdict", "small", "v1", 0, "incorrect", "--note", "3 is wrong", *by, workspace=place)
    assert said.out.splitlines() == ["question v1, sample 0: correct -> incorrect (by ada)"]
    said = stat("verdict", "small", "v1", 0, "undo", *by, "--json", workspace=place)
    assert (said.json["before"], said.json["after"], said.json["stale"]) == (False, True, [])
    events = stat("verdicts", "small", "--json", workspace=place).json["events"]
    assert [(event["action"], event["author"], event["note"]) for event in events] == [
        ("undo", "ada", None), ("incorrect", "ada", "3 is wrong"),
    ]  # fmt: skip
    assert "3 is wrong" in stat("verdicts", "small", workspace=place).out


def test_a_response_that_is_not_there_is_refused(stat: Verb, tmp_path: Path) -> None:
    place = asked(tmp_path).folder.folder.parents[1]
    assert_refused(
        stat("verdict", "small", "v1", 3, "correct", workspace=place),
        "found sample 3, expected one of: 0 of m",
    )
