import pytest

from stat_engine.errors import StatError
from stat_engine.method.step_rewards import cut_short, score
from stat_engine.models.base import Scored
from tests.factories import a_question, a_response, rewards

QUESTIONS = {"q1": a_question()}


class Says:
    def __init__(self, *scored: Scored) -> None:
        self.scored = list(scored)

    def score(self, items: object, partial: object = None) -> list[Scored]:
        return self.scored


def test_every_step_has_its_reward() -> None:
    (row,) = score(Says(Scored([0.9, 0.25])), [a_response()], QUESTIONS)
    assert row == rewards("r1", "q1", 0.9, 0.25)


def test_a_response_beyond_the_context_is_marked_with_the_rewards_it_has() -> None:
    (row,) = score(Says(Scored([0.9], is_cut=True)), [a_response()], QUESTIONS)
    assert (row.step_rewards, row.final, row.is_cut) == ([0.9], 0.9, True)
    assert cut_short([row, rewards("r2", "q1", 1.0)]) == [
        "1 of 2 responses are longer than the reward model's context; what lies beyond it is not scored"
    ]
    assert cut_short([rewards("r2", "q1", 1.0)]) == []


def test_an_outcome_reward_counts_as_one_step_that_names_none() -> None:
    (row,) = score(Says(Scored([], outcome_reward=0.75)), [a_response()], QUESTIONS)
    assert (row.step_rewards, row.final, row.mean, row.outcome_reward, row.min_before_final) == (
        [], 0.75, 0.75, 0.75, None,
    )  # fmt: skip


@pytest.mark.parametrize(
    "scored", [Scored([0.5]), Scored([0.5, 1.2]), Scored([]), Scored([0.5, 0.5, 0.5], is_cut=True)]
)
def test_rewards_that_do_not_fit_the_response_are_refused(scored: Scored) -> None:
    with pytest.raises(StatError, match=r"response r1: the reward model gave \d rewards, expected 2"):
        score(Says(scored), [a_response()], QUESTIONS)


def test_a_response_of_which_nothing_is_scored_has_no_reward_at_all() -> None:
    (row,) = score(Says(Scored([], is_cut=True)), [a_response()], QUESTIONS)
    assert (row.step_rewards, row.final, row.mean, row.is_cut) == ([], None, None, True)
