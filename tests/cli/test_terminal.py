"""Progress on stderr: a line a quarter, and a rate of the work in hand."""

import pytest

from stat_engine.cli import terminal
from stat_engine.cli.terminal import TerminalReport


def test_a_stage_done_again_is_timed_anew(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    now = [0.0]
    monkeypatch.setattr(terminal.time, "monotonic", lambda: now[0])
    report = TerminalReport()
    for begin in (0.0, 1000.0):
        for done in (0, 50, 100):
            now[0] = begin + done / 10
            report.progress("sft", done, 100)
    lines = [line.split() for line in capsys.readouterr().err.splitlines()]
    once = [
        ["sft", "0", "of", "100"],
        ["sft", "50", "of", "100", "10.0/s,", "5", "s", "left"],
        ["sft", "100", "of", "100", "10.0/s"],
    ]
    assert lines == [*once, *once]
