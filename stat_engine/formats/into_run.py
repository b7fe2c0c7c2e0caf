"""Import responses, step rewards and training sets into a run of the workspace.

A file of responses or step rewards is read and checked in parts, of any length; nothing is written into the
run before all of it is checked."""

from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stat_engine.config import Section
from stat_engine.errors import StatError
from stat_engine.formats.additions import Additions, staged
from stat_engine.formats.by_question import Part, each_part, stage
from stat_engine.formats.columns import FIELDS
from stat_engine.formats.into_dataset import need_rows, skip_notes
from stat_engine.formats.rated_rows import QUESTION_STANDS
from stat_engine.formats.responses import (
    READ,
    ResponseImport,
    ResponseRows,
    Ungraded,
    read_responses,
    run_grader,
)
from stat_engine.formats.row import Row
from stat_engine.formats.rows import Reading
from stat_engine.formats.step_rewards import placed, read_step_rewards
from stat_engine.formats.training_sets import METHOD, read_training_set
from stat_engine.grading import Grader, Judge, notice
from stat_engine.records import StepReward, content_hash
from stat_engine.store.files import sha256
from stat_engine.store.run_folder import RunFolder


def import_responses(
    run: RunFolder, path: Path, skip_unknown: bool, judge: Judge | None = None, reading: Reading | None = None
) -> dict[str, object]:
    """Import responses into a run, whose student is from then on an imported one.

    Outcome rewards in the file are kept where the run's filter is `orm`, which alone reads them;
    the reward model is then imported too. `judge` is whom grader `judge` asks. Raises InputError for
    a file that does not fit, also for a response that the run has otherwise."""
    reading, counts = reading or Reading(), _Counts()
    with _locked(run, reading), staged(run, path, reading) as added:
        grader, how = _grader(run, judge, reading), run.config.student.steps
        rows = ResponseRows(run.dataset, skip_unknown, reading)
        fault = stage(rows.placed(path), added.rows, READ)

        def work(part: Part, grades: bool) -> None:
            by = grader if grades else Ungraded(grader)
            read = read_responses(part, how, skip_unknown, by, reading, rows.are_probabilities)
            counts.add(read)
            added.add(part, read.responses, _kept_outcomes(run, read), read.lines)

        each_part(run, added.rows, path, fault, reading, work)
        counts.n_skipped += rows.n_skipped
        found = _put_responses(run, path, counts, added, reading)
    open_to = notice(run.config.domain.grader)  # of this machine, so it is said and not stored
    return found | {"notes": [*found["notes"], *([open_to] if open_to else [])]}


def add_responses(run: RunFolder, path: Path, read: ResponseImport) -> dict[str, Any]:
    """Add responses of a file to a run. The caller holds the run's lock.

    Raises InputError where nothing is left of the file, and for a response that the run has otherwise."""
    counts, reading = _Counts(), Reading()
    counts.add(read)
    with staged(run, path, reading) as added:
        there = Part(responses=list(run.responses.read()), rewards=list(run.step_rewards.read()))
        added.add(there, read.responses, _kept_outcomes(run, read), read.lines)
        return _put_responses(run, path, counts, added, reading)


@dataclass
class _Counts:
    """What the parts of a file of responses held."""

    n_read: int = 0
    n_skipped: int = 0
    n_outcomes: int = 0
    n_other_rewards: int = 0

    def add(self, read: ResponseImport) -> None:
        self.n_read += len(read.responses)
        self.n_skipped += read.n_skipped
        self.n_outcomes += len(read.outcome_rewards)
        self.n_other_rewards += read.n_other_rewards


def _put_responses(
    run: RunFolder, path: Path, counts: _Counts, added: Additions, reading: Reading
) -> dict[str, Any]:
    """Put staged responses in force; returns what an import reports."""
    need_rows(path, counts.n_read + reading.n_faults)
    notes = skip_notes(counts.n_skipped, f"dataset {run.config.dataset} does not have their questions")
    are_kept = run.config.difficulty.filter == "orm" and counts.n_outcomes > 0
    if counts.n_outcomes and not are_kept:
        left_out = f"outcome rewards left out: {counts.n_outcomes:,}"
        notes.append(f"{left_out}; only difficulty.filter=orm reads them: set it and import again")
    if counts.n_other_rewards:
        notes.append(
            f"values of reward left out: {counts.n_other_rewards:,}; not all are in [0, 1]; read "
            "logits with --reward-scale logit"
        )
    if reading.n_failed:
        notes.append(f"rows of requests that failed, or of other events, left out: {reading.n_failed:,}")
    added.put(notes)
    _set_imported(run, ["student", "reward_model"] if are_kept else ["student"], reading)
    totals = added.totals
    return {
        "n_responses": totals.n_responses,
        "n_new": totals.n_new_responses,
        "n_questions": totals.n_questions,
        "models": dict(sorted(totals.models.items())),
        "n_correct": totals.n_correct,
        "n_ungraded": totals.n_ungraded,
        "n_outcome_rewards": counts.n_outcomes if are_kept else 0,
        "n_skipped": counts.n_skipped,
        "notes": notes,
    }


def import_step_rewards(
    run: RunFolder, path: Path, skip_unknown: bool, judge: Judge | None = None, reading: Reading | None = None
) -> dict[str, object]:
    """Import step rewards, or rated responses with theirs, into a run; its reward model is then imported.

    Raises InputError for a file that does not fit, also for rewards that the run has otherwise."""
    reading = reading or Reading()
    rows = reading.rows(path, required=(("problem_id", *QUESTION_STANDS),))
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
    reading, n_rewards, n_made, n_skipped = reading or Reading(), 0, 0, 0
    with _locked(run, reading), staged(run, path, reading) as added:
        grader, fields = _grader(run, judge, reading), (*FIELDS["step-rewards"], "generator")
        fault = stage(placed(rows, run.dataset, skip_unknown, reading), added.rows, fields)

        def work(part: Part, grades: bool) -> None:
            nonlocal n_rewards, n_made, n_skipped
            by = grader if grades else Ungraded(grader)
            read = read_step_rewards(part.rows, part.questions, part.responses, skip_unknown, by, reading)
            n_rewards += len(read.step_rewards)
            n_made += len(read.responses)
            n_skipped += read.n_skipped
            added.add(part, read.responses, read.step_rewards, read.lines)

        each_part(run, added.rows, path, fault, reading, work)
        need_rows(path, n_rewards + reading.n_faults)
        notes = skip_notes(n_skipped, "their question, response or rating is not known")
        added.put(notes)
        _set_imported(run, ["student", "reward_model"] if n_made else ["reward_model"], reading)
    return {
        "n_step_rewards": added.totals.n_rewards,
        "n_new": added.totals.n_new_rewards,
        "n_new_responses": added.totals.n_new_responses,
        "n_responses_without": added.totals.n_without_rewards,
        "n_skipped": n_skipped,
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


def _kept_outcomes(run: RunFolder, read: ResponseImport) -> list[StepReward]:
    """Rewards of responses that were scored as wholes, which filter `orm` alone reads: like a single step,
    but with no step named."""
    if run.config.difficulty.filter != "orm":
        return []
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
