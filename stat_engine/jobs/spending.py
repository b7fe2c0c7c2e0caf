"""What a job's teacher calls took so far, read from the kept answers as they are appended.

The worker looks only at what came since it looked last, so a page never reads a million calls."""

import json
from pathlib import Path
from typing import Any


class CallCount:
    """Calls, tokens and USD of a run's teacher calls since its job began; `known` is an earlier look."""

    def __init__(self, folder: Path, run: str | None, known: dict[str, Any]) -> None:
        self._folder, self._run = folder, run
        nothing = {"calls": 0, "input_tokens": 0, "output_tokens": 0, "cost": None}
        self._spent: dict[str, Any] = dict(known.get("spent", nothing))
        here = {path.name: path.stat().st_size for path in folder.glob("*.jsonl")}
        self._offsets: dict[str, int] = dict(known.get("offsets", here))

    def look(self) -> dict[str, Any]:
        """`spent` (calls, input_tokens, output_tokens, cost in USD or None) and `offsets` in bytes."""
        for path in sorted(self._folder.glob("*.jsonl")):
            self._read(path)
        return {"spent": self._spent, "offsets": self._offsets}

    def _read(self, path: Path) -> None:
        offset = self._offsets.get(path.name, 0)
        if path.stat().st_size <= offset:
            return
        with path.open("rb") as handle:
            handle.seek(offset)
            whole = handle.read().rpartition(b"\n")[0]  # the rest is still being written
        for line in whole.split(b"\n"):
            self._add(line)
        self._offsets[path.name] = offset + (len(whole) + 1 if whole else 0)

    def _add(self, line: bytes) -> None:
        try:
            call = json.loads(line)
        except ValueError:  # torn by a kill
            return
        if call.get("run") != self._run:
            return
        self._spent["calls"] += 1
        for key in ("input_tokens", "output_tokens"):
            self._spent[key] += call.get(key) or 0
        if call.get("cost") is not None:
            self._spent["cost"] = (self._spent["cost"] or 0.0) + call["cost"]
