"""The list of questions: what each filter keeps, the order, pages of rows and the neighbours of one."""

from pathlib import Path
from typing import Any

import pytest

from stat_engine.errors import StatError
from stat_engine.store.run_folder import RunFolder
from stat_engine.views.difficult import SORTS, QuestionFilter, choices, page
from tests.factories import a_label, a_response, rewards
from tests.reviewing import run_to_review

REWARDS = {"q0": [0.86, 0.8], "q1": [0.7, 1.0, 1.0], "q2": [0.9, 1.0], "q3": [0.1, 0.2]}


@pytest.fixture
def run(tmp_path: Path) -> RunFolder:
    made = run_to_review(tmp_path, [a_label(f"r{at}", f"q{at}", "area") for at in range(4)])
    right = {"q0": True, "q1": False, "q2": None, "q3": False}
    answers = [a_response(f"r{id[1]}", id, is_correct=known) for id, known in right.items()]
    made.responses.write("h", answers, made.stage_settings("responses"))
    scored = [rewards(f"r{id[1]}", id, *values) for id, values in REWARDS.items()]
    made.step_rewards.write("h", scored, made.stage_settings("step_rewards"))
    made.missing_skills().write("h", [a_label("r0", "q0", "area")], made.stage_settings("missing_skills"))
    return made


def ids(run: RunFolder, **wanted: Any) -> list[str]:
    return list(page(run, 0.85, 0.7, QuestionFilter(**wanted))["rows"].question_id)


def test_each_filter_keeps_its_questions(run: RunFolder) -> None:
    assert ids(run) == ["q3", "q0", "q1"]
    assert ids(run, shown="easy") == ["q2"]
    assert ids(run, shown="all", graded="wrong") == ["q3", "q1"]
    assert ids(run, shown="all", graded="right") == ["q0"]
    assert ids(run, shown="all", graded="unknown") == ["q2"]
    assert ids(run, clause="step") == ["q3", "q1"]
    assert ids(run, label="not labelled") == ["q3", "q1"]
    assert ids(run, label="labelled") == ["q0"]
    assert ids(run, search="(Q1)") == ["q1"]
    assert ids(run, search="%") == []
    assert ids(run, subject="Geometry") == []
    assert ids(run, shown="all", level=3) == []


def test_what_became_difficult_is_listed_against_the_runs_own_thresholds(run: RunFolder) -> None:
    became = page(run, 0.5, 0.9, QuestionFilter(shown="became difficult"))["rows"]
    assert list(became.question_id) == ["q2"]
    easier = page(run, 0.5, 0.5, QuestionFilter(shown="became easy"))["rows"]
    assert list(easier.question_id) == ["q0", "q1"]


def test_the_order_is_as_asked(run: RunFolder) -> None:
    everything = QuestionFilter(shown="all")
    found = {sort: list(page(run, 0.85, 0.7, everything, sort)["rows"].question_id) for sort in SORTS}
    assert found["lowest mean reward"] == ["q3", "q0", "q1", "q2"]
    assert found["highest mean reward"] == ["q2", "q1", "q0", "q3"]
    assert found["lowest step reward"] == ["q3", "q1", "q0", "q2"]
    assert found["most responses difficult"] == ["q0", "q1", "q3", "q2"]
    assert found["question id"] == found["hardest level"] == ["q0", "q1", "q2", "q3"]


def test_a_page_of_rows_knows_the_neighbours_of_the_opened_one(run: RunFolder) -> None:
    found = page(run, 0.85, 0.7, QuestionFilter(), first=1, n=1, opened="q0")
    assert list(found["rows"].question_id) == ["q0"]
    assert (found["n"], found["place"], found["before"], found["after"]) == (3, 1, "q3", "q1")
    outside = page(run, 0.85, 0.7, QuestionFilter(), opened="q2")
    assert (outside["place"], outside["before"], outside["after"]) == (None, None, "q3")
    none = page(run, 0.0, 0.0, QuestionFilter(), opened="q2")
    assert (none["n"], len(none["rows"]), none["after"]) == (0, 0, None)


def test_unknown_words_are_refused(run: RunFolder) -> None:
    with pytest.raises(StatError, match="shown: found hard, expected one of difficult, easy"):
        QuestionFilter(shown="hard")
    with pytest.raises(StatError, match="sort: found size, expected one of"):
        page(run, 0.85, 0.7, QuestionFilter(), "size")


def test_the_filters_offer_what_the_run_has(run: RunFolder) -> None:
    assert choices(run) == {"subjects": ["Algebra"], "levels": []}
