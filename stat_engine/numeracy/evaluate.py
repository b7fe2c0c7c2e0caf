"""A checkpoint's greedy or sampled responses and its final-answer accuracy for each skill."""

from collections.abc import Sequence

import torch
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from stat_engine.numeracy.checker import check
from stat_engine.numeracy.problem import Problem
from stat_engine.numeracy.reports import AccuracyReport, SkillAccuracy
from stat_engine.numeracy.skills import WEAK_SKILLS

MAX_NEW_TOKENS = 96
BATCH_SIZE = 200


def respond(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase,
    questions: Sequence[str],
    temperature: float = 0.0,
    seed: int = 0,
) -> list[str]:
    """One response a question, in order; greedy at temperature 0, else sampled with `seed`."""
    torch.manual_seed(seed)
    order = sorted(range(len(questions)), key=lambda i: len(questions[i]))
    responses = [""] * len(questions)
    for start in range(0, len(order), BATCH_SIZE):
        rows = order[start : start + BATCH_SIZE]
        texts = _generate(model, tokenizer, [questions[i] for i in rows], temperature)
        for i, text in zip(rows, texts, strict=True):
            responses[i] = text
    return responses


@torch.inference_mode()
def _generate(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase,
    questions: list[str],
    temperature: float,
) -> list[str]:
    chats = [[{"role": "user", "content": question}] for question in questions]
    inputs = tokenizer.apply_chat_template(
        chats, add_generation_prompt=True, return_tensors="pt", padding=True, return_dict=True
    ).to(model.device)
    sampling = {"do_sample": True, "temperature": temperature} if temperature else {"do_sample": False}
    output = model.generate(**inputs, max_new_tokens=MAX_NEW_TOKENS, **sampling)
    written = output[:, inputs["input_ids"].shape[1] :]
    texts: list[str] = tokenizer.batch_decode(written, skip_special_tokens=True)
    return texts


def is_solved(problem: Problem, response: str) -> bool:
    """Whether the response's last line is the correct answer line."""
    last = check(problem, response.split("\n"))[-1]
    return last.is_correct and last.skill is None


def measure_accuracy(
    model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, problems: Sequence[Problem]
) -> AccuracyReport:
    """Greedy final-answer accuracy, overall and per skill that a question is made for."""
    responses = respond(model, tokenizer, [problem.problem for problem in problems])
    solved: dict[tuple[str, str], list[bool]] = {}
    for problem, response in zip(problems, responses, strict=True):
        skill = (problem.subject, problem.skill)
        solved.setdefault(skill, []).append(is_solved(problem, response))
    rows = [
        SkillAccuracy(subject=s, skill=k, is_weak=(s, k) in WEAK_SKILLS, n=len(v), accuracy=_mean(v))
        for (s, k), v in sorted(solved.items())
    ]
    every = [hit for hits in solved.values() for hit in hits]
    weak = [hit for skill, hits in solved.items() if skill in WEAK_SKILLS for hit in hits]
    common = [hit for skill, hits in solved.items() if skill not in WEAK_SKILLS for hit in hits]
    return AccuracyReport(
        n=len(every), overall=_mean(every), weak=_mean(weak), common=_mean(common), per_skill=rows
    )


def _mean(hits: Sequence[bool]) -> float:
    return sum(hits) / len(hits) if hits else 0.0
