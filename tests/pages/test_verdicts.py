"""Verdicts on the pages: the reason beside an answer, overruling it, and imported ones against the grader."""

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from stat_engine import Workspace
from stat_engine.store.workspace import WorkspaceFolder
from stat_engine.ui.difficult_questions import disagreements
from tests.evaluating import run_with_arms
from tests.pages.conftest import Open, texts
from tests.views.test_verdicts import asked


@pytest.fixture(autouse=True)
def reviewer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STAT_REVIEWER", "ada")


def place(root: Path) -> WorkspaceFolder:
    return WorkspaceFolder(root / "workspace")


def pressed(app: AppTest, key: str) -> AppTest:
    app.button(key=key).click().run()
    assert not app.exception, app.exception
    return app


def test_an_opened_question_says_why_and_a_person_overrules_it(open_page: Open, tmp_path: Path) -> None:
    run = asked(tmp_path)
    app = open_page(place(tmp_path), "difficult_questions.py", run="small", question="v1")
    said = "Read as 3; differs from 2 (rule: differs as a number)."
    assert f"{said} The verdict shown differs: it was imported or overruled." in texts(app)
    app.text_input(key="verdict_note").set_value("3 is wrong")
    pressed(app, "verdict_incorrect")
    (event,) = run.verdicts.history().to_dict("records")
    assert (event["action"], event["author"], event["note"]) == ("incorrect", "ada", "3 is wrong")
    assert run.question("v1")["responses"][0]["response"].is_correct is False
    assert "Current verdict: **marked as incorrect by ada on " in texts(app)
    assert f"{said} The verdict" not in texts(app)
    pressed(app, "verdict_undo")
    assert run.folder.verdicts() == {}


def test_imported_verdicts_are_compared_and_a_row_opens_its_question(open_page: Open, tmp_path: Path) -> None:
    asked(tmp_path)
    app = open_page(place(tmp_path), "difficult_questions.py", run="small")
    pressed(app, "difficult_compare_verdicts")
    assert "**2** of 3 verdicts differ." in texts(app)
    (listed,) = [frame.value for frame in app.dataframe if "rule" in frame.value.columns]
    assert list(listed.question_id) == ["v1", "v2"]
    assert list(listed.imported) == ["correct", "incorrect"]
    assert list(listed.rule) == ["differs as a number", "same text"]


def test_imported_verdicts_are_compared_and_overruled_before_there_are_step_rewards(
    open_page: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = asked(tmp_path, difficulty={})
    app = open_page(place(tmp_path), "difficult_questions.py", run="small")
    assert "Filter prm needs step rewards" in app.info[0].value
    pressed(app, "difficult_compare_verdicts")
    assert "**2** of 3 verdicts differ." in texts(app)
    # a click on a row of a table cannot be made here; tests in a browser make one
    monkeypatch.setattr(disagreements, "chosen_row", lambda *of, **looks: 0)
    app.run()
    assert "Read as 3; differs from 2 (rule: differs as a number)." in texts(app)
    pressed(app, "verdict_incorrect")
    (event,) = run.verdicts.history().to_dict("records")
    assert (event["question_id"], event["action"]) == ("v1", "incorrect")


def test_an_arms_answer_says_why_and_is_overruled(open_page: Open, tmp_path: Path) -> None:
    run_with_arms(tmp_path, {"base": ["wwrr"], "stat-sel": ["rrrr"]})
    address = {"compare_part": "Questions that flipped", "compare_question": "t1"}
    app = open_page(place(tmp_path), "compare.py", run="small", **address)
    assert "Read as 3; differs from 2 (rule: differs as a number)." in texts(app)
    assert "Read as 2; equals 2 (rule: same text)." in texts(app)
    pressed(app, "verdict_correct")
    (event,) = Workspace(tmp_path / "workspace").run("small").verdicts.history().to_dict("records")
    assert (event["arm"], event["question_id"], event["action"]) == ("base", "t1", "correct")


def test_a_label_under_review_says_why(open_page: Open, tmp_path: Path) -> None:
    run = asked(tmp_path)
    run.run("missing_skills", "missing_skills")
    app = open_page(place(tmp_path), "skill_labels.py", run="small")
    assert "Read as 2; equals 2 (rule: same text)." in texts(app)
