"""What an import adds to a run's responses and step rewards: gathered and checked in memory, then written.

Both tables are brought together before either is written, so an import that cannot be done whole is
not begun."""

from collections.abc import Sequence
from pathlib import Path

from stat_engine.errors import InputError, StatError
from stat_engine.interop.merging import merge, write
from stat_engine.interop.reading import Reading
from stat_engine.records import Response, StepReward
from stat_engine.store.run_folder import RunFolder


class RunAdditions:
    """A run's responses and step rewards with those of a file added. The caller holds the run's lock."""

    def __init__(self, run: RunFolder, path: Path, reading: Reading | None = None) -> None:
        self._run = run
        self._path = path
        self._reading = reading or Reading()
        self.responses: dict[str, Response] = {r.response_id: r for r in run.responses.read()}
        self.rewards: dict[str, StepReward] = {r.response_id: r for r in run.step_rewards.read()}
        self.n_new_responses = 0
        self.n_new_rewards = 0

    def add_responses(self, new: Sequence[Response]) -> None:
        """Add responses; raises InputError where the run has another of that question, model and sample."""
        merged, self.n_new_responses = merge(
            self.responses.values(),
            self._as_graded(new),
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

    def write(self, notes: Sequence[str]) -> None:
        """Write what changed: responses first, so that no reward stands without its response. A preview
        writes nothing."""
        if self._reading.is_preview:
            return
        if self.n_new_responses:
            inputs = [self._run.config.student.steps, self._run.dataset.question_table.need("").digest]
            write(self._run.responses, self._path, list(self.responses.values()), inputs, notes)
        if self.n_new_rewards:
            rewards = [self.rewards[id] for id in self.responses if id in self.rewards]
            write(self._run.step_rewards, self._path, rewards, list(self.responses), notes)

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

    def _clash(self, response: Response) -> StatError:
        which = f"response {response.sample} of {response.model} to question {response.question_id}"
        found = f"{which} with other text, steps or correctness than run {self._run.name} has"
        return InputError(self._path, "the same response, or another model or sample", found)

    def _combined(self, there: StepReward, new: StepReward) -> StepReward:
        """Step rewards of one and an outcome reward of the other go together; two of a kind must agree."""
        outcomes = {r.outcome_reward for r in (there, new) if r.outcome_reward is not None}
        lists = {tuple(r.step_rewards) for r in (there, new) if r.step_rewards}
        if len(outcomes) > 1 or len(lists) > 1:
            response = self.responses[new.response_id]
            which = f"response {response.sample} of {response.model} to question {response.question_id}"
            found = f"rewards for {which} other than run {self._run.name} has"
            raise InputError(self._path, "the same rewards, or another run", found)
        base = there if there.step_rewards or not new.step_rewards else new
        return base.model_copy(update={"outcome_reward": next(iter(outcomes), None)})


def _order(response: Response) -> tuple[str, str, int]:
    return response.question_id, response.model, response.sample
