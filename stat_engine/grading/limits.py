"""A script that starts a program with limits on it: `limits.py LIMITS FILES PROGRAM [ARG]...`

LIMITS is JSON, {limit's name: value}. FILES says how all files but those of the current folder become
read-only: `mounts` (this process has a mount namespace), `landlock`, or nothing. It is a script because what
is set between fork and exec (`preexec_fn`) can hang a process that has threads. It forks because the first
process of a namespace cannot be killed by its own signals, and ends the namespace when it ends. It imports
nothing of the engine. Numbers of system calls and flags are those of Linux, the same on all processors."""

import ctypes
import json
import os
import resource
import struct
import sys
from contextlib import suppress
from pathlib import Path

_MOUNT_SETATTR, _LANDLOCK_RULESET, _LANDLOCK_RULE, _LANDLOCK_RESTRICT = 442, 444, 445, 446
_AT_FDCWD, _AT_RECURSIVE = -100, 0x8000
_RDONLY, _NODEV, _BIND = 1, 4, 4096
_DEVICES = ("/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom")
_DROP_CAPABILITY, _NO_NEW_PRIVILEGES, _N_CAPABILITIES = 24, 38, 64
_WRITES = sum(1 << bit for bit in (1, *range(4, 15)))
"""Landlock's rights to write, truncate, make, link, rename and remove."""
_WRITE_FILE, _TRUNCATE = 1 << 1, 1 << 14


def main(limits: str, files: str, *command: str) -> int:
    """Run the program under the limits that this platform knows; its exit status, 128 + n for signal n."""
    child = os.fork()
    if not child:
        try:
            if files:
                {"mounts": mount_read_only, "landlock": landlock}[files]()
            for name, value in json.loads(limits).items():
                kind = getattr(resource, name, None)
                if kind is not None:
                    _set(kind, value)
            os.environ.pop("PWD", None)  # bubblewrap's
            os.execv(command[0], command)
        finally:
            os._exit(126)
    _, status = os.waitpid(child, 0)
    code = os.waitstatus_to_exitcode(status)
    return code if code >= 0 else 128 - code


def _set(kind: int, value: int) -> None:
    _, hard = resource.getrlimit(kind)
    value = value if hard == resource.RLIM_INFINITY else min(value, hard)
    try:
        resource.setrlimit(kind, (value, value))
    except (OSError, ValueError):  # macOS refuses some; the time limit still holds
        return


def mount_read_only() -> None:
    """Make every mount but one at the current folder read-only, and give up the right to mount.

    Needs a mount namespace and the rights to mount in it; raises OSError without."""
    libc = ctypes.CDLL(None, use_errno=True)
    here, devices = str(Path.cwd()), [path for path in _DEVICES if Path(path).exists()]
    for path in (here, *devices):
        _checked(libc.mount(path.encode(), path.encode(), None, _BIND, None))
    _set_mount(libc, "/", _AT_RECURSIVE, put=_RDONLY | _NODEV)
    _set_mount(libc, here, 0, clear=_RDONLY)
    for path in devices:  # other devices, as in disks, stay shut
        _set_mount(libc, path, 0, clear=_NODEV)
    os.chdir(here)  # into the mount that is on it now
    _give_up_rights(libc)


def landlock() -> None:
    """Let this process and all it starts write under the current folder alone.

    Modes and times of files elsewhere can still be changed. Raises OSError where the kernel cannot."""
    libc = ctypes.CDLL(None, use_errno=True)
    rights = struct.pack("Q", _WRITES)
    ruleset = _checked(libc.syscall(_LANDLOCK_RULESET, rights, len(rights), 0))
    for path, allowed in ((".", _WRITES), ("/dev/null", _WRITE_FILE | _TRUNCATE)):
        with suppress(FileNotFoundError):
            rule = struct.pack("=Qi", allowed, os.open(path, os.O_PATH))
            _checked(libc.syscall(_LANDLOCK_RULE, ruleset, 1, rule, 0))
    _checked(libc.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0))
    _checked(libc.syscall(_LANDLOCK_RESTRICT, ruleset, 0))


def _set_mount(libc: ctypes.CDLL, path: str, flags: int, put: int = 0, clear: int = 0) -> None:
    attributes = struct.pack("QQQQ", put, clear, 0, 0)
    _checked(
        libc.syscall(_MOUNT_SETATTR, _AT_FDCWD, path.encode(), flags, attributes, len(attributes)),
    )


def _give_up_rights(libc: ctypes.CDLL) -> None:
    """No capability is left after the next exec, root's neither: nothing can be mounted again."""
    for capability in range(_N_CAPABILITIES):
        libc.prctl(_DROP_CAPABILITY, capability, 0, 0, 0)  # beyond the kernel's last one it fails
    _checked(libc.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0))


def _checked(result: int) -> int:
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return result


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
