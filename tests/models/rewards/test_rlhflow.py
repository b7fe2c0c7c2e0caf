from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer, CohereConfig, CohereForCausalLM

from stat_engine.errors import StatError
from stat_engine.models.base import Scored
from stat_engine.models.rewards.plus_minus import RlhflowRewardModel
from tests.models.reward_checkpoints import (
    ITEMS,
    LLAMA_TEMPLATE,
    SHAPE,
    config_of,
    llama_tokenizer,
    rlhflow_checkpoint,
    save,
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return rlhflow_checkpoint(tmp_path_factory.mktemp("rewards") / "rlhflow")


@pytest.fixture(scope="module")
def reward_model(folder: Path) -> RlhflowRewardModel:
    return RlhflowRewardModel(config_of(folder))


def by_re_encoding(folder: Path, problem: str, steps: list[str]) -> list[float]:
    """The same rewards with a forward pass a step, read three tokens from the end, as public code does."""
    tokenizer, model = AutoTokenizer.from_pretrained(folder), AutoModelForCausalLM.from_pretrained(folder)
    signs = [tokenizer.encode(sign)[-1] for sign in "+-"]
    chat: list[dict[str, str]] = []
    rewards = []
    for at, step in enumerate(steps):
        chat += [
            {"role": "user", "content": step if at else f"{problem} {step}"},
            {"role": "assistant", "content": "+"},
        ]
        ids = tokenizer.apply_chat_template(chat, return_tensors="pt")["input_ids"]
        with torch.inference_mode():
            rewards.append(float(model(ids).logits[0, -3, signs].double().softmax(-1)[0]))
    return rewards


def rewards_of(scored: list[Scored]) -> list[list[float]]:
    return [one.step_rewards for one in scored]


def assert_equal_to_re_encoding(folder: Path, **changes: Any) -> None:
    scored = RlhflowRewardModel(config_of(folder, **changes)).score(ITEMS)
    for (problem, steps), one in zip(ITEMS, scored, strict=True):
        assert one.step_rewards == pytest.approx(by_re_encoding(folder, problem, steps), abs=1e-5)


def test_one_pass_equals_re_encoding_step_by_step(folder: Path) -> None:
    assert_equal_to_re_encoding(folder)


def test_tied_embeddings_give_the_same(tmp_path: Path) -> None:
    assert_equal_to_re_encoding(rlhflow_checkpoint(tmp_path / "tied", tie_word_embeddings=True))


def test_a_model_that_scales_its_logits_still_does(tmp_path: Path) -> None:
    tokenizer = llama_tokenizer()
    torch.manual_seed(0)
    config = CohereConfig(
        vocab_size=len(tokenizer), logit_scale=0.3, **SHAPE, pad_token_id=0, bos_token_id=0, eos_token_id=3
    )
    assert_equal_to_re_encoding(save(tmp_path / "scaled", CohereForCausalLM(config), tokenizer))


def test_rewards_do_not_depend_on_the_batch(folder: Path, reward_model: RlhflowRewardModel) -> None:
    together = rewards_of(reward_model.score(ITEMS))
    narrow = RlhflowRewardModel(config_of(folder, token_budget=256))
    for item, rewards in zip(ITEMS, together, strict=True):
        assert rewards_of(reward_model.score([item])) == [pytest.approx(rewards, abs=1e-5)]
    for rewards, alone in zip(together, rewards_of(narrow.score(ITEMS)), strict=True):
        assert alone == pytest.approx(rewards, abs=1e-5)


def test_there_is_one_reward_in_range_a_step(reward_model: RlhflowRewardModel) -> None:
    scored = reward_model.score(ITEMS)
    assert [len(one.step_rewards) for one in scored] == [3, 5, 0, 1]
    assert all(0 < reward < 1 for one in scored for reward in one.step_rewards)
    assert not any(one.is_cut for one in scored)
    assert reward_model.score([]) == []
    assert reward_model.score([("x", [])]) == [Scored([])]


def test_a_response_beyond_the_limit_is_scored_by_whole_steps_and_marked(
    folder: Path, reward_model: RlhflowRewardModel
) -> None:
    whole = reward_model.score(ITEMS[1:2])[0].step_rewards
    seen = set()
    for limit in range(60, 240, 4):
        (cut,) = RlhflowRewardModel(config_of(folder, max_length=limit)).score(ITEMS[1:2])
        n = len(cut.step_rewards)
        assert cut == Scored(pytest.approx(whole[:n], abs=1e-5), is_cut=n < len(whole))
        seen.add(n)
    assert seen == {0, 1, 2, 3, 4, 5}


def test_the_last_step_is_scored_at_exactly_its_length(folder: Path) -> None:
    # the pass needs the tokens before the sign and not the sign itself
    text = AutoTokenizer.from_pretrained(folder).apply_chat_template(
        [{"role": "user", "content": "1+1? 2"}], tokenize=True, add_generation_prompt=True
    )
    n = len(text["input_ids"])
    item = [("1+1?", ["2"])]
    assert len(RlhflowRewardModel(config_of(folder, max_length=n)).score(item)[0].step_rewards) == 1
    assert RlhflowRewardModel(config_of(folder, max_length=n - 1)).score(item) == [Scored([], is_cut=True)]


def test_the_model_s_own_context_is_the_limit_where_none_is_set(tmp_path: Path) -> None:
    short = rlhflow_checkpoint(tmp_path / "short", max_position_embeddings=130)
    scored = RlhflowRewardModel(config_of(short)).score(ITEMS)
    assert [(len(one.step_rewards), one.is_cut) for one in scored][1:] == [(1, True), (0, False), (1, False)]


@pytest.mark.parametrize(
    ("template", "found"),
    [
        ("{% for m in messages %}{{ m['role'] }}: {{ m['content'] }}{% if not loop.last %};{% else %}.{% endif %}"
         "{% endfor %}", None),
        ("{{ messages | length }}{% for m in messages %}{{ m['content'] }}|{% endfor %}", "a turn changes"),
        ("{% for m in messages[:-1] %}{{ m['content'] }}|{% endfor %}", "0 marks came out for 1 steps"),
        ("{{ raise_exception('system first') }}", "system first"),
    ],
)  # fmt: skip
def test_a_template_that_does_not_work_out_is_refused_in_a_sentence(
    tmp_path: Path, template: str, found: str | None
) -> None:
    folder = rlhflow_checkpoint(tmp_path / "odd", template)
    if found is None:
        assert len(RlhflowRewardModel(config_of(folder)).score(ITEMS)[0].step_rewards) == 3
        return
    with pytest.raises(StatError, match=f"its chat template does not work out .*{found}"):
        RlhflowRewardModel(config_of(folder))


def test_a_sign_that_melts_into_its_neighbours_is_refused(tmp_path: Path) -> None:
    tokenizer = llama_tokenizer(LLAMA_TEMPLATE.replace("| trim }}<|eot_id|>", "}}=<|eot_id|>"))
    tokenizer.add_tokens(["+="])
    torch.manual_seed(0)
    folder = rlhflow_checkpoint(tmp_path / "melting", vocab_size=len(tokenizer))
    tokenizer.save_pretrained(folder)
    with pytest.raises(StatError, match="'\\+' is not a token of its own"):
        RlhflowRewardModel(config_of(folder))


def test_a_tokenizer_that_lacks_a_sign_is_refused(tmp_path: Path) -> None:
    file = rlhflow_checkpoint(tmp_path / "no-minus") / "tokenizer.json"
    file.write_text(file.read_text().replace('"-"', '"minus"'))
    with pytest.raises(StatError, match=r"found no tokens for '\+' and '-' in its tokenizer"):
        RlhflowRewardModel(config_of(file.parent))


def test_a_checkpoint_without_all_its_weights_is_refused_by_name(tmp_path: Path) -> None:
    folder = rlhflow_checkpoint(tmp_path / "headless")
    AutoModelForCausalLM.from_pretrained(folder).model.save_pretrained(folder)
    with pytest.raises(StatError, match=r"reward model .*headless: found no lm_head.weight \(1 in all\)"):
        RlhflowRewardModel(config_of(folder))
