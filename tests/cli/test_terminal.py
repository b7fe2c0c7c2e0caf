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


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """A clock that stands still until a test moves it; the report's own thread does not run."""
    time = [0.0]
    monkeypatch.setattr(terminal.time, "monotonic", lambda: time[0])
    monkeypatch.setattr(TerminalReport, "_start_clock", lambda _: None)
    return time


def test_a_log_has_a_line_each_minute_also_before_anything_is_finished(
    now: list[float], capsys: pytest.CaptureFixture[str]
) -> None:
    report = TerminalReport()
    report.progress("responses", 0, 100)
    for second in range(1, 181):
        now[0] = float(second)
        report.wrote("responses", 20)
        if second == 150:
            report.progress("responses", 3, 100)
        report.tick()
    lines = [" ".join(line.split()) for line in capsys.readouterr().err.splitlines()]
    assert lines == [
        "responses 0 of 100",
        "responses 0 of 100 1,200 tokens, 20.0 tokens/s",
        "responses 0 of 100 2,400 tokens, 20.0 tokens/s",
        "responses 3 of 100 1.0/min, 97 min left, 3,600 tokens, 20.0 tokens/s",
    ]


def test_a_stage_without_tokens_says_how_long_it_has_taken(
    now: list[float], capsys: pytest.CaptureFixture[str]
) -> None:
    report = TerminalReport()
    report.progress("step_rewards", 0, 9)
    now[0] = 60.0
    report.tick()
    assert capsys.readouterr().err.splitlines()[-1].split() == [
        "step_rewards",
        "0",
        "of",
        "9",
        "after",
        "60",
        "s",
    ]


def test_a_terminal_shows_the_stage_again_every_few_seconds(
    now: list[float], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(terminal.sys.stderr, "isatty", lambda: True)
    report = TerminalReport()
    report.progress("responses", 0, 100)
    for second in (1.0, 5.0, 6.0, 10.0):
        now[0] = second
        report.wrote("responses", 7)
        report.tick()
    shown = capsys.readouterr().err.split("\r\x1b[K")[1:]
    assert [line.split()[4:6] for line in shown] == [[], ["14", "tokens,"], ["28", "tokens,"]]


def test_a_report_that_nobody_uses_ends_its_clock() -> None:
    report = TerminalReport()
    report.progress("responses", 0, 100)
    clock = report._clock
    assert clock is not None and clock.is_alive()
    del report
    clock.join(5)
    assert not clock.is_alive()


def test_control_characters_of_data_are_escaped_and_json_reads_back(
    capsys: pytest.CaptureFixture[str],
) -> None:
    text = "a\x1b]0;title\x07\x9b31m\u202eb\tc\nd\r"
    show({"text": text}, False, [text])
    assert capsys.readouterr().out == "a\\x1b]0;title\\x07\\x9b31m\\u202eb\tc\nd\\r\n"
    show({"text": text}, True, [])
    out = capsys.readouterr().out
    assert json.loads(out) == {"text": text} and "\x9b" not in out and "\u202e" not in out
