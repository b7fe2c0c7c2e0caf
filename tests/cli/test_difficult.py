"""The verbs on difficult questions say what the page shows."""

from stat_engine import Workspace, views
from stat_engine.views.difficult import QuestionFilter
from tests.cli.conftest import Verb


def test_difficult_tells_the_change_the_grid_and_the_other_filters(stat: Verb, finished: Workspace) -> None:
    run = finished.run("small").folder
    asked = ("difficult", "small", "--tau1", 0.95, "--tau2", 0.6, "--change", "--grid", "--filters")
    said = stat(*asked, "--json", workspace=finished.root).json
    grid = views.filters.grid(run)
    assert grid is not None
    assert said["change"] == views.difficult.summary_at(run, 0.95, 0.6)["change"]
    assert [row["tp"] for row in said["grid"]] == list(grid.tp)
    assert said["filters"] == views.filters.compared(run)
    lines = stat(*asked, workspace=finished.root).out
    assert "become difficult" in lines and "fewer than 2 samples agree" in lines


def test_questions_are_listed_a_page_at_a_time(stat: Verb, finished: Workspace) -> None:
    run = finished.run("small").folder
    asked = (
        "questions",
        "small",
        "--tau2",
        0.9,
        "--answer",
        "wrong",
        "--show",
        "all",
        "--sort",
        "question id",
    )
    said = stat(*asked, "--first", 2, "--limit", 3, "--json", workspace=finished.root).json
    wanted = QuestionFilter(shown="all", graded="wrong")
    page = views.difficult.page(run, 0.85, 0.9, wanted, "question id", 2, 3)
    assert said["n"] == page["n"]
    assert [row["question_id"] for row in said["questions"]] == list(page["rows"].question_id)
    assert f"{page['n']} questions" in stat(*asked, workspace=finished.root).out


def test_a_question_is_shown_with_its_responses_step_by_step(stat: Verb, finished: Workspace) -> None:
    run = finished.run("small").folder
    id = views.difficult.questions(run).question_id[0]
    said = stat("question", "small", id, "--json", workspace=finished.root).json
    found = views.difficult.question(run, id)
    assert said["question"] == found["question"].model_dump()
    assert [entry["step_rewards"] for entry in said["responses"]] == [
        entry["step_rewards"] for entry in found["responses"]
    ]
    assert "<- first failing step" in stat("question", "small", id, workspace=finished.root).out


def test_what_is_not_there_is_one_sentence(stat: Verb, finished: Workspace) -> None:
    missing = stat("question", "small", "nope", workspace=finished.root)
    assert (missing.status, missing.err.strip()) == (
        2, "stat-studio: question nope: run small has no response to it",
    )  # fmt: skip
    outside = stat("questions", "small", "--tau1", 2, workspace=finished.root)
    assert outside.err.strip() == "stat-studio: tau1: found 2.0, expected a threshold from 0 to 1"
