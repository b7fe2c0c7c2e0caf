"""Import responses, step rewards and training sets into a run of the workspace.

New rows are collected and checked in memory, then written."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

from stat_engine.config import Section
from stat_engine.errors import InputError, StatError
from stat_engine.formats.into_dataset import merge, need_rows, skip_notes, write
from stat_engine.formats.responses import ResponseImport, Ungraded, read_responses, run_grader
from stat_engine.formats.row import Row
from stat_engine.formats.rows import Reading
from stat_engine.formats.step_rewards import read_step_rewards
from stat_engine.formats.training_sets import METHOD, read_training_set
from stat_engine.grading import Grader, Judge, notice
from stat_engine.records import Response, StepReward, content_hash
from stat_engine.store.files import sha256
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

    def _as_stored(self, new: Sequence[Response]) -> list[Response]:
        """Responses that are there from a version that did not keep the file's verdict, as they were kept."""
        bare = [r.model_copy(update={"imported_verdict": None}) for r in new]
        return [
            old if self.responses.get(old.response_id) == old else r for r, old in zip(new, bare, strict=True)
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


def import_responses(
    run: RunFolder, path: Path, skip_unknown: bool, judge: Judge | None = None, reading: Reading | None = None
) -> dict[str, object]:
    """Import responses into a run, whose student is from then on an imported one.

    Outcome rewards in the file are kept where the run's filter is `orm`, which alone reads them;
    the reward model is then imported too. `judge` is whom grader `judge` asks. Raises InputError for
    a file that does not fit, also for a response that the run has otherwise."""
    reading, questions = reading or Reading(), run.dataset.questions
    with _locked(run, reading):
        config = run.config
        grader = _grader(run, judge, reading)
        read = read_responses(path, questions, config.student.steps, skip_unknown, grader, reading)
        counts = add_responses(run, path, read, reading)
    open_to = notice(config.domain.grader)  # of this machine, so it is said and not stored
    return counts | {"notes": [*counts["notes"], *([open_to] if open_to else [])]}


def add_responses(
    run: RunFolder, path: Path, read: ResponseImport, reading: Reading | None = None
) -> dict[str, Any]:
    """Add what a file of responses holds to a run. The caller holds the run's lock.

    Raises InputError where nothing is left of the file, and for a response that the run has otherwise."""
    config, reading = run.config, reading or Reading()
    need_rows(path, len(read.responses) + reading.n_faults)
    notes = skip_notes(read.n_skipped, f"dataset {config.dataset} does not have their questions")
    outcomes = _outcomes(read) if config.difficulty.filter == "orm" else []
    if read.outcome_rewards and not outcomes:
        left_out = f"outcome rewards left out: {len(read.outcome_rewards):,}"
        notes.append(f"{left_out}; only difficulty.filter=orm reads them: set it and import again")
    if read.n_other_rewards:
        notes.append(
            f"values of reward left out: {read.n_other_rewards:,}; not all are in [0, 1]; read "
            "logits with --reward-scale logit"
        )
    if reading.n_failed:
        notes.append(f"rows without a response, because the request failed: {reading.n_failed:,}")
    added = RunAdditions(run, path, reading)
    added.add_responses(read.responses)
    added.add_rewards(outcomes)
    added.write(notes)
    _set_imported(run, ["student", "reward_model"] if outcomes else ["student"], reading)
    responses = list(added.responses.values())
    return {
        "n_responses": len(responses),
        "n_new": added.n_new_responses,
        "n_questions": len({response.question_id for response in responses}),
        "models": dict(sorted(Counter(response.model for response in responses).items())),
        "n_correct": sum(1 for response in responses if response.is_correct),
        "n_ungraded": sum(1 for response in responses if response.is_correct is None),
        "n_outcome_rewards": len(outcomes),
        "n_skipped": read.n_skipped,
        "notes": notes,
    }


def import_step_rewards(
    run: RunFolder, path: Path, skip_unknown: bool, judge: Judge | None = None, reading: Reading | None = None
) -> dict[str, object]:
    """Import step rewards, or rated responses with theirs, into a run; its reward model is then imported.

    Raises InputError for a file that does not fit, also for rewards that the run has otherwise."""
    reading = reading or Reading()
    rows = reading.rows(path, required=("problem_id",))
    return add_step_rewards(run, path, rows, skip_unknown, judge, reading)


def add_step_rewards(
    run: RunFolder,
    path: Path,
    rows: Iterable[Row],
    skip_unknown: bool,
    judge: Judge | None = None,
    reading: Reading | None = None,
) -> dict[str, object]:
    """Import rows of step rewards, or of rated responses, that a file holds or stands for."""
    reading = reading or Reading()
    with _locked(run, reading):
        added = RunAdditions(run, path, reading)
        there, grader = list(added.responses.values()), _grader(run, judge, reading)
        read = read_step_rewards(rows, run.dataset.questions, there, skip_unknown, grader, reading)
        need_rows(path, len(read.step_rewards) + reading.n_faults)
        notes = skip_notes(read.n_skipped, "their question, response or rating is not known")
        added.add_responses(read.responses)
        added.add_rewards(read.step_rewards)
        added.write(notes)
        sections = ["student", "reward_model"] if read.responses else ["reward_model"]
        _set_imported(run, sections, reading)
    return {
        "n_step_rewards": len(added.rewards),
        "n_new": added.n_new_rewards,
        "n_new_responses": added.n_new_responses,
        "n_responses_without": len(added.responses.keys() - added.rewards.keys()),
        "n_skipped": read.n_skipped,
        "notes": notes,
    }


def import_training_set(
    run: RunFolder, path: Path, name: str, columns: Mapping[str, str] | None = None
) -> dict[str, object]:
    """Import a training set under a name; importing the same file again changes nothing.

    Raises InputError for a file that does not fit, StatError where the name is taken by another set."""
    table, examples = run.training_set(run.new_set_name(name)), read_training_set(path, columns)
    asked = {" ".join(question.problem.split()) for _, question in run.held_out()}
    n_held_out = len({one.problem for one in examples if " ".join(one.problem.split()) in asked})
    notes = [_leaks(n_held_out, run.name, name)] if n_held_out else []
    settings = {"method": METHOD, "source": path.name, "sha256": sha256(path)}
    fingerprint = content_hash("training_set", settings["sha256"], *([dict(columns)] if columns else []))
    with run.lock():
        manifest = table.manifest()
        if manifest is not None and manifest.fingerprint != fingerprint:
            raise StatError(f"run {run.name} has another training set {name}; import under another --name")
        if manifest is None:
            table.write(fingerprint, examples, settings, notes)
    return {
        "n_pairs": len(examples),
        "n_questions": len({example.problem for example in examples}),
        "n_repeats": sum(1 for example in examples if example.is_repeat),
        "n_with_skills": sum(1 for example in examples if example.skills),
        "n_held_out": n_held_out,
        "n_skipped": 0,
        "notes": notes,
    }


def _leaks(n: int, run: str, name: str) -> str:
    return (
        f"questions of the set that are validation or test questions of the run: {n:,}; what an arm "
        f"gains on them is memory; see: stat-studio leakage {run} {name}"
    )


def _outcomes(read: ResponseImport) -> list[StepReward]:
    """Rewards of responses that were scored as wholes: like a single step, but with no step named."""
    questions = {response.response_id: response.question_id for response in read.responses}
    return [
        StepReward(
            response_id=id,
            question_id=questions[id],
            step_rewards=[],
            final=outcome,
            mean=outcome,
            outcome_reward=outcome,
        )
        for id, outcome in read.outcome_rewards.items()
    ]


def _locked(run: RunFolder, reading: Reading) -> AbstractContextManager[None]:
    return nullcontext() if reading.is_preview else run.lock()


def _grader(run: RunFolder, judge: Judge | None, reading: Reading) -> Grader:
    grader = run_grader(run.config, judge)
    return Ungraded(grader) if reading.is_preview else grader


def _set_imported(run: RunFolder, names: list[str], reading: Reading) -> None:
    if reading.is_preview:
        return
    config = run.config
    sections: dict[str, Section] = {"student": config.student, "reward_model": config.reward_model}
    changes = {name: sections[name].model_copy(update={"backend": "imported"}) for name in names}
    changed = config.model_copy(update=changes)
    if changed != config:
        run.save_config(changed)
