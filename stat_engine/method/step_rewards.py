"""Stage 1b: the process reward model scores every step (paper, section 3).

Responses in, StepRewards out, one forward pass a response."""

from collections.abc import Iterable, Mapping, Sequence

from stat_engine.errors import StatError
from stat_engine.method.context import RunContext, batched, opened
from stat_engine.models.base import PartialScores, RewardModel, Scored
from stat_engine.models.open import reward_model_identity
from stat_engine.records import Question, Response, StepReward, step_reward


def make_step_rewards(context: RunContext) -> None:
    """The stage: the run's reward model scores its responses, unless step rewards were imported."""
    config, run = context.config.reward_model, context.run
    if config.backend == "imported" and context.config.difficulty.filter not in ("prm", "orm"):
        return  # the filter reads the responses alone
    if config.backend == "imported":
        run.step_rewards.need(f"stat-studio import step-rewards FILE --run {run.name}")
        return
    run.responses.need(f"stat-studio run {run.name} --until responses")
    with opened(context.reward_model) as reward_model:
        context.complete(
            run.step_rewards,
            "step_rewards",
            run.stage_settings("step_rewards"),
            [reward_model_identity(config)],
            batched(list(run.responses.read()), config.batch_size),
            lambda _, batch, keeping: score(
                reward_model(), batch, context.dataset.questions, keeping.scores()
            ),
            cut_short,
        )


def score(
    reward_model: RewardModel,
    responses: Sequence[Response],
    questions: Mapping[str, Question],
    partial: PartialScores | None = None,
) -> list[StepReward]:
    """Step rewards of one batch of responses, as doubles, in their order.

    Scores in `partial` are not made again, and new ones are added to it as they are made."""
    items = [(questions[response.question_id].problem, response.steps) for response in responses]
    scored = reward_model.score(items, partial)
    return [_row(response, one) for response, one in zip(responses, scored, strict=True)]


def _row(response: Response, scored: Scored) -> StepReward:
    rewards, n_steps = scored.step_rewards, len(response.steps)
    is_whole = len(rewards) == n_steps or (not rewards and scored.outcome_reward is not None)
    if not (is_whole or (scored.is_cut and len(rewards) < n_steps)) or not all(0 <= r <= 1 for r in rewards):
        raise StatError(
            f"response {response.response_id}: the reward model gave {len(rewards)} rewards, "
            f"expected {n_steps} between 0 and 1"
        )
    if not rewards and scored.outcome_reward is not None:
        # scored as a whole: like a single step, but with no step named
        whole = step_reward(response.response_id, response.question_id, [scored.outcome_reward])
        return whole.model_copy(
            update={"step_rewards": [], "outcome_reward": scored.outcome_reward, "is_cut": scored.is_cut}
        )
    return step_reward(
        response.response_id, response.question_id, rewards, scored.outcome_reward, scored.is_cut
    )


def cut_short(rewards: Iterable[StepReward]) -> list[str]:
    """A sentence on the responses that are longer than the reward model's context, if there are any."""
    cut = [reward.is_cut for reward in rewards]
    if not any(cut):
        return []
    return [
        f"{sum(cut):,} of {len(cut):,} responses are longer than the reward model's context; what lies "
        "beyond it is not scored"
    ]
