"""Text models that are published with parts that read images."""

from pathlib import Path

import pytest
import torch
from safetensors import safe_open

from stat_engine.config import StudentConfig
from stat_engine.errors import StatError
from stat_engine.method.sft.fine_tuning import Training, fine_tune
from stat_engine.models.base import Sampling
from stat_engine.models.local.loading import load_model
from stat_engine.models.local.transformers_model import TransformersModel
from tests.method.sft.test_fine_tuning import CONFIG, EXAMPLES
from tests.models.architectures import READS_IMAGES, saved_with_images

PROMPTS = [[{"role": "user", "content": text}] for text in ("What is 7+5?", "What is 12+9+8?")]


@pytest.mark.parametrize("kind", READS_IMAGES)
def test_a_text_model_with_parts_that_read_images_is_trained_and_answers(kind: str, tmp_path: Path) -> None:
    student = StudentConfig(model=str(saved_with_images(kind, tmp_path / "student")))
    settings = CONFIG.model_copy(update={"epochs": 1})
    outcome = fine_tune(Training(student, EXAMPLES, settings, 0, tmp_path / "arm"))
    assert outcome["examples"] == len(EXAMPLES) and outcome["loss"] > 0
    with safe_open(tmp_path / "arm" / "adapter" / "adapter_model.safetensors", "pt") as file:
        adapted = list(file.keys())
    assert adapted and all(".language_model." in name for name in adapted)
    greedy = Sampling(temperature=0, top_p=1, max_tokens=7)
    base = TransformersModel(student)
    together = base.complete(PROMPTS, greedy, seed=0)
    assert together[:1] == base.complete(PROMPTS[:1], greedy, seed=0)
    assert TransformersModel(student, tmp_path / "arm" / "adapter").complete(PROMPTS, greedy, seed=0)


def test_a_model_that_continues_no_text_is_refused(tmp_path: Path) -> None:
    from transformers import T5Config, T5ForConditionalGeneration

    torch.manual_seed(0)
    t5 = T5Config(
        vocab_size=97, d_model=16, d_kv=8, d_ff=16, num_layers=1, num_heads=2, decoder_start_token_id=0
    )
    T5ForConditionalGeneration(t5).save_pretrained(tmp_path / "t5")
    with pytest.raises(StatError, match="found a model of type t5, expected a language model that continues"):
        load_model(str(tmp_path / "t5"))
