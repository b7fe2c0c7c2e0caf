"""Difficulty and the profile from a run's tables: whole values of a small run made by hand."""

from pathlib import Path

import pandas as pd
import pytest

from stat_engine.config import DifficultyConfig
from stat_engine.method import computed
from stat_engine.records import Response
from stat_engine.store.run_folder import RunFolder
from stat_engine.store.verdict_log import Overruling, Place
from tests.factories import a_response, rewards
from tests.reviewing import labels_of, run_to_review

COLUMNS = [
    "question_id", "subject", "level", "response_id", "model", "sample", "final", "mean", "min_before_final",
    "min_after_first", "outcome_reward", "is_correct",
]  # fmt: skip


@pytest.fixture
def run(tmp_path: Path) -> RunFolder:
    """r00 fails in its last step, r01 in its first, r02 nowhere, and r03 is empty."""
    run = run_to_review(tmp_path, labels_of(4))
    answers = {"r00": [0.9, 0.5], "r01": [0.6, 0.95], "r02": [0.9, 0.95], "r03": []}
    made = [
        a_response(id, f"q{id[1:]}", response="\n".join("ab"[: len(of)]), steps=list("ab"[: len(of)]))
        for id, of in answers.items()
    ]
    run.responses.write("g", made, run.stage_settings("responses"))
    scored = [rewards(id, f"q{id[1:]}", *of) for id, of in answers.items()]
    run.step_rewards.write("g", scored, run.stage_settings("step_rewards"))
    return run


def test_the_narrow_rows_hold_what_filters_and_thresholds_read(run: RunFolder) -> None:
    rows = computed.scored_responses(run, with_answers=False)
    assert list(rows.columns) == COLUMNS
    assert rows.question_id.tolist() == ["q00", "q01", "q02", "q03"]
    assert rows.final.tolist() == pytest.approx([0.5, 0.95, 0.95, 0.0])  # an empty response earned nothing
    assert rows["mean"].tolist() == pytest.approx([0.7, 0.775, 0.925, 0.0])
    assert rows.min_before_final.dropna().tolist() == pytest.approx([0.9, 0.6, 0.9])
    wide = computed.scored_responses(run)
    pd.testing.assert_frame_equal(wide[COLUMNS], rows)
    assert set(wide.columns) - set(COLUMNS) == {"answer", "n_words"}


def test_difficult_are_the_questions_that_the_thresholds_flag(run: RunFolder) -> None:
    assert computed.difficulty(run).difficult_ids() == ["q00", "q01", "q03"]
    lax = DifficultyConfig(tau1=0.5, tau2=0.5)
    assert computed.difficulty(run, lax).difficult_ids() == ["q00", "q03"]
    assert computed.question_ids(run) == ["q00", "q01", "q02", "q03"]
    of = computed.question_rewards(run)
    assert of.lowest.tolist() == pytest.approx(
        [0.5, 0.6, 0.9, 0.0]
    ) and of.index.tolist() == computed.question_ids(run)


def test_a_persons_verdict_takes_the_place_of_the_stored_one(run: RunFolder) -> None:
    stored = computed.scored_responses(run).is_correct.tolist()
    response: Response = next(iter(run.responses.read()))
    wanted = "incorrect" if response.is_correct else "correct"
    run.verdict_log.decide(Overruling(response, Place(), wanted), "ada")
    assert computed.verdicts(run) == (("r00", wanted == "correct"),)
    assert computed.scored_responses(run).is_correct.tolist() == [wanted == "correct", *stored[1:]]
