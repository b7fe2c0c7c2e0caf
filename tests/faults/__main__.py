"""Run the trials and write the table: `python -m tests.faults [--quick] [--seed N] [--state FOLDER]`.

Seeded; a trial that is in the state's log is not run again, so it goes on where it was ended."""

import argparse
import json
import os
import resource
import subprocess
import sys
import time
import traceback
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Any, NoReturn
from zlib import crc32

# one thread each: children of a process that has threads may hang
os.environ.update(
    OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1", TOKENIZERS_PARALLELISM="false", HF_HUB_OFFLINE="1"
)

from tests.faults import page, running
from tests.faults.trials import SPARE, Trial, Trials


def main() -> None:
    """Run what is not in the log yet, then write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a tenth of the trials")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--workers", type=int, default=1, help="processes, of one core each")
    parser.add_argument(
        "--again", action="store_true", help="repeat the trials of the log that found a fault"
    )
    parser.add_argument(
        "--only", default="", help="only trials that begin so, as `kill` or `disk 0`; writes no page"
    )
    parser.add_argument("--state", type=Path, default=Path("/tmp/stat-studio-faults"))
    parser.add_argument("--page", type=Path, default=page.PAGE)
    given = parser.parse_args()
    given.state.mkdir(parents=True, exist_ok=True)
    log = given.state / f"trials-{given.seed}{'-quick' if given.quick else ''}.jsonl"
    begun, load = time.monotonic(), os.getloadavg()
    if given.again:
        rows = [row for row in done(log).values() if not row["faults"]]
        log.write_text("".join(json.dumps(row) + "\n" for row in rows))
    n_before = len(done(log))
    trials = Trials(given.state, given.seed)  # makes the workspace where it is not there
    running.warm()
    children = [os.fork() or _work(given, worker, log) for worker in range(given.workers)]
    ends = [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children]
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    effort = {
        "n": len(done(log)) - n_before, "seconds": time.monotonic() - begun, "core_seconds": used.ru_utime + used.ru_stime,
        "load_before": load, "load_after": os.getloadavg(),
    }  # fmt: skip
    with log.with_suffix(".effort.jsonl").open("a") as file:
        file.write(json.dumps(effort) + "\n")
    if any(ends):
        raise SystemExit("a worker ended early; give the same command again to go on")
    found, wanted = done(log), _all(trials, 10 if given.quick else 1, True)
    rows = [found[trial.id] for trial in wanted if trial.id in found]
    text = page.text(rows, given.seed, given.quick, log.with_suffix(".effort.jsonl"))
    if not given.only:
        given.page.write_text(text)
    say(text)


def done(log: Path) -> dict[str, dict[str, Any]]:
    """The trials of the log, by their names."""
    rows = map(json.loads, log.read_text().splitlines()) if log.exists() else ()
    return {row["id"]: row for row in rows}


def _work(given: argparse.Namespace, worker: int, log: Path) -> NoReturn:
    """Run one worker's share of the trials that are not in the log, and end this process."""
    status, is_mounted = 1, False
    try:
        trials = Trials(given.state, given.seed)
        before = done(log)
        is_mounted = _mount(trials.place, trials.base)
        with log.open("a", buffering=1) as file:
            for trial in _all(trials, 10 if given.quick else 1, is_mounted):
                if (
                    _share(trial) % given.workers == worker
                    and trial.id not in before
                    and trial.id.startswith(given.only)
                ):
                    row = {"id": trial.id, "kind": trial.kind, "verb": trial.line, "faults": trial.do()}
                    file.write(json.dumps(row) + "\n")
        status = 0
    except BaseException:
        traceback.print_exc()
    finally:
        if is_mounted:
            subprocess.run(["umount", str(trials.place)], check=False)
            trials.place.rmdir()
        os._exit(status)


def _all(trials: Trials, share: int, is_mounted: bool) -> Iterator[Trial]:
    return chain(
        trials.bad_inputs(share),
        trials.full_disks(share) if is_mounted else (),
        trials.kills(200 // share),
        trials.damages(60 // share),
    )


def _share(trial: Trial) -> int:
    """Trials of one verb go to one worker, which then has its undisturbed outcome; of a damage, its workspace."""
    together = trial.id.split()[1] if trial.kind.startswith("damages") else trial.line
    return crc32(together.encode())


def _mount(place: Path, base: Path) -> bool:
    """A small file system in memory; False, and said loudly, where this user may make none."""
    place.mkdir(parents=True, exist_ok=True)
    size = sum(path.stat().st_size + 4096 for path in base.rglob("*")) + SPARE
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(place)], capture_output=True, check=False
    )
    if done.returncode:
        say("!!! SKIPPED: full disks, because this user may not mount a tmpfs")
    return done.returncode == 0


def say(text: str) -> None:
    """Print at once."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
