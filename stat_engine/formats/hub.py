"""Import public datasets by name, from the Hugging Face hub or from a file with the hub's rows.

Downloaded rows are written to one file with a `split` in each row, and read as such a file is. A table
says where each dataset is on the hub and what its columns mean."""

import json
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from stat_engine.config import RunConfig
from stat_engine.errors import StatError, shown
from stat_engine.formats.columns import FirstLines, KnownProblems
from stat_engine.formats.contradictions import in_rows
from stat_engine.formats.into_dataset import add_questions
from stat_engine.formats.into_run import add_step_rewards
from stat_engine.formats.questions import level_of
from stat_engine.formats.responses import run_grader
from stat_engine.formats.row import Row
from stat_engine.formats.rows import Reading
from stat_engine.formats.samples import run_on
from stat_engine.formats.step_rewards import read_step_rewards
from stat_engine.grading import Judge, answers
from stat_engine.records import Question, Split
from stat_engine.store.workspace import WorkspaceFolder

AnswerReader = Callable[[str], str | None]


def as_it_is(text: str) -> str | None:
    """The text without the space around it; None where nothing is left."""
    return text.strip() or None


def boxed(text: str) -> str | None:
    """Content of the last \\boxed{} or \\fbox{}, or of a \\boxed 2 without braces; None: there is none."""
    return answers.last_boxed(text)


def after_hashes(text: str) -> str | None:
    """The answer behind the last ####; None where there is none."""
    return answers.reference(text) if "####" in text else None


def before_hashes(text: str) -> str | None:
    """What stands before the last ####."""
    return as_it_is(text.rpartition("####")[0])


@dataclass(frozen=True)
class Preset:
    """One public data set."""

    hub: str
    splits: dict[str, Split]
    """The hub's split -> ours."""
    id: str
    """Pattern of the question's id, filled from {split}, {subject}, {n} and the row's own {id}."""
    answer: tuple[str, AnswerReader] | None = ("answer", answers.reference)
    """Field, and how the final answer is read from it; null: the rows have none."""
    problem: str = "problem"
    solution: tuple[str, AnswerReader] | None = None
    subject: str | None = None
    level: str | None = None
    own_id: str | None = None
    """Field that {id} is read from."""
    configs: tuple[str, ...] = ()
    """The hub's configurations, all of which are read; none: there is only one."""
    is_rated: bool = False
    """Rows are responses with human step ratings, several to a question."""
    aliases: dict[str, str] = field(default_factory=dict)
    """Field under which some copies have another one."""


_SUBJECTS = (
    "algebra", "counting_and_probability", "geometry", "intermediate_algebra", "number_theory",
    "prealgebra", "precalculus",
)  # fmt: skip
PRESETS: dict[str, Preset] = {
    "math": Preset(
        "EleutherAI/hendrycks_math", {"train": "train", "test": "test"}, "math/{split}/{subject}/{n:05d}",
        answer=("solution", boxed), solution=("solution", as_it_is), subject="type", level="level",
        configs=_SUBJECTS,
    ),
    "gsm8k": Preset(
        "openai/gsm8k", {"train": "train", "test": "test"}, "gsm8k/{split}/{n:05d}",
        answer=("answer", after_hashes), problem="question", solution=("answer", before_hashes),
        configs=("main",),
    ),
    "math-500": Preset(
        "HuggingFaceH4/MATH-500", {"test": "test"}, "{id}",
        solution=("solution", as_it_is), subject="subject", level="level", own_id="unique_id",
    ),
    "amc23": Preset(
        "math-ai/amc23", {"test": "test"}, "amc23/{n:02d}", problem="question",
        aliases={"question": "problem"},
    ),
    "aime24": Preset("math-ai/aime24", {"test": "test"}, "aime24/{n:02d}", answer=("solution", boxed)),
    "aime25": Preset("math-ai/aime25", {"test": "test"}, "aime25/{n:02d}"),
    "processbench": Preset(
        "Qwen/ProcessBench",
        dict.fromkeys(("gsm8k", "math", "olympiadbench", "omnimath"), "validation"),
        "{id}", answer=None, own_id="id", is_rated=True,
    ),
}  # fmt: skip


class QuestionReader:
    """Rows of one data set, in the hub's order, as questions."""

    def __init__(self, preset: Preset) -> None:
        self._preset = preset
        self._counts: dict[tuple[str, str], int] = {}

    def read(self, row: Row, split: str) -> Question:
        """The row's question. Raises InputError for a row that does not fit."""
        preset = self._preset
        row = Row(row.line, self._with_texts(row), row.file, row.is_text)
        subject = _key(row.full_text(preset.subject)) if preset.subject else None
        return Question(
            id=self._id(row, split, subject or ""),
            split=preset.splits[split],
            subject=split if preset.is_rated else subject,
            level=level_of(row, preset.level) if preset.level else None,
            problem=row.full_text(preset.problem),
            solution=_read_preset(row, preset.solution),
            answer=_read_preset(row, preset.answer),
        )

    def _with_texts(self, row: Row) -> dict[str, Any]:
        """The row's values under the names the preset knows, an answer that is a number as its text."""
        values = {field: row.values[name] for field, name in self._preset.aliases.items() if row.has(name)}
        values |= row.values
        named = self._preset.answer[0] if self._preset.answer else None
        if named is not None and values.get(named) is not None:
            values[named] = Row(row.line, values, row.file, row.is_text).answer(named)
        return values

    def _id(self, row: Row, split: str, subject: str) -> str:
        preset = self._preset
        group = (split, subject if "{subject}" in preset.id else "")
        n = self._counts[group] = self._counts.get(group, -1) + 1
        own = row.identifier(preset.own_id).removesuffix(".json") if preset.own_id else ""
        return preset.id.format(split=split, subject=subject, n=n, id=own)


def _read_preset(row: Row, reading: tuple[str, AnswerReader] | None) -> str | None:
    return reading[1](row.text(reading[0])) if reading else None


def _key(name: str) -> str:
    """A subject's name as a key: "Counting & Probability" is counting_and_probability."""
    return "_".join(name.lower().replace("&", "and").split())


def import_hub(
    workspace: WorkspaceFolder,
    name: str,
    dataset: str,
    file: Path | None = None,
    split: str | None = None,
    columns: Mapping[str, str] | None = None,
) -> dict[str, object]:
    """Import a preset's questions into a dataset; from its hub unless a file is given.

    `split` limits what is fetched, and says what a file is whose rows do not; `columns` is {our field: the
    file's column}. Raises StatError for an unknown preset or split, and where the hub cannot be reached;
    InputError for a bad row."""
    preset = _preset(name, split)
    with _file(name, preset, file, split) as path:
        read = _read(preset, path, split, columns or {})
        counts = add_questions(workspace, dataset, path, [question for _, question in read])
        notes = in_rows(path, ((row.line, question) for row, question in read))
    without = _without_answer(preset, read)
    return {**counts, **without, "notes": [*without["notes"], *notes]}


def _without_answer(preset: Preset, read: Sequence[tuple[Row, Question]]) -> dict[str, Any]:
    """How many questions have no answer that could be read, and the line of the first, for people."""
    bad = [row for row, question in read if question.answer is None] if preset.answer else []
    field = preset.answer[0] if preset.answer else ""
    note = f"questions without an answer, which nothing can be graded on: {len(bad):,}"
    where = f"; the first is in line {bad[0].line:,}, whose field {field} has none" if bad else ""
    return {"n_without_answer": len(bad), "notes": [note + where] if bad else []}


def import_rated(
    workspace: WorkspaceFolder,
    name: str,
    run_name: str,
    config: RunConfig,
    file: Path | None = None,
    split: str | None = None,
    skip_unknown: bool = False,
    judge: Judge | None = None,
    columns: Mapping[str, str] | None = None,
) -> dict[str, object]:
    """Import a preset of human step ratings into a run; makes the run, and the dataset that `config`
    names, where not there. A dataset that is there must have the questions, by text."""
    preset = _preset(name, split)
    with _file(name, preset, file, split) as path:
        read = _read(preset, path, split, columns or {})
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


def _read(
    preset: Preset, path: Path, split: str | None, columns: Mapping[str, str]
) -> list[tuple[Row, Question]]:
    preset = _with_columns(preset, columns)
    reader, ids, read = QuestionReader(preset), FirstLines(), []
    of_rows = {ours: theirs for ours, theirs in columns.items() if ours in _OF_ROWS}
    for row in Reading(of_rows).rows(path):
        question = reader.read(row, _split(row, preset, split))
        ids.once(row, preset.own_id or preset.problem, question.id, shown(question.id))
        read.append((row, question))
    return read


_OF_ROWS = ("split", "steps", "label", "generator", "final_answer_correct")
"""Columns of the hub that are read beside those that a preset names."""


def _with_columns(preset: Preset, columns: Mapping[str, str]) -> Preset:
    """The preset with other columns for its fields."""
    given = {ours: theirs for ours, theirs in columns.items() if ours not in _OF_ROWS}
    changes: dict[str, Any] = {ours: theirs for ours, theirs in given.items() if ours in _NAMES}
    if "id" in given:
        changes |= {"own_id": given["id"], "id": "{id}"}
    if "solution" in given:
        changes["solution"] = given["solution"], preset.solution[1] if preset.solution else as_it_is
    if "answer" in given:
        changes["answer"] = given["answer"], answers.reference
    return replace(preset, **changes)


_NAMES = ("problem", "subject", "level")


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
