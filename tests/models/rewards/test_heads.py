"""Heads of many architectures give what transformers' own classes give for a response alone."""

from pathlib import Path

import pytest
import torch
from transformers import AutoModelForSequenceClassification, AutoModelForTokenClassification

from stat_engine.models.rewards.heads import last_read
from stat_engine.models.rewards.outcome import OutcomeRewardModel
from stat_engine.models.rewards.qwen import MARKER, QwenRewardModel
from tests.models.architectures import architecture
from tests.models.reward_checkpoints import ITEMS, config_of, qwen_tokenizer, save

SEQUENCES = [
    "llama", "qwen2", "qwen3", "gpt_neox", "gpt2", "gptj", "gpt_neo", "bloom", "opt", "mpt", "falcon", "phi3", "mistral",
    "mixtral", "gemma3_text", "stablelm", "bert", "roberta", "deberta-v2",
]  # fmt: skip
TOKENS = ["llama", "qwen2", "qwen3", "gpt_neox", "gpt2", "bloom", "mistral", "bert"]
LONG = {"max_position_embeddings": 512, "n_positions": 512, "max_seq_len": 512}


def checkpoint(folder: Path, kind: str, made: object, n_labels: int, padding: int = 0) -> Path:
    tokenizer = qwen_tokenizer()
    changes = {"vocab_size": len(tokenizer), "num_labels": n_labels, "pad_token_id": padding, **LONG}
    return save(folder, architecture(kind, made, **changes), tokenizer)


def answered(folder: Path, problem: str, steps: list[str]) -> list[int]:
    chat = [{"role": "user", "content": problem}, {"role": "assistant", "content": "\n\n".join(steps)}]
    ids: list[int] = qwen_tokenizer().apply_chat_template(chat)["input_ids"]
    return ids


@pytest.mark.parametrize("kind", SEQUENCES)
@pytest.mark.parametrize("n_labels", [1, 2])
def test_a_response_is_scored_as_by_the_own_forward_pass(kind: str, n_labels: int, tmp_path: Path) -> None:
    folder = checkpoint(tmp_path, kind, AutoModelForSequenceClassification, n_labels)
    model, expected = AutoModelForSequenceClassification.from_pretrained(folder).eval(), []
    for problem, steps in ITEMS:
        with torch.inference_mode():
            logits = model(torch.tensor([answered(folder, problem, steps)])).logits[0].double()
        score = logits.sigmoid()[0] if n_labels == 1 else logits.softmax(-1)[1]
        expected.append(pytest.approx(float(score), abs=1e-5) if steps else None)
    scored = OutcomeRewardModel(config_of(folder)).score(ITEMS)
    assert [one.outcome_reward for one in scored] == expected
    assert len({one.outcome_reward for one in scored}) == len(ITEMS)


def test_a_checkpoint_that_pads_with_the_token_at_the_end_is_read_before_it(tmp_path: Path) -> None:
    end = answered(tmp_path, *ITEMS[0])[-1]
    folder = checkpoint(tmp_path, "gpt_neox", AutoModelForSequenceClassification, 1, padding=end)
    model = AutoModelForSequenceClassification.from_pretrained(folder).eval()
    ids = answered(folder, *ITEMS[0])
    assert last_read(model, ids) == len(ids) - 2
    with torch.inference_mode():
        expected = float(model(torch.tensor([ids])).logits[0].double().sigmoid())
    [scored] = OutcomeRewardModel(config_of(folder)).score(ITEMS[:1])
    assert scored.outcome_reward == pytest.approx(expected, abs=1e-5)


@pytest.mark.parametrize("kind", TOKENS)
def test_steps_are_scored_as_by_the_own_forward_pass(kind: str, tmp_path: Path) -> None:
    folder = checkpoint(tmp_path, kind, AutoModelForTokenClassification, 2)
    reward_model = QwenRewardModel(config_of(folder))
    model = AutoModelForTokenClassification.from_pretrained(folder).eval()
    mark = qwen_tokenizer().convert_tokens_to_ids(MARKER)
    encoded = reward_model._conversations.encode(ITEMS)
    scored = reward_model.score(ITEMS)
    for marked, one in zip(encoded, scored, strict=True):
        assert [marked.ids[at] for at in marked.marks] == [mark] * len(marked.marks)
        expected = []
        for at in marked.marks:  # a step is scored by what it follows, in any architecture
            with torch.inference_mode():
                logits = model(torch.tensor([marked.ids[: at + 1]])).logits[0, -1].double()
            expected.append(pytest.approx(float(logits.softmax(-1)[1]), abs=1e-5))
        assert one.step_rewards == expected
