"""Raw teacher answers and endpoint embeddings, stored before parsing and shared by all runs."""

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from stat_engine.records import TeacherCall, content_hash
from stat_engine.store.files import append_lines, in_turn, read_lines, replacing, safe_name

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

REFUSED = "refused:"
"""How the finish reason of a prompt begins that its server would not answer."""
ANSWERED = '"role": "assistant"'
"""What a conversation holds that asks again; in a question's own text the marks would be escaped."""
ROOM = 2
"""Characters by which prompts of one problem may differ: the index of a repeat, where they hold it."""
Lengths = tuple[int, int, int, int]
"""Characters sent, tokens sent, tokens written, calls."""
Spending = dict[tuple[str | None, str, str], "Spent"]
"""(run, endpoint, task) -> what its calls took."""


class Spent:
    """Calls, tokens and USD of some teacher calls."""

    def __init__(self) -> None:
        self.calls = 0
        self.input_tokens = 0
        self.output_tokens = 0
        self.cost = 0.0
        self.n_unpriced = 0
        """Calls that took tokens and whose price is not known."""

    def add(self, call: TeacherCall) -> None:
        """Count one call."""
        self.calls += 1
        self.input_tokens += call.input_tokens or 0
        self.output_tokens += call.output_tokens or 0
        self.cost += call.cost or 0.0
        self.n_unpriced += call.cost is None and bool(call.input_tokens or call.output_tokens)


class TeacherCalls:
    """The append-only file of one endpoint's answers, by key.

    Keys and answers of this endpoint are held in memory; a torn last line costs its one call. A prompt
    that the server refused counts as known in the process that asked it, and is asked again by the next."""

    def __init__(self, folder: Path, endpoint: str) -> None:
        self.path = folder / f"{safe_name(endpoint, 'teacher')}.jsonl"
        self._calls: dict[str, TeacherCall] = {}
        self._lengths: dict[str, Lengths] = {}
        self._asked: Counter[str] = Counter()
        self._asked_again: Counter[str] = Counter()
        self._n_read = 0
        self._read_on()

    def __contains__(self, key: str) -> bool:
        return key in self._calls

    def measured(self, task: str) -> tuple[float | None, float | None]:
        """Characters a token sent, over all tasks, and mean tokens of this task's answers; None: unknown."""
        sent = [sum(part) for part in zip(*(of[:2] for of in self._lengths.values()), strict=True)]
        _, _, written, n = self._lengths.get(task, (0, 0, 0, 0))
        return sent[0] / sent[1] if sent and sent[1] else None, written / n if n else None

    def share_asked_again(self, task: str) -> float | None:
        """Requests after an answer that could not be used, a first request of this task; None: none yet."""
        n = self._asked[task]
        return self._asked_again[task] / n if n else None

    def unknown(self, keys: Sequence[str]) -> list[int]:
        """Positions of the keys without an answer yet, each key once, in order."""
        first = {key: at for at, key in reversed(list(enumerate(keys)))}
        return sorted(at for key, at in first.items() if key not in self._calls)

    def answers(
        self, keys: Sequence[str], ask: Callable[[list[int]], Iterator[list[TeacherCall]]]
    ) -> list[str]:
        """Answers by key, in order: the texts of `kept`."""
        return [call.answer for call in self.kept(keys, ask)]

    def kept(
        self, keys: Sequence[str], ask: Callable[[list[int]], Iterator[list[TeacherCall]]]
    ) -> list[TeacherCall]:
        """Calls by key, in order, without their prompts; `ask` gets the positions not yet known, once a key.

        What it yields is on disk before it is asked for more, so that a process killed at any moment,
        or an error half way, costs the calls in flight and no others. Processes that ask the same endpoint
        take turns, so that none pays for what another is being answered."""
        if self.unknown(keys):
            with in_turn(self.path.with_suffix(".lock")):
                self._read_on()
                for batch in ask(unknown) if (unknown := self.unknown(keys)) else ():
                    self.record(*batch)
        return [self._calls[key] for key in keys]

    def record(self, *calls: TeacherCall) -> None:
        """Write calls for good; one without a key was paid for and brought nothing."""
        if not calls:
            return
        append_lines(self.path, *(call.model_dump_json(exclude_none=True) for call in calls))
        for call in calls:
            self._keep(call)

    def _read_on(self) -> None:
        """Read what is new in the file; another process may have been answered."""
        size = self.path.stat().st_size if self.path.exists() else 0
        if size > self._n_read:
            for counts in (self._lengths, self._asked, self._asked_again):
                counts.clear()
            for call in _read(self.path):
                if not (call.finish_reason or "").startswith(REFUSED):
                    self._keep(call)
            self._n_read = size

    def _keep(self, call: TeacherCall) -> None:
        if not call.key:
            return
        self._calls[call.key] = call.model_copy(update={"prompt": ""})  # the longest part
        (self._asked_again if ANSWERED in call.prompt else self._asked)[call.task] += 1
        if call.input_tokens and call.output_tokens:
            old = self._lengths.get(call.task, (0, 0, 0, 0))
            new = (len(call.prompt), call.input_tokens, call.output_tokens, 1)
            self._lengths[call.task] = (old[0] + new[0], old[1] + new[1], old[2] + new[2], old[3] + new[3])


def spending(folder: Path) -> Spending:
    """What every run's calls took, by endpoint and task, as recorded when they were made."""
    found: Spending = {}
    for path in sorted(folder.glob("*.jsonl")):
        for call in _read(path):
            found.setdefault((call.run, path.stem, call.task), Spent()).add(call)
    return found


def calls_by_key(folder: Path, keys: Sequence[str]) -> dict[str, TeacherCall]:
    """The kept calls of these keys, of any endpoint; those not found are left out.

    Reads the files line by line and parses only what it looks for: it is asked for a handful."""
    wanted = {f'"key":"{key}"'.encode(): key for key in keys if key}
    found: dict[str, TeacherCall] = {}
    for path in sorted(folder.glob("*.jsonl")) if wanted else ():
        for line in _lines_with(path, tuple(wanted)):
            for call in _call(line):
                if call.key in wanted.values():
                    found[call.key] = call
    return found


def calls_about(folder: Path, endpoint: str, task: str, problem: str) -> list[TeacherCall]:
    """An endpoint's kept answers to a task about just this problem, in the order they came."""
    text = json.dumps(json.dumps(problem, ensure_ascii=False)[1:-1], ensure_ascii=False)[1:-1]
    path = folder / f"{safe_name(endpoint, 'teacher')}.jsonl"
    lines = _lines_with(path, (text.encode(),)) if path.exists() else ()
    calls = [call for line in lines for call in _call(line)]
    about = [call for call in calls if call.key and call.task == task]
    # the shortest prompt is this problem's: in a longer one it is a part of another problem
    shortest = min((len(call.prompt) for call in about), default=0)
    return [call for call in about if len(call.prompt) <= shortest + ROOM]


def _lines_with(path: Path, parts: Sequence[bytes]) -> Iterator[bytes]:
    with path.open("rb") as handle:
        for line in handle:
            if any(part in line for part in parts) and line.endswith(b"\n"):
                yield line


def _call(line: bytes) -> list[TeacherCall]:
    """The line's call; none where it is damaged, of which a reader of the whole file is warned."""
    try:
        return [TeacherCall.model_validate_json(line)]
    except ValueError:
        return []


def _read(path: Path) -> Iterable[TeacherCall]:
    return read_lines(path, TeacherCall.model_validate)[0]


PART = 512
"""Texts written together."""
Matrix: TypeAlias = "NDArray[np.float32]"


class Vectors:
    """One model's vectors: a folder of parts, each with its keys, written whole or not at all."""

    def __init__(self, folder: Path, model: str) -> None:
        import numpy as np  # here and below, because every workspace opens this module and few have vectors

        self._folder = folder / content_hash(model)
        self._vectors: dict[str, Matrix] = {}
        for path in sorted(self._folder.glob("*.npz")):
            with np.load(path, allow_pickle=False) as part:
                self._vectors |= dict(zip(part["keys"].tolist(), part["vectors"], strict=True))

    def of(self, texts: Sequence[str], embed: Callable[[list[str]], list[list[float]]]) -> Matrix:
        """One row a text; `embed` is given the texts not yet known, each once, a part at a time."""
        import numpy as np

        keys = [content_hash(text) for text in texts]
        unknown = {key: text for key, text in zip(keys, texts, strict=True) if key not in self._vectors}
        wanted = list(unknown)
        for begin in range(0, len(wanted), PART):
            part = wanted[begin : begin + PART]
            rows = np.array(embed([unknown[key] for key in part]), dtype=np.float32)
            with (
                replacing(self._folder / f"{content_hash(part)}.npz") as temporary,
                temporary.open("wb") as file,
            ):
                np.savez(file, keys=np.array(part), vectors=rows)
            self._vectors |= dict(zip(part, rows, strict=True))
        return np.stack([self._vectors[key] for key in keys])
