from pathlib import Path

import pytest
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

from stat_engine.errors import StatError
from stat_engine.models.base import Scored
from stat_engine.models.rewards.plus_minus import PlusMinusRewardModel
from tests.models.reward_checkpoints import config_of, qwen_checkpoint

ITEMS = [
    ("What is 3+4?", ["3+4=7", "Answer: 7"]),
    ("Compute 12*3 and then add 45.", ["12*3=36", "36+45=81", "81=81", "Answer: 81"]),
    ("What is 1+1?", []),
    ("What is 9?", ["9"]),
]


@pytest.fixture(scope="module")
def reward_model(tiny_checkpoint: Path) -> PlusMinusRewardModel:
    return PlusMinusRewardModel(config_of(tiny_checkpoint))


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
    for (problem, steps), one in zip(ITEMS, scored, strict=True):
        assert one == Scored(pytest.approx(by_re_encoding(tiny_checkpoint, problem, steps), abs=1e-5))


def test_a_response_scores_the_same_alone_and_in_a_batch(reward_model: PlusMinusRewardModel) -> None:
    together = reward_model.score(ITEMS)
    for item, one in zip(ITEMS, together, strict=True):
        assert reward_model.score([item]) == [Scored(pytest.approx(one.step_rewards, abs=1e-5))]


def test_there_is_one_reward_in_range_a_step_and_none_for_no_steps(
    reward_model: PlusMinusRewardModel,
) -> None:
    scored = reward_model.score(ITEMS)
    assert [len(one.step_rewards) for one in scored] == [2, 4, 0, 1]
    assert all(0 <= reward <= 1 for one in scored for reward in one.step_rewards)
    assert reward_model.score([]) == []
    assert reward_model.score([("x", [])]) == [Scored([])]


def test_a_newline_inside_a_step_does_not_end_it(reward_model: PlusMinusRewardModel) -> None:
    (broken,), (whole,) = (reward_model.score([("What is 9?", [step])]) for step in ("3*3\n=9", "3*3 =9"))
    assert broken == whole


def test_a_response_beyond_the_limit_is_scored_by_whole_steps(tiny_checkpoint: Path) -> None:
    ids = AutoTokenizer.from_pretrained(tiny_checkpoint)("<bos>What is 3+4?<sep>3+4=7\n")["input_ids"]
    (whole,) = PlusMinusRewardModel(config_of(tiny_checkpoint)).score(ITEMS[:1])
    cut = PlusMinusRewardModel(config_of(tiny_checkpoint, max_length=len(ids))).score(ITEMS[:1])
    assert cut == [Scored(pytest.approx(whole.step_rewards[:1], abs=1e-5), is_cut=True)]
    none = PlusMinusRewardModel(config_of(tiny_checkpoint, max_length=len(ids) - 1)).score(ITEMS[:1])
    assert none == [Scored([], is_cut=True)]


def test_a_tokenizer_that_lacks_a_sign_is_refused(tmp_path: Path) -> None:
    folder = qwen_checkpoint(tmp_path / "no-plus")
    tokenizer = folder / "tokenizer.json"
    tokenizer.write_text(tokenizer.read_text().replace('"+"', '"plus"'))
    with pytest.raises(StatError, match=r"its tokenizer has no single token for '\+'"):
        PlusMinusRewardModel(config_of(folder))
