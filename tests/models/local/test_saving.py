import json
from pathlib import Path
from typing import Any

import pytest
from transformers import GenerationConfig

from stat_engine.models.local.loading import load_model
from stat_engine.models.local.saving import save_model
from tests.models.architectures import saved

KEPT = {"max_new_tokens": 40}


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return saved("llama", tmp_path_factory.mktemp("student"))


@pytest.mark.parametrize("file", ["generation_config.json", "config.json"])
@pytest.mark.parametrize(
    ("stated", "left"),
    [
        ({"do_sample": False, "temperature": 0.6}, {"do_sample": False}),
        ({"temperature": 0.6, "top_p": 0.9, "top_k": 20, "min_p": 0.1}, {}),
        ({"do_sample": True, "temperature": 0.6, "top_p": 0.9}, {"do_sample": True, "temperature": 0.6, "top_p": 0.9}),
        ({"do_sample": True, "temperature": -1.0, "top_p": 0.9}, {"do_sample": True, "top_p": 0.9}),
        ({"do_sample": True, "temperature": "hot", "top_k": -1, "top_p": 1.5}, {"do_sample": True}),
        ({"early_stopping": True, "length_penalty": 0.5, "repetition_penalty": 1.2}, {"repetition_penalty": 1.2}),
        ({"num_beams": 2, "early_stopping": True}, {"num_beams": 2, "early_stopping": True}),
        ({"pad_token_id": -1, "eos_token_id": [2, 3]}, {"eos_token_id": [2, 3]}),
    ],
)  # fmt: skip
def test_generation_settings_that_are_invalid_are_dropped_and_others_stay(
    checkpoint: Path, tmp_path: Path, file: str, stated: dict[str, Any], left: dict[str, Any]
) -> None:
    folder = tmp_path / "stated"
    folder.mkdir()
    for path in checkpoint.iterdir():
        (folder / path.name).write_bytes(path.read_bytes())
    before = json.loads((folder / file).read_text())
    if file == "config.json":
        (folder / "generation_config.json").unlink()
    (folder / file).write_text(json.dumps({**before, **KEPT, **stated}))
    save_model(load_model(str(folder)), tmp_path / "made")
    made = json.loads((tmp_path / "made" / "generation_config.json").read_text())
    names = {*stated, *KEPT} & set(made)
    assert {name: made[name] for name in names if made[name] is not None} == {**KEPT, **left}
    GenerationConfig.from_pretrained(tmp_path / "made").validate(strict=True)
