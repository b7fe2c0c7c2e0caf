"""A worker whose work is to count: `count N [SECONDS]` keeps an item every SECONDS, `fail` and `crash` end badly."""

import sys
import time
from pathlib import Path

from stat_engine.errors import StatError
from stat_engine.jobs import report as reporting
from stat_engine.jobs.report import JobReport
from stat_engine.jobs.work import work


def perform(arguments: list[str], report: JobReport) -> None:
    verb, *words = arguments
    if verb == "fail":
        raise StatError("the numbers ran out")
    if verb == "crash":
        raise ZeroDivisionError("by nothing")
    root = Path(arguments[arguments.index("--workspace") + 1])
    numbers = [float(word) for word in words if word[0].isdigit()] or [1000.0]
    count(root, int(numbers[0]), numbers[1] if len(numbers) > 1 else 0.05, report)


def count(root: Path, total: int, seconds: float, report: JobReport) -> None:
    kept = root / "counted"
    kept.mkdir(exist_ok=True)
    for at in range(total):
        if not (kept / str(at)).exists():
            time.sleep(seconds)
            (kept / str(at)).touch()
            print("counted", at)  # noqa: T201
        report.progress("counting", at + 1, total)
    report.say("counting", f"{total} counted")


if __name__ == "__main__":
    reporting.EVERY_S = 0.2  # tests should not wait for a rate
    sys.exit(0 if work(Path(sys.argv[1]), perform, str) else 1)
