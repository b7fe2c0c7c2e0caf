"""Public data sets in, by name: from the Hugging Face hub, or from a file with the hub's own rows.

What the hub gives is written to one file with a `split` in each row, and read as such a file is."""

import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from stat_engine.config import RunConfig
from stat_engine.errors import StatError, shown
from stat_engine.graders import Judge
from stat_engine.interop.dataset_imports import add_questions
from stat_engine.interop.grading import run_grader
from stat_engine.interop.hub_presets import PRESETS, Preset, QuestionReader
from stat_engine.interop.joins import FirstLines
from stat_engine.interop.lm_eval_imports import run_on
from stat_engine.interop.matching import KnownProblems
from stat_engine.interop.row import Row
from stat_engine.interop.rows import read_rows
from stat_engine.interop.run_imports import add_step_rewards
from stat_engine.interop.step_rewards import read_step_rewards
from stat_engine.records import Question
from stat_engine.store.workspace import WorkspaceFolder


def import_hub(
    workspace: WorkspaceFolder,
    name: str,
    dataset: str,
    file: Path | None = None,
    split: str | None = None,
) -> dict[str, object]:
    """Import a preset's questions into a dataset; from its hub unless a file is given.

    `split` limits what is fetched, and says what a file is whose rows do not. Raises StatError for
    an unknown preset or split, and where the hub cannot be reached; InputError for a bad row."""
    preset = _preset(name, split)
    with _file(name, preset, file, split) as path:
        return add_questions(workspace, dataset, path, [q for _, q in _read(preset, path, split)])


def import_rated(
    workspace: WorkspaceFolder,
    name: str,
    run_name: str,
    config: RunConfig,
    file: Path | None = None,
    split: str | None = None,
    skip_unknown: bool = False,
    judge: Judge | None = None,
) -> dict[str, object]:
    """Import a preset of human step ratings into a run; makes the run, and the dataset that `config`
    names, where not there. A dataset that is there must have the questions, by text."""
    preset = _preset(name, split)
    with _file(name, preset, file, split) as path:
        read = _read(preset, path, split)
        run = run_on(workspace, run_name, config.dataset)
        there = workspace.dataset(config.dataset)
        is_new = there.question_table.manifest() is None
        made = list({" ".join(q.problem.split()): q for _, q in reversed(read)}.values()) if is_new else []
        known = KnownProblems({q.id: q for q in made} if is_new else there.questions)
        rows = [_rating(row, question, known) for row, question in read]
        # once before anything is written: a file that does not fit then leaves no dataset and no run behind
        grader = run_grader(run.config if run else config, judge)
        read_step_rewards(rows, known.questions, run.responses.read() if run else [], skip_unknown, grader)
        if made:
            add_questions(workspace, config.dataset, path, made)
        run = run or workspace.new_run(run_name, config)
        counts = add_step_rewards(run, path, rows, skip_unknown, judge)
    return {"run": run.name, "dataset": config.dataset, "n_questions_made": len(made), **counts}


def is_rated(name: str) -> bool:
    """Whether a preset holds rated responses. Raises StatError for an unknown one."""
    return _preset(name, None).is_rated


def _preset(name: str, split: str | None) -> Preset:
    preset = PRESETS.get(name.lower())
    if preset is None:
        raise StatError(f"data set {shown(name)}: expected one of {', '.join(PRESETS)}")
    if split is not None and split not in preset.splits:
        raise StatError(f"split {shown(split)}: expected one of {name}'s, {', '.join(preset.splits)}")
    return preset


def _read(preset: Preset, path: Path, split: str | None) -> list[tuple[Row, Question]]:
    reader, ids, read = QuestionReader(preset), FirstLines(), []
    for row in read_rows(path):
        question = reader.read(row, _split(row, preset, split))
        ids.once(row, preset.own_id or preset.problem, question.id, shown(question.id))
        read.append((row, question))
    return read


def _split(row: Row, preset: Preset, given: str | None) -> str:
    """The hub's split of a row: as it says itself, else as was given, else as a rated row's id begins."""
    if row.has("split"):
        named = row.choice("split", list(preset.splits))
    elif given is None and preset.is_rated:
        named = next((s for s in preset.splits if row.identifier("id").startswith(f"{s}-")), None)
    else:
        named = given or (next(iter(preset.splits)) if len(preset.splits) == 1 else None)
    if named is None:
        raise row.refuse("split", "no such field", f"it, or --split with one of {', '.join(preset.splits)}")
    return named


def _rating(row: Row, question: Question, known: KnownProblems) -> Row:
    """The row as one of our human step ratings."""
    found = known.find([question.id], question.problem)
    values = {
        "problem_id": found.id if found else question.id,
        "response_steps": row.values.get("steps"),
        "first_error_step": row.values.get("label"),
        "model": row.values.get("generator"),
        "correct": row.values.get("final_answer_correct"),
    }
    return Row(row.line, values, row.file)


@contextmanager
def _file(name: str, preset: Preset, file: Path | None, split: str | None) -> Iterator[Path]:
    """The file given, else one with the hub's rows, which lives as long as the block."""
    if file is not None:
        yield file
        return
    with tempfile.TemporaryDirectory(prefix="stat-hub-") as folder:
        path = Path(folder) / f"{preset.hub.replace('/', '--')}.jsonl"
        with path.open("w", encoding="utf-8") as handle:
            for row in _hub_rows(name, preset, [split] if split else list(preset.splits)):
                handle.write(json.dumps(row, ensure_ascii=False, default=str) + "\n")
        yield path


def _hub_rows(name: str, preset: Preset, splits: list[str]) -> Iterator[dict[str, Any]]:
    import datasets  # pandas, multiprocessing and the hub's client behind it take a second to load

    for split in splits:
        for config in preset.configs or (None,):
            try:
                rows = datasets.load_dataset(preset.hub, config, split=split)
            except Exception as error:  # of the hub's client, of HTTP or of datasets: a family for each
                reason = " ".join(str(error).split())[:200] or type(error).__name__
                raise StatError(
                    f"{preset.hub} could not be fetched from the Hugging Face hub ({reason}); fetch its "
                    f"files where there is a network, then: stat-studio import hub {name} --file FILE"
                ) from None
            yield from ({**row, "split": split} for row in rows)
