"""A worker whose work is to count: `count N [SECONDS]` keeps an item every SECONDS, `fail` and `crash` end badly."""

import sys
import time
from json import loads
from pathlib import Path
from typing import ClassVar

from stat_engine.errors import StatError
from stat_engine.jobs import work as reporting
from stat_engine.jobs.folder import JobFolder
from stat_engine.jobs.work import JobReport, work
from stat_engine.orders import BuildOrder, Order, RunOrder, TrainOrder, read_order


class CountOrder(Order):
    verb: ClassVar[str] = "count"
    positional: ClassVar[tuple[str, ...]] = ("total", "seconds")

    total: int = 1000
    seconds: int | float = 0.05
    tag: str = ""


class FailOrder(Order):
    verb: ClassVar[str] = "fail"
    positional: ClassVar[tuple[str, ...]] = ()


class CrashOrder(FailOrder):
    verb: ClassVar[str] = "crash"


def ordered(verb: str, *words: str) -> Order:
    """An order of the tests' words, as in ordered("count", "5", "0.1") or ordered("run", "small")."""
    if verb == "count":
        return CountOrder(
            **dict(zip(("total", "seconds"), map(loads, words[:2]), strict=False)), tag="".join(words[2:])
        )
    if verb == "build":
        return BuildOrder(run=words[0], method=words[2])
    if verb == "train":
        return TrainOrder(run=words[0], sets=words[2:])
    if verb == "run":
        return RunOrder(run=words[0], until=words[2] if len(words) > 2 else None)
    return Order.kinds[verb]()


def perform(folder: JobFolder, report: JobReport) -> None:
    order = read_order(folder.card["order"])
    if isinstance(order, CrashOrder):
        raise ZeroDivisionError("by nothing")
    if isinstance(order, FailOrder):
        raise StatError("the numbers ran out")
    count(folder.root, getattr(order, "total", 1000), getattr(order, "seconds", 0.05), report)


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
