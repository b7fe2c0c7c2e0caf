"""Run the trials and write the table: `python -m tests.faults [--quick] [--seed N] [--state FOLDER]`.

Seeded; a trial that is in the state's log is not run again, so it goes on where it was ended."""

import argparse
import contextlib
import json
import os
import random
import shutil
import subprocess
import sys
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NoReturn
from zlib import crc32

os.environ.setdefault("OMP_NUM_THREADS", "1")

from tests.faults import running, verbs

PAGE = Path("docs/results/faults.md")
COUNTED = ("lost", "doubled", "silent", "unexpected", "hung", "not comparable")
ROOMS_KB = (0, 8, 16, 64)
Trial = Callable[[], list[str]]


class Trials:
    """The trials of one seed, with the folder that they work in."""

    def __init__(self, state: Path, seed: int, worker: int = 0) -> None:
        self.seed, self.room, self.disk = seed, state / f"trial-{worker}", state / f"disk-{worker}"
        self.base = state / "base"
        self._expected: dict[str, tuple[dict[str, Any], dict[str, Any], float]] = {}
        if not (self.base / "ready").exists():
            shutil.rmtree(self.base, ignore_errors=True)
            self._make()
        self.words = json.loads((self.base / "ready").read_text())

    def _make(self) -> None:
        subprocess.run([sys.executable, "-m", "tests.faults.base", str(self.base)], check=True)
        words, files = json.loads((self.base / "words.json").read_text()), self.base / "files"
        for verb in (
            "examples copy small stat-sel own",
            f"label accept reviewed {words['shown']} --author ada",
            f"label export small --out {files}/labels.jsonl",
            f"skills export numeracy --out {files}/skills.json",
        ):
            ended = running.run(verb.split(" "), self.base / "workspace")
            assert ended.status == 0, ended.err
        (self.base / "ready").write_text(json.dumps(words))

    def arguments(self, verb: str, place: Path) -> list[str]:
        """A verb's words with the placeholders filled in."""
        words = {**self.words, "files": str(place / "files")}
        return [part.format(**words) for part in verb.split(" ")]

    def copy(self, place: Path | None = None) -> Path:
        """A fresh copy of the workspace with its files."""
        place = place or self.room
        shutil.rmtree(place / "workspace", ignore_errors=True)
        shutil.rmtree(place / "files", ignore_errors=True)
        for name in ("workspace", "files"):
            shutil.copytree(self.base / name, place / name)
        return place

    def do(self, verb: str, place: Path, kill_after: float | None = None) -> running.Ended:
        """Run a verb on a copy."""
        return running.run(self.arguments(verb, place), place / "workspace", kill_after)

    def expected(self, verb: str) -> tuple[dict[str, Any], dict[str, Any], float]:
        """What a place holds after a verb was run once and twice undisturbed, and its seconds."""
        if verb not in self._expected:
            place = self.copy()
            first = self.do(verb, place)
            if first.status != 0:
                raise ValueError(f"{verb}: the undisturbed verb ended with {first.status}: {first.err}")
            once = running.contents(place)
            self.do(verb, place)
            self._expected[verb] = once, running.contents(place), first.seconds
        return self._expected[verb]

    def again(self, verb: str, place: Path) -> list[str]:
        """Run a disturbed verb again and compare: the faults."""
        expected = self.expected(verb)
        ended = self.do(verb, place)
        wrong = running.difference(running.contents(place), *expected[:2])
        found = [f"{ended.fault}: {ended.err.strip()[-300:]}"] if ended.fault else []
        if wrong is not None:
            found.append(f"{wrong}; the second time it ended with {ended.status}: {ended.err.strip()[-200:]}")
            fresh = self.copy()
            self.do(verb, fresh)
            if running.difference(running.contents(fresh), *expected[:2]):
                found = [f"not comparable: {wrong}; two undisturbed verbs differ too"]
        return found

    def kills(self, n: int) -> Iterator[tuple[str, str, Trial]]:
        """Kills at random moments of random verbs that write."""
        rng = random.Random(self.seed)
        order = rng.sample(verbs.WRITERS, len(verbs.WRITERS))
        for at in range(n):
            verb, part = order[at % len(order)], rng.random()

            def trial(verb: str = verb, part: float = part) -> list[str]:
                seconds = self.expected(verb)[2]
                place = self.copy()
                self.do(verb, place, part * seconds)
                return self.again(verb, place)

            yield f"kill {at}", verb, trial

    def damages(self, n: int) -> Iterator[tuple[str, str, Trial]]:
        """Each damage with each verb that reads."""
        files = sorted(
            str(p.relative_to(self.base / "workspace"))
            for p in (self.base / "workspace").rglob("*")
            if p.is_file()
        )
        files = [name for name in files if not name.endswith(".lock")]
        for at in range(n):
            rng = random.Random(f"{self.seed} {at}")
            name, seed = rng.choice(files), rng.random()
            for verb in verbs.READERS:

                def trial(verb: str = verb, name: str = name, seed: float = seed) -> list[str]:
                    place = self.copy()
                    how = running.damage(place / "workspace" / name, random.Random(seed))
                    ended = self.do(verb, place)
                    return [f"{ended.fault}: {name} {how}: {ended.err.strip()[-300:]}"] if ended.fault else []

                yield f"damage {at} {verb}", verb, trial

    def full_disks(self, part: int) -> Iterator[tuple[str, str, Trial]]:
        """Every verb that writes, or a part of all cases, on a disk that is nearly full; then again with room."""
        cases = [(verb, room) for verb in verbs.WRITERS for room in ROOMS_KB]
        random.Random(self.seed).shuffle(cases)
        for verb, room in cases[: len(cases) // part]:

            def trial(verb: str = verb, room: int = room) -> list[str]:
                expected = self.expected(verb)
                place = self.copy(self.disk)
                _fill(place / "filler", room)
                ended = self.do(verb, place)
                found = [f"{ended.fault}: {ended.err.strip()[-300:]}"] if ended.fault else []
                if ended.status == 0 and (
                    wrong := running.difference(running.contents(place), *expected[:2])
                ):
                    found.append(f"silent: {wrong}")
                (place / "filler").unlink()
                return found + self.again(verb, place)

            yield f"disk {room} {verb}", verb, trial

    def bad_inputs(self, n: int) -> Iterator[tuple[str, str, Trial]]:
        """Inputs that must be refused, and leave everything as it was."""
        chosen = list(enumerate(verbs.bad_inputs()))
        random.Random(self.seed).shuffle(chosen)
        before: dict[str, Any] = {}
        for at, arguments in chosen[:n]:

            def trial(arguments: list[str] = arguments) -> list[str]:
                place = self.room
                if not before or running.contents(place) != before:
                    self.copy()
                    before.clear()
                    before.update(running.contents(place))
                given = [part.replace("FILES", str(place / "files")) for part in arguments]
                ended = running.run(given, place / "workspace")
                found = [f"{ended.fault}: {ended.err.strip()[-300:]}"] if ended.fault else []
                if ended.status != 2:
                    found.append(f"silent: accepted with status {ended.status}")
                if running.contents(place) != before:
                    found.append(f"{running.difference(running.contents(place), before)}")
                return found

            yield f"bad {at}", " ".join(arguments), trial


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def _fill(path: Path, room_kb: int) -> None:
    """Fill the disk but for some room."""
    with path.open("wb", buffering=0) as file, contextlib.suppress(OSError):
        while True:
            file.write(b"\0" * 4096)
    os.truncate(path, max(0, path.stat().st_size - room_kb * 1024))


def _mount(place: Path, base: Path) -> bool:
    """A small file system in memory; False, and said loudly, where this user may make none."""
    place.mkdir(parents=True, exist_ok=True)
    size = sum(path.stat().st_size + 4096 for path in base.rglob("*")) + 8 * 2**20
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(place)], capture_output=True, check=False
    )
    if done.returncode:
        _say("!!! SKIPPED: full disks, because this user may not mount a tmpfs")
    return done.returncode == 0


def main() -> None:
    """Run what is not in the log yet, then write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a tenth of the trials")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--state", type=Path, default=Path("/tmp/stat-studio-faults"))
    parser.add_argument("--page", type=Path, default=PAGE)
    given = parser.parse_args()
    given.state.mkdir(parents=True, exist_ok=True)
    log = given.state / f"trials-{given.seed}{'-quick' if given.quick else ''}.jsonl"
    begun, n_before = time.monotonic(), len(_done(log))
    Trials(given.state, given.seed)
    children = [os.fork() or _work(given, worker, log) for worker in range(given.workers)]
    ends = [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children]
    if any(ends):
        raise SystemExit("a worker ended early; give the same command again to go on")
    _write(given.page, list(_done(log).values()), given, time.monotonic() - begun, n_before)


def _done(log: Path) -> dict[str, dict[str, Any]]:
    """The trials of the log, by their names."""
    rows = map(json.loads, log.read_text().splitlines()) if log.exists() else ()
    return {row["id"]: row for row in rows}


def _work(given: argparse.Namespace, worker: int, log: Path) -> NoReturn:
    """Run one worker's share of the trials that are not in the log, and end this process."""
    status = 1
    trials = Trials(given.state, given.seed, worker)
    done, part = _done(log), 10 if given.quick else 1
    is_mounted = _mount(trials.disk, trials.base)
    try:
        kinds: dict[str, Iterator[tuple[str, str, Trial]]] = {
            "bad inputs": trials.bad_inputs(500 // part),
            "damages x verbs that read": trials.damages(60 // part),
            "kills": trials.kills(200 // part),
        }
        if is_mounted:
            kinds["full disks x verbs that write"] = trials.full_disks(part)
        with log.open("a", buffering=1) as file:
            for kind, of in kinds.items():
                for name, verb, trial in of:
                    # by the verb where an undisturbed one is run first, which then one worker does
                    share = verb if kind in ("kills", "full disks x verbs that write") else name
                    if crc32(share.encode()) % given.workers == worker and name not in done:
                        row = {"id": name, "kind": kind, "verb": verb, "faults": trial()}
                        file.write(json.dumps(row) + "\n")
        status = 0
    except Exception:
        traceback.print_exc()
    finally:
        if is_mounted:
            subprocess.run(["umount", str(trials.disk)], check=False)
        os._exit(status)


def _write(
    page: Path, rows: list[dict[str, Any]], given: argparse.Namespace, seconds: float, n_before: int
) -> None:
    table = ["| trials | number | fine | " + " | ".join(COUNTED) + " |", "| --- " * (3 + len(COUNTED)) + "|"]
    for kind in dict.fromkeys(row["kind"] for row in rows):
        of = [row for row in rows if row["kind"] == kind]
        counts = Counter(fault.partition(":")[0] for row in of for fault in row["faults"])
        cells = [str(counts[name]) for name in COUNTED]
        table.append(f"| {kind} | {len(of)} | {sum(not row['faults'] for row in of)} | {' | '.join(cells)} |")
    faults = [f"- `{row['verb']}`: {fault}" for row in rows for fault in row["faults"]]
    load = ", ".join(f"{one:.1f}" for one in os.getloadavg())
    how = f"python -m tests.faults --seed {given.seed}{' --quick' if given.quick else ''}"
    text = f"""# Faults on purpose

```
{how}
```

Kills at random moments (the verb is then run again and compared with an undisturbed one), damaged files, full disks and bad
inputs, on a small finished workspace. `lost` and `doubled`: what is stored differs from undisturbed work. `silent`: a fault
without a sentence, or an accepted bad input. `unexpected`: a traceback or an error that is no sentence for people. Under damage
a verb has to end with one sentence or go on; what it then prints is not compared. `make faults` runs all trials, `--quick` a tenth.

{chr(10).join(table)}

{len(rows) - n_before} of the trials took {seconds / 60:.0f} minutes on {os.cpu_count()} cores, the others were made before. Load
averages at the end: {load}. Python {sys.version.split()[0]}.
"""
    page.write_text(text + ("\n## Found\n\n" + "\n".join(faults) + "\n" if faults else ""))
    _say("\n".join([text, *faults]))


if __name__ == "__main__":
    main()
