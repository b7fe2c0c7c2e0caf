"""Small rows for tests: every field has a value, and a test names the ones it is about."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd

from stat_engine import Workspace
from stat_engine.formats import into_dataset
from stat_engine.records import (
    MissingSkill,
    Question,
    Response,
    SkillMapEntry,
    StepReward,
    TeacherCall,
    TrainingExample,
    step_reward,
)


def import_mapped(
    workspace: Workspace,
    name: str,
    root: Path,
    questions: Sequence[Mapping[str, object]],
    entries: Sequence[Mapping[str, object]],
    skills: Mapping[str, Sequence[str]],
) -> None:
    """Import a dataset of these questions with this Skill-Map; the files that are read are left in `root`."""
    for file, rows in (("q", questions), ("m", entries)):
        (root / f"{file}.jsonl").write_text("\n".join(map(json.dumps, rows)))
    (root / "skills.json").write_text(json.dumps(skills))
    into_dataset.import_questions(workspace, name, root / "q.jsonl")
    into_dataset.import_skill_map(workspace, name, root / "m.jsonl", root / "skills.json", skip_unknown=False)


def a_question(id: str = "q1", **fields: object) -> Question:
    values = {
        "split": "train",
        "subject": "Algebra",
        "level": 1,
        "problem": f"What is {id}?",
        "solution": "1+1=2\nAnswer: 2",
        "answer": "2",
    }
    return Question.model_validate({"id": id, **values, **fields})


def an_entry(question_id: str, *skills: str, subject: str = "Algebra") -> SkillMapEntry:
    return SkillMapEntry(question_id=question_id, subject=subject, skills=list(skills))


def a_response(response_id: str = "r1", question_id: str = "q1", **fields: object) -> Response:
    values = {
        "model": "student",
        "sample": 0,
        "response": "1+1=3\nAnswer: 3",
        "steps": ["1+1=3", "Answer: 3"],
    }
    return Response.model_validate(
        {"response_id": response_id, "question_id": question_id, **values, **fields}
    )


def rewards(response_id: str, question_id: str, *values: float) -> StepReward:
    return step_reward(response_id, question_id, list(values))


def a_label(response_id: str = "r1", question_id: str = "q1", *skills: str, **fields: object) -> MissingSkill:
    values = {
        "subject": "Algebra",
        "teacher": "teacher",
        "judge": "incorrect",
        "reason": "",
        "call": "c",
        "skills": list(skills),
    }
    return MissingSkill.model_validate(
        {"response_id": response_id, "question_id": question_id, **values, **fields}
    )


def an_example(question_id: str = "q1", answer_index: int = 0, **fields: object) -> TrainingExample:
    values = {
        "example_id": f"{question_id}/{answer_index}",
        "problem": f"What is {question_id}?",
        "solution": "1+1=2\nAnswer: 2",
        "subject": "Algebra",
        "skills": ["addition"],
        "method": "random",
    }
    return TrainingExample.model_validate(
        {"question_id": question_id, "answer_index": answer_index, **values, **fields}
    )


def a_call(key: str, answer: str = "answer", **fields: object) -> TeacherCall:
    values = {"endpoint": "t", "task": "solve", "prompt": "p", "answer": answer}
    return TeacherCall.model_validate({"key": key, **values, **fields})


def scores(*rows: dict[str, object]) -> pd.DataFrame:
    """A frame as `store.query.SCORED_RESPONSES` gives it; a row may give `step_rewards`."""
    made = []
    for at, row in enumerate(rows):
        values = {
            "question_id": f"q{at}",
            "subject": "Algebra",
            "sample": 0,
            "is_correct": None,
            "answer": "1",
            "n_words": 1,
        }
        given = {**values, **row}
        given.setdefault("response_id", f"r{at}")
        step_rewards = given.pop("step_rewards", None)
        fields = ["final", "mean", "min_before_final", "min_after_first", "outcome_reward"]
        if step_rewards is None:
            narrow: dict[str, object] = dict.fromkeys(fields)
        else:
            record = step_reward(str(given["response_id"]), str(given["question_id"]), step_rewards)  # type: ignore[arg-type]
            narrow = {field: getattr(record, field) for field in fields}
        made.append({**narrow, **given})
    frame = pd.DataFrame(made)
    for column in ("final", "mean", "min_before_final", "min_after_first", "outcome_reward"):
        frame[column] = frame[column].astype(float)
    return frame
