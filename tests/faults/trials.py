"""The trials: kills, damages, full disks and bad inputs, each on its own copy of the workspace."""

import contextlib
import json
import os
import random
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from itertools import product
from pathlib import Path
from typing import NamedTuple

from stat_engine.jobs.events import describe, is_alive
from stat_engine.store.files import write_json
from tests.faults import bad, files, running, verbs

ROOMS_KB = (0, 8, 16, 64)
SPARE = 16 * 2**20
"""Bytes that the small disk holds beside the workspace."""
MOST_TRIES = 8
RUNS = re.compile(r"^(runs|jobs)/[^/]+")
MANY = re.compile(r"/(students|training_sets|evaluations|dropped_questions|missing_skills)/[^/]+")

SECONDS = re.compile(r"\d+(\.\d+)? s\b")


class Trial(NamedTuple):
    """One trial: its name, its kind, the verb with its arguments, what does it and returns the faults."""

    id: str
    kind: str
    line: str
    do: Callable[[], list[str]]


class Undisturbed(NamedTuple):
    """What a place holds after a verb was run once and twice, and the seconds of the first."""

    once: files.Contents
    twice: files.Contents
    seconds: float


class Trials:
    """The trials of one seed, with the folder that they work in."""

    def __init__(self, state: Path, seed: int) -> None:
        self.seed, self.place, self.base = seed, state / f"place-{os.getpid()}", state / "base"
        if not (self.base / "words.json").exists():
            subprocess.run([sys.executable, "-m", "tests.faults.base", str(self.base)], check=True)
        self.words = json.loads((self.base / "words.json").read_text())
        self._undisturbed: dict[str, Undisturbed] = {}
        self._said: dict[str, str] = {}
        self._damaged: tuple[str, dict[str, tuple[int, int]]] | None = None

    def copy(self) -> Path:
        """A fresh copy of the workspace with its files."""
        self._damaged = None
        for name in ("workspace", "files"):
            shutil.rmtree(self.place / name, ignore_errors=True)
            shutil.copytree(self.base / name, self.place / name)
        # a job that is running as long as these trials are
        write_json(self.place / "workspace" / "jobs" / "evaluate-small-1" / "process.json", describe())
        return self.place

    def do(self, line: str, kill_after: float | None = None) -> running.Ended:
        """Run a verb on the copy."""
        words = verbs.arguments(line, {**self.words, "files": str(self.place / "files")})
        ended = running.run(words, self.place / "workspace", kill_after)
        if "launcher void" in line or line.startswith("jobs resume"):
            self._wait_for_launchers()
        return ended

    def _wait_for_launchers(self) -> None:
        """Until what the verb started has ended: a job that looks alive is not started again."""
        until = time.monotonic() + 5
        for path in (self.place / "workspace").glob("jobs/*/launch.json"):
            while is_alive(json.loads(path.read_text())) and time.monotonic() < until:
                time.sleep(0.02)

    def undisturbed(self, line: str) -> Undisturbed:
        """What comes of a verb that nothing disturbs. Raises ValueError where it fails."""
        if line not in self._undisturbed:
            place = self.copy()
            first = self.do(line)
            if first.status != 0:
                raise ValueError(f"{line}: the undisturbed verb ended with {first.status}: {first.err}")
            once = files.contents(place)
            self.do(line)
            self._undisturbed[line] = Undisturbed(once, files.contents(place), first.seconds)
        return self._undisturbed[line]

    def again(self, line: str) -> list[str]:
        """Run a disturbed verb again and compare: the faults."""
        expected = self.undisturbed(line)[:2]
        ended = self.do(line)
        wrong = files.difference(files.contents(self.place), *expected)
        found = [f"{ended.fault}: {ended.err.strip()[-300:]}"] if ended.fault else []
        if wrong is not None:
            found.append(f"{wrong}; the second time it ended with {ended.status}: {ended.err.strip()[-200:]}")
            fresh = self.copy()
            self.do(line)
            if files.difference(files.contents(fresh), *expected):
                found = [f"not comparable: {wrong}; two undisturbed verbs differ too"]
        return found

    def kills(self, n: int) -> Iterator[Trial]:
        """Kills at random moments of the verbs that write, one verb after the other."""
        rng = random.Random(self.seed)
        writers = verbs.lines(verbs.WRITES)
        order = rng.sample(writers, len(writers))
        for at in range(n):
            line, part = order[at % len(order)], rng.random()

            def trial(line: str = line, part: float = part) -> list[str]:
                seconds = self.undisturbed(line).seconds
                for _ in range(MOST_TRIES):
                    self.copy()
                    if self.do(line, part * seconds).status is None:
                        return self.again(line)
                    part *= 0.7
                return ["not comparable: it always ended before it could be killed"]

            yield Trial(f"kill {at} {line}", "kills", line, trial)

    def full_disks(self, share: int) -> Iterator[Trial]:
        """Every verb that writes, or every so many of all cases, on a disk that is nearly full; then again with room."""
        cases = list(product(verbs.lines(verbs.WRITES), ROOMS_KB))
        random.Random(self.seed).shuffle(cases)
        for line, room in cases[: len(cases) // share]:

            def trial(line: str = line, room: int = room) -> list[str]:
                expected = self.undisturbed(line)[:2]
                place = self.copy()
                _fill(place / "filler", room)
                ended = self.do(line)
                found = [f"{ended.fault}: {ended.err.strip()[-300:]}"] if ended.fault else []
                wrong = files.difference(files.contents(place), *expected)
                if ended.status == 0 and wrong:
                    found.append(f"silent: {wrong}")
                (place / "filler").unlink()
                return found + self.again(line)

            yield Trial(f"disk {room} {line}", "full disks x verbs that write", line, trial)

    def damages(self, n: int) -> Iterator[Trial]:
        """Each damage with each verb that reads."""
        names = self._kinds_of_files()
        kinds = random.Random(self.seed).sample(files.DAMAGES, len(files.DAMAGES))
        for at in range(n):
            name, kind = names[at % len(names)], kinds[(at + at // len(names)) % len(kinds)]
            for line in verbs.lines(verbs.READS):

                def trial(line: str = line, name: str = name, kind: str = kind, at: int = at) -> list[str]:
                    return self._read_damaged(line, name, kind, at)

                yield Trial(f"damage {at} {line}", "damages x verbs that read", line, trial)

    def _kinds_of_files(self) -> list[str]:
        """One file of each kind in the workspace, shuffled; one that the verbs read where there are several."""
        found: dict[str, str] = {}
        workspace = self.base / "workspace"
        for path in sorted(workspace.rglob("*")):
            name = str(path.relative_to(workspace))
            is_read = "/reviewed/" in name and any(
                part in name for part in ("stat-sel", "own/", "/checker", "/base/")
            )
            kind = MANY.sub(r"/\1", RUNS.sub(r"\1", f"{path.parent.relative_to(workspace)}/"))
            kind += path.suffix if path.suffix == ".parquet" else path.name
            if path.is_file() and path.suffix not in files.PASSING and (is_read or kind not in found):
                found[kind] = name
        return random.Random(self.seed).sample(list(found.values()), len(found))

    def _read_damaged(self, line: str, name: str, kind: str, at: int) -> list[str]:
        told_before = self._undamaged(line)
        path = self.place / "workspace" / name
        now = f"{at} {name} {kind}"
        if self._damaged is None or self._damaged[0] != now:
            self.copy()
            files.damage(path, kind, random.Random(f"{self.seed} {at}"))
            self._damaged = now, files.signature(self.place / "workspace")
        is_seen = files.is_seen(path, kind)
        ended = self.do(line)
        self._clear()
        if files.signature(self.place / "workspace") != self._damaged[1]:
            self._damaged = None
        found = [f"{ended.fault}: {name} {kind}: {ended.err.strip()[-300:]}"] if ended.fault else []
        is_verified = line.startswith("verify") and path.suffix == ".parquet"
        is_same = ended.status == 0 and SECONDS.sub("", ended.out) == SECONDS.sub("", told_before)
        is_told = any(word in ended.out + ended.err for word in (path.name, "damaged", "cannot be read"))
        if is_verified and is_same:
            found.append(f"silent: {name} {kind}: verify finds nothing")
        elif (
            is_seen and not found and not is_told and not is_same and line.split()[0] not in verbs.SHOW_SIZES
        ):
            found.append(
                f"silent: {name} {kind}: status {ended.status}, {ended.err.strip()[-200:]!r}, {_first_other(told_before, ended.out)}"
            )
        return found

    def _undamaged(self, line: str) -> str:
        """What a verb prints on the whole workspace. Raises ValueError where it fails."""
        if line not in self._said:
            self.copy()
            ended = self.do(line)
            if ended.status not in (0, 1) or ended.fault:
                raise ValueError(f"{line}: the undisturbed verb ended with {ended.status}: {ended.err}")
            self._clear()
            self._said[line] = ended.out
        return self._said[line]

    def _clear(self) -> None:
        for path in (self.place / "files").glob("out*"):
            shutil.rmtree(path) if path.is_dir() else path.unlink()

    def bad_inputs(self, share: int) -> Iterator[Trial]:
        """Inputs that must be refused, and leave everything as it was: all, or one of so many."""
        inputs = bad.inputs()
        chosen = [" ".join(map(repr, given)) for given in inputs]
        before: dict[str, dict[str, tuple[int, int]]] = {}
        for at in sorted(random.Random(self.seed).sample(range(len(chosen)), len(chosen) // share)):

            def trial(given: list[str] = inputs[at]) -> list[str]:
                if (
                    not before
                    or self._damaged is not None
                    or files.signature(self.place) != before.get("all")
                ):
                    before["all"] = files.signature(self.copy())
                words = {**self.words, "files": str(self.place / "files")}
                filled = [
                    part.replace("FILES", words["files"]).replace("QUESTION", words["question"])
                    for part in given
                ]
                ended = running.run(filled, self.place / "workspace")
                found = [f"{ended.fault}: {ended.err.strip()[-300:]}"] if ended.fault else []
                if ended.status != 2:
                    found.append(f"silent: accepted with status {ended.status}: {ended.out[-200:]}")
                if (after := files.signature(self.place)) != before["all"]:
                    changed = sorted(dict(after.items() ^ before["all"].items()))[:3]
                    found.append(f"lost: a refused input changed {changed}")
                return found

            yield Trial(f"bad {chosen[at]}", "bad inputs", chosen[at], trial)


def _first_other(before: str, after: str) -> str:
    """The first line that differs, as it was and as it is."""
    pairs = zip([*before.splitlines(), ""], [*after.splitlines(), ""], strict=False)
    return next((f"{a[:80]!r} is now {b[:80]!r}" for a, b in pairs if a != b), "")


def _fill(path: Path, room_kb: int) -> None:
    """Fill the disk but for some room."""
    with path.open("wb", buffering=0) as file, contextlib.suppress(OSError):
        while True:
            file.write(b"\0" * 2**16)
    with path.open("ab", buffering=0) as file, contextlib.suppress(OSError):
        while True:
            file.write(b"\0" * 4096)
    os.truncate(path, max(0, path.stat().st_size - room_kb * 1024))
