import json
from pathlib import Path
from typing import Any

from stat_engine.jobs.work import CallCount


def call(run: str | None = "small", **fields: Any) -> str:
    return json.dumps({"run": run, "input_tokens": 7, "output_tokens": 3, "cost": 0.01, **fields}) + "\n"


def add(path: Path, *lines: str) -> None:
    path.parent.mkdir(exist_ok=True)
    with path.open("a") as handle:
        handle.write("".join(lines))


def test_it_counts_the_runs_calls_since_it_began(tmp_path: Path) -> None:
    served, later = tmp_path / "calls" / "served.jsonl", tmp_path / "calls" / "later.jsonl"
    add(served, call(), call())
    count = CallCount(served.parent, "small", {})
    nothing = {"calls": 0, "input_tokens": 0, "output_tokens": 0, "cost": None}
    assert count.look()["spent"] == nothing
    add(served, call(), call("other"), call(None))
    add(later, call(cost=None))
    once = {"calls": 2, "input_tokens": 14, "output_tokens": 6, "cost": 0.01}
    assert count.look()["spent"] == once == count.look()["spent"]


def test_a_line_still_being_written_is_counted_once_and_whole(tmp_path: Path) -> None:
    served, line = tmp_path / "served.jsonl", call()
    count = CallCount(tmp_path, "small", {})
    add(served, line, line[:20])
    assert count.look()["spent"]["calls"] == 1
    add(served, line[20:], "torn by a kill\n", call())
    assert count.look()["spent"]["calls"] == 3


def test_another_attempt_goes_on_from_the_last_look(tmp_path: Path) -> None:
    first = CallCount(tmp_path, "small", {})
    add(tmp_path / "served.jsonl", call())
    known = json.loads(json.dumps(first.look()))
    add(tmp_path / "served.jsonl", call())  # kept, but its worker was killed before it looked again
    assert CallCount(tmp_path, "small", known).look()["spent"]["calls"] == 2


def test_calls_without_a_price_cost_nothing_that_is_known(tmp_path: Path) -> None:
    count = CallCount(tmp_path, "small", {})
    add(tmp_path / "numeracy.jsonl", call(cost=None, input_tokens=None, output_tokens=None))
    assert count.look()["spent"] == {"calls": 1, "input_tokens": 0, "output_tokens": 0, "cost": None}
