"""An unknown setting is told with the settings that it may mean."""

import pytest

from stat_engine.config import load
from stat_engine.config.hints import SYNONYMS, meant
from stat_engine.config.tree import known_keys
from stat_engine.errors import StatError

CASES = {
    "tau1": "difficulty.tau1",
    "tau2": "difficulty.tau2",
    "threshold": "difficulty.tau1 or difficulty.tau2",
    "pairs": "training_set.pairs",
    "temperature": "student.temperature or teacher.temperature or grpo.temperature or evaluation.temperature",
    "model": "student.model or reward_model.model or teacher.model or embeddings.model",
    "learning_rate": "sft.learning_rate or grpo.learning_rate",
    "lr": "sft.learning_rate or grpo.learning_rate",
    "sft.lr": "sft.learning_rate",
    "grpo.lr": "grpo.learning_rate",
    "epochs": "sft.epochs or grpo.epochs",
    "lora_r": "sft.rank",
    "lora_rank": "sft.rank",
    "sft.r": "sft.rank",
    "batch": "student.batch_size or reward_model.batch_size or embeddings.batch_size or sft.batch_size",
    "sft.batch": "sft.batch_size",
    "student.temprature": "student.temperature",
    "lerning_rate": "sft.learning_rate or grpo.learning_rate",
    "teacher_model": "teacher.model",
    "teacher.base_url": "teacher.server.base_url",
    "training_set.size": "training_set.pairs",
    "difficulty.tau3": "difficulty.tau2",
    "dificulty": "difficulty",
}


@pytest.mark.parametrize("name", CASES)
def test_the_settings_that_may_be_meant_are_named(name: str) -> None:
    with pytest.raises(StatError) as caught:
        load(None, [f"{name}=1"])
    assert str(caught.value) == f"configuration: unknown setting {name}; did you mean {CASES[name]}?"


@pytest.mark.parametrize("name", ["odd", "colour", "xyz.abc"])
def test_nothing_is_named_where_nothing_is_near(name: str) -> None:
    assert meant(name, known_keys()) == []


def test_every_synonym_is_of_a_setting_and_names_no_other() -> None:
    lasts = {key.rpartition(".")[2] for key in known_keys()}
    assert set(SYNONYMS) <= lasts
    assert not lasts & {name for names in SYNONYMS.values() for name in names.split()}
