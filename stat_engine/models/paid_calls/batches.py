"""Calls through a provider's batch files: half the price, answers within a day (OpenAI's Batch API).

In: calls. Out: (position, reply) pairs once a batch has ended. A batch's file of state is written before and
after it is submitted and removed once its answers are stored, so that a process killed at any moment finds
its batch again: by the file, or by the mark in the batch's metadata. Rows that failed are asked one by one.

Source: https://platform.openai.com/docs/guides/batch"""

import io
import json
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stat_engine.config import ServerConfig
from stat_engine.errors import StatError
from stat_engine.models.base import Meter
from stat_engine.models.servers.calls import Call, Job, Reply, Tokens, call_job
from stat_engine.models.servers.faults import Unusable, fault_of, told
from stat_engine.models.servers.server import Server
from stat_engine.records import content_hash
from stat_engine.store.files import read_json, write_json

if TYPE_CHECKING:
    import openai
    from openai.types import Batch

MOST_ROWS = 50_000
MOST_BYTES = 190_000_000
"""Rows and bytes of a batch's file that OpenAI takes, with some room."""
WAIT_S = (2.0, 60.0)
"""First and longest wait between two looks at a batch."""
RUNNING = ("validating", "in_progress", "finalizing", "cancelling")
MARK = "stat_studio"
"""Field of a batch's metadata that holds its name."""


@dataclass
class Batches:
    """One server, asked through batch files."""

    config: ServerConfig
    folder: Path
    """Where the state of submitted batches is kept: one JSON file a batch."""
    share_of_price: float
    """Of the price of a direct call."""
    say: Callable[[str], None]
    progress: Callable[[int, int], None]
    """Rows that the server has finished, of how many; called at every look at a batch."""
    server: Server
    """For the rows that failed, and for access to the same address."""
    wait_s: tuple[float, float] = field(default_factory=lambda: WAIT_S)
    _reserved: dict[str, Tokens] = field(default_factory=dict)
    _answered: set[int] = field(default_factory=set)

    def run(self, calls: Sequence[Call], meter: Meter | None = None) -> Iterator[list[tuple[int, Reply]]]:
        """(position, reply) pairs, each position once, batch by batch; then those asked one by one.

        Raises StatError where a batch fails as a whole, and BudgetReached."""
        jobs = _rows([call_job(call, self.config) for call in calls])
        left = dict(jobs)
        with self.server.client() as client:
            for state in self._states():
                if waiting := [row for row in state["rows"] if row in left]:
                    yield from self._joined(client, state, {row: left.pop(row) for row in waiting}, meter)
            for rows in _parts(left):
                part = {row: left.pop(row) for row in rows}
                self._reserve(part, meter)
                yield from self._joined(client, self._submitted(client, part), part, meter)
        failed = sorted(at for at, _ in jobs.values() if at not in self._answered)
        if failed:
            self.say(f"{len(failed):,} rows of batches without an answer are asked one by one")
            for batch in self.server.run([calls[at] for at in failed], meter):
                yield [(failed[at], reply) for at, reply in batch]

    def _states(self) -> list[dict[str, Any]]:
        """Batches that were submitted and whose answers are not stored yet, the oldest first."""
        found = [(path, read_json(path)) for path in self.folder.glob("*.json")]
        states = [state | {"path": path} for path, state in found if state and state.get("rows")]
        return sorted(states, key=lambda state: (state["submitted"], state["path"]))

    def _reserve(self, part: dict[str, tuple[int, Job[Reply]]], meter: Meter | None) -> None:
        for n, (row, (_, job)) in enumerate(part.items()):
            if meter is not None and not meter.reserve(*job.bound, n, self.share_of_price):
                self._release(list(self._reserved), meter)
                raise StatError(
                    f"the budget has no room for a batch of {len(part):,} calls; raise it, or ask for fewer"
                )
            self._reserved[row] = job.bound

    def _release(self, rows: Sequence[str], meter: Meter, spent: Tokens = (0, 0)) -> None:
        for row in rows:
            meter.settle(self._reserved.pop(row, (0, 0)), spent, self.share_of_price)

    def _submitted(self, client: "openai.OpenAI", part: dict[str, tuple[int, Job[Reply]]]) -> dict[str, Any]:
        """Submit a batch, or find the one that a killed process submitted; then its state is on disk."""
        name, (_, first) = content_hash(*sorted(part)), next(iter(part.values()))
        path = self.folder / f"{name}.json"
        lines = (
            json.dumps({"custom_id": row, "method": "POST", "url": f"/v1{job.path}", "body": job.body})
            for row, (_, job) in part.items()
        )
        file = io.BytesIO("\n".join(lines).encode())
        with self._as_sentences():
            batch = next((one for one in client.batches.list(limit=100) if _is_named(one, name)), None)
            if batch is None:
                kept = client.files.create(file=(f"{name}.jsonl", file), purpose="batch")
                batch = client.batches.create(
                    input_file_id=kept.id,
                    endpoint="/v1/completions" if first.path == "/completions" else "/v1/chat/completions",
                    completion_window="24h",
                    metadata={MARK: name},
                )
        state = {"batch": batch.id, "rows": list(part), "submitted": batch.created_at}
        write_json(path, state)
        self.say(f"batch {batch.id} of {len(part):,} calls is submitted; a later start joins it too")
        return state | {"path": path}

    def _joined(
        self,
        client: "openai.OpenAI",
        state: dict[str, Any],
        part: dict[str, tuple[int, Job[Reply]]],
        meter: Meter | None,
    ) -> Iterator[list[tuple[int, Reply]]]:
        """The answers of a batch once it has ended. Its state goes when the caller has stored them."""
        batch = self._ended(client, state)
        if batch.status == "failed":
            state["path"].unlink(missing_ok=True)
            said = told([error.model_dump() for error in (batch.errors and batch.errors.data) or []]).text
            raise StatError(f"batch {batch.id} failed as a whole: {said or 'no reason given'}")
        found: list[tuple[int, Reply]] = []
        for line in self._lines(client, batch):
            row, body = line.get("custom_id"), (line.get("response") or {}).get("body")
            if row not in part or (line.get("response") or {}).get("status_code") != 200:
                continue
            at, job = part[row]
            try:
                reply, spent = job.read(body)
            except Unusable:
                continue
            found.append((at, replace(reply, share_of_price=self.share_of_price)))
            self._answered.add(at)
            if meter is not None:
                self._release([row], meter, spent or job.bound)
        if meter is not None:
            self._release([row for row in part if row in self._reserved], meter)
        if found:
            yield found
        state["path"].unlink(missing_ok=True)
        if batch.status != "completed" and len(found) < len(part):
            raise StatError(
                f"batch {batch.id} is {batch.status} with {len(found):,} of {len(part):,} answers, which are "
                "kept; start again to submit the others"
            )

    def _ended(self, client: "openai.OpenAI", state: dict[str, Any]) -> "Batch":
        wait_s, longest = self.wait_s
        while True:
            with self._as_sentences():
                batch = client.batches.retrieve(state["batch"])
            counts = batch.request_counts
            self.progress(counts.completed + counts.failed if counts else 0, len(state["rows"]))
            if batch.status not in RUNNING:
                return batch
            time.sleep(wait_s)
            wait_s = min(longest, wait_s * 1.5)

    def _lines(self, client: "openai.OpenAI", batch: "Batch") -> Iterator[dict[str, Any]]:
        for id in (batch.output_file_id, batch.error_file_id):
            if id:
                with self._as_sentences():
                    text = client.files.content(id).text
                for line in text.splitlines():
                    try:
                        row = json.loads(line)
                    except ValueError:
                        continue  # a row without an answer is asked again by itself
                    if isinstance(row, dict):
                        yield row

    def _as_sentences(self) -> "_AsSentences":
        return _AsSentences(self.server)


@dataclass
class _AsSentences:
    """Turns the client's errors into sentences."""

    server: Server

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, Exception) and (fault := fault_of(error, self.server.place(), None)):
            raise StatError(fault.reason) from None


def _rows(jobs: Sequence[Job[Reply]]) -> dict[str, tuple[int, Job[Reply]]]:
    """Requests by a name made from their content, by which a later start knows them; equal ones by number."""
    n_alike: Counter[str] = Counter()
    rows = {}
    for at, job in enumerate(jobs):
        name = content_hash(job.path, job.body)
        rows[f"{name}-{n_alike[name]}"] = at, job
        n_alike[name] += 1
    return rows


def _is_named(batch: "Batch", name: str) -> bool:
    return (batch.metadata or {}).get(MARK) == name and batch.status not in ("failed", "cancelled", "expired")


def _parts(rows: dict[str, tuple[int, Job[Reply]]]) -> Iterator[list[str]]:
    """The rows in files that the provider takes."""
    part: list[str] = []
    size = 0
    for row, (_, job) in list(rows.items()):
        n_bytes = len(json.dumps(job.body)) + 200
        if part and (len(part) >= MOST_ROWS or size + n_bytes > MOST_BYTES):
            yield part
            part, size = [], 0
        part.append(row)
        size += n_bytes
    if part:
        yield part
