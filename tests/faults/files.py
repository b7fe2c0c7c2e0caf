"""What a folder holds, so that two can be compared, and damage to one of its files."""

import hashlib
import os
import random
import re
from pathlib import Path

DAMAGES = ("truncated", "flipped", "deleted", "replaced", "emptied", "filled with zeros")
Contents = dict[str, tuple[str, int]]
"""File -> (hash, lines)."""
_UNSTABLE = re.compile(
    rb'"[^"]*20\d\d-\d\d-\d\d[T_][^"]*"'
    rb'|"(?:bulk|event_id|seen|seconds|duration_s|pid|started)": ?(?:"[0-9a-f]{8,}"|[0-9.]+|null)'
)
"""Times, durations, processes and random ids in JSON."""
_DRAWN = re.compile(rb"(?<=[a-z-])[0-9a-f]{6}(?=[\"\)xyg-])")
"""Names of parts in a drawing, new every time."""
_DRAWN_SUM = re.compile(rb'(\.svg", "sha256": )"[0-9a-f]+"')
PASSING = (".lock", ".tmp")
_PASSING_NAMES = {"pace.jsonl", "plan.json", "marks.jsonl", ".card.lock", ".clock", "filler"}


def contents(root: Path) -> Contents:
    """Everything in a folder but locks and what only lasts for the time of work."""
    found = {}
    for path in sorted(root.rglob("*")):
        name = str(path.relative_to(root))
        is_passing = path.name in _PASSING_NAMES or any(
            part.endswith(PASSING) or part.startswith(".staging-") for part in Path(name).parts
        )
        if not path.is_file() or is_passing or "parts-" in name:
            continue
        data = path.read_bytes()
        if path.suffix in (".json", ".jsonl", ".html"):
            data = _DRAWN_SUM.sub(rb"\1", _UNSTABLE.sub(b"", data))
        elif path.suffix == ".svg":
            data = _DRAWN.sub(b"", data)
        found[name] = hashlib.sha256(data).hexdigest(), data.count(b"\n")
    return found


def difference(found: Contents, *expected: Contents) -> str | None:
    """`doubled` or `lost` with the file, where a folder is like none of those expected; None: it is."""
    if found in expected:
        return None
    other = expected[-1]
    for name in sorted(found.keys() | other.keys()):
        if found.get(name) != other.get(name):
            more = name.endswith(".jsonl") and name in found and found[name][1] > other.get(name, ("", 0))[1]
            return f"{'doubled' if more else 'lost'}: {name}"
    return None


def signature(root: Path) -> dict[str, tuple[int, int]]:
    """File -> (length in bytes, time of its last change in ns): cheap, to see whether anything was written."""
    found = {}
    for folder, _, names in os.walk(root):
        for name in names:
            if not name.endswith(PASSING) and name not in _PASSING_NAMES:
                path = Path(folder, name)
                of = path.stat()
                found[str(path)] = of.st_size, of.st_mtime_ns
    return found


def damage(path: Path, kind: str, rng: random.Random) -> None:
    """Damage a file in one of the kinds of DAMAGES."""
    data = path.read_bytes()
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


def is_seen(path: Path, kind: str) -> bool:
    """Whether the damage shows in the file itself, without a hash of what it held: it has to be told then.

    A file that is gone, lines that are gone from a log and a changed letter are as if people had made them so. The
    last line of a log may be torn by a kill: `warnings` and `doctor` count it."""
    is_whole = path.suffix in (".parquet", ".json")
    if kind in ("replaced", "filled with zeros"):
        return is_whole or path.suffix == ".jsonl"
    return is_whole and kind in ("emptied", "truncated")
