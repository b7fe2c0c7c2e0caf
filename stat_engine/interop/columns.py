"""What an import reads of a row, and which of a file's columns might be meant by each field.

A guess is only ever a proposal: an import reads columns by our names, or by those a person gives it."""

from collections.abc import Collection, Mapping
from typing import Literal, get_args

from stat_engine.errors import StatError, shown

Kind = Literal["questions", "skill-map", "responses", "step-rewards"]
_QUESTION_ID = ("question_id", "unique_id", "id", "uid", "qid", "doc_id", "idx", "index")
_RESPONSE = ("output", "completion", "generation", "prediction", "model_output", "answer_text", "text")
_MODEL = ("model_name", "generator")
_SAMPLE = ("sample_id", "sample_index", "sample_idx", "repeat")
_CORRECT = ("is_correct", "passed", "final_answer_correct")
FIELDS: dict[Kind, dict[str, tuple[str, ...]]] = {
    "questions": {
        "id": ("problem_id", "question_id", "unique_id", "uid", "qid", "idx", "index"),
        "problem": ("question", "prompt", "input", "instruction", "query", "text"),
        "split": ("subset", "partition", "set"),
        "subject": ("topic", "category", "type", "domain"),
        "level": ("difficulty", "grade"),
        "solution": ("rationale", "reasoning", "explanation", "cot"),
        "answer": ("final_answer", "expected_answer", "target", "gold", "label"),
        "other_solutions": (),
    },
    "skill-map": {
        "id": ("problem_id", *(name for name in _QUESTION_ID if name != "id")),
        "subject": ("topic", "category", "type", "domain"),
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


def checked(kind: Kind, columns: Mapping[str, str]) -> Mapping[str, str]:
    """The mapping {our field: the file's column}; raises StatError for a field that is not read."""
    for ours in columns:
        if ours not in FIELDS[kind]:
            raise StatError(f"--column {shown(ours)}: expected one of {', '.join(FIELDS[kind])}")
    return columns


def found(kind: Kind, names: Collection[str], columns: Mapping[str, str]) -> dict[str, str | None]:
    """{our field: the column that is read for it}; None: the file has none."""
    meant = {ours: columns.get(ours, ours) for ours in FIELDS[kind]}
    return {ours: theirs if theirs in names else None for ours, theirs in meant.items()}


def suggested(kind: Kind, names: Collection[str], columns: Mapping[str, str]) -> dict[str, str]:
    """{our field: a column that may be meant} for fields without one, from the columns that nothing reads."""
    read = found(kind, names, columns)
    free = [name for name in names if name not in read.values()]
    proposals: dict[str, str] = {}
    for ours in (*REQUIRED[kind], *FIELDS[kind]):
        if read[ours] is None and ours not in columns and ours not in proposals:
            left = {name.lower(): name for name in reversed(free) if name not in proposals.values()}
            alias = next((name for name in (ours, *FIELDS[kind][ours]) if name in left), None)
            proposals |= {ours: left[alias]} if alias else {}
    return proposals


KINDS: tuple[Kind, ...] = get_args(Kind)
