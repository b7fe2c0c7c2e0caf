"""examples/stat_minimal.py: the method in one file runs, and finds what the embedded student lacks."""

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

from stat_engine.config.shipped import ROOT
from stat_engine.numeracy.skills import WEAK_SKILLS

FILE = ROOT / "examples" / "stat_minimal.py"


@pytest.fixture(scope="module")
def example() -> ModuleType:
    spec = importlib.util.spec_from_file_location("stat_minimal", FILE)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)  # every name that it imports from the engine is there
    return module


def test_the_example_is_short_and_calls_functions_that_exist(example: ModuleType) -> None:
    assert callable(example.main)
    assert len(FILE.read_text().splitlines()) <= 160


@pytest.mark.slow
def test_the_example_runs_all_stages_and_prints_the_weak_skills(
    example: ModuleType, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = example.main(150, 150, 90, tmp_path)
    assert list(table.index) == ["base", "random", "stat-sel"]
    assert ((table.low < table.accuracy) & (table.accuracy < table.high)).all()
    assert table.gain["base"] == 0 and table.p["base"] == 1
    assert 0.75 < table.accuracy["base"] < 0.95 and (table.questions == 150).all()
    first = capsys.readouterr().out.split("five most missed skills\n")[1].splitlines()[0]
    assert any(skill in first for _, skill in WEAK_SKILLS)
    weights = [
        (tmp_path / arm / "adapter" / "adapter_model.safetensors").read_bytes()
        for arm in ("random", "stat-sel")
    ]
    assert weights[0] != weights[1]
