"""Overview in Streamlit's own harness: the stages' figures, the next action, and what is done with runs."""

from typing import Any

import pytest

from stat_engine import Workspace, jobs, views
from tests.pages.conftest import Open, metrics, texts


def test_a_new_runs_next_action_is_offered_and_starts_just_that_job(
    open_page: Open, fresh: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[list[str]] = []
    monkeypatch.setattr(jobs, "submit", lambda root, arguments, launcher=None: asked.append(arguments))
    app = open_page(fresh, "overview.py")
    assert "Comes after stage 1." in texts(app)
    app.button(key="overview_next_1_start").click().run()
    assert asked == [["run", "small", "--until", "difficulty"]]


def test_the_table_has_every_run_with_the_engines_figures(open_page: Open, finished: Workspace) -> None:
    app = open_page(finished, "overview.py")
    table = next(frame.value for frame in app.dataframe if "best_arm" in frame.value.columns)
    expected = views.runs.table(finished)
    assert list(table.run) == list(expected.run)
    assert list(table.accuracy) == list(expected.accuracy)
    assert list(table.difficult) == [
        f"{n} of {of}" for n, of in zip(expected.n_difficult, expected.n_questions, strict=True)
    ]


def test_a_note_and_tags_are_kept_on_the_runs_card(open_page: Open, fresh: Workspace) -> None:
    app = open_page(fresh, "overview.py")
    app.text_area(key="overview_note_small").input("first <b>try</b>")
    app.text_input(key="overview_tags_small").input("paper, small ")
    next(button for button in app.button if button.label == "Save note and tags").click().run()
    card = fresh.run_folder("small").card
    assert (card["note"], card["tags"]) == ("first <b>try</b>", ["paper", "small"])
    assert "first <b>try</b>" in texts(app)


def test_a_copy_with_one_change_differs_in_just_that(open_page: Open, fresh: Workspace) -> None:
    app = open_page(fresh, "overview.py")
    app.text_input(key="overview_copy_name").input("strict")
    app.text_input(key="overview_copy_change").input("difficulty.tau1=0.9")
    next(button for button in app.button if button.label == "Make the copy").click().run()
    assert sorted(fresh.run_names()) == ["small", "strict"]
    found: dict[str, Any] = views.runs.differences(fresh, "small", "strict").to_dict("list")
    assert found == {"setting": ["difficulty.tau1"], "small": ["0.85"], "strict": ["0.9"]}
    assert fresh.run_folder("strict").card["parent"] == "small"


def test_a_run_goes_only_when_its_name_is_typed(open_page: Open, fresh: Workspace) -> None:
    app = open_page(fresh, "overview.py")
    remove = next(button for button in app.button if button.label.startswith("Remove it"))
    assert remove.disabled
    app.text_input(key="overview_remove_name").input("small").run()
    next(button for button in app.button if button.label.startswith("Remove it")).click().run()
    assert fresh.run_names() == []


def test_the_best_arm_and_the_student_stand_as_figures(open_page: Open, finished: Workspace) -> None:
    shown = metrics(open_page(finished, "overview.py"))
    result = views.compare.compare(finished.run("small").folder)
    best = result["arms"][0]
    assert shown["Student"] == f"{result['base']['accuracy']:.3f}"
    assert shown[f"Best arm: {best['arm']}"] == f"{best['accuracy']:.3f}"
