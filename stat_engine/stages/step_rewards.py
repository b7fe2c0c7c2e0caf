"""Stage 1b: the process reward model scores every step (paper, section 3). One forward pass a response."""

from collections.abc import Mapping, Sequence

from stat_engine.errors import StatError
from stat_engine.models.base import RewardModel
from stat_engine.records import Question, Response, StepReward, step_reward


def score(
    reward_model: RewardModel, responses: Sequence[Response], questions: Mapping[str, Question]
) -> list[StepReward]:
    """Step rewards of one batch of responses, as doubles, in their order."""
    items = [(questions[response.question_id].problem, response.steps) for response in responses]
    scored = reward_model.score(items)
    for response, rewards in zip(responses, scored, strict=True):
        if len(rewards) != len(response.steps) or not all(0 <= reward <= 1 for reward in rewards):
            raise StatError(
                f"response {response.response_id}: the reward model gave {len(rewards)} rewards, "
                f"expected {len(response.steps)} between 0 and 1"
            )
    return [
        step_reward(response.response_id, response.question_id, rewards)
        for response, rewards in zip(responses, scored, strict=True)
    ]
