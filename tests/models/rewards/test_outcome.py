from pathlib import Path

import pytest
import torch
from transformers import (
    AutoModelForCausalLM,
    AutoTokenizer,
    LlamaForSequenceClassification,
    LlamaModel,
    Qwen2Config,
    Qwen2ForSequenceClassification,
)

from stat_engine.errors import StatError
from stat_engine.models.base import Scored
from stat_engine.models.rewards.outcome import OutcomeRewardModel
from tests.models.reward_checkpoints import (
    ITEMS,
    SHAPE,
    config_of,
    llama_config,
    llama_tokenizer,
    qwen_tokenizer,
    rlhflow_checkpoint,
    save,
)


def classifier(folder: Path, n_labels: int) -> Path:
    """A Qwen2 that classifies sequences."""
    torch.manual_seed(0)
    tokenizer = qwen_tokenizer()
    config = Qwen2Config(vocab_size=len(tokenizer), num_labels=n_labels, pad_token_id=0, **SHAPE)
    return save(folder, Qwen2ForSequenceClassification(config), tokenizer)


def classified(folder: Path, problem: str, steps: list[str]) -> torch.Tensor:
    """Logits by transformers' own class, one response at a time."""
    chat = [{"role": "user", "content": problem}, {"role": "assistant", "content": "\n\n".join(steps)}]
    ids = AutoTokenizer.from_pretrained(folder).apply_chat_template(chat, return_tensors="pt")["input_ids"]
    with torch.inference_mode():
        return Qwen2ForSequenceClassification.from_pretrained(folder)(ids).logits[0].double()


def outcomes(folder: Path, **changes: object) -> list[float | None]:
    scored = OutcomeRewardModel(config_of(folder, **changes)).score(ITEMS)
    assert [one.step_rewards for one in scored] == [[]] * len(ITEMS)
    return [one.outcome_reward for one in scored]


def test_one_label_is_a_sigmoid_at_the_last_token(tmp_path: Path) -> None:
    folder = classifier(tmp_path / "one", 1)
    expected = [float(classified(folder, *item).sigmoid()) if item[1] else None for item in ITEMS]
    assert outcomes(folder) == [pytest.approx(score, abs=1e-5) for score in expected]
    assert outcomes(folder, token_budget=256) == [pytest.approx(score, abs=1e-5) for score in expected]


def test_of_two_labels_the_second_is_the_score(tmp_path: Path) -> None:
    folder = classifier(tmp_path / "two", 2)
    expected = [float(classified(folder, *item).softmax(-1)[1]) if item[1] else None for item in ITEMS]
    assert outcomes(folder) == [pytest.approx(score, abs=1e-5) for score in expected]


def test_a_causal_model_answers_plus_or_minus_to_the_whole_response(tmp_path: Path) -> None:
    folder = rlhflow_checkpoint(tmp_path / "rlhflow")
    tokenizer, model = AutoTokenizer.from_pretrained(folder), AutoModelForCausalLM.from_pretrained(folder)
    signs = [tokenizer.encode(sign)[-1] for sign in "+-"]
    expected: list[float | None] = []
    for problem, steps in ITEMS:
        chat = [
            {"role": "user", "content": f"{problem} " + "\n\n".join(steps)},
            {"role": "assistant", "content": "+"},
        ]
        ids = tokenizer.apply_chat_template(chat, return_tensors="pt")["input_ids"]
        with torch.inference_mode():
            plus = float(model(ids).logits[0, -3, signs].double().softmax(-1)[0])
        expected.append(plus if steps else None)
    assert outcomes(folder) == [pytest.approx(score, abs=1e-5) for score in expected]


@pytest.mark.parametrize("kind", ["classifier", "causal"])
def test_a_response_beyond_the_limit_has_no_score_and_says_so(tmp_path: Path, kind: str) -> None:
    folder = classifier(tmp_path / kind, 1) if kind == "classifier" else rlhflow_checkpoint(tmp_path / kind)
    whole = OutcomeRewardModel(config_of(folder)).score(ITEMS)
    lengths = range(40, 220, 4)
    cut = [OutcomeRewardModel(config_of(folder, max_length=n)).score(ITEMS[:1])[0] for n in lengths]
    n_without = sum(one == Scored([], None, is_cut=True) for one in cut)
    assert 0 < n_without < len(cut)
    assert cut[n_without:] == [Scored([], pytest.approx(whole[0].outcome_reward, abs=1e-5), is_cut=False)] * (
        len(cut) - n_without
    )


def test_other_heads_are_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(StatError, match="found a Qwen2ForSequenceClassification of 3 labels"):
        OutcomeRewardModel(config_of(classifier(tmp_path / "three", 3)))
    torch.manual_seed(0)
    bare = save(tmp_path / "bare", LlamaModel(llama_config()), llama_tokenizer())
    with pytest.raises(StatError, match="found architecture LlamaModel, expected one that ends in"):
        OutcomeRewardModel(config_of(bare))


def test_a_head_that_is_missing_is_not_made_up(tmp_path: Path) -> None:
    folder = save(
        tmp_path / "x", LlamaForSequenceClassification(llama_config(num_labels=1)), llama_tokenizer()
    )
    config = (folder / "config.json").read_text()
    LlamaModel(llama_config()).save_pretrained(folder)
    (folder / "config.json").write_text(config)
    with pytest.raises(StatError, match=r"found no score.weight \(1 in all\)"):
        OutcomeRewardModel(config_of(folder))
