"""Rows of rated steps as public data sets have them, turned into the form that `step_rewards` reads.

- PRM800K: `{question: {problem, pre_generated_steps}, label: {steps: [{completions, chosen_completion}]}}`
- Math-Shepherd: `{input, label}`, the question and its steps in one text, with a mark behind each step
- TRL's stepwise form: `{prompt, completions, labels}`, which `export-steps` writes
- ProcessBench: `{id, generator, problem, steps, label}`

Their questions are found in the dataset by the text of the problem, unless the row has a `problem_id`."""

from dataclasses import replace
from typing import Any

from stat_engine.formats.row import Row, displayed

QUESTION_STANDS = ("problem", "question", "prompt", "input")
"""Fields that say which question a row's steps answer where it has no `problem_id`."""
STEP_STANDS = ("completions", "label")
"""Fields that hold rated steps where they are not in `response_steps`."""
_MARK = "ки"
_FIRST_STEP = "Step 1:"


def rated(row: Row) -> Row:
    """The row in our form; unchanged where it is of no form above. Raises InputError for a broken one."""
    values = row.values
    if "response_steps" in values or "step_rewards" in values:
        return row
    label = values.get("label")
    if isinstance(label, dict) and isinstance(label.get("steps"), list):
        found = _of_prm800k(row, label["steps"])
    elif isinstance(values.get("completions"), list) and isinstance(values.get("labels"), list):
        found = _of_trl(row)
    elif isinstance(label, str) and _MARK in str(values.get("input")):
        found = _of_math_shepherd(row, label)
    elif isinstance(values.get("steps"), list) and isinstance(label, int) and "problem" in values:
        correct = values.get("final_answer_correct")
        found = {"response_steps": values["steps"], "first_error_step": label, "correct": correct}
    else:
        return row
    return replace(row, values={**values, **found})


def _of_prm800k(row: Row, steps: list[Any]) -> dict[str, Any]:
    question = row.values.get("question")
    question = question if isinstance(question, dict) else {}
    told = [_step(row, at, step) for at, step in enumerate(steps)]
    texts, ratings = [text for text, _ in told], [rating for _, rating in told]
    whole = question.get("pre_generated_steps")
    if isinstance(whole, list) and whole[: len(texts)] == texts:  # rated up to the first error alone
        texts, ratings = whole, [*ratings, *[None] * (len(whole) - len(ratings))]
    return {"problem": question.get("problem"), "response_steps": texts, "step_ratings": ratings}


def _step(row: Row, at: int, step: Any) -> tuple[str, int | None]:
    """(text, rating) of the completion that goes on: the chosen one, a person's own, else the first."""
    step = step if isinstance(step, dict) else {}
    completions, chosen = step.get("completions"), step.get("chosen_completion")
    own = step.get("human_completion")
    listed = completions if isinstance(completions, list) else []
    if isinstance(chosen, int) and 0 <= chosen < len(listed):
        one, is_own = listed[chosen], False
    elif isinstance(own, dict):
        one, is_own = own, True
    else:
        one, is_own = (listed[0] if listed else None), False
    if not isinstance(one, dict) or not isinstance(one.get("text"), str):
        raise row.refuse(f"label.steps[{at}]", displayed(step), "a completion {text, rating}")
    return one["text"], 1 if is_own else one.get("rating")


def _of_trl(row: Row) -> dict[str, Any]:
    labels = row.items("labels", "true and false, or numbers in [0, 1], one a step")
    scores = [float(label) if isinstance(label, bool) else label for label in labels]
    steps = {"response_steps": row.values["completions"], "step_scores": scores}
    return {"problem": row.values.get("problem", row.values.get("prompt")), **steps}


def _of_math_shepherd(row: Row, label: str) -> dict[str, Any]:
    """The label is the input with + or - in the place of each mark."""
    pieces = row.text("input").split(_MARK)[:-1]
    scores, at = [], 0
    for piece in pieces:
        sign = label[at + len(piece) : at + len(piece) + 1]
        if sign not in ("+", "-") or label[at : at + len(piece)] != piece:
            raise row.refuse("label", displayed(label), f"the input with + or - in the place of each {_MARK}")
        scores.append(float(sign == "+"))
        at += len(piece) + 1
    problem, step, first = pieces[0].partition(_FIRST_STEP)
    if not step:
        raise row.refuse("input", displayed(pieces[0]), f"the question, then {_FIRST_STEP}")
    steps = [part.strip() for part in (step + first, *pieces[1:])]
    return {"problem": problem.strip(), "response_steps": steps, "step_scores": scores}
