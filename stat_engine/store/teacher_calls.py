"""Raw teacher answers, kept before anything parses them and shared by all runs of a workspace."""

from collections.abc import Callable, Sequence
from pathlib import Path

from stat_engine.records import TeacherCall
from stat_engine.store.files import append_lines, read_lines, safe_name


class TeacherCalls:
    """The append-only file of one endpoint's answers, by key.

    Only keys and answers of this endpoint are held in memory; a torn last line costs its one call."""

    def __init__(self, folder: Path, endpoint: str) -> None:
        self.path = folder / f"{safe_name(endpoint, 'teacher')}.jsonl"
        values, _ = read_lines(self.path)
        self._answers = {str(value["key"]): str(value["answer"]) for value in values}

    def answers(
        self, calls: Sequence[tuple[str, str, str]], ask: Callable[[list[int]], list[str]]
    ) -> list[str]:
        """Answers to (key, task, prompt) calls; `ask` is given the positions not yet known, once a key."""
        first = {key: at for at, (key, _, _) in reversed(list(enumerate(calls)))}
        unknown = sorted(at for key, at in first.items() if key not in self._answers)
        if unknown:
            answered = [
                TeacherCall(
                    key=calls[at][0],
                    endpoint=self.path.stem,
                    task=calls[at][1],
                    prompt=calls[at][2],
                    answer=text,
                )
                for at, text in zip(unknown, ask(unknown), strict=True)
            ]
            append_lines(self.path, *(call.model_dump_json() for call in answered))
            self._answers |= {call.key: call.answer for call in answered}
        return [self._answers[key] for key, _, _ in calls]
