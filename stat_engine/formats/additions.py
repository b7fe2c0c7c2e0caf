"""What an imported file adds to a run's responses and step rewards: checked part by part, staged, then put in
the place of the tables that are there."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from stat_engine.errors import InputError, StatError
from stat_engine.formats.by_question import Part
from stat_engine.formats.into_dataset import adopt, merge
from stat_engine.formats.rows import Reading
from stat_engine.records import Record, Response, StepReward, arrow_schema
from stat_engine.store.run_folder import RunFolder


class RunAdditions:
    """Responses and step rewards of a run with those of a file added. The caller holds the run's lock."""

    def __init__(
        self,
        run: RunFolder,
        path: Path,
        reading: Reading,
        there: Part,
        lines: Mapping[str, int],
    ) -> None:
        """`there` is of the run; `lines`: {response id: its line of the file}."""
        self._run = run
        self._path = path
        self._reading = reading
        self._lines = lines
        self.responses: dict[str, Response] = {r.response_id: r for r in there.responses}
        self.rewards: dict[str, StepReward] = {r.response_id: r for r in there.rewards}
        self.n_new_responses = 0
        self.n_new_rewards = 0

    def add_responses(self, new: Sequence[Response]) -> None:
        """Add responses; raises InputError where the run has another of that question, model and sample."""
        merged, self.n_new_responses = merge(
            self.responses.values(),
            self._as_stored(self._as_graded(new)),
            lambda r: (r.question_id, r.model, r.sample),
            self._clash,
            self._reading.row,
        )
        self.responses = {response.response_id: response for response in sorted(merged, key=_order)}

    def add_rewards(self, new: Sequence[StepReward]) -> None:
        """Add rewards; raises InputError where the run has others of that response."""
        for reward in new:
            there = self.rewards.get(reward.response_id)
            with self._reading.row():
                self.rewards[reward.response_id] = self._combined(there, reward) if there else reward
                self.n_new_rewards += self.rewards[reward.response_id] != there

    def kept_rewards(self) -> list[StepReward]:
        """The rewards in the order of their responses."""
        return [self.rewards[id] for id in self.responses if id in self.rewards]

    def _as_graded(self, new: Sequence[Response]) -> Sequence[Response]:
        """In a preview, which grades nothing, responses that are there already have the grade they had."""
        if not self._reading.is_preview:
            return new
        there = self.responses
        return [
            r.model_copy(update={"answer": known.answer, "is_correct": known.is_correct})
            if r.is_correct is None and (known := there.get(r.response_id))
            else r
            for r in new
        ]

    def _as_stored(self, new: Sequence[Response]) -> list[Response]:
        """Responses that are there from a version that did not keep the file's verdict, as they were kept."""
        return [
            old
            if (old := self.responses.get(r.response_id))
            and old == r.model_copy(update={"imported_verdict": None})
            else r
            for r in new
        ]

    def _clash(self, response: Response) -> StatError:
        which = f"response {response.sample} of {response.model} to question {response.question_id}"
        found = f"{which} with other text, steps or correctness than run {self._run.name} has"
        line = self._lines.get(response.response_id)
        return InputError(self._path, "the same response, or another model or sample", found, line)

    def _combined(self, there: StepReward, new: StepReward) -> StepReward:
        """Step rewards of one and an outcome reward of the other go together; two of a kind must agree."""
        outcomes = {r.outcome_reward for r in (there, new) if r.outcome_reward is not None}
        lists = {tuple(r.step_rewards) for r in (there, new) if r.step_rewards}
        if len(outcomes) > 1 or len(lists) > 1:
            response = self.responses[new.response_id]
            which = f"response {response.sample} of {response.model} to question {response.question_id}"
            found = f"rewards for {which} other than run {self._run.name} has"
            line = self._lines.get(new.response_id)
            raise InputError(self._path, "the same rewards, or another run", found, line)
        base = there if there.step_rewards or not new.step_rewards else new
        return base.model_copy(update={"outcome_reward": next(iter(outcomes), None)})


def _order(response: Response) -> tuple[str, str, int]:
    return response.question_id, response.model, response.sample


@dataclass
class Totals:
    """Counts of a run's responses and rewards with the additions."""

    n_responses: int = 0
    n_new_responses: int = 0
    n_questions: int = 0
    n_correct: int = 0
    n_ungraded: int = 0
    n_rewards: int = 0
    n_new_rewards: int = 0
    n_without_rewards: int = 0
    models: Counter[str] = field(default_factory=Counter)

    def add(self, part: RunAdditions) -> None:
        """Count a part; a question's responses are all in one."""
        responses = part.responses.values()
        self.n_responses += len(responses)
        self.n_new_responses += part.n_new_responses
        self.n_questions += len({response.question_id for response in responses})
        self.n_correct += sum(1 for response in responses if response.is_correct)
        self.n_ungraded += sum(1 for response in responses if response.is_correct is None)
        self.n_rewards += len(part.rewards)
        self.n_new_rewards += part.n_new_rewards
        self.n_without_rewards += len(part.responses.keys() - part.rewards.keys())
        self.models.update(response.model for response in responses)


class Additions:
    """The tables as they will be, written part by part; nothing of the run changes before `put`."""

    def __init__(self, run: RunFolder, path: Path, reading: Reading, folder: Path) -> None:
        self._run, self._path, self._reading, self._folder = run, path, reading, folder
        self.rows = folder / "rows.parquet"
        """Where the file's rows are staged."""
        self.totals = Totals()
        self._writers: dict[str, pq.ParquetWriter] = {}

    def add(
        self,
        there: Part,
        responses: Sequence[Response],
        rewards: Sequence[StepReward],
        lines: Mapping[str, int],
    ) -> None:
        """Add what the file holds to a part of the run, count it and stage it; a preview stages nothing.

        Raises InputError where the run has another response or other rewards in a place."""
        part = RunAdditions(self._run, self._path, self._reading, there, lines)
        part.add_responses(responses)
        part.add_rewards(rewards)
        self.totals.add(part)
        if not self._reading.is_preview:
            self._write("responses", Response, list(part.responses.values()))
            self._write("rewards", StepReward, part.kept_rewards())

    def put(self, notes: Sequence[str]) -> None:
        """Put what changed in force: responses first, so that no reward is there without its response."""
        self.close()
        run, totals = self._run, self.totals
        if self._reading.is_preview:
            return
        if totals.n_new_responses:
            inputs = [run.config.student.steps, run.dataset.question_table.need("").digest]
            adopt(run.responses, self._place("responses"), self._path, inputs, notes)
        if totals.n_new_rewards:
            made_for = run.responses.manifest()
            digests = [made_for.digest if made_for else None]
            adopt(run.step_rewards, self._place("rewards"), self._path, digests, notes)

    def close(self) -> None:
        """Close the staged files."""
        while self._writers:
            self._writers.popitem()[1].close()

    def _place(self, name: str) -> Path:
        return self._folder / f"new_{name}.parquet"

    def _write(self, name: str, record: type[Record], rows: Sequence[Record]) -> None:
        schema = arrow_schema(record)
        if name not in self._writers:
            self._writers[name] = pq.ParquetWriter(self._place(name), schema)
        self._writers[name].write_table(pa.Table.from_pylist([row.model_dump() for row in rows], schema))


@contextmanager
def staged(run: RunFolder, path: Path, reading: Reading) -> Iterator[Additions]:
    """A place for a file's additions in the run's workspace; a preview's is outside of it."""
    with reading.room(run.folder.parent.parent) as folder:
        additions = Additions(run, path, reading, folder)
        try:
            yield additions
        finally:
            additions.close()
