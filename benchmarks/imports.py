"""An import beside pyarrow: time and peak memory.

    python benchmarks/imports.py [--what questions] [--rows 1000000] [--times 3]

`--what`: questions (into a new dataset), more-questions (into one that has as many others), responses (into a new
run on 50,000 questions, with verdicts) or step-rewards (of as many responses of a run). Baseline: pyarrow reads the
same file (`pyarrow.json.read_json`) and writes it as Parquet. Each is a process of its own, in turn, so that its
peak is its own; the time of an empty process of each kind is taken off. `--shuffled`: the ids do not rise, so the
import sorts."""

import argparse
import json
import os
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
PEAK = "\nimport resource; print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)"
OURS = """
import sys
from pathlib import Path
from stat_engine.formats import into_dataset, into_run
from stat_engine.store.workspace import WorkspaceFolder
_, what, file, root = sys.argv
workspace = WorkspaceFolder(Path(root))
if file and what in ("questions", "more-questions"):
    into_dataset.import_questions(workspace, "large", Path(file))
elif file and what == "responses":
    into_run.import_responses(workspace.run_folder("large"), Path(file), False)
elif file:
    into_run.import_step_rewards(workspace.run_folder("large"), Path(file), False)
"""
BASELINE = """
import sys
import pyarrow.json, pyarrow.parquet
_, what, file, folder = sys.argv
if file:
    pyarrow.parquet.write_table(pyarrow.json.read_json(file), folder + "/table.parquet")
"""
NEW_RUN = """
import sys
from pathlib import Path
from stat_engine.config import validate
from stat_engine.store.workspace import WorkspaceFolder
WorkspaceFolder(Path(sys.argv[3])).new_run("large", validate({"dataset": "large"}))
"""
SUBJECTS = ("Algebra", "Geometry", "Number Theory")
N_ASKED = 50_000
"""Questions that responses are given to."""
Make = Callable[[int, random.Random], dict[str, Any]]


def question(n: int, rng: random.Random) -> dict[str, Any]:
    """About 230 bytes."""
    a, b = rng.randrange(10**6), rng.randrange(10**6)
    return {
        "id": f"train/{n:09d}", "split": "train", "subject": SUBJECTS[n % 3], "level": n % 5 + 1,
        "problem": f"Ann has {a} apples and buys {b} more apples. How many apples does she have now?",
        "solution": f"{a} + {b} = {a + b}. The answer is {a + b}.", "answer": str(a + b),
    }  # fmt: skip


def response(n: int, rng: random.Random, n_samples: int) -> dict[str, Any]:
    """About 230 bytes, in three steps."""
    a, b = rng.randrange(10**6), rng.randrange(10**6)
    text = f"Ann has {a} apples.\nShe buys {b} more, so {a} + {b} = {a + b}.\nThe answer is {a + b}."
    at, sample = divmod(n, n_samples)
    asked = {"problem_id": f"train/{at:09d}", "model": "student", "sample": sample}
    return {**asked, "response": text, "correct": n % 3 > 0}


def rewards(n: int, rng: random.Random, n_samples: int) -> dict[str, Any]:
    """About 130 bytes: three rewards."""
    at, sample = divmod(n, n_samples)
    asked = {"problem_id": f"train/{at:09d}", "model": "student", "sample": sample}
    return {**asked, "step_rewards": [rng.random() for _ in range(3)]}


def write_file(path: Path, order: Iterable[int], make: Make) -> None:
    """Rows as JSON Lines."""
    rng = random.Random(0)
    with path.open("w") as file:
        file.writelines(json.dumps(make(n, rng)) + "\n" for n in order)


def measured(script: str, what: str, file: Path | str, prepared: Path) -> tuple[float, int]:
    """(seconds, peak MB) of a script in a process of its own, in a copy of the prepared workspace."""
    with tempfile.TemporaryDirectory(dir=os.environ.get("TMPDIR")) as folder:
        root = shutil.copytree(prepared, Path(folder) / "workspace")
        begun = time.monotonic()
        peak = ran(script, what, file, root)
        return time.monotonic() - begun, peak


def ran(script: str, what: str, file: Path | str, root: Path) -> int:
    """Run a script; returns its peak memory in MB."""
    done = subprocess.run(
        [sys.executable, "-c", script + PEAK, what, str(file), str(root)],
        check=True, capture_output=True, text=True, env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    return int(done.stdout)


def prepare(what: str, n_rows: int, folder: Path) -> tuple[Path, Make]:
    """A workspace with what the rows are added to, and what makes a row."""
    workspace, n_samples = folder / "workspace", max(1, n_rows // N_ASKED)
    workspace.mkdir()
    before = folder / "before.jsonl"
    if what == "questions":
        return workspace, question
    n_before = n_rows if what == "more-questions" else N_ASKED
    first = n_rows if what == "more-questions" else 0
    write_file(before, range(first, first + n_before), question)
    ran(OURS, "questions", before, workspace)
    if what == "more-questions":
        return workspace, question
    ran(NEW_RUN, "", "", workspace)
    if what == "responses":
        return workspace, lambda n, rng: response(n, rng, n_samples)
    write_file(before, range(n_rows), lambda n, rng: response(n, rng, n_samples))
    ran(OURS, "responses", before, workspace)
    return workspace, lambda n, rng: rewards(n, rng, n_samples)


def main() -> None:
    """Measure both in turn and print a line for each time."""
    parser = argparse.ArgumentParser(description=__doc__)
    kinds = ("questions", "more-questions", "responses", "step-rewards")
    parser.add_argument("--what", choices=kinds, default="questions")
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--times", type=int, default=3)
    parser.add_argument("--shuffled", action="store_true")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        workspace, make = prepare(given.what, given.rows, Path(folder))
        path, order = Path(folder) / "rows.jsonl", list(range(given.rows))
        if given.shuffled:
            random.Random(1).shuffle(order)
        write_file(path, order, make)
        size = path.stat().st_size / 2**20
        print(f"{given.rows:,} rows, {size:,.0f} MB, load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
        ratios = []
        for _ in range(given.times):
            base_s, base_mb = measured(BASELINE, given.what, path, workspace)
            ours_s, ours_mb = measured(OURS, given.what, path, workspace)
            base_s -= measured(BASELINE, given.what, "", workspace)[0]
            ours_s -= measured(OURS, given.what, "", workspace)[0]
            ratios.append(ours_s / base_s)
            print(
                f"pyarrow {base_s:.2f} s, {base_mb:,} MB; import {ours_s:.2f} s, {ours_mb:,} MB; "
                f"ratio {ratios[-1]:.2f}"
            )
        print(f"median ratio {statistics.median(ratios):.2f}, load {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()
