"""Lineage: from a training example back to the reviewer's decision that it is based on (figure 5)."""

from collections.abc import Collection, Sequence
from typing import Literal, TypedDict

from stat_engine.grading import open_grader
from stat_engine.method.difficulty import first_failing_step
from stat_engine.models.teacher_answers import solution_with_tests, tag, tests_in
from stat_engine.records import (
    LabelAction,
    LabelEvent,
    MissingSkill,
    Question,
    Response,
    StepReward,
    TeacherCall,
    TrainingExample,
)
from stat_engine.skills import Skill
from stat_engine.store import query
from stat_engine.store.event_log import decisions
from stat_engine.store.label_log import as_decided, in_words
from stat_engine.store.paid_answers import calls_about, calls_by_key
from stat_engine.store.run_folder import RunFolder
from stat_engine.store.verdict_log import as_judged
from stat_engine.views.examples import OneExample, one
from stat_engine.views.labels import label_events


class BuiltFrom(TypedDict):
    """The training set that an example is part of."""

    set: str
    method: str | None
    """Null: imported."""
    label_events: int | None
    """People's decisions on labels when it was built; null: not kept."""


class Proposal(TypedDict):
    """The teacher's answer that a new question was taken from, in its three parts (paper, B.2)."""

    key: str
    endpoint: str
    raw: str
    reason: str | None
    draft: str | None
    question: str | None
    """Null: the part could not be read."""
    tests: str | None
    """What a command checks solutions against; null: the domain's questions carry none."""


class Solution(TypedDict):
    """One kept answer of the teacher to a question."""

    key: str
    text: str
    answer: str | None
    """The final one; null: none found, or the grader is a judge or a command, which is not asked here."""
    is_taken: bool
    """It is part of this set."""


class Written(TypedDict):
    """What the teacher wrote for a new question."""

    proposal: Proposal | None
    """Null: the question was taken from the pool."""
    solutions: list[Solution]


class Made(Written):
    """How an example was made."""

    source: Question | None
    """The pool question that it is; null: a new question."""
    references: list[Question]
    """The pool questions shown to the teacher."""


class Decision(TypedDict):
    """One decision of a person about a label: the fields of LabelEvent, and the whole as a clause."""

    event_id: str
    response_id: str
    action: LabelAction
    skills: list[str] | None
    other_subjects: dict[str, list[str]] | None
    author: str
    at: str
    seen: str | None
    note: str | None
    bulk: str | None
    in_words: str
    is_later: bool
    """It came after the set was built."""


class LabelledResponse(TypedDict):
    """A response of the student with its label: the fields of Response, and what was said of it."""

    response_id: str
    question_id: str
    model: str
    sample: int
    response: str
    steps: list[str]
    n_tokens: int | None
    finish_reason: Literal["stop", "length"] | None
    answer: str | None
    is_correct: bool | None
    step_rewards: list[float] | None
    """One in [0, 1] a step; null: not scored."""
    failing_step: int | None
    """From 0; null: not scored, or no step."""
    label: MissingSkill | None
    """As the teacher gave it; null: none."""
    skills: list[Skill]
    """Of the label as people left it."""
    names_it: bool
    """Whether one of them is the skill in question."""
    raw: str | None
    """The teacher's answer; null: not kept."""
    events: list[Decision]
    """Oldest first."""


class Behind(TypedDict):
    """The difficult question that an example was made for."""

    question: Question | None
    """Null: it is no longer in the dataset."""
    skill: str | None
    """The missing skill; null: the example was made without one."""
    responses: list[LabelledResponse]
    """Those whose label names the skill first."""


class Lineage(TypedDict):
    """An example's whole way."""

    run: str
    example: OneExample
    set: BuiltFrom
    made: Made
    difficult: Behind | None
    """Null: drawn without a difficult question."""


def lineage(run: RunFolder, name: str, example_id: str) -> Lineage:
    """An example's whole way; raises StatError where the set has no such example."""
    example = one(run, name, example_id)
    settings = run.need_training_set(name).need("").settings
    id, at_build = example["difficult_question_id"], settings.get("label_events")
    return {
        "run": run.name,
        "example": example,
        "set": {"set": name, "method": settings.get("method"), "label_events": at_build},
        "made": made(run, name, example),
        "difficult": difficult(run, id, example["missing_skill"], at_build) if id else None,
    }


def made(run: RunFolder, name: str, example: OneExample) -> Made:
    """How an example was made: its source or references, the teacher's proposal and solutions."""
    calls = calls_by_key(run.teacher_calls_folder, example["teacher_calls"])
    kept = [calls[key] for key in example["teacher_calls"] if key in calls]
    files, id = run.training_set(name).files(), example["question_id"]
    taken = {pair.solution for pair in query.records(TrainingExample, files, "question_id", id)}
    source = query.records(Question, run.pool_dataset.question_table.files(), "id", id)
    return {
        "source": source[0] if source else None,
        "references": references(run, example["reference_ids"]),
        **_written(run, kept, example["built"]["problem"], taken),
    }


def dropped(run: RunFolder, problem: str, calls: tuple[str, ...]) -> Written:
    """What there is of a new question that a gate dropped: its proposal and solutions."""
    kept = calls_by_key(run.teacher_calls_folder, calls)
    return _written(run, list(kept.values()), problem, set())


def references(run: RunFolder, ids: Sequence[str]) -> list[Question]:
    """The pool questions of these ids, in their order, without those that the dataset no longer has."""
    sql, order = "select * from questions where list_contains(?, id)", list(ids)
    tables: query.Tables = {"questions": (run.pool_dataset.question_table.files(), Question)}
    found = query.as_records(Question, sql, tables, [order])
    return sorted(found, key=lambda question: order.index(question.id))


def difficult(run: RunFolder, id: str, skill: str | None, at_build: int | None = None) -> Behind:
    """A difficult question with each response: text, rewards, failing step, label, raw answer, decisions.

    `at_build`: how many decisions there were when the set was built."""
    labels = query.records(MissingSkill, run.missing_skills().files(), "question_id", id)
    scored = query.records(StepReward, run.step_rewards.files(), "question_id", id)
    calls = calls_by_key(run.teacher_calls_folder, [label.call for label in labels])
    by_response = {label.response_id: label for label in labels}
    rewards = {row.response_id: row.step_rewards for row in scored}
    found = []
    answered = query.records(Response, run.responses.files(), "question_id", id)
    for response in as_judged(answered, run.verdicts()):
        label = by_response.get(response.response_id)
        raw = calls[label.call].answer if label and label.call in calls else None
        found.append(_response(run, response, rewards.get(response.response_id), label, raw, skill, at_build))
    asked = query.records(Question, run.dataset.question_table.files(), "id", id)
    return {
        "question": asked[0] if asked else None,
        "skill": skill,
        "responses": sorted(found, key=lambda one: not one["names_it"]),
    }


def _written(run: RunFolder, calls: list[TeacherCall], problem: str, taken: Collection[str]) -> Written:
    """Proposal and solutions among the kept answers for a question; `taken`: the set's own solutions of
    it."""
    proposal = next((call for call in calls if call.task == "propose_question"), None)
    solved = [call for call in calls if call.task in ("solve", "rewrite")]
    if proposal is not None:
        solved = calls_about(run.teacher_calls_folder, proposal.endpoint, "solve", problem)
    return {
        "proposal": None if proposal is None else _proposal(proposal),
        "solutions": [_solution(run, call, taken) for call in solved],
    }


def _proposal(call: TeacherCall) -> Proposal:
    return {
        "key": call.key,
        "endpoint": call.endpoint,
        "raw": call.answer,
        "reason": tag(call.answer, "reason"),
        "draft": tag(call.answer, "draft"),
        "question": tag(call.answer, "question"),
        "tests": tests_in(call.answer),
    }


def _solution(run: RunFolder, call: TeacherCall, taken: Collection[str]) -> Solution:
    grader = run.config.domain.grader
    is_plain = grader.backend not in ("judge", "command")  # those ask others what an answer is
    answer = open_grader(grader).extract(call.answer) if is_plain else None
    text = tag(call.answer, "solution") or call.answer
    if grader.backend == "command":
        text, _ = solution_with_tests(call.answer)
    return {"key": call.key, "text": text, "answer": answer, "is_taken": text in taken}


def _response(
    run: RunFolder,
    response: Response,
    rewards: list[float] | None,
    label: MissingSkill | None,
    raw: str | None,
    skill: str | None,
    at_build: int | None,
) -> LabelledResponse:
    rule, log = run.config.difficulty, enumerate(label_events(run))
    events = [(at, event) for at, event in log if event.response_id == response.response_id]
    decision = decisions([event for _, event in events]).get(response.response_id)
    now = as_decided(label, decision) if label else []
    skills = [(of.subject, name) for of in now for name in of.skills]
    return {
        "response_id": response.response_id,
        "question_id": response.question_id,
        "model": response.model,
        "sample": response.sample,
        "response": response.response,
        "steps": response.steps,
        "n_tokens": response.n_tokens,
        "finish_reason": response.finish_reason,
        "answer": response.answer,
        "is_correct": response.is_correct,
        "step_rewards": rewards,
        "failing_step": None if rewards is None else first_failing_step(rewards, rule.tau1, rule.tau2),
        "label": label,
        "skills": skills,
        "names_it": skill in [name for _, name in skills],
        "raw": raw,
        "events": [_decision(event, at_build is not None and at >= at_build) for at, event in events],
    }


def _decision(event: LabelEvent, is_later: bool) -> Decision:
    return {
        "event_id": event.event_id,
        "response_id": event.response_id,
        "action": event.action,
        "skills": event.skills,
        "other_subjects": event.other_subjects,
        "author": event.author,
        "at": event.at,
        "seen": event.seen,
        "note": event.note,
        "bulk": event.bulk,
        "in_words": in_words(event),
        "is_later": is_later,
    }
