import pandas as pd
import pytest

from stat_engine.config import DifficultyConfig
from stat_engine.errors import StatError
from stat_engine.method.difficulty import find_difficult, first_failing_step, summarise, unjudged
from tests.factories import scores


def flags(frame: pd.DataFrame, **settings: object) -> list[bool]:
    config = DifficultyConfig.model_validate(settings)
    return [bool(flag) for flag in find_difficult(frame, config).questions.is_difficult]


def fired(step_rewards: list[float], **settings: object) -> tuple[bool, bool, bool]:
    config = DifficultyConfig.model_validate(settings)
    row = find_difficult(scores({"step_rewards": step_rewards}), config).responses.iloc[0]
    return bool(row.final_fires), bool(row.mean_fires), bool(row.step_fires)


@pytest.mark.parametrize(
    ("step_rewards", "expected"),
    [
        ([0.9, 0.9, 0.9], (False, False, False)),
        ([0.99, 0.99, 0.85], (True, False, False)),  # at the threshold counts
        ([0.99, 0.71, 0.86], (False, False, False)),  # mean 0.8533
        ([0.84, 0.84, 0.86], (False, True, False)),
        ([0.7, 0.99, 0.99, 0.99], (False, False, True)),
        ([0.99, 0.99, 0.6], (True, False, False)),  # the last step is not tested against tau2
        ([0.1, 0.1, 0.1], (True, True, True)),
    ],
)
def test_the_papers_rule_fires_each_clause_by_itself(
    step_rewards: list[float], expected: tuple[bool, bool, bool]
) -> None:
    assert fired(step_rewards) == expected


def test_the_final_step_is_not_held_against_tau2_when_tau2_is_above_tau1() -> None:
    assert fired([0.95, 0.95, 0.8], tau1=0.5, tau2=0.9) == (False, False, False)


def test_a_threshold_of_zero_switches_its_clauses_off() -> None:
    assert fired([0.0, 0.0, 0.0], tau1=0) == (False, False, True)
    assert fired([0.0, 0.0, 0.0], tau2=0) == (True, True, False)


def test_a_one_step_response_has_no_step_before_the_final_one() -> None:
    assert fired([0.6], tau1=0.5) == (False, False, False)
    assert fired([0.85]) == (True, True, False)


def test_an_empty_response_earned_nothing() -> None:
    assert fired([]) == (True, True, False)
    assert fired([], tau1=0) == (False, False, False)


def test_the_adaptmi_rule_skips_the_first_step_and_includes_the_last() -> None:
    assert fired([0.1, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0], rule="adaptmi") == (False, False, False)
    assert fired([1.0, 1.0, 0.7], rule="adaptmi", tau1=0.5) == (False, False, True)


def test_the_adaptmi_rule_takes_the_best_sample_by_mean() -> None:
    frame = scores(
        {"question_id": "q", "sample": 0, "step_rewards": [0.1, 0.1]},
        {"question_id": "q", "sample": 1, "step_rewards": [0.99, 0.99]},
        {"question_id": "q", "sample": 2, "step_rewards": [0.2, 0.2]},
    )
    assert flags(frame, rule="adaptmi") == [False]
    assert flags(frame, rule="paper") == [True]


@pytest.mark.parametrize(
    ("aggregate", "expected"),
    [("any", [True, True, True]), ("half", [False, True, True]), ("all", [False, False, True])],
)
def test_samples_are_aggregated_as_asked(aggregate: str, expected: list[bool]) -> None:
    good, bad = [0.99], [0.1]
    samples = {"one of three": [bad, good, good], "one of two": [bad, good], "two of two": [bad, bad]}
    frame = scores(*({"question_id": id, "step_rewards": of} for id, many in samples.items() for of in many))
    frame["response_id"] = [f"r{i}" for i in range(len(frame))]
    # questions come sorted by id: "one of three", "one of two", "two of two"
    assert flags(frame, aggregate=aggregate) == expected


@pytest.mark.parametrize(
    ("step_rewards", "step"),
    [
        ([0.99, 0.7, 0.1], 1),  # the first step before the last at or below tau2
        ([0.99, 0.99, 0.5], 2),  # else the last, where the final clause fired
        ([0.8, 0.85], 1),  # at the threshold counts, although an earlier step is lower
        ([0.8, 0.75, 0.9], 1),  # else the lowest
        ([0.8], 0),
        ([], None),
    ],
)
def test_the_first_failing_step_is_named(step_rewards: list[float], step: int | None) -> None:
    assert first_failing_step(step_rewards, 0.85, 0.7) == step


def test_switched_off_thresholds_name_no_failing_step_by_themselves() -> None:
    assert first_failing_step([0.1, 0.9, 0.05], tau1=0.85, tau2=0) == 2
    assert first_failing_step([0.2, 0.9, 0.1], tau1=0, tau2=0) == 2


def test_a_summary_counts_questions_clauses_and_confusion() -> None:
    frame = scores(
        {"subject": "A", "step_rewards": [0.1, 0.1], "is_correct": False},
        {"subject": "A", "step_rewards": [0.1, 0.9], "is_correct": True},
        {"subject": "B", "step_rewards": [0.99, 0.99], "is_correct": False},
        {"subject": "B", "step_rewards": [0.99, 0.99], "is_correct": True},
        {"subject": "B", "step_rewards": [0.99, 0.99]},
    )
    assert summarise(find_difficult(frame, DifficultyConfig())) == {
        "n_questions": 5,
        "n_responses": 5,
        "n_difficult": 2,
        "by_subject": {"A": {"n_questions": 2, "n_difficult": 2}, "B": {"n_questions": 3, "n_difficult": 0}},
        "clauses": {"final": 1, "mean": 2, "step": 2},
        "confusion": {"tp": 1, "fp": 1, "fn": 1, "tn": 1},
    }


def test_confusion_is_null_where_no_correctness_is_known() -> None:
    assert summarise(find_difficult(scores({"step_rewards": [0.1]}), DifficultyConfig()))["confusion"] is None


def test_consistency_flags_questions_whose_answers_disagree() -> None:
    frame = scores(
        *({"question_id": "agree", "answer": answer} for answer in ("1", "1", "2")),
        *({"question_id": "differ", "answer": answer} for answer in ("1", "2", "3")),
        *({"question_id": "none", "answer": None} for _ in range(3)),
    )
    assert flags(frame, filter="consistency") == [False, True, True]


def test_length_flags_long_responses_by_their_mean() -> None:
    frame = scores(
        {"question_id": "long", "n_words": 700},
        {"question_id": "long", "n_words": 900},
        {"question_id": "short", "n_words": 799},
    )
    assert flags(frame, filter="length") == [True, False]


def test_orm_reads_the_outcome_reward_and_else_the_final_step() -> None:
    frame = scores(
        {"question_id": "a", "step_rewards": [0.1, 0.95], "outcome_reward": 0.9},
        {"question_id": "b", "step_rewards": [0.1, 0.95]},
    )
    assert flags(frame, filter="orm") == [True, False]


def test_ground_truth_flags_wrong_responses_and_needs_correctness() -> None:
    assert flags(scores({"is_correct": False}, {"is_correct": True}), filter="ground-truth") == [True, False]
    with pytest.raises(StatError, match="ground-truth needs known correctness"):
        flags(scores({}), filter="ground-truth")


def test_the_prm_filter_without_step_rewards_names_the_way_out() -> None:
    with pytest.raises(StatError, match="--until step_rewards"):
        flags(scores({}))


def test_a_response_without_step_rewards_is_neither_difficult_nor_easy() -> None:
    frame = scores(
        {"question_id": "q", "response_id": "scored", "step_rewards": [0.1], "is_correct": False},
        {"question_id": "q", "response_id": "unscored", "is_correct": False},
        {"question_id": "nothing", "response_id": "alone", "is_correct": False},
    )
    found = find_difficult(frame, DifficultyConfig())
    assert dict(zip(found.questions.question_id, found.questions.is_difficult, strict=True)) == {
        "q": True,
        "nothing": False,
    }
    assert summarise(found)["confusion"] == {"tp": 1, "fp": 0, "fn": 0, "tn": 0}
    assert unjudged(found) == "1 of 2 questions have nothing that the filter reads; they count as easy"


def test_consistency_counts_equal_numbers_as_one_answer_and_needs_samples() -> None:
    frame = scores({"question_id": "q", "answer": "1/2"}, {"question_id": "q", "answer": "0.5"})
    frame["response_id"] = ["a", "b"]
    assert flags(frame, filter="consistency") == [False]
    with pytest.raises(StatError, match="consistency needs several responses"):
        flags(scores({"answer": "1"}), filter="consistency")


def test_consistency_compares_as_the_given_grader_does() -> None:
    answers = ("1/2", "0.5", "x+1", "1+x", "B")
    frame = scores(*({"question_id": "q", "answer": answer} for answer in answers))
    asked: list[tuple[str | None, str | None]] = []

    def agree(one: str | None, other: str | None) -> bool:
        asked.append((one, other))
        return one == other

    config = DifficultyConfig(filter="consistency")
    assert not find_difficult(frame, config).difficult_ids()
    assert find_difficult(frame, config, agree).difficult_ids() == ["q"]
    assert len(asked) == 10
    same_text = scores(*({"question_id": "q", "answer": answer} for answer in ("1", "1", "2")))
    asked.clear()
    assert not find_difficult(same_text, config, agree).difficult_ids() and not asked


def test_best_mean_without_rewards_is_refused() -> None:
    with pytest.raises(StatError, match="best-mean needs step rewards"):
        flags(scores({"is_correct": False}), filter="ground-truth", aggregate="best-mean")
