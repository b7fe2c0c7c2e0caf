"""The columns of an imported file: what they are taken for, a preview, and the question a row belongs to.

A guess is only a proposal: an import reads columns by our names, or by those that a person gives.
Questions that other tools name by their own ids are found in a dataset by their text.
"""

import re
import shlex
from collections.abc import Callable, Collection, Hashable, Iterable, Mapping
from pathlib import Path
from typing import Any, Literal, get_args

from stat_engine.errors import InputError, StatError, shown
from stat_engine.formats.answered_rows import QUESTION_STANDS, RESPONSE_STANDS
from stat_engine.formats.rated_rows import QUESTION_STANDS as RATED_STANDS
from stat_engine.formats.rated_rows import STEP_STANDS
from stat_engine.formats.row import RewardScale, Row, displayed
from stat_engine.formats.rows import N_FAULTS, Reading, read_rows
from stat_engine.records import Question

Kind = Literal["questions", "skill-map", "responses", "step-rewards"]
KINDS: tuple[Kind, ...] = get_args(Kind)
_QUESTION_ID = (
    "question_id", "unique_id", "id", "uid", "uuid", "qid", "task_id", "example_id", "instance_id", "doc_id",
    "custom_id", "problem_idx", "idx", "index",
)  # fmt: skip
_RESPONSE = (
    "output", "completion", "generation", "generated_solution", "generated_text", "prediction",
    "model_output", "model_response", "answer_text", "text", "solution", "answer", "generations", "outputs",
    "completions",
)  # fmt: skip
_MODEL = ("model_name", "model_id", "generator")
_SAMPLE = ("sample_id", "sample_index", "sample_idx", "repeat", "epoch")
_CORRECT = (
    "is_correct", "passed", "final_answer_correct", "correctness", "correctness_math_verify", "acc", "score"
)  # fmt: skip
_SUBJECT = ("topic", "category", "type", "domain", "problem_type", "subject_name")
_PROBLEM = (
    "question", "prompt", "input", "instruction", "query", "text", "question_text", "problem_text",
    "problem_statement", "inputs", "original_question",
)  # fmt: skip
_SOLUTION = (
    "rationale", "reasoning", "explanation", "cot", "generated_solution", "response", "output",
    "completion",
)  # fmt: skip
_ANSWER = (
    "final_answer", "expected_answer", "target", "gold", "label", "ground_truth", "gold_answer",
    "reference_answer", "correct_answer",
)  # fmt: skip
FIELDS: dict[Kind, dict[str, tuple[str, ...]]] = {
    "questions": {
        "id": ("problem_id", *(name for name in _QUESTION_ID if name != "id")),
        "problem": _PROBLEM,
        "split": ("subset", "partition", "set"),
        "subject": _SUBJECT,
        "level": ("difficulty", "grade"),
        "solution": _SOLUTION,
        "answer": _ANSWER,
        "other_solutions": (),
    },
    "skill-map": {
        "id": ("problem_id", *(name for name in _QUESTION_ID if name != "id")),
        "subject": _SUBJECT,
        "skills": ("skill", "labels", "tags"),
    },
    "responses": {
        "problem_id": _QUESTION_ID,
        "model": _MODEL,
        "sample": _SAMPLE,
        "response": _RESPONSE,
        "steps": ("response_steps",),
        "correct": _CORRECT,
        "outcome_reward": (),
        "reward": (),
        "problem": (),
        "messages": (),
    },
    "step-rewards": {
        "problem_id": _QUESTION_ID,
        "model": _MODEL,
        "sample": _SAMPLE,
        "step_rewards": ("rewards", "prm_scores", "scores"),
        "response_steps": ("steps",),
        "first_error_step": ("first_error", "label"),
        "step_ratings": ("ratings",),
        "step_scores": (),
        "problem": (),
        "response": _RESPONSE,
        "correct": _CORRECT,
    },
}
"""Kind of file -> our field -> other names that tools give it, likeliest first."""
REQUIRED: dict[Kind, tuple[str, ...]] = {
    "questions": ("id", "problem"),
    "skill-map": ("id", "skills"),
    "responses": ("problem_id", "response"),
    "step-rewards": ("problem_id",),
}
STAND_INS: dict[Kind, dict[str, tuple[str, ...]]] = {
    "responses": {"problem_id": QUESTION_STANDS, "response": RESPONSE_STANDS},
    "step-rewards": {"problem_id": RATED_STANDS, "response_steps": STEP_STANDS},
}
"""Kind of file -> needed field -> fields of ours that are read in its place."""


OTHER_FIELDS: dict[str, tuple[str, ...]] = {
    "training-set": ("problem", "solution", "messages", "question_id", "subject", "skills"),
    "lm-eval": ("problem", "solution", "answer", "id"),
    "inspect": ("problem", "solution", "answer", "id"),
    "hub": (
        "problem", "solution", "answer", "subject", "level", "id", "split", "steps", "label", "generator",
        "final_answer_correct",
    ),
}  # fmt: skip
"""Kind of file that has no preview -> fields of ours that may be read from other columns."""


def checked(kind: str, columns: Mapping[str, str]) -> Mapping[str, str]:
    """The mapping {our field: the file's column}; raises StatError for a field that is not read."""
    known = next((tuple(FIELDS[name]) for name in KINDS if name == kind), OTHER_FIELDS.get(kind, ()))
    for ours in columns:
        if ours not in known:
            raise StatError(f"--column {shown(ours)}: expected one of {', '.join(known)}")
        if ours == "id" and not columns[ours] and kind != "questions":
            raise StatError("--column id=: only rows of questions are numbered; expected a column's name")
    return columns


def found(kind: Kind, names: Collection[str], columns: Mapping[str, str]) -> dict[str, str | None]:
    """{our field: the column that is read for it}; None: the file has none."""
    stand_ins = STAND_INS.get(kind, {})
    read: dict[str, str | None] = {}
    for ours in FIELDS[kind]:
        meant = (columns.get(name, name) for name in (ours, *stand_ins.get(ours, ())))
        read[ours] = next((one for one in meant if one in names or one.partition(".")[0] in names), None)
    return read


def suggested(kind: Kind, names: Collection[str], columns: Mapping[str, str]) -> dict[str, str]:
    """{our field: a column that may be meant} for fields without one, from the columns that nothing reads."""
    read = found(kind, names, columns)
    free = [name for name in names if name not in read.values()]
    proposals: dict[str, str] = {}
    for ours in (*REQUIRED[kind], *FIELDS[kind]):
        if read[ours] is None and ours not in columns and ours not in proposals:
            left = {_plain(name): name for name in reversed(free) if name not in proposals.values()}
            alias = next((name for name in (ours, *FIELDS[kind][ours]) if name in left), None)
            proposals |= {ours: left[alias]} if alias else {}
    return proposals


def options_for(kind: Kind, names: Collection[str], columns: Mapping[str, str]) -> str:
    """Options for the needed fields that have no column, each with the one that may be meant."""
    proposed, missing = suggested(kind, names, columns), _missing(kind, names, columns)
    unknown = {"id": ""} if kind == "questions" else {}
    found = {ours: proposed.get(ours, unknown.get(ours, "COLUMN")) for ours in missing}
    return " ".join(
        f"--column {ours}={shlex.quote(theirs) if theirs else ''}" for ours, theirs in found.items()
    )


def lacking_field(kind: Kind, path: Path, columns: Mapping[str, str]) -> InputError | None:
    """The error of a file whose first row lacks a needed field; None where it has all, or cannot be read."""
    try:
        names = next(read_rows(path)).values
    except StatError:
        return None
    missing = _missing(kind, names, columns)
    if not missing:
        return None
    options = options_for(kind, names, columns)
    number = " (the lines as ids)" if "--column id= " in f"{options} " else ""
    return InputError(path, f"{_needed(missing[0])}: {options}{number}", _listed(names))


def _missing(kind: Kind, names: Collection[str], columns: Mapping[str, str]) -> list[str]:
    """Our fields that a file needs and has no column for."""
    read = found(kind, names, columns)
    missing = [name for name in REQUIRED[kind] if read[name] is None and not _is_numbered(name, columns)]
    one_of = ("step_rewards", "response_steps") if kind == "step-rewards" else ()
    return missing + ([one_of[0]] if one_of and not any(read[ours] for ours in one_of) else [])


def _is_numbered(ours: str, columns: Mapping[str, str]) -> bool:
    return ours == "id" and columns.get(ours) == ""


def _needed(ours: str) -> str:
    return f"a column {ours}, or another one given for it"


def _listed(names: Iterable[str]) -> str:
    return f"columns {shown(', '.join(names), 200)}"


def _plain(name: str) -> str:
    return re.sub(r"[\s-]+", "_", name.strip().lower())


class FirstLines:
    """Where each key of a file stood first, so that a second one names both lines."""

    def __init__(self) -> None:
        self._lines: dict[Hashable, int] = {}

    def once(self, row: Row, field: str, key: Hashable, what: str) -> None:
        """Note the row's key; raises InputError where an earlier row has it."""
        if key in self._lines:
            raise row.refuse(field, f"{what}, which stands in line {self._lines[key]} too", "each only once")
        self._lines[key] = row.line


def known_question(
    row: Row, field: str, questions: Mapping[str, Question], skip_unknown: bool
) -> Question | None:
    """The question that a row names; None where it is not in the dataset and such rows are skipped.

    A null id names no question: some sets hold answers to questions of several datasets. Raises
    InputError where unknown ones are not skipped, and for what can be no id."""
    if skip_unknown and field in row.values and row.values[field] is None:
        return None
    question_id = row.identifier(field)
    question = questions.get(question_id)
    if question is None and not skip_unknown:
        raise row.refuse(field, shown(question_id), "the id of a question of the dataset")
    return question


class KnownProblems:
    """A dataset's questions by id and by problem text, white space aside."""

    def __init__(self, questions: Mapping[str, Question]) -> None:
        self.questions = questions
        self._by_text: dict[str, list[Question]] = {}
        for question in questions.values():
            self._by_text.setdefault(_squeezed(question.problem), []).append(question)

    def find(self, ids: Iterable[str], problem: str) -> Question | None:
        """The question that has one of the ids, else the one with this text; None where there is none.

        A running number alone names nothing: many data sets have a question 0. Of several questions
        with the same text the one with one of the ids is meant."""
        ids = list(ids)
        named = next((id for id in ids if id in self.questions and not id.isdigit()), None)
        if named is not None:
            return self.questions[named]
        same = self._by_text.get(_squeezed(problem), [])
        return next((question for question in same if question.id in ids), same[0] if same else None)


class QuestionIds:
    """Which question each row of a file is about: by its id, else by the text that it repeats."""

    def __init__(self, questions: Callable[[], Mapping[str, Question]], skip_unknown: bool) -> None:
        self._questions, self._skip_unknown = questions, skip_unknown
        self._known: KnownProblems | None = None

    def of(self, row: Row, text: str | None) -> str | None:
        """The id; `text` is that of the question, where the row has it. None for a row to skip.

        The id may be unknown. Raises InputError for what can be no id, and for an unknown text."""
        if "problem_id" in row.values or text is None:
            is_null = "problem_id" in row.values and row.values["problem_id"] is None
            return None if self._skip_unknown and is_null else row.identifier("problem_id")
        self._known = self._known or KnownProblems(self._questions())
        question = self._known.find([], text)
        if question is None and not self._skip_unknown:
            expected = f"it, or the text of a question of the dataset; this one is {shown(text)}"
            raise row.refuse("problem_id", "no such field", expected)
        return question.id if question else None


def _squeezed(text: str) -> str:
    return " ".join(text.split())


MAX_CELL = 200
"""Characters of a cell that is shown."""


def preview(
    kind: Kind,
    path: Path,
    columns: Mapping[str, str],
    read: Callable[[Reading], Mapping[str, object]],
    reward_scale: RewardScale = "probability",
) -> dict[str, Any]:
    """Run an import, `read`, without writing.

    {"file", "kind", "n_rows", "n_errors" (rows that do not fit), "errors" (sentences on the first of them),
    "columns" {our field: the file's column or None}, "required", "ignored" (columns that nothing reads),
    "suggested" {our field: column}, "options" (`--column` for the needed fields without a column), "first"
    (rows as in the file, cells cut), "would" (what the import would report; None where it would refuse)}."""
    reading = Reading(checked(kind, columns), is_preview=True, reward_scale=reward_scale)
    would, refused = None, []
    try:
        would = dict(read(reading))
    except StatError as error:
        reading.n_faults += 1
        refused = [str(error)]
    errors = [*reading.faults[: N_FAULTS - len(refused)], *refused]
    meant = found(kind, reading.names, columns)
    missing = next(iter(_missing(kind, reading.names, columns)), None)
    if missing in REQUIRED[kind] and reading.names:  # once, rather than row by row
        errors = [str(InputError(path, _needed(missing), _listed(reading.names)))]
    return {
        "file": str(path),
        "kind": kind,
        "n_rows": reading.n_rows,
        "n_errors": reading.n_faults,
        "errors": errors,
        "columns": meant,
        "required": list(REQUIRED[kind]),
        "ignored": [name[:MAX_CELL] for name in reading.names if name not in meant.values()],
        "options": options_for(kind, reading.names, columns) if reading.names else "",
        "suggested": suggested(kind, reading.names, columns),
        "first": [{name[:MAX_CELL]: _cell(value) for name, value in row.items()} for row in reading.first],
        "would": None if reading.n_faults else would,
    }


def _cell(value: Any) -> str | None:
    if value is None:
        return None
    text = value if isinstance(value, str) else displayed(value)
    return text if len(text) <= MAX_CELL else f"{text[: MAX_CELL - 1]}…"
