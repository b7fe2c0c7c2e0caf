"""What a model can do is tested on the model; each class below is transformers' own, with random weights."""

from pathlib import Path
from typing import Any

import pytest
import torch

from stat_engine.config import StudentConfig
from stat_engine.errors import StatError
from stat_engine.models.base import Sampling
from stat_engine.models.local import abilities
from stat_engine.models.local.abilities import Way, packs_apart, pads_apart, way_of
from stat_engine.models.local.decoding import choose, one_by_one
from stat_engine.models.local.loading import TokenBudget
from stat_engine.models.local.ragged_batch import Decoder, Row
from stat_engine.models.local.transformers_model import TransformersModel
from tests.models.architectures import architecture, saved

FOUND = {
    "llama": (Way.TOGETHER, True, True),
    "qwen2": (Way.TOGETHER, True, True),
    "qwen3": (Way.TOGETHER, True, True),
    "qwen3_5_text": (Way.TOGETHER, False, True),
    "gemma3_text": (Way.TOGETHER, True, True),
    "phi3": (Way.TOGETHER, True, True),
    "mistral": (Way.TOGETHER, True, True),
    "mixtral": (Way.TOGETHER, True, True),
    "gpt_neox": (Way.TOGETHER, True, True),
    "gpt2": (Way.TOGETHER, True, False),
    "bloom": (Way.TOGETHER, False, True),
    "opt": (Way.TOGETHER, False, True),
    "mpt": (Way.TOGETHER, False, True),
    "gpt_bigcode": (Way.TOGETHER, True, False),
    "openai-gpt": (Way.GENERATE, False, False),
    "lfm2_moe": (Way.TOGETHER, False, True),
    "deepseek_v2": (Way.TOGETHER, True, True),
    "mamba": (Way.TOGETHER, False, True),
    "mamba2": (Way.TOGETHER, False, True),
    "rwkv": (Way.GENERATE, False, False),
    "minimax": (Way.GENERATE, False, False),
    "xlstm": (Way.RECOMPUTED, False, False),
    "recurrent_gemma": (Way.ALONE, False, False),
    "lfm2": (Way.TOGETHER, False, True),
    "gpt_oss": (Way.TOGETHER, False, True),
    "granitemoehybrid": (Way.TOGETHER, False, True),
    "falcon_h1": (Way.TOGETHER, False, True),
    "jamba": (Way.TOGETHER, False, True),
}
"""By transformers' model type: how it decodes, whether packed pairs and whether padded rows are apart."""


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))


@pytest.mark.parametrize("kind", FOUND)
def test_what_each_architecture_can_do(kind: str) -> None:
    model = architecture(kind)
    assert (way_of(model, "owner/name"), packs_apart(model), pads_apart(model)) == FOUND[kind]


@pytest.mark.parametrize("kind", ["llama", "gpt2", "qwen3_5_text", "recurrent_gemma", "lfm2", "mamba", "opt"])
def test_the_checks_find_the_same_in_half_precision_and_with_small_weights(kind: str) -> None:
    small = architecture(kind, initializer_range=0.02, init_std=0.02)
    assert (way_of(small, "owner/name"), packs_apart(small), pads_apart(small)) == FOUND[kind]
    half = architecture(kind).to(torch.bfloat16)
    assert (way_of(half, "owner/name"), packs_apart(half), pads_apart(half)) == FOUND[kind]


PROMPTS = [tuple(3 + (7 * at + 5 * step) % 90 for step in range(2 + (11 * at) % 17)) for at in range(6)]
GREEDY = Sampling(temperature=0, top_p=1, max_tokens=8)


def written(model: Any, way: Way) -> list[list[int]]:
    """What each prompt is answered with, decoded in a way."""
    rows = [Row(prompt, 8) for prompt in PROMPTS]

    def record(row: Row, token: int) -> None:
        row.written.append(token)
        row.finish = "length" if len(row.written) == row.room else None

    def chosen(logits: torch.Tensor, batch: list[Row]) -> list[int]:
        return choose(logits, GREEDY, [row.number() for row in batch])

    with torch.inference_mode():
        if way in (Way.GENERATE, Way.RECOMPUTED):
            list(one_by_one(model, rows, chosen, record, way is Way.GENERATE))
        else:
            decoder = Decoder(model, TokenBudget(4096), 1 if way is Way.ALONE else None)
            list(decoder.decode(rows, chosen, record))
    return [row.written for row in rows]


def recomputed(model: Any) -> list[list[int]]:
    """The most probable tokens, each from one pass over the whole row."""
    found = []
    with torch.inference_mode():
        for prompt in PROMPTS:
            tokens = list(prompt)
            for _ in range(8):
                logits = model(input_ids=torch.tensor([tokens]), use_cache=False).logits
                tokens.append(int(logits[0, -1].argmax()))
            found.append(tokens[len(prompt) :])
    return found


@pytest.mark.parametrize("kind", FOUND)
def test_answers_are_those_of_passes_over_whole_rows(kind: str) -> None:
    model = architecture(kind)
    assert written(model, FOUND[kind][0]) == recomputed(model)


def test_a_model_that_is_wrong_in_every_way_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    model = architecture("llama")
    monkeypatch.setattr(model, "generate", lambda *_, **__: 1 / 0)
    monkeypatch.setattr(abilities, "_alone", lambda *_: 1 / 0)
    with pytest.raises(StatError, match="LlamaForCausalLM cannot be decoded .*ZeroDivisionError"):
        way_of(model, "owner/name")


def test_a_model_that_reads_what_follows_is_refused() -> None:
    with pytest.raises(StatError, match="BertLMHeadModel cannot be decoded .*step by step its logits differ"):
        way_of(architecture("bert"), "owner/name")


def test_memory_that_runs_out_is_no_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    def out(*_: Any) -> Any:
        raise torch.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr(abilities, "_alone", out)
    with pytest.raises(torch.OutOfMemoryError):
        way_of(architecture("llama"), "owner/name")


def test_a_slow_check_is_made_once_for_a_checkpoint(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(abilities, "SLOW_S", 0)
    model = architecture("rwkv")
    assert way_of(model, "owner/name") is Way.GENERATE
    monkeypatch.setattr(abilities, "_found", lambda *_: 1 / 0)
    assert way_of(model, "owner/name") is Way.GENERATE
    with pytest.raises(ZeroDivisionError):
        way_of(model, "owner/other")


@pytest.mark.parametrize("kind", ["llama", "mamba", "rwkv", "recurrent_gemma"])
def test_a_student_of_each_way_answers_the_same_whatever_is_asked_beside(kind: str, tmp_path: Path) -> None:
    student = TransformersModel(StudentConfig(model=str(saved(kind, tmp_path / "student"))))
    asked = ["What is 7+5?", "What is 12+9+8?", "7"]
    prompts = [[{"role": "user", "content": text}] for text in asked]
    sampling = Sampling(temperature=1, top_p=0.95, max_tokens=7, n_samples=2)
    together = student.complete(prompts, sampling, seed=4)
    assert together[:1] == student.complete(prompts[:1], sampling, seed=4)
    assert all(0 < answer.n_tokens <= 7 for answers in together for answer in answers if answer.text)
    assert len({answer.text for answers in together for answer in answers}) > 3
