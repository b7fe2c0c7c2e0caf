from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from transformers import (
    AutoTokenizer,
    LlamaForCausalLM,
    Qwen2Config,
    Qwen2ForTokenClassification,
    Qwen2Model,
)

from stat_engine.errors import StatError
from stat_engine.models.base import Scored
from stat_engine.models.rewards.qwen import QwenRewardModel
from tests.models.reward_checkpoints import (
    ITEMS,
    SHAPE,
    config_of,
    llama_config,
    qwen_checkpoint,
    qwen_tokenizer,
    save,
)

SYSTEM = "Please reason step by step, and put your final answer within \\boxed{}."


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return qwen_checkpoint(tmp_path_factory.mktemp("rewards") / "qwen")


def ids_of(folder: Path, problem: str, steps: list[str]) -> torch.Tensor:
    chat = [
        {"role": "system", "content": SYSTEM},
        {"role": "user", "content": problem},
        {"role": "assistant", "content": "<extra_0>".join(steps) + "<extra_0>"},
    ]
    tokenizer = AutoTokenizer.from_pretrained(folder)
    return tokenizer.encode(tokenizer.apply_chat_template(chat, tokenize=False), return_tensors="pt")


def as_published(folder: Path, problem: str, steps: list[str]) -> list[float]:
    """The model card's reading: softmax of two labels at every marker."""
    if not steps:
        return []
    model, weights = Qwen2Model.from_pretrained(folder), load_file(folder / "model.safetensors")
    ids = ids_of(folder, problem, steps)
    with torch.inference_mode():
        hidden = model(ids).last_hidden_state[0]
        inner = (hidden @ weights["score.0.weight"].T + weights["score.0.bias"]).relu()
        labels = (inner @ weights["score.2.weight"].T + weights["score.2.bias"]).softmax(-1)
    marker = AutoTokenizer.from_pretrained(folder).convert_tokens_to_ids("<extra_0>")
    return [float(p) for p in labels[ids[0] == marker][:, 1]]


def test_rewards_are_those_of_the_published_reading(folder: Path) -> None:
    scored = QwenRewardModel(config_of(folder)).score(ITEMS)
    for (problem, steps), one in zip(ITEMS, scored, strict=True):
        assert one == Scored(pytest.approx(as_published(folder, problem, steps), abs=1e-5))
    assert len({round(reward, 3) for one in scored for reward in one.step_rewards}) > 5


def test_a_marker_inside_a_step_or_the_problem_is_not_counted(folder: Path) -> None:
    problem, steps = "What is <extra_0>?", ["a<extra_0>b", "c", "<extra_0>"]
    (scored,) = QwenRewardModel(config_of(folder)).score([(problem, steps)])
    every_marker = as_published(folder, problem, steps)
    assert len(every_marker) == 6
    assert scored.step_rewards == pytest.approx([every_marker[at] for at in (2, 3, 5)], abs=1e-5)


def test_a_response_beyond_the_limit_is_scored_by_whole_steps(folder: Path) -> None:
    (whole,) = QwenRewardModel(config_of(folder)).score(ITEMS[:1])
    problem, steps = ITEMS[0]
    n = ids_of(folder, problem, steps[:2]).shape[1] - len("<|im_end|>\n") + len("<|im_end|>") - 1
    # ids of two steps end in a marker, the end of the turn and a newline
    assert n == ids_of(folder, problem, steps[:2]).shape[1] - 2
    cut = QwenRewardModel(config_of(folder, max_length=n)).score(ITEMS[:1])
    assert cut == [Scored(pytest.approx(whole.step_rewards[:2], abs=1e-5), is_cut=True)]
    shorter = QwenRewardModel(config_of(folder, max_length=n - 1)).score(ITEMS[:1])
    assert shorter == [Scored(pytest.approx(whole.step_rewards[:1], abs=1e-5), is_cut=True)]


def stock(folder: Path, n_labels: int) -> Path:
    torch.manual_seed(0)
    tokenizer = qwen_tokenizer()
    config = Qwen2Config(vocab_size=len(tokenizer), num_labels=n_labels, **SHAPE)
    return save(folder, Qwen2ForTokenClassification(config), tokenizer)


def test_a_stock_head_of_one_layer_is_read_too(tmp_path: Path) -> None:
    folder = stock(tmp_path / "stock", 2)
    problem, steps = ITEMS[0]
    ids = ids_of(folder, problem, steps)
    with torch.inference_mode():
        labels = Qwen2ForTokenClassification.from_pretrained(folder)(ids).logits[0].softmax(-1)
    at = (ids[0] == AutoTokenizer.from_pretrained(folder).convert_tokens_to_ids("<extra_0>")).nonzero()[:, 0]
    (scored,) = QwenRewardModel(config_of(folder)).score(ITEMS[:1])
    assert scored == Scored(pytest.approx(labels[at, 1].tolist(), abs=1e-5))


def test_a_head_of_three_labels_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(StatError, match=r"score.2.bias of shape \(3,\) where \(2,\) fits"):
        QwenRewardModel(config_of(qwen_checkpoint(tmp_path / "three", n_labels=3)))
    with pytest.raises(StatError, match="found a head of 3 labels, expected 2"):
        QwenRewardModel(config_of(stock(tmp_path / "stock", 3)))


def test_a_head_that_is_not_all_there_is_refused_by_name(tmp_path: Path) -> None:
    folder = qwen_checkpoint(tmp_path / "partly", without="0.weight")
    with pytest.raises(StatError, match=r"partly: found no score.0.weight \(1 in all\)"):
        QwenRewardModel(config_of(folder))


def test_another_kind_of_model_is_refused_by_name(tmp_path: Path) -> None:
    folder = save(tmp_path / "llama", LlamaForCausalLM(llama_config(vocab_size=300)), qwen_tokenizer())
    with pytest.raises(StatError, match="found a llama model, expected qwen2"):
        QwenRewardModel(config_of(folder))


def test_a_tokenizer_without_the_marker_is_refused(tiny_checkpoint: Path) -> None:
    with pytest.raises(StatError, match="its tokenizer has no single token for <extra_0>"):
        QwenRewardModel(config_of(tiny_checkpoint))
