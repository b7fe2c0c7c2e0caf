"""QLoRA on real 4-bit weights, which bitsandbytes also computes with on a processor.

Only what needs a card is exchanged: the check for one, where the weights go, and the paged optimiser."""

from pathlib import Path
from typing import Any

import pytest
import torch
from bitsandbytes.nn import Linear4bit
from transformers import TrainingArguments

from stat_engine.config import SftConfig, StudentConfig
from stat_engine.method.sft import faults, fine_tuning
from stat_engine.method.sft.metrics import read_metrics
from stat_engine.models.local.loading import load_model
from stat_engine.models.local.merging import merge_adapter
from tests.method.sft.test_fine_tuning import CONFIG, EXAMPLES

SETTINGS = SftConfig.model_validate(CONFIG.model_dump() | {"method": "qlora"})


@pytest.fixture
def loaded(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The models that training loads, on the processor."""
    models: list[Any] = []

    def load(place: str, device_map: Any, **how: Any) -> Any:
        models.append(load_model(place, device_map={"": "cpu"}, **how))
        return models[-1]

    def arguments(*given: Any) -> TrainingArguments:
        asked = arguments_of(*given)
        asked.optim = "adamw_torch"
        return asked

    arguments_of = fine_tuning.trainer_arguments
    monkeypatch.setattr(faults, "_can_quantise", lambda *_: None)
    monkeypatch.setattr(fine_tuning, "load_model", load)
    monkeypatch.setattr(fine_tuning, "trainer_arguments", arguments)
    return models


def test_an_adapter_is_learnt_over_nf4_weights_and_changes_the_student(
    tiny_checkpoint: Path, tmp_path: Path, loaded: list[Any]
) -> None:
    outcome = fine_tuning.fine_tune(
        fine_tuning.Training(StudentConfig(model=str(tiny_checkpoint)), EXAMPLES, SETTINGS, 0, tmp_path)
    )
    assert (outcome["steps"], outcome["examples"]) == (9, 10)
    losses = [line["loss"] for line in read_metrics(tmp_path / "metrics.jsonl")]
    assert sum(losses[-3:]) < sum(losses[:3])
    four_bit = [module for module in loaded[0].modules() if isinstance(module, Linear4bit)]
    assert {module.weight.quant_type for module in four_bit} == {"nf4"}
    assert all(module.weight.dtype == torch.uint8 for module in four_bit)
    base = load_model(str(tiny_checkpoint), dtype="float32")
    before = {name: weight.clone() for name, weight in base.state_dict().items()}
    merged = merge_adapter(base, str(tmp_path / "adapter"), str(tiny_checkpoint)).state_dict()
    changed = [name for name in before if not torch.equal(before[name], merged[name])]
    assert len(changed) == len(four_bit)
