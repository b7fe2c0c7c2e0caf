from pathlib import Path

import pytest

from stat_engine import Workspace
from stat_engine.config import RunConfig
from stat_engine.errors import NotThereYet, StatError
from stat_engine.records import SelfCheck
from stat_engine.store.run_folder import RunFolder
from stat_engine.views.agreement import agreement, second_teachers
from tests.factories import a_label
from tests.skill_map.small import mapped_workspace

TWO = {"teacher": {"name": "one"}, "second_teachers": [{"name": "two"}]}


def run_of(root: Path, config: dict[str, object]) -> RunFolder:
    """A run whose teachers have labelled two responses."""
    run = mapped_workspace(root).new("small", RunConfig.model_validate(config)).folder
    for teacher in (run.config.teacher, *run.config.second_teachers):
        name = teacher.endpoint()
        labels = [a_label("r1", "q1", "a", teacher=name), a_label("r2", "q2", "b", name, teacher=name)]
        run.missing_skills(name).write("f", labels, run.stage_settings("missing_skills", teacher))
    return run


def test_two_teachers_are_compared_both_ways(tmp_path: Path) -> None:
    found = agreement(run_of(tmp_path, TWO))
    assert found["teachers"] == [{"teacher": "one", "n_labels": 2}, {"teacher": "two", "n_labels": 2}]
    assert [(p["first"], p["second"], p["agreement"], p["n_questions"]) for p in found["pairs"]] == [
        ("one", "two", 0.75, 2), ("two", "one", 0.75, 2),
    ]  # fmt: skip
    assert [(k["skill"], k["kappa"], k["n"]) for k in found["skills"]] == [
        ("a", 1.0, 2), ("b", 1.0, 2), ("one", 0.0, 2), ("two", 0.0, 2),
    ]  # fmt: skip
    assert [row["response_id"] for row in found["disagreements"]] == ["r2"]
    assert (found["run"], found["self_checks"]) == ("small", [])


def test_one_teacher_with_a_self_check_is_shown_with_its_rate(tmp_path: Path) -> None:
    run = run_of(tmp_path, {"teacher": {"name": "one"}})
    checks = [
        SelfCheck(response_id=id, teacher="one", is_right=is_right, reason="", call="c")
        for id, is_right in (("r1", True), ("r2", None))
    ]
    run.self_checks("one").write("f", checks, {})
    (row,) = agreement(run)["self_checks"]
    assert (row["share"], row["n_right"], row["n_wrong"], row["n_unreadable"]) == (1.0, 1, 0, 1)


def test_one_teacher_alone_has_nothing_to_compare(tmp_path: Path) -> None:
    with pytest.raises(StatError, match="one teacher and no self-check, so there is nothing to compare"):
        agreement(run_of(tmp_path, {"teacher": {"name": "one"}}))


def test_labels_that_are_missing_or_stale_are_told_the_way_out(tmp_path: Path) -> None:
    run = run_of(tmp_path, TWO)
    Workspace(tmp_path / "workspace").run("small").configure(["second_teachers.0.noise=0.5"])
    with pytest.raises(NotThereYet, match="labels by two of run small were made for other settings"):
        agreement(run)
    Workspace(tmp_path / "workspace").run("small").configure(["second_teachers=[{name: three}]"])
    with pytest.raises(NotThereYet, match="labels by three of run small not there yet"):
        agreement(run)


def test_each_second_teacher_is_compared_with_the_runs_own_while_it_is_up_to_date(tmp_path: Path) -> None:
    run = run_of(tmp_path, TWO)
    pairs = agreement(run)["pairs"]
    assert second_teachers(run) == [pair for pair in pairs if pair["first"] == "one"]
    Workspace(tmp_path / "workspace").run("small").configure(["second_teachers.0.noise=0.5"])
    assert second_teachers(run) == []
