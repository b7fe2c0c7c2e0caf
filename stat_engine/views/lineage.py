"""Lineage: from a training example back to the reviewer's decision it rests on.

Example <- what was drawn or written, with the teacher's raw answers <- difficult question <- the
student's responses with their step rewards <- the teacher's label and its raw answer <- what people
decided on that label. Everything is read by id, so that a run of any size costs a few rows."""

from collections.abc import Sequence
from typing import Any

from stat_engine.graders import open_grader
from stat_engine.records import LabelEvent, MissingSkill, Question, Record, TeacherCall
from stat_engine.stages.difficulty import first_failing_step
from stat_engine.stages.tagged_answers import tag
from stat_engine.store import query
from stat_engine.store.label_log import as_decided, decisions, in_words
from stat_engine.store.run_folder import RunFolder
from stat_engine.store.teacher_calls import calls_about, calls_by_key
from stat_engine.views import examples, label_sources

PARTS = ("reason", "draft", "question")
"""What the teacher's answer for a new question is made of (paper, B.2)."""


def lineage(run: RunFolder, name: str, example_id: str) -> dict[str, Any]:
    """An example's whole way, plain values: example, set, made (see `made`), difficult (see `difficult`).

    `difficult` is null for an example that was drawn without a difficult question. Raises StatError where
    the set has no such example."""
    example = examples.one(run, name, example_id)
    manifest = run.need_training_set(name).need("")
    id, skill = example["difficult_question_id"], example["missing_skill"]
    at_build = manifest.settings.get("label_events")
    return {
        "run": run.name,
        "example": example,
        "set": {"set": name, "method": manifest.settings.get("method"), "label_events": at_build},
        "made": made(run, name, example),
        "difficult": difficult(run, id, skill, at_build) if id else None,
    }


def made(run: RunFolder, name: str, example: dict[str, Any]) -> dict[str, Any]:
    """How an example came to be: references, proposal, solutions, source.

    references: the pool questions shown to the teacher; source: the pool question it is, if it is one;
    proposal: the raw answer with its reason, draft and question; solutions: every kept answer to the new
    question: key, text, answer (the final one; null where it cannot be told here), is_taken (it stands in
    this set)."""
    calls = calls_by_key(run.teacher_calls_folder, example["teacher_calls"])
    kept = [calls[key] for key in example["teacher_calls"] if key in calls]
    sql = "select solution from examples where question_id = ?"
    tables: query.Tables = {"examples": (run.training_set(name).files(), Record)}
    taken = {row["solution"] for row in query.rows(sql, tables, [example["question_id"]])}
    return {
        "source": _one(run.pool_dataset.question_table.files(), "id", example["question_id"]),
        "references": references(run, example["reference_ids"]),
        **written(run, kept, example["built"]["problem"], taken),
    }


def written(run: RunFolder, calls: list[TeacherCall], problem: str, taken: set[str]) -> dict[str, Any]:
    """Proposal and solutions among the kept answers for a new question, as `made` has them."""
    proposal = next((call for call in calls if call.task == "propose_question"), None)
    solved = [call for call in calls if call.task in ("solve", "rewrite")]
    if proposal is not None:
        solved = calls_about(run.teacher_calls_folder, proposal.endpoint, "solve", problem)
    return {
        "proposal": None if proposal is None else _proposal(proposal),
        "solutions": [_solution(run, call, taken) for call in solved],
    }


def dropped(run: RunFolder, problem: str, calls: tuple[str, ...]) -> dict[str, Any]:
    """What there is of a new question that a gate dropped: its proposal and solutions."""
    kept = calls_by_key(run.teacher_calls_folder, calls)
    return written(run, list(kept.values()), problem, set())


def difficult(run: RunFolder, id: str, skill: str | None, at_build: int | None = None) -> dict[str, Any]:
    """A difficult question with each response: text, rewards, failing step, label, raw answer, decisions.

    A response's `skills` are those of its label as people left it, `names_it` whether one is `skill`; an
    event is `is_later` where it came after the set was built."""
    labels = _rows(run.missing_skills().files(), "question_id", id)
    rewards = {row["response_id"]: row for row in _rows(run.step_rewards.files(), "question_id", id)}
    calls = calls_by_key(run.teacher_calls_folder, [label["call"] for label in labels])
    by_response = {label["response_id"]: label for label in labels}
    log = list(enumerate(label_sources.events(run)))
    found = []
    for response in _rows(run.responses.files(), "question_id", id):
        key = response["response_id"]
        label = by_response.get(key)
        events = [(at, event) for at, event in log if event.response_id == key]
        found.append(
            {
                **response,
                **_scored(run, rewards.get(key)),
                **_labelled(label, [event for _, event in events], skill),
                "raw": calls[label["call"]].answer if label and label["call"] in calls else None,
                "events": [_event(event, at_build is not None and at >= at_build) for at, event in events],
            }
        )
    found.sort(key=lambda one: not one["names_it"])
    return {
        "question": _one(run.dataset.question_table.files(), "id", id),
        "skill": skill,
        "responses": found,
    }


def _scored(run: RunFolder, row: dict[str, Any] | None) -> dict[str, Any]:
    if row is None:
        return {"step_rewards": None, "failing_step": None}
    rule, rewards = run.config.difficulty, row["step_rewards"]
    return {"step_rewards": rewards, "failing_step": first_failing_step(rewards, rule.tau1, rule.tau2)}


def _labelled(label: dict[str, Any] | None, events: list[LabelEvent], skill: str | None) -> dict[str, Any]:
    if label is None:
        return {"label": None, "skills": [], "names_it": False}
    record = MissingSkill.model_construct(None, **label)
    now = as_decided(record, decisions(events).get(record.response_id))
    skills = [(one.subject, name) for one in now for name in one.skills]
    return {"label": label, "skills": skills, "names_it": skill in [name for _, name in skills]}


def _event(event: LabelEvent, is_later: bool) -> dict[str, Any]:
    return {**event.model_dump(), "in_words": in_words(event), "is_later": is_later}


def _proposal(call: TeacherCall) -> dict[str, Any]:
    parts = {part: tag(call.answer, part) for part in PARTS}
    return {"key": call.key, "endpoint": call.endpoint, "raw": call.answer, **parts}


def _solution(run: RunFolder, call: TeacherCall, taken: set[str]) -> dict[str, Any]:
    grader = run.config.domain.grader
    is_plain = grader.backend not in ("judge", "command")  # those ask others what an answer is
    answer = open_grader(grader).extract(call.answer) if is_plain else None
    text = tag(call.answer, "solution") or call.answer
    return {"key": call.key, "text": text, "answer": answer, "is_taken": text in taken}


def references(run: RunFolder, ids: Sequence[str]) -> list[dict[str, Any]]:
    """The questions of these ids, in their order; those the dataset has no more are left out."""
    sql = "select * from questions where list_contains(?, id)"
    rows = query.rows(sql, {"questions": (run.pool_dataset.question_table.files(), Question)}, [list(ids)])
    return sorted(rows, key=lambda row: list(ids).index(row["id"]))


def _rows(files: list[Any], column: str, value: str) -> list[dict[str, Any]]:
    """Rows of a table by one column; no row of a table that is not there."""
    if not files:
        return []
    return query.rows(f"select * from rows where {column} = ?", {"rows": (files, Record)}, [value])


def _one(files: list[Any], column: str, value: str) -> dict[str, Any] | None:
    return next(iter(_rows(files, column, value)), None)
