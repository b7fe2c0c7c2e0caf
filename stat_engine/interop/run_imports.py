"""Responses, step rewards and training sets into a run of the workspace."""

from collections import Counter
from collections.abc import Iterable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

from stat_engine.config import Section
from stat_engine.errors import StatError
from stat_engine.graders import Grader, Judge, notice
from stat_engine.interop.grading import Ungraded, run_grader
from stat_engine.interop.merging import need_rows, skip_notes
from stat_engine.interop.reading import Reading
from stat_engine.interop.responses import ResponseImport, read_responses
from stat_engine.interop.row import Row
from stat_engine.interop.run_additions import RunAdditions
from stat_engine.interop.step_rewards import read_step_rewards
from stat_engine.interop.training_sets import METHOD, read_training_set
from stat_engine.records import StepReward, content_hash
from stat_engine.store.files import sha256
from stat_engine.store.run_folder import RunFolder


def import_responses(
    run: RunFolder,
    path: Path,
    skip_unknown: bool,
    judge: Judge | None = None,
    reading: Reading | None = None,
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
        notes.append(f"values of reward left out: {read.n_other_rewards:,}; not all are in [0, 1]")
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
    run: RunFolder,
    path: Path,
    skip_unknown: bool,
    judge: Judge | None = None,
    reading: Reading | None = None,
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


def import_training_set(run: RunFolder, path: Path, name: str) -> dict[str, object]:
    """Import a training set under a name; importing the same file again changes nothing.

    Raises InputError for a file that does not fit, StatError where the name is taken by another set."""
    table, examples = run.training_set(name), read_training_set(path)
    settings = {"method": METHOD, "source": path.name, "sha256": sha256(path)}
    fingerprint = content_hash("training_set", settings["sha256"])
    with run.lock():
        manifest = table.manifest()
        if manifest is not None and manifest.fingerprint != fingerprint:
            raise StatError(f"run {run.name} has another training set {name}; import under another --name")
        if manifest is None:
            table.write(fingerprint, examples, settings)
    return {
        "n_pairs": len(examples),
        "n_questions": len({example.problem for example in examples}),
        "n_repeats": sum(1 for example in examples if example.is_repeat),
        "n_with_skills": sum(1 for example in examples if example.skills),
        "n_skipped": 0,
    }


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
