"""Difficult questions from a run's files: counts, changes, one question, and what a cache must not keep."""

from pathlib import Path

import pytest

from stat_engine import Workspace
from stat_engine.config import DifficultyConfig
from stat_engine.errors import NotThereYet, StatError
from stat_engine.method import computed
from stat_engine.records import Response
from stat_engine.store.run_folder import RunFolder
from stat_engine.views import difficult
from tests.factories import a_label, a_response, rewards
from tests.reviewing import append, run_to_review


@pytest.fixture
def run(tmp_path: Path) -> RunFolder:
    """q0: fails by its final step; q1: by an earlier step alone; q2: passes; q3: has no step reward."""
    made = run_to_review(tmp_path, [a_label(f"r{at}", f"q{at}", "area") for at in range(4)])
    scored = [
        rewards("r0", "q0", 0.86, 0.8),
        rewards("r1", "q1", 0.7, 1.0, 1.0),
        rewards("r2", "q2", 0.9, 1.0),
    ]
    made.step_rewards.write("g", scored, made.stage_settings("step_rewards"))
    return made


def thresholds(tau1: float, tau2: float) -> DifficultyConfig:
    return DifficultyConfig(tau1=tau1, tau2=tau2)


def test_the_summary_moves_with_the_thresholds(run: RunFolder) -> None:
    assert difficult.summary(run) == {
        "n_questions": 4,
        "n_responses": 4,
        "n_difficult": 2,
        "by_subject": {"Algebra": {"n_questions": 4, "n_difficult": 2}},
        "clauses": {"final": 1, "mean": 1, "step": 1},
        "confusion": None,
    }
    assert [
        difficult.summary(run, thresholds(*pair))["n_difficult"]
        for pair in [(0, 0), (0, 0.7), (0.79, 0.9), (1, 1)]
    ] == [0, 1, 3, 3]


def test_what_other_thresholds_change_is_counted_against_the_runs_own(run: RunFolder) -> None:
    only = [a_label("r1", "q1", "area", teacher="first")]
    run.missing_skills().write("g", only, run.stage_settings("missing_skills"))
    assert difficult.change(run, thresholds(0, 0.9)) == {
        "became_difficult": 1,  # q2, whose first step is 0.9
        "became_easy": 0,
        "without_label": 2,  # q0 and q2
    }
    assert difficult.change(run, thresholds(0.85, 0)) == {
        "became_difficult": 0, "became_easy": 1, "without_label": 1,
    }  # fmt: skip


def test_thresholds_outside_their_range_are_refused(run: RunFolder) -> None:
    with pytest.raises(StatError, match=r"tau2: found 1.5, expected a threshold from 0 to 1"):
        difficult.summary_at(run, 0.5, 1.5)


def test_the_questions_stand_with_the_difficult_ones_first(run: RunFolder) -> None:
    table = difficult.questions(run)
    assert list(table.question_id) == ["q0", "q1", "q2", "q3"]
    assert list(table.clauses) == ["final, mean", "step", "", ""]
    assert list(table.n_difficult) == [1, 1, 0, 0]
    assert table.lowest.tolist()[:3] == [0.8, 0.7, 0.9]
    assert table.problem[0] == "What is 1 + 1? (q0)"


def test_one_question_comes_with_its_responses_rewards_and_labels(run: RunFolder) -> None:
    run.missing_skills().write("g", [a_label("r1", "q1", "area")], run.stage_settings("missing_skills"))
    found = difficult.question(run, "q1")
    (entry,) = found["responses"]
    assert found["question"].answer == "2"
    assert entry.pop("response") == a_response("r1", "q1")
    assert [label.skills for label in entry.pop("labels")] == [["area"]]
    assert entry == {
        "step_rewards": [0.7, 1.0, 1.0],
        "final": 1.0,
        "mean": 0.9,
        "lowest": 0.7,
        "clauses": ["step"],
        "is_difficult": True,
        "failing_step": 0,
    }
    assert difficult.question(run, "q1", thresholds(0.5, 0.5))["responses"][0]["clauses"] == []


def test_a_question_without_step_rewards_is_shown_without_them(run: RunFolder) -> None:
    (entry,) = difficult.question(run, "q3")["responses"]
    assert (entry["step_rewards"], entry["mean"], entry["is_difficult"], entry["failing_step"]) == (
        None, None, False, None,
    )  # fmt: skip


def test_decisions_of_people_show_in_a_questions_labels(run: RunFolder) -> None:
    run.missing_skills().write("g", [a_label("r1", "q1", "area")], run.stage_settings("missing_skills"))
    difficult.question(run, "q1")
    append(run.label_log, "r1", "edit", "ada", skills=["powers"])
    assert difficult.question(run, "q1")["responses"][0]["labels"][0].skills == ["powers"]


def test_all_samples_stand_in_order(run: RunFolder) -> None:
    made = [a_response(f"s{at:02d}", "q0", sample=63 - at) for at in range(64)]
    run.responses.write("h", made, run.stage_settings("responses"))
    run.step_rewards.write("h", [rewards("s07", "q0", 0.5, 0.5)], run.stage_settings("step_rewards"))
    entries = difficult.question(run, "q0")["responses"]
    assert [entry["response"].sample for entry in entries] == list(range(64))


def test_a_question_without_responses_is_named(run: RunFolder) -> None:
    with pytest.raises(NotThereYet, match="question nope: run small has no response to it"):
        difficult.question(run, "nope")


def test_an_empty_response_earned_nothing_even_unscored(run: RunFolder) -> None:
    empty = a_response("r3", "q3", response="", steps=[])
    run.responses.write("h", [*_others(run), empty], run.stage_settings("responses"))
    row = computed.scored_responses(run).set_index("response_id").loc["r3"]
    assert (row.final, row["mean"]) == (0.0, 0.0)
    assert "q3" in computed.difficulty(run).difficult_ids()


def test_other_files_under_the_same_names_are_read_anew(run: RunFolder) -> None:
    before = difficult.summary(run)["n_difficult"]
    difficult.question(run, "q2")
    run.step_rewards.write("g2", [rewards("r2", "q2", 0.1, 0.1)], run.stage_settings("step_rewards"))
    assert (before, difficult.summary(run)["n_difficult"]) == (2, 1)
    assert difficult.question(run, "q2")["responses"][0]["step_rewards"] == [0.1, 0.1]


def test_words_are_counted_as_whatever_stands_between_white_space(run: RunFolder) -> None:
    texts = ["one", " two\twords\n", "a  b\r\nc\fd", ""]
    made = [a_response(f"r{at}", f"q{at}", response=text) for at, text in enumerate(texts)]
    run.responses.write("h", made, run.stage_settings("responses"))
    rows = computed.scored_responses(run)
    assert list(rows.n_words) == [len(text.split()) for text in texts]


def test_a_finished_run_counts_as_its_stage_does(finished: Workspace) -> None:
    folder = finished.run("small").folder
    table = difficult.questions(folder)
    assert set(table[table.is_difficult].question_id) == set(computed.difficulty(folder).difficult_ids())


def _others(run: RunFolder) -> list[Response]:
    return [row for row in run.responses.read() if row.response_id != "r3"]
