"""One list of end tokens for evaluation, rollouts and exports; prompts that a tokenizer does not end."""

import json
import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest
from transformers import AutoModelForCausalLM, AutoTokenizer

from stat_engine.config import SftConfig, StudentConfig
from stat_engine.method import grpo
from stat_engine.models.local.loading import end_tokens, load_tokenizer
from stat_engine.models.local.templates import trained_tokens
from stat_engine.models.local.transformers_model import TransformersModel


@pytest.fixture
def two_ends(tiny_checkpoint: Path, tmp_path: Path) -> Path:
    """As base checkpoints come: their settings end at one token, their chat template at another."""
    folder = tmp_path / "two-ends"
    shutil.copytree(tiny_checkpoint, folder)
    path = folder / "generation_config.json"
    settings = json.loads(path.read_text()) if path.exists() else {}
    path.write_text(json.dumps({**settings, "eos_token_id": 7}))
    return folder


def test_rollouts_end_where_evaluation_ends_answers(two_ends: Path) -> None:
    student = StudentConfig(model=str(two_ends), name="s")
    tokenizer = load_tokenizer(str(two_ends))
    evaluated = TransformersModel(student)._ends
    policy = grpo._policy(student, None, SftConfig(rank=2, alpha=4), tokenizer)
    assert evaluated == policy.generation_config.eos_token_id
    assert {7, tokenizer.eos_token_id} <= set(evaluated)


def test_an_export_keeps_every_end(two_ends: Path, tmp_path: Path) -> None:
    model, tokenizer = AutoModelForCausalLM.from_pretrained(two_ends), load_tokenizer(str(two_ends))
    model.generation_config.eos_token_id = end_tokens(model, tokenizer)
    model.save_pretrained(tmp_path / "out")
    saved = json.loads((tmp_path / "out" / "generation_config.json").read_text())["eos_token_id"]
    assert saved == end_tokens(SimpleNamespace(generation_config=SimpleNamespace(eos_token_id=7)), tokenizer)


def ending(checkpoint: Path, folder: Path) -> Path:
    """The checkpoint with a tokenizer that writes its end behind every text."""
    from tokenizers.processors import TemplateProcessing

    shutil.copytree(checkpoint, folder)
    tokenizer = AutoTokenizer.from_pretrained(checkpoint)
    end, id = tokenizer.eos_token, tokenizer.eos_token_id
    tokenizer.backend_tokenizer.post_processor = TemplateProcessing(
        single=f"$A {end}", pair=f"$A {end} $B {end}", special_tokens=[(end, id)]
    )
    tokenizer.save_pretrained(folder)
    assert AutoTokenizer.from_pretrained(folder)("What")["input_ids"][-1] == id
    return folder


def test_a_tokenizer_does_not_end_prompts(tiny_checkpoint: Path, tmp_path: Path) -> None:
    plain = load_tokenizer(str(tiny_checkpoint))
    opened = load_tokenizer(str(ending(tiny_checkpoint, tmp_path / "ends")))
    assert opened("What is 1+2?")["input_ids"] == plain("What is 1+2?", add_special_tokens=False)["input_ids"]


def test_the_end_of_a_trained_answer_is_counted_once(tiny_checkpoint: Path, tmp_path: Path) -> None:
    for folder in (tiny_checkpoint, ending(tiny_checkpoint, tmp_path / "ends")):
        tokenizer = load_tokenizer(str(folder), needs_chat=False)
        tokens, n = trained_tokens(tokenizer, "What is 1+2?", "1+2=3", "m")
        end = tokenizer.eos_token_id
        assert tokens.count(end) == 1 and tokens[-1] == end and end not in tokens[:n]
