"""Every record that the engine stores, and its Parquet schema.

A record is a frozen pydantic model; `arrow_schema` derives its Parquet schema from the same annotations,
so a field is declared once. Under each field: unit, range, and the meaning of null."""

import hashlib
import json
import types
import typing
from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel, ConfigDict

if TYPE_CHECKING:
    import pyarrow as pa

Split = Literal["train", "validation", "test"]
Judge = Literal["correct", "incorrect"]
LabelStatus = Literal["ok", "parse_failed", "off_vocabulary"]
Gate = Literal["unreadable", "untested", "known", "near", "leak", "inconsistent", "solved"]
"""Why a synthesised question is dropped: no question in the answer, no tests that check it, equal to a known
one, a near-copy of a reference or of another new one, equal or near to an evaluation question, no agreement
of its solutions, already solved by the student."""
LABEL_PARSER = 1
"""Raised when teachers' labels are read otherwise: they are then read again, from the kept raw answers."""
LabelAction = Literal["accept", "edit", "discard", "note", "undo"]
ExampleAction = Literal["edit", "drop", "undo"]
VerdictAction = Literal["correct", "incorrect", "undo"]


class Record(BaseModel):
    """Base of all records: frozen, unknown fields refused."""

    # built when the first record of a type is made: reading a manifest makes none
    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)


class Question(Record):
    """One question of a dataset; `P`, `Q_val` and `Q_test` are made of these."""

    id: str
    """Unique in its dataset; may hold slashes; never used as a path."""
    split: Split | None = None
    """As the dataset came; null: the dataset names none. `splits/` may refine test."""
    subject: str | None = None
    """Null: the dataset has one vocabulary for all questions."""
    level: int | None = None
    """Difficulty as the dataset grades it, higher is harder; null: not graded."""
    problem: str
    solution: str | None = None
    """The dataset's own solution; null: none given."""
    answer: str | None = None
    """The final answer alone; null: unknown, so responses cannot be graded."""
    other_solutions: list[str] = []
    """Further correct solutions (rewritten by a teacher, or other wordings), possibly none."""


class SkillMapEntry(Record):
    """The skills a question needs, as the Skill-Map says."""

    question_id: str
    subject: str
    """Subject whose vocabulary the skills are from; empty: one vocabulary for all."""
    skills: list[str]
    """Skill names of that subject, normalised; up to five in the paper."""
    source: Literal["teacher", "propagated"] | None = None
    """Who said so: a teacher asked about this question, or a classifier fitted on such; null: imported."""
    probability: float | None = None
    """Propagated ones: probability of the entry's least certain decision, in [0, 1]; null otherwise."""


class SkillMapReview(Record):
    """A question whose Skill-Map entry wants a person's eye, and why."""

    question_id: str
    subject: str
    status: Literal["parse_failed", "off_vocabulary", "too_many", "doubtful"]
    """`too_many`: the entry keeps the first five; `doubtful`: propagated below the threshold."""
    skills: list[str]
    """What the entry holds; empty: the question has no entry."""
    detail: str
    """What was found, for people: the names outside the vocabulary, those beyond five, the probability."""
    call: str | None = None
    """Key of the raw teacher answer; null: no teacher was asked."""


class Response(Record):
    """One answer of a student to one question."""

    response_id: str
    """Hash of question id, student, sampling, sample and text: labels hang on it."""
    question_id: str
    model: str
    """Which student wrote it."""
    sample: int
    """0 .. n_samples - 1."""
    response: str
    steps: list[str]
    """The response cut into steps; empty only for an empty response."""
    n_tokens: int | None = None
    """Tokens written, end of sequence excluded; null: imported without a count."""
    finish_reason: Literal["stop", "length"] | None = None
    """`length`: cut off at max_tokens; null: imported without one."""
    answer: str | None = None
    """Final answer as extracted; null: none found."""
    is_correct: bool | None = None
    """Final answer equals the reference; null: unknown."""
    imported_verdict: bool | None = None
    """What the file that it was imported from says of it, and then `is_correct` too; null: nothing."""


class StepReward(Record):
    """The step rewards of one response, with the narrow columns that moving a threshold reads."""

    response_id: str
    question_id: str
    step_rewards: list[float]
    """One double in [0, 1] a step."""
    final: float | None
    """r_t; 0 for an empty response, which earned nothing; null: not even its first step fits the context."""
    mean: float | None
    """Double sum over the count; 0 for an empty response; null as `final`."""
    min_before_final: float | None = None
    """min of r_1 .. r_(t-1), the paper's tau2 test; null: fewer than two steps."""
    min_after_first: float | None = None
    """min of r_2 .. r_t, the `adaptmi` variant; null: fewer than two steps."""
    outcome_reward: float | None = None
    """An outcome reward model's score of the whole response, in [0, 1]; null: none ran."""
    is_cut: bool = False
    """The response is longer than the reward model's context: only its first steps are scored."""


class MissingSkill(Record):
    """What one teacher says of one response: which skills it failed to use."""

    response_id: str
    question_id: str
    subject: str
    teacher: str
    judge: Judge | None
    """The teacher's verdict on the response; null: not parsed."""
    reason: str
    skills: list[str]
    """Missing skills, normalised, from the subject's vocabulary; may be empty."""
    evidence_step: int | None = None
    """The failing step, from 0; null: the teacher named none."""
    evidence_quote: str | None = None
    """Its words, checked to stand in the response."""
    status: LabelStatus = "ok"
    call: str
    """Key of the raw teacher answer in `teacher_calls/`."""


class SelfCheck(Record):
    """What a teacher says when asked once more about one of its own labels."""

    response_id: str
    teacher: str
    is_right: bool | None
    """Whether the label holds; null: the answer could not be read."""
    reason: str
    call: str
    """Key of the raw teacher answer in `teacher_calls/`."""


class Event(Record):
    """One decision of a person, as a line of an append-only log."""

    event_id: str
    action: str
    author: str
    at: str
    """UTC, ISO 8601."""
    seen: str | None = None
    """Last event on the same thing that the author had seen; null: none. Another one is a conflict."""
    note: str | None = None

    @property
    def subject_id(self) -> str:
        """What it decides on: the id of a response or an example."""
        raise NotImplementedError


class LabelEvent(Event):
    """A decision about one response's label."""

    response_id: str
    action: LabelAction
    skills: list[str] | None = None
    """The skills of the label's own subject after an edit; null for other actions."""
    other_subjects: dict[str, list[str]] | None = None
    """After an edit: skills of other subjects that are missing too, {subject: skills}; null: none."""
    bulk: str | None = None
    """What all events of one bulk action share, and the undo of it; null: a decision by itself."""

    @property
    def subject_id(self) -> str:
        return self.response_id


class VerdictEvent(Event):
    """A decision about whether a response is correct."""

    response_id: str
    question_id: str
    sample: int
    arm: str | None = None
    """The arm whose evaluation response it is; null, as `seed` and `benchmark`: a validation response."""
    seed: int | None = None
    benchmark: str | None = None
    action: VerdictAction

    @property
    def subject_id(self) -> str:
        return self.response_id


class ExampleEvent(Event):
    """A decision about one example of a training set."""

    example_id: str
    action: ExampleAction
    problem: str | None = None
    """After an edit, as `solution`; null for other actions."""
    solution: str | None = None

    @property
    def subject_id(self) -> str:
        return self.example_id


class TrainingExample(Record):
    """One question-answer pair of a training set, with where it came from."""

    example_id: str
    question_id: str
    """The pool question, or a new id for a synthesised one."""
    problem: str
    solution: str
    subject: str
    skills: list[str]
    """What the pair exercises: the Skill-Map entry, or the skill it was written to stress."""
    method: str
    """Canonical name of the training set's method."""
    answer_index: int
    """Which of the question's solutions: 0 is the dataset's own."""
    difficult_question_id: str | None = None
    """The difficult question that called for it; null: drawn without one."""
    missing_skill: str | None = None
    """The missing skill that called for it; null: drawn without one."""
    reference_ids: list[str] = []
    """Pool questions shown to the teacher; empty for selected ones."""
    teacher_calls: list[str] = []
    """Keys of the teacher answers that made it: rewrites, or a new question and its solution."""
    is_repeat: bool = False
    """The same pair stands earlier in the set (only with repeats allowed)."""


class DroppedQuestion(Record):
    """A synthesised question that did not become training data, and why."""

    question_id: str
    problem: str
    gate: Gate
    detail: str
    """What the gate saw, for people: the near question, the answers that disagree."""
    difficult_question_id: str
    missing_skill: str | None = None
    """The skill it was to stress; null: written from near questions."""
    teacher_calls: list[str] = []


class TeacherCall(Record):
    """One raw teacher answer, stored before anything parses it."""

    key: str
    """Hash of endpoint name, model, messages, sampling, prompt version and repeat index."""
    endpoint: str
    task: str
    prompt: str
    """What was sent, as JSON."""
    answer: str
    run: str | None = None
    """The run that paid for it; null: asked for a dataset."""
    model: str | None = None
    """The model's name on its server; null: an embedded teacher."""
    input_tokens: int | None = None
    """As the server counted them; null: it did not say."""
    output_tokens: int | None = None
    cost: float | None = None
    """USD at the prices then in force; null: no price known."""
    finish_reason: str | None = None


def _arrow_type(annotation: Any) -> "pa.DataType":
    import pyarrow as pa  # see `arrow_schema`

    origin, args = typing.get_origin(annotation), typing.get_args(annotation)
    if origin in (typing.Union, types.UnionType):
        return _arrow_type(next(a for a in args if a is not type(None)))
    if origin is Literal:
        return pa.string()
    if origin is list:
        return pa.list_(_arrow_type(args[0]))
    return {str: pa.string(), int: pa.int64(), float: pa.float64(), bool: pa.bool_()}[annotation]


def arrow_schema(record: type[Record]) -> "pa.Schema":
    """Parquet schema of a record type: one column a field, in declared order, nullable where the field is."""
    import pyarrow as pa  # only readers and writers of tables need it: `stat-studio status` does without

    return pa.schema(
        [
            pa.field(
                name,
                _arrow_type(field.annotation),
                # a field may be required and null all the same: a verdict that could not be read
                nullable=not field.is_required() or type(None) in typing.get_args(field.annotation),
            )
            for name, field in record.model_fields.items()
        ]
    )


def content_hash(*parts: object) -> str:
    """First 16 hex digits of the SHA-256 of the parts as canonical JSON: what ids are made of."""
    text = json.dumps(parts, sort_keys=True, ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def response_id(question_id: str, model: str, sampling: object, sample: int, text: str) -> str:
    """Id of a response; a new text, student or sampling gives a new id, so no old label sticks to it."""
    return content_hash(question_id, model, sampling, sample, text)


def step_reward(
    response_id: str,
    question_id: str,
    rewards: list[float],
    outcome: float | None = None,
    is_cut: bool = False,
) -> StepReward:
    """Row of one response's step rewards; the mean is the plain double sum, left to right, over the count."""
    total = 0.0
    for reward in rewards:  # not sum(): Python 3.12 compensates, and thresholds compare doubles
        total += reward
    nothing = None if is_cut else 0.0
    return StepReward(
        response_id=response_id,
        question_id=question_id,
        step_rewards=rewards,
        final=rewards[-1] if rewards else nothing,
        mean=total / len(rewards) if rewards else nothing,
        min_before_final=min(rewards[:-1], default=None),
        min_after_first=min(rewards[1:], default=None),
        outcome_reward=outcome,
        is_cut=is_cut,
    )
