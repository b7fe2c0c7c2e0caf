"""The page with the table of the trials."""

import json
import os
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.faults import verbs

PAGE = Path("docs/results/faults.md")
COUNTED = ("lost", "doubled", "silent", "unexpected", "hung", "not comparable")


def text(rows: Sequence[dict[str, Any]], seed: int, is_quick: bool, effort: Path) -> str:
    """The page as Markdown: the table, what it took, the verbs without a trial, and each fault found."""
    how = f"python -m tests.faults --seed {seed}{' --quick' if is_quick else ''}"
    n_writing, n_reading = len(verbs.WRITES), len(verbs.READS)
    left_out = "\n".join(f"- `{verb}`: {reason}" for verb, reason in verbs.LEFT_OUT.items())
    faults = "\n".join(f"- `{row['verb']}`: {fault}" for row in rows for fault in row["faults"])
    return f"""# Faults on purpose

```
make faults        # {how}
```

Every verb of the command line is in one of three tables of `tests/faults/verbs.py`; a test fails for one that is in none. {n_writing} verbs
write and {n_reading} read (some do both), each with arguments that fit a small finished workspace. All trials come from the seed.

- kills: SIGKILL at a random moment of a verb that writes; it is run again and the folder is compared with that of an undisturbed one.
- full disks: the same with 0, 8, 16 and 64 kB left on the disk, every verb; then again with room.
- damages: a file of the workspace is truncated, emptied, deleted, replaced by random bytes or by zeros, or has eight bits flipped; then
  every verb that reads.
- bad inputs: have to be refused, and to leave every file as it was.

`lost` and `doubled`: what is stored differs from undisturbed work. `silent`: a fault without a sentence, an accepted bad input, a table
that `verify` takes for sound, or an output that differs without a word about the damaged file, where the file's own form shows the
damage. The last line of a log, torn as by a kill, is passed over and counted by `warnings` and `doctor`. What is gone without a trace (a deleted file, whole lines cut from a log) is as if it had never been made, and flipped bits in a
text are found by `verify`, not by the verbs that print it. `unexpected`: a traceback or an error that is no sentence for people.

{_table(rows)}

{_effort(effort, len(rows))}

## Verbs without a trial

{left_out}
""" + (f"\n## Found\n\n{faults}\n" if faults else "")


def _table(rows: Sequence[dict[str, Any]]) -> str:
    lines = ["| trials | number | fine | " + " | ".join(COUNTED) + " |", "| --- " * (3 + len(COUNTED)) + "|"]
    for kind in dict.fromkeys(row["kind"] for row in rows):
        of = [row for row in rows if row["kind"] == kind]
        counts = Counter(fault.partition(":")[0] for row in of for fault in row["faults"])
        cells = [str(counts[name]) for name in COUNTED]
        lines.append(f"| {kind} | {len(of)} | {sum(not row['faults'] for row in of)} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _effort(path: Path, n_trials: int) -> str:
    parts = [json.loads(line) for line in path.read_text().splitlines()]
    minutes, core_minutes = (sum(part[key] for part in parts) / 60 for key in ("seconds", "core_seconds"))
    before, after = (
        ", ".join(f"{one:.1f}" for one in load) for load in (parts[0]["load_before"], parts[-1]["load_after"])
    )
    n = min(sum(part["n"] for part in parts), n_trials)
    what = (
        "They"
        if n == n_trials
        else f"Where a run noted its time ({n:,} of the {n_trials:,} trials, repeats included) they"
    )
    in_parts = (
        "" if len(parts) == 1 else f"\nIt was done in {len(parts)} parts, as faults were fixed: a trial that found one "
        "was repeated after its fix, the others\nwere not."
    )  # fmt: skip
    return (
        f"{what} took {core_minutes:.0f} minutes of one core, {minutes:.0f} minutes by the clock, on {os.cpu_count()} cores shared with other\n"
        f"work: load averages {before} at the start and {after} at the end. Python {sys.version.split()[0]}.{in_parts}"
    )
