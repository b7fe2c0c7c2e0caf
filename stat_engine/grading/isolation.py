"""Isolation of a grading program through util-linux `unshare`: no network, no sight of other processes.

Their environments are hidden, and no child outlives the program. The user namespace is used by root too:
without it, root could read the keys in the environment of this process through /proc. Not every machine
allows it, so it is tried once."""

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from functools import cache

_WHOLE = ("--user", "--map-root-user", "--net", "--pid", "--fork", "--kill-child")
_NETWORK = ("--net",)
_PROBE = (sys.executable, "-I", "-S", "-c", "import os; os.fork()")


@dataclass(frozen=True)
class Isolation:
    """How programs are shut off on this machine."""

    prefix: tuple[str, ...] = ()
    """Put before the program and its arguments."""
    is_whole: bool = False
    """Network, processes and users, all of them."""

    @property
    def notice(self) -> str | None:
        """What is left open, for people; None where nothing is."""
        if self.is_whole:
            return None
        network = "other processes" if self.prefix else "the network and other processes"
        return (
            f"grader command: programs are not shut off from {network} on this machine, which does not "
            "let unshare make user namespaces; grade code you do not trust in a container"
        )


@cache
def isolation() -> Isolation:
    """The strongest isolation that works here."""
    unshare = shutil.which("unshare")
    for options in (_WHOLE, _NETWORK) if unshare else ():
        prefix = (str(unshare), *options, "--")
        if _works(prefix):
            return Isolation(prefix, options is _WHOLE)
    return Isolation()


def _works(prefix: tuple[str, ...]) -> bool:
    environment = {"PATH": os.environ.get("PATH", os.defpath)}
    try:
        done = subprocess.run(
            [*prefix, *_PROBE], env=environment, capture_output=True, timeout=20, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0
