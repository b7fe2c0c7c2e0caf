"""What one round of asking took: what was answered, what was paid for nothing, what was refused."""

from collections.abc import Sequence
from types import TracebackType
from typing import Self

from stat_engine.errors import StatError
from stat_engine.money import Purse
from stat_engine.records import TeacherCall
from stat_engine.store.teacher_calls import REFUSED, TeacherCalls

HOPELESS = 5
"""So many calls, all refused, and the fault is not in one prompt."""


class Bill:
    """Counts the answers of one round; what the purse paid beyond them is written down when it ends.

    Attempts that brought nothing that can be used (an empty answer, a cut connection) may be charged
    all the same, and a budget that forgot them with the process would not hold."""

    def __init__(
        self, purse: Purse, calls: TeacherCalls, endpoint: str, task: str, run: str | None, model: str | None
    ) -> None:
        self.n_calls = self.n_tokens = 0
        self._purse, self._calls, self._before = purse, calls, purse.spent
        self._endpoint, self._task, self._run, self._model = endpoint, task, run, model
        self._accounted = 0.0
        self._refusals: list[str] = []

    @property
    def spent(self) -> float:
        """USD that the round has cost so far."""
        return self._purse.spent - self._before

    def add(self, calls: Sequence[TeacherCall]) -> None:
        """Count answers that are on disk."""
        for call in calls:
            self.n_calls += 1
            self.n_tokens += (call.input_tokens or 0) + (call.output_tokens or 0)
            self._accounted += call.cost or 0.0
            if (call.finish_reason or "").startswith(REFUSED):
                self._refusals.append(call.finish_reason or "")

    def end_if_all_refused(self) -> None:
        """Raise StatError where the server refused every prompt: the fault is in none of them alone."""
        if len(self._refusals) == self.n_calls >= HOPELESS:
            reason = self._refusals[-1].removeprefix(REFUSED).strip()
            raise StatError(f"all {self.n_calls:,} prompts were refused, the last because: {reason}")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        lost = self.spent - self._accounted
        if lost > 1e-9:
            self._calls.record(
                TeacherCall(
                    key="", endpoint=self._endpoint, task=self._task, prompt="", answer="", run=self._run,
                    model=self._model, cost=lost, finish_reason="paid for no usable answer",
                )
            )  # fmt: skip
