"""A script that starts a program with limits on it and returns its status: `limits.py JSON PROGRAM [ARG]...`

JSON is {limit's name: value}. It is a script because limits set between fork and exec (`preexec_fn`) can
hang a process that has threads. It forks because the first process of a namespace cannot be killed by its
own signals, and ends the namespace when it ends. It imports nothing of the engine."""

import json
import os
import resource
import sys


def main(limits: str, *command: str) -> int:
    """Run the program under the limits that this platform knows; its exit status, 128 + n for signal n."""
    child = os.fork()
    if not child:
        for name, value in json.loads(limits).items():
            kind = getattr(resource, name, None)
            if kind is not None:
                _set(kind, value)
        os.execv(command[0], command)
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


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
