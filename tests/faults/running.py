"""One verb in a forked child of a process that has everything imported, and how it ended."""

import contextlib
import gc
import os
import pkgutil
import signal
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

import stat_engine
from stat_engine import cli

LONGEST_S = 300.0
HEAVY = ("torch", "transformers.trainer", "peft", "accelerate", "safetensors.torch", "duckdb", "scipy.stats")
"""What the engine imports only where it is needed."""

UNEXPECTED = ("Traceback", "stat-studio: unexpected ", "(--debug shows where)")
FORKS_WELL = "jemalloc_bg_thd"
"""A thread of Arrow's memory pool, which its library starts again in a child."""


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
        if any(sign in self.err for sign in UNEXPECTED) or self.status not in (0, 1, 2):
            return "unexpected"
        lines = [line for line in self.err.splitlines() if line.startswith("stat-studio: ")]
        is_silent = self.status == 2 and len([one for one in lines if "warning:" not in one]) != 1
        return "silent" if is_silent else None


def warm() -> None:
    """Import all that a verb may need, so that its child starts at once. Raises RuntimeError where that starts a thread."""
    for module in pkgutil.walk_packages(stat_engine.__path__, "stat_engine."):
        if not module.name.startswith("stat_engine.ui") and not module.name.endswith("__main__"):
            with contextlib.suppress(ImportError):  # a module of an extra that is not installed
                import_module(module.name)
    for name in HEAVY:
        with contextlib.suppress(ImportError):
            import_module(name)
    cli.program()
    gc.collect()
    gc.freeze()  # else every child copies the pages that its first collection marks
    names = [path.read_text().strip() for path in Path("/proc/self/task").glob("*/comm")]
    if len(names) - names.count(FORKS_WELL) > 1:
        raise RuntimeError(f"threads {names}: a forked child may wait for one that it does not have")


def run(arguments: Sequence[str], root: Path, kill_after: float | None = None) -> Ended:
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


def _become(arguments: Sequence[str], root: Path, out: int, err: int) -> None:
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
        pause = min(pause * 1.5, 0.05)
