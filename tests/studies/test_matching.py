"""A length filter that flags as many questions as the reward filter."""

import pytest

from stat_engine import Run, Workspace
from stat_engine.method import computed
from stat_engine.studies.variants import matched_length
from tests.conftest import small_workspace

SETTINGS = ["student.n_samples=2", "difficulty.filter=length", "arms=[stat-sel]"]


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    return small_workspace(tmp_path_factory.mktemp("matched"))


@pytest.fixture(scope="module")
def made(workspace: Workspace) -> Run:
    return matched_length(workspace, workspace.run("small"), "length", SETTINGS)


def test_the_bound_flags_as_many_questions_as_the_reward_filter(made: Run) -> None:
    by_reward = computed.difficulty(made.folder, made.difficulty_config({"filter": "prm"})).questions
    by_length = computed.difficulty(made.folder).questions
    words = computed.scored_responses(made.folder).groupby("question_id", observed=True).n_words.mean()
    bound = made.config.difficulty.max_words
    n = int(by_reward.is_difficult.sum())
    assert 0 < n <= int(by_length.is_difficult.sum())
    assert int((words > bound).sum()) < n  # only ties make it more


def test_asked_again_it_finds_the_same_bound(workspace: Workspace, made: Run) -> None:
    assert matched_length(workspace, workspace.run("small"), "length", SETTINGS).config == made.config
