"""How fast answers are graded, against math-verify called in a loop, on the same pairs in the same run.

    python benchmarks/grading.py DATA                  # 10,000 pairs of MATH answers
    python benchmarks/grading.py DATA --before FOLDER  # plain numbers too, against another checkout of this repository

DATA holds `math/` with problems.jsonl.gz and responses*.jsonl[.gz]. First come all distinct pairs of a response's
answer and its question's reference; then references in another spelling; then each reference with a few others, until
there are enough. math-verify
parses and verifies pair by pair in one process, with its own time limits of 5 s. The grader is `mathematical` as a
run opens it. Differing verdicts are listed by the rule that decided here."""

import argparse
import gzip
import json
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from stat_engine.config import GraderConfig
from stat_engine.grading import answers, open_grader
from stat_engine.records import Question

N_PAIRS = 10_000
Pair = tuple[str, str]
PLAIN = """
import time
from stat_engine.config import GraderConfig
from stat_engine.grading import open_grader
from stat_engine.records import Question
def question(answer):
    return Question(id="q", split="test", subject=None, level=None, problem="p", solution=None, answer=answer)
forms = ["{} + {} = {}\\nA: {}", "He has {} and {}.\\n#### {}", "so {} and {} make $\\\\boxed{{{}}}$.", "{} and {}: the answer is {}."]
items = [
    (form.format(i, i + 3, 2 * i + 3, 2 * i + 3), question(str(2 * i + 3 + i % 2)))
    for form in forms for i in range(5_000)
]
grader = open_grader(GraderConfig())
grader.grade(items[:1])
begun = time.process_time()
grader.grade(items)
print((time.process_time() - begun) / len(items) * 1e6)
"""


def rows(path: Path) -> Iterator[dict[str, Any]]:
    """The rows of a file of JSON lines, compressed or not."""
    with gzip.open(path, "rt") if path.suffix == ".gz" else path.open() as lines:
        yield from map(json.loads, lines)


def pairs(data: Path) -> list[Pair]:
    """Distinct (answer, reference) pairs: those of real responses, then references with each other."""
    references = {
        row["id"]: row["answer"] for row in rows(data / "math" / "problems.jsonl.gz") if row["answer"]
    }
    found: dict[Pair, None] = {}
    for path in sorted((data / "math").glob("responses*")):
        for row in rows(path):
            answer = answers.extract(row["response"])
            if answer is not None and row["problem_id"] in references:
                found[answer, references[row["problem_id"]]] = None
    distinct = list(dict.fromkeys(references.values()))
    for reference in distinct:
        respelt = (
            reference.replace("\\frac", "\\dfrac")
            .replace("(", "\\left(")
            .replace(")", "\\right)")
            .replace("+", " + ")
        )
        if respelt != reference and "\\right" not in reference:
            found[respelt, reference] = None
    for step in (1, 2, 3, 5, 7):
        for at, reference in enumerate(distinct):
            if len(found) >= N_PAIRS:
                return list(found)
            found[distinct[(at + step) % len(distinct)], reference] = None
    return list(found)


def ours(given: list[Pair]) -> tuple[list[bool | None], list[str], float]:
    """(verdicts, rules, seconds) of the grader, its comparing processes started in that time."""
    items = [
        (f"\\boxed{{{answer}}}", Question(id="q", split="test", problem="p", answer=reference))
        for answer, reference in given
    ]
    grader = open_grader(GraderConfig())
    begun = time.perf_counter()
    grades = grader.grade(items)
    return (
        [grade.is_correct for grade in grades],
        [grade.rule for grade in grades],
        time.perf_counter() - begun,
    )


def theirs(given: list[Pair]) -> tuple[list[bool | None], float]:
    """(verdicts, seconds) of math-verify in a loop, loaded before."""
    import math_verify

    begun = time.perf_counter()
    verdicts: list[bool | None] = []
    for answer, reference in given:
        gold = math_verify.parse(f"${reference}$", parsing_timeout=5)
        verdicts.append(
            math_verify.verify(gold, math_verify.parse(f"${answer}$", parsing_timeout=5), timeout_seconds=5)
        )
    return verdicts, time.perf_counter() - begun


def plain_numbers(folder: str) -> float:
    """Microseconds of CPU a plain number takes under the package in a folder."""
    environment = {**os.environ, "PYTHONPATH": folder}
    done = subprocess.run(
        [sys.executable, "-c", PLAIN], env=environment, capture_output=True, text=True, check=True
    )
    return float(done.stdout)


def main() -> None:
    """Print both times, their ratio, the share that reached sympy and the verdicts that differ."""
    arguments = argparse.ArgumentParser()
    arguments.add_argument("data", type=Path)
    arguments.add_argument("--before")
    chosen = arguments.parse_args()
    given = pairs(chosen.data)
    verdicts, rules, seconds = ours(given)
    by_sympy = sum("sympy" in rule or "time limit" in rule for rule in rules)
    print(
        f"{len(given):,} pairs, {sum(map(bool, verdicts)):,} equal; sympy asked for {by_sympy:,}, {by_sympy / len(given):.2%}"
    )
    print(f"grader mathematical {seconds:8.2f} s")
    others, loop = theirs(given)
    print(f"math-verify, loop   {loop:8.2f} s, {loop / seconds:.1f} times as long")
    differing = [
        (rule, pair, here)
        for pair, here, there, rule in zip(given, verdicts, others, rules, strict=True)
        if here != there
    ]
    print(f"{len(differing):,} verdicts differ: {Counter(rule for rule, _, _ in differing)}")
    for rule, (answer, reference), here in differing:
        print(f"  {'right' if here else 'wrong'} here ({rule}): {answer!r} for {reference!r}")
    if chosen.before:
        here = str(Path(__file__).parents[1])
        times = [(plain_numbers(here), plain_numbers(chosen.before)) for _ in range(5)]
        now, before = min(now for now, _ in times), min(before for _, before in times)
        print(f"a plain number: {now:.2f} us, before {before:.2f} us, {now / before:.2f} times")


if __name__ == "__main__":
    main()
