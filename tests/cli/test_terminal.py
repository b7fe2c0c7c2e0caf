"""Progress on stderr: a line a quarter, and a rate of the work in hand."""

import json

import pytest

from stat_engine.cli import terminal
from stat_engine.cli.terminal import TerminalReport, show


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


def test_control_characters_of_data_are_escaped_and_json_reads_back(
    capsys: pytest.CaptureFixture[str],
) -> None:
    text = "a\x1b]0;title\x07\x9b31m\u202eb\tc\nd\r"
    show({"text": text}, False, [text])
    assert capsys.readouterr().out == "a\\x1b]0;title\\x07\\x9b31m\\u202eb\tc\nd\\r\n"
    show({"text": text}, True, [])
    out = capsys.readouterr().out
    assert json.loads(out) == {"text": text} and "\x9b" not in out and "\u202e" not in out
