from pathlib import Path

import pytest
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

from stat_engine.models.plus_minus_reward_model import PlusMinusRewardModel

ITEMS = [
    ("What is 3+4?", ["3+4=7", "Answer: 7"]),
    ("Compute 12*3 and then add 45.", ["12*3=36", "36+45=81", "81=81", "Answer: 81"]),
    ("What is 1+1?", []),
    ("What is 9?", ["9"]),
]


@pytest.fixture(scope="module")
def reward_model(tiny_checkpoint: Path) -> PlusMinusRewardModel:
    return PlusMinusRewardModel(str(tiny_checkpoint))


def by_re_encoding(folder: Path, problem: str, steps: list[str]) -> list[float]:
    """The same rewards with a forward pass a step, as public code computes them."""
    tokenizer, model = AutoTokenizer.from_pretrained(folder), AutoModelForCausalLM.from_pretrained(folder)
    plus, minus = (tokenizer.encode(sign, add_special_tokens=False)[0] for sign in "+-")
    text = tokenizer.apply_chat_template(
        [{"role": "user", "content": problem}], tokenize=False, add_generation_prompt=True
    )
    rewards = []
    for step in steps:
        text += f"{step}\n"
        ids = tokenizer(text, return_tensors="pt", add_special_tokens=False)["input_ids"]
        with torch.inference_mode():
            logits = model(ids).logits[0, -1].double()
        rewards.append(float(torch.stack([logits[plus], logits[minus]]).softmax(0)[0]))
    return rewards


def test_one_pass_equals_re_encoding_step_by_step(
    reward_model: PlusMinusRewardModel, tiny_checkpoint: Path
) -> None:
    scored = reward_model.score(ITEMS)
    for (problem, steps), rewards in zip(ITEMS, scored, strict=True):
        assert rewards == pytest.approx(by_re_encoding(tiny_checkpoint, problem, list(steps)), abs=1e-5)


def test_a_response_scores_the_same_alone_and_in_a_batch(reward_model: PlusMinusRewardModel) -> None:
    together = reward_model.score(ITEMS)
    for item, rewards in zip(ITEMS, together, strict=True):
        assert reward_model.score([item])[0] == pytest.approx(rewards, abs=1e-5)


def test_there_is_one_reward_in_range_a_step_and_none_for_no_steps(
    reward_model: PlusMinusRewardModel,
) -> None:
    scored = reward_model.score(ITEMS)
    assert [len(rewards) for rewards in scored] == [2, 4, 0, 1]
    assert all(0 <= reward <= 1 for rewards in scored for reward in rewards)
    assert reward_model.score([]) == []
    assert reward_model.score([("x", [])]) == [[]]
