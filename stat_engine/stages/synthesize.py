"""Stage 3, synthesis: STAT-Syn (paper, section 3; recipe in appendix B).

For each (difficult question, missing skill) the teacher sees pool questions that carry the skill
and proposes new ones that stress it; it solves each new question several times, and the
consistency filter keeps the questions on which enough solutions end in equal answers, with the
agreeing solutions only. A question without agreement, or one that repeats a known question,
is dropped and counted, never raised: teachers write broken questions."""

import random
from collections.abc import Sequence, Set

from stat_engine import answers
from stat_engine.config import TrainingSetConfig
from stat_engine.models.base import TeacherRequest
from stat_engine.records import TrainingExample, content_hash
from stat_engine.stages.missing_skills import Ask
from stat_engine.stages.select import Missing, Pool
from stat_engine.stages.tagged_answers import tag


def synthesize(
    missing: Sequence[Missing],
    pool: Pool,
    known: Set[str],
    settings: TrainingSetConfig,
    ask: Ask,
    seed: int,
) -> list[TrainingExample]:
    """The consistent pairs for one batch of missing skills, in their order.

    `known` holds the text of every question there is, so that none of the test is written anew."""
    asked = [item for item in missing for _ in range(settings.proposals)]
    proposals = _propose(missing, pool, settings, ask, random.Random(f"stat-syn {seed}"))
    fresh = [
        (item, references, call, question)
        for item, (references, call, question) in zip(asked, proposals, strict=True)
        if question and question not in known
    ]
    solved = ask(
        [
            TeacherRequest(task="solve", problem=question, repeat=repeat)
            for _, _, _, question in fresh
            for repeat in range(settings.solutions)
        ]
    )
    n = settings.solutions
    return [
        _example(item, references, question, solution, index, [call, solution_call])
        for at, (item, references, call, question) in enumerate(fresh)
        for index, (solution_call, solution) in enumerate(
            keep_consistent(solved[at * n : (at + 1) * n], settings.min_agreeing)
        )
    ]


def keep_consistent(solutions: Sequence[tuple[str, str]], min_agreeing: int) -> list[tuple[str, str]]:
    """The (call, solution) pairs that end in the most common answer; none when fewer than `min_agreeing` do.

    Equality is that of `answers.equal`, so 1/2 and 0.5 agree. Two answers tied for most common
    leave no answer to trust, so the question is dropped. The same text twice counts as agreement
    but is kept once."""
    groups: list[list[tuple[str, str]]] = []
    for call, text in solutions:
        answer = answers.extract(text)
        for group in groups:
            if answers.equal(answer, answers.extract(group[0][1])):
                group.append((call, text))
                break
        else:
            if answer is not None:
                groups.append([(call, text)])
    groups.sort(key=len, reverse=True)
    is_tied = len(groups) > 1 and len(groups[0]) == len(groups[1])
    if not groups or is_tied or len(groups[0]) < min_agreeing:
        return []
    return list({text: (call, text) for call, text in reversed(groups[0])}.values())[::-1]


def _propose(
    missing: Sequence[Missing], pool: Pool, settings: TrainingSetConfig, ask: Ask, rng: random.Random
) -> list[tuple[list[str], str, str | None]]:
    """(reference ids, call, new question) for `proposals` requests a missing skill, in order."""
    requests, references = [], []
    for _, subject, skill in missing:
        carriers = pool.by_skill.get((subject, skill), [])
        for repeat in range(settings.proposals):
            shown = rng.sample(carriers, min(settings.references, len(carriers)))
            references.append([question.id for question in shown])
            problems = tuple(question.problem for question in shown)
            requests.append(
                TeacherRequest(
                    task="propose_question",
                    problem="",
                    skills=(skill,),
                    subject=subject,
                    references=problems,
                    repeat=repeat,
                )
            )
    answered = ask(requests)
    return [(ids, call, tag(raw, "question")) for ids, (call, raw) in zip(references, answered, strict=True)]


def _example(
    item: Missing, references: list[str], problem: str, solution: str, index: int, calls: list[str]
) -> TrainingExample:
    difficult_question_id, subject, skill = item
    return TrainingExample(
        example_id=content_hash(problem, solution),
        question_id=f"new-{content_hash(problem)}",
        problem=problem,
        solution=solution,
        subject=subject,
        skills=[skill],
        method="stat-syn",
        answer_index=index,
        difficult_question_id=difficult_question_id,
        missing_skill=skill,
        reference_ids=references,
        teacher_calls=calls,
    )
