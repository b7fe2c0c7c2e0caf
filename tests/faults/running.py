"""One verb in a forked child, and what a workspace holds, so that two can be compared."""

import contextlib
import hashlib
import os
import random
import re
import signal
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from stat_engine import cli

LONGEST_S = 180.0
_UNSTABLE = re.compile(
    rb'"[^"]*20\d\d-\d\d-\d\d[T_][^"]*"|"(?:bulk|event_id|seen|seconds|duration_s)": ?(?:"[0-9a-f]{8,}"|[0-9.]+)'
)
"""Times, durations and random ids in JSON."""
_PASSING = (".lock", ".tmp")
_PASSING_NAMES = {"pace.jsonl", "plan.json", "marks.jsonl", ".card.lock", "filler"}


@dataclass(frozen=True)
class Ended:
    """How a verb ended."""

    status: int | None
    """None: it was killed."""
    out: str
    err: str
    seconds: float

    @property
    def fault(self) -> str | None:
        """What is wrong with the way it ended, whatever it was to do; None: nothing."""
        if self.status is None:
            return "hung"
        if "Traceback" in self.err or "unexpected " in self.err.lower() or self.status not in (0, 1, 2):
            return "unexpected"
        lines = [line for line in self.err.splitlines() if line.startswith("stat-studio: ")]
        is_silent = self.status == 2 and len([one for one in lines if "warning:" not in one]) != 1
        return "silent" if is_silent else None


def run(arguments: list[str], root: Path, kill_after: float | None = None) -> Ended:
    """Run a verb on a workspace in a child of this process, which is killed after so many seconds."""
    begun = time.monotonic()
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        child = os.fork()
        if not child:
            _become(arguments, root, out.fileno(), err.fileno())
        status = _wait(child, begun + (LONGEST_S if kill_after is None else kill_after))
        for stream in (out, err):
            stream.seek(0)
        return Ended(
            status,
            out.read().decode("utf-8", "replace"),
            err.read().decode("utf-8", "replace"),
            time.monotonic() - begun,
        )


def _become(arguments: list[str], root: Path, out: int, err: int) -> None:
    """Be the command line in this child, and end with its status."""
    status = 120
    try:
        os.setsid()
        os.dup2(out, 1)
        os.dup2(err, 2)
        sys.stdout, sys.stderr = os.fdopen(1, "w", closefd=False), os.fdopen(2, "w", closefd=False)
        sys.argv = ["stat-studio", *arguments, "--workspace", str(root)]
        status = 0
        cli.main()
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else 1
    except BaseException:
        import traceback

        traceback.print_exc()
        status = 120
    finally:
        with contextlib.suppress(Exception):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(status)


def _wait(child: int, until: float) -> int | None:
    """The child's exit status; None where its group was killed."""
    pause = 0.002
    while True:
        pid, status = os.waitpid(child, os.WNOHANG)
        if pid:
            return os.waitstatus_to_exitcode(status)
        left = until - time.monotonic()
        if left <= 0:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(child, signal.SIGKILL)
            with contextlib.suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
            return None
        time.sleep(min(pause, left))
        pause = min(pause * 1.5, 0.1)


def contents(root: Path) -> dict[str, tuple[str, int]]:
    """File -> (hash, lines) of everything in a folder but locks and what only lasts for the time of work."""
    found = {}
    for path in sorted(root.rglob("*")):
        name = str(path.relative_to(root))
        if not path.is_file() or path.suffix in _PASSING or path.name in _PASSING_NAMES or "parts-" in name:
            continue
        data = path.read_bytes()
        if path.suffix in (".json", ".jsonl", ".html"):
            data = _UNSTABLE.sub(b"", data)
        found[name] = hashlib.sha256(data).hexdigest(), data.count(b"\n")
    return found


def difference(found: dict[str, tuple[str, int]], *expected: dict[str, tuple[str, int]]) -> str | None:
    """`doubled` or `lost` with the file, where a folder is like none of those expected; None: it is."""
    if found in expected:
        return None
    other = expected[-1]
    for name in sorted(found.keys() | other.keys()):
        if found.get(name) != other.get(name):
            more = name.endswith(".jsonl") and name in found and found[name][1] > other.get(name, ("", 0))[1]
            return f"{'doubled' if more else 'lost'}: {name}"
    return None


def damage(path: Path, rng: random.Random) -> str:
    """Damage a file at random; what was done."""
    data = path.read_bytes()
    kind = rng.choice(("truncated", "flipped", "deleted", "replaced", "emptied", "filled with zeros"))
    if kind == "truncated":
        path.write_bytes(data[: rng.randrange(len(data) or 1)])
    elif kind == "flipped":
        changed = bytearray(data)
        for _ in range(8 if data else 0):
            changed[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
        path.write_bytes(bytes(changed))
    elif kind == "deleted":
        path.unlink()
    elif kind == "replaced":
        path.write_bytes(rng.randbytes(200))
    else:
        path.write_bytes(b"" if kind == "emptied" else b"\0" * len(data))
    return kind
