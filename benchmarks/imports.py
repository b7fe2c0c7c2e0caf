"""An import of questions beside pyarrow: time and peak memory.

    python benchmarks/imports.py [--rows 1000000] [--times 3]

Baseline: pyarrow reads the same file (`pyarrow.json.read_json`) and writes it as Parquet. Each is a process of its
own, in turn, so that its peak is its own; the time of an empty process of each kind is taken off. `shuffled`: the
ids do not rise, so the import sorts."""

import argparse
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PEAK = "\nimport resource; print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)"
OURS = """
import sys
from pathlib import Path
from stat_engine.formats import into_dataset
from stat_engine.store.workspace import WorkspaceFolder
if sys.argv[1]:
    into_dataset.import_questions(WorkspaceFolder(Path(sys.argv[2])), "large", Path(sys.argv[1]))
"""
BASELINE = """
import sys
import pyarrow.json, pyarrow.parquet
if sys.argv[1]:
    pyarrow.parquet.write_table(pyarrow.json.read_json(sys.argv[1]), sys.argv[2] + "/table.parquet")
"""
SUBJECTS = ("Algebra", "Geometry", "Number Theory")


def write_file(path: Path, n_rows: int, is_shuffled: bool) -> None:
    """Questions as JSON Lines, about 230 bytes each."""
    rng, order = random.Random(0), list(range(n_rows))
    if is_shuffled:
        rng.shuffle(order)
    with path.open("w") as file:
        for n in order:
            a, b = rng.randrange(10**6), rng.randrange(10**6)
            row = {
                "id": f"train/{n:09d}", "split": "train", "subject": SUBJECTS[n % 3], "level": n % 5 + 1,
                "problem": f"Ann has {a} apples and buys {b} more apples. How many apples does she have now?",
                "solution": f"{a} + {b} = {a + b}. The answer is {a + b}.", "answer": str(a + b),
            }  # fmt: skip
            file.write(json.dumps(row) + "\n")


def measured(script: str, file: Path | str) -> tuple[float, int]:
    """(seconds, peak MB) of a script in a process of its own."""
    with tempfile.TemporaryDirectory(dir=os.environ.get("TMPDIR")) as folder:
        begun = time.monotonic()
        done = subprocess.run(
            [sys.executable, "-c", script + PEAK, str(file), folder],
            check=True, capture_output=True, text=True, env={**os.environ, "PYTHONPATH": str(ROOT)},
        )  # fmt: skip
        return time.monotonic() - begun, int(done.stdout)


def main() -> None:
    """Measure both in turn and print a line for each time."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--times", type=int, default=3)
    parser.add_argument("--shuffled", action="store_true")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "questions.jsonl"
        write_file(path, given.rows, given.shuffled)
        size = path.stat().st_size / 2**20
        print(f"{given.rows:,} rows, {size:,.0f} MB, load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
        ratios = []
        for _ in range(given.times):
            (base_s, base_mb), (ours_s, ours_mb) = measured(BASELINE, path), measured(OURS, path)
            base_s -= measured(BASELINE, "")[0]
            ours_s -= measured(OURS, "")[0]
            ratios.append(ours_s / base_s)
            print(
                f"pyarrow {base_s:.2f} s, {base_mb:,} MB; import {ours_s:.2f} s, {ours_mb:,} MB; "
                f"ratio {ratios[-1]:.2f}"
            )
        print(f"median ratio {statistics.median(ratios):.2f}, load {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()
