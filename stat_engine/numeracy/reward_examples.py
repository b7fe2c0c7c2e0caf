"""What the reward model learns from: lines of pool questions with the truth about each.

Three sources: the student's own samples, gold wordings, and gold wordings with one digit changed.
A step is wrong from the first wrong line on.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from operator import and_
from random import Random

from transformers import PreTrainedModel, PreTrainedTokenizerBase

from stat_engine.numeracy.checker import check
from stat_engine.numeracy.evaluate import respond
from stat_engine.numeracy.problem import Problem, solution_text

SAMPLING_TEMPERATURE = 1.0


@dataclass(frozen=True)
class StepExample:
    """A response with the truth about its steps."""

    problem: Problem
    steps: tuple[str, ...]
    is_correct: tuple[bool, ...]
    # The correct text of which a digit was changed, or the text itself; None for a student's sample.
    intended: str | None = None


def label_steps(problem: Problem, response: str, intended: str | None = None) -> StepExample:
    """The response's lines; none is correct from the first wrong one on."""
    steps = tuple(response.split("\n"))
    checked = [line.is_correct for line in check(problem, list(steps))]
    return StepExample(problem, steps, tuple(accumulate(checked, and_)), intended)


def change_digit(text: str, rng: Random) -> str:
    """The text with one of its digits replaced by another one."""
    place = rng.choice([i for i, character in enumerate(text) if character.isdigit()])
    digit = rng.choice([d for d in "0123456789" if d != text[place]])
    return text[:place] + digit + text[place + 1 :]


def make_examples(
    student: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase,
    pool: Sequence[Problem],
    seed: int,
    more_samples: int = 12,
) -> list[StepExample]:
    """Examples over the pool; a question whose first sample is wrong gets `more_samples` more.

    Such a question also gets all its gold wordings, several times, so that "this skill is usually
    wrong" alone does not tell a step's reward."""
    rng = Random(f"reward model {seed}")
    first = sample_examples(student, tokenizer, pool, seed)
    failed = [e.problem for e in first if not all(e.is_correct)]
    more = sample_examples(student, tokenizer, failed * more_samples, seed + 1)
    examples = first + more
    for problem in [*pool, *failed * (more_samples // 2)]:
        text = solution_text(rng.choice(problem.solutions))
        examples.append(label_steps(problem, text, text))
        examples.append(label_steps(problem, change_digit(text, rng), text))
    return examples


def sample_examples(
    student: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase,
    problems: Sequence[Problem],
    seed: int,
    temperature: float = SAMPLING_TEMPERATURE,
) -> list[StepExample]:
    """One labelled response of the student a problem."""
    texts = [problem.problem for problem in problems]
    responses = respond(student, tokenizer, texts, temperature, seed)
    return [label_steps(p, text) for p, text in zip(problems, responses, strict=True)]
