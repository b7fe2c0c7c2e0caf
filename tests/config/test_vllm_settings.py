"""Settings of vLLM's engine: its own names, checked; only those that change answers decide an outcome."""

import sys
from pathlib import Path

import pytest

from stat_engine import config as configuration
from stat_engine.config import StudentConfig, vllm_settings
from stat_engine.errors import StatError
from stat_engine.models.local import vllm_model


@pytest.fixture(autouse=True)
def no_vllm(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vllm_settings, "installed_names", lambda: None)


def load(*settings: str) -> StudentConfig:
    return configuration.load(None, ["student.backend=vllm", *settings]).student


def test_its_own_names_are_taken_and_go_to_the_engine(tiny_checkpoint: Path) -> None:
    config = load(
        f"student.model={tiny_checkpoint}",
        "student.vllm={gpu_memory_utilization: 0.5, max_model_len: 64, enforce_eager: true, tensor_parallel_size: 2}",
    )
    arguments = vllm_model._arguments(config, None)
    assert arguments == {
        "model": str(tiny_checkpoint), "dtype": "auto", "load_format": "safetensors", "tensor_parallel_size": 2,
        "trust_remote_code": False, "max_model_len": 64, "gpu_memory_utilization": 0.5, "enforce_eager": True,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ("tensor_parallel: 2", "tensor_parallel is no engine argument of vLLM 0.32.0; did you mean tensor_parallel_size?"),
        ("gpu_memory: 1", "did you mean"),
        ("dtype: half", "dtype follows from the student's other settings"),
        ("hf_token: secret", "hf_token is not for a configuration"),
        ("worker_cls: a.b", "worker_cls is not for a configuration"),
    ],
)  # fmt: skip
def test_other_names_are_refused(given: str, sentence: str) -> None:
    with pytest.raises(StatError, match=sentence.replace(".", r"\.").replace("?", r"\?")):
        load(f"student.vllm={{{given}}}")


def test_the_installed_vllm_knows_its_own_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = tmp_path / "vllm" / "engine" / "arg_utils.py"
    source.parent.mkdir(parents=True)
    (tmp_path / "vllm" / "__init__.py").write_text("raise ImportError('it is only read')")
    source.write_text("class EngineArgs:\n    model: str = ''\n    brand_new: int = 1\n")
    monkeypatch.undo()
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    vllm_settings.installed_names.cache_clear()
    try:
        assert vllm_settings.installed_names() == {"model", "brand_new"}
        assert vllm_settings.fault(["brand_new"]) is None
        assert (
            vllm_settings.fault(["max_num_seqs"])
            == "max_num_seqs is no engine argument of the installed vLLM"
        )
    finally:
        monkeypatch.undo()
        vllm_settings.installed_names.cache_clear()


def test_another_environment_s_vllm_is_asked_there() -> None:
    assert load("student.python=/other/bin/python", "student.vllm={brand_new: 1}").vllm == {"brand_new": 1}


def test_memory_and_speed_decide_nothing_and_quantisation_does() -> None:
    plain = load()
    assert "vllm" not in plain.decides()
    fast = load("student.vllm={max_num_seqs: 4, enforce_eager: true}")
    assert fast.decides() == plain.decides() and fast.decides_an_arm() == plain.decides_an_arm()
    assert load("student.vllm={quantization: fp8}").decides()["vllm"] == {"quantization": "fp8"}
