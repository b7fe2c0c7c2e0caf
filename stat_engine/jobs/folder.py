"""A job on disk, `jobs/<job>/`, and everything that its files say about it.

job.json        what is asked: written once, when it is submitted
launch.json     the process that was started here for it: the worker itself, or its launcher
process.json    the worker: written by the worker, because only it knows where a launcher put it
heartbeat.json  written again every 2 s by the worker, with what its teacher calls took so far
events.jsonl    what it says; log.txt, launch.txt: what worker and launcher print
stop            its existence asks the worker to stop"""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from stat_engine.errors import StatError, shown
from stat_engine.jobs import events
from stat_engine.store.files import is_held, read_json

ENDS = ("stopped", "done", "failed")
"""What a worker says last; `lost` is what others say of one that did not."""
SILENCE_S = 8.0
"""A worker on another machine that has not been heard of for so long is gone: four heartbeats."""
LOG_BYTES = 4000
LAST_LINES = 5
N_SAID = 5


class _Card(BaseModel):
    id: str
    arguments: list[str]
    run: str | None = None
    lane: str | None = None
    launcher: str | None = None
    created: str | None = None
    order: dict[str, Any] | None = None


class _Process(BaseModel):
    pid: int
    host: str
    started: float | None = None
    at: str | None = None
    running_since: str | None = None


class _Heartbeat(BaseModel):
    spent: dict[str, float | None] = {}
    offsets: dict[str, int] = {}


KINDS: dict[str, type[BaseModel]] = {
    "job": _Card, "launch": _Process, "process": _Process, "heartbeat": _Heartbeat,
}  # fmt: skip


class JobFolder:
    """Paths and state of one job."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.id = path.name
        self.root = path.parent.parent
        self.events = path / "events.jsonl"
        self.log = path / "log.txt"
        self.launch_log = path / "launch.txt"
        self.stop = path / "stop"

    def is_there(self) -> bool:
        """Whether there is a job of this name, readable or not."""
        return (self.path / "job.json").exists()

    @property
    def card(self) -> dict[str, Any]:
        """`job.json`: id, order, arguments (the order in words), run, lane, launcher, cwd, created.

        Jobs of earlier versions have no order."""
        return self._read("job") or {}

    @property
    def launch(self) -> dict[str, Any] | None:
        """The process that was started for it on the submitter's machine."""
        return self._read("launch")

    @property
    def process(self) -> dict[str, Any] | None:
        """The worker's process; None before it has started."""
        return self._read("process")

    @property
    def heartbeat(self) -> dict[str, Any]:
        """`spent` (calls, input_tokens, output_tokens, cost) and `offsets`; empty before the first."""
        return self._read("heartbeat") or {}

    def is_alive(self) -> bool:
        """Whether its worker, or what starts it, is there: by process id here, by heartbeat elsewhere."""
        process, launch = self.process, self.launch
        if process is None:
            return launch is not None and (launch["host"] != events.host() or events.is_alive(launch))
        if process["host"] == events.host():
            return events.is_alive(process)
        age = events.age_s(self.path / "heartbeat.json", self.path.parent / ".clock")
        return age is not None and age < SILENCE_S

    def state(self) -> str:
        """queued, running, stopping, stopped, done, failed or lost; damaged where a file of it is."""
        return "damaged" if self.damage() else self._look()[0]

    def damage(self) -> str | None:
        """What is wrong with the first of its files that cannot be read; None where all can."""
        try:
            for name in KINDS:
                self._read(name)
        except StatError as error:
            return str(error)
        return None

    def _look(self) -> tuple[str, list[events.Event]]:
        alive = self.is_alive()  # before its events are read: a worker ends after its last word
        said = events.latest(self.events)
        state = said[-1]["state"] if said else "queued"
        if state in ENDS:
            return state, said
        if not alive:
            return ("stopped" if state == "queued" and self.stop.exists() else "lost"), said
        return ("stopping" if self.stop.exists() else state), said

    def describe(self) -> dict[str, Any]:
        """Everything a page shows of the job; see `docs/jobs.md` for the keys."""
        if damage := self.damage():
            return self._described_damage(damage)
        state, said = self._look()
        card, process, last = self.card, self.process, said[-1] if said else {}
        return {
            **{key: card.get(key) for key in ("id", "run", "arguments", "lane", "launcher", "created")},
            "state": state,
            "is_running": state in ("queued", "running", "stopping"),
            "host": process["host"] if process else None,
            "pid": process["pid"] if process else None,
            "started": process.get("running_since") if process else None,
            "ended": last.get("at") if state in ENDS else None,
            "waits_on": last.get("waits_on") if state == "queued" else None,
            "waits_for": last.get("waits_for") if state == "queued" else None,
            **_pace(state, said),
            **_spent(self.heartbeat.get("spent", {})),
            "said": [[e["stage"], e["sentence"]] for e in said if e["kind"] == "say"][-N_SAID:],
            "log": self._words(LOG_BYTES),
            "last_words": self._last_words(state, last),
        }

    def _described_damage(self, damage: str) -> dict[str, Any]:
        """The keys of `describe` for a job of which a file cannot be read."""
        try:
            written = (self.path / "job.json").stat().st_mtime
        except OSError:
            written = 0.0
        return {
            **dict.fromkeys(("run", "lane", "launcher", "host", "pid", "started", "ended")),
            **dict.fromkeys(("waits_on", "waits_for")),
            **_pace("damaged", []),
            "id": self.id,
            "arguments": [],
            "created": datetime.fromtimestamp(written, UTC).isoformat(timespec="milliseconds"),
            "state": "damaged",
            "is_running": is_held(self.path / ".lock"),
            **_spent({}),
            "said": [],
            "log": events.tail(self.log, LOG_BYTES) + events.tail(self.launch_log, LOG_BYTES),
            "last_words": damage,
        }

    def waits_on(self) -> str | None:
        """The lock that its live, queued worker last found taken; None for any other job."""
        state, said = self._look()
        return said[-1].get("waits_on") if state == "queued" and self.process else None

    def _last_words(self, state: str, last: events.Event) -> str | None:
        if state == "failed":
            return str(last.get("sentence"))
        if state != "lost":
            return None
        lines = [line.rstrip() for line in self._words(LOG_BYTES).replace("\r", "\n").splitlines()]
        return "\n".join([line for line in lines if line][-LAST_LINES:]) or "it said nothing"

    def _words(self, n_bytes: int) -> str:
        """The end of what worker and launcher printed in this attempt."""
        own = events.tail(self.log, n_bytes) if self.process else ""
        return own + events.tail(self.launch_log, n_bytes)

    def _read(self, name: str) -> dict[str, Any] | None:
        """A file's object, validated. Raises StatError for one that is damaged."""
        path = self.path / f"{name}.json"
        value: dict[str, Any] | None = read_json(path)
        if value is None:
            return None
        try:
            KINDS[name].model_validate(value)
        except ValidationError as error:
            first = error.errors()[0]
            place = ".".join(map(str, first["loc"])) or "the file"
            raise StatError(
                f"{path}: field {place}: found {shown(first['input'])}, {first['msg'].lower()}; the file is "
                "damaged: restore it from a copy, or remove the job's folder"
            ) from None
        return value


def _pace(state: str, said: list[events.Event]) -> dict[str, Any]:
    pace = events.pace(said)
    return pace if state in ("running", "stopping") else {**pace, "rate": None, "seconds_left": None}


def _spent(spent: dict[str, Any]) -> dict[str, Any]:
    tokens_in, tokens_out = spent.get("input_tokens", 0), spent.get("output_tokens", 0)
    return {
        "calls": spent.get("calls", 0),
        "input_tokens": tokens_in,
        "output_tokens": tokens_out,
        "tokens": tokens_in + tokens_out,
        "cost": spent.get("cost"),
    }
