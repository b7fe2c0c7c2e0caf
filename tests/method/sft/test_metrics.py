"""Metrics of a training as they are read back."""

from pathlib import Path

import pytest

from stat_engine.errors import UnreadableLine
from stat_engine.method.sft.metrics import read_metrics


def test_the_last_line_of_a_step_counts_and_a_torn_one_does_not(tmp_path: Path) -> None:
    path = tmp_path / "metrics.jsonl"
    assert read_metrics(path) == []
    path.write_text(
        '{"step": 1, "loss": 2}\n{"step": 2, "loss": 1}\n{"step": 2, "loss": 0.5}\n{"step": 3, "lo'
    )
    assert read_metrics(path) == [{"step": 1, "loss": 2}, {"step": 2, "loss": 0.5}]


@pytest.mark.parametrize(
    "line", [b'{"step": 1, "lo\x08s": 2,}', b"\0\0\0", b"\xff", b"[1]", b'{"loss": 1}', b'{"step": "1"}']
)
def test_a_damaged_line_is_named_and_the_others_are_used(tmp_path: Path, line: bytes) -> None:
    path = tmp_path / "metrics.jsonl"
    path.write_bytes(line + b'\n{"step": 2}\n')
    with pytest.warns(UnreadableLine, match=r"metrics.jsonl, line 1: found a line that cannot be read"):
        assert read_metrics(path) == [{"step": 2}]
