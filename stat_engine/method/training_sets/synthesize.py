"""STAT-Syn and Embed-Syn: questions that the teacher writes (paper, section 3; recipe in appendix B).

For each (difficult question, missing skill) the teacher sees pool questions that carry the skill and
proposes new ones that stress it; for Embed-Syn it sees the difficult question's nearest pool questions
instead. New questions pass the checks of `gates` and are solved several times. A question is kept when
enough solutions agree, with the agreeing solutions only. The domain's grader says which agree: those that end
in equal answers, that a judge calls the same, or that pass the question's tests and one another's; then a new
question comes with tests. A question that fails is dropped, listed with its reason and counted, never raised:
teachers write broken questions. `up_to_numbers` repeats this until each skill has the number of pairs that a
person set."""

import itertools
import math
import random
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from stat_engine.config import TrainingSetConfig
from stat_engine.grading import Grader, Written
from stat_engine.method.training_sets.gates import Proposal, drop, pass_gates
from stat_engine.method.training_sets.select import Missing, Neighbours, Numbers, Pool
from stat_engine.models.base import Ask, TeacherRequest
from stat_engine.models.teacher_answers import solution_with_tests, tag, tests_in
from stat_engine.records import DroppedQuestion, Question, TrainingExample, content_hash
from stat_engine.skills import Skill

NSolved = Callable[[Sequence[Question]], list[int]]
"""New questions, each with a solution, in; how many of k samples the student gets right out."""
Solution = tuple[str, str]
"""(key of the teacher call, text)"""
Request = tuple[Missing, list[Question], int]
"""(what for, the questions shown, repeat index)"""


@dataclass(frozen=True)
class Around:
    """What new questions are compared with, and who answers."""

    questions: Mapping[str, Question]
    """Every question there is."""
    evaluation: Sequence[Question]
    """Validation and test questions; no new question may equal one."""
    ask: Ask
    grader: Grader
    n_solved: NSolved | None = None
    """Asks the student, where solved questions are to be dropped."""


def for_skills(
    missing: Sequence[Missing], pool: Pool, settings: TrainingSetConfig, seed: int
) -> list[Request]:
    """What STAT-Syn asks for: `proposals` questions a (difficult question, missing skill).

    Their references are drawn once for all of them (paper), or for each, as `reference_draw` says."""
    rng = random.Random(f"stat-syn {seed}")
    requests: list[Request] = []
    for item in missing:
        carriers = pool.by_skill.get(item[1:], [])
        shown: list[Question] = []
        for repeat in range(settings.proposals):
            if repeat == 0 or settings.reference_draw == "each":
                shown = rng.sample(carriers, min(settings.references, len(carriers)))
            requests.append((item, shown, repeat))
    return requests


def for_neighbours(neighbours: Sequence[Neighbours], settings: TrainingSetConfig, seed: int) -> list[Request]:
    """What Embed-Syn asks for: `neighbour_proposals` from groups of a difficult question's near ones."""
    rng = random.Random(f"embed-syn {seed}")
    requests: list[Request] = []
    for id, near in neighbours:
        groups = list(itertools.combinations(near, min(settings.references, len(near))))
        rng.shuffle(groups)
        for repeat in range(settings.neighbour_proposals if near else 0):
            item: Missing = (id, near[0].subject or "", "")
            requests.append((item, list(groups[repeat % len(groups)]), repeat))
    return requests


def synthesize(
    method: str, requests: Sequence[Request], settings: TrainingSetConfig, around: Around
) -> tuple[list[TrainingExample], list[DroppedQuestion]]:
    """The consistent pairs in the order asked for, and what was dropped and why."""
    proposals = _propose(requests, around, told_of(method, requests, settings))
    passed, dropped = pass_gates(proposals, around.questions, around.evaluation, settings.near)
    passed, untested = _checkable(passed, around.grader)
    dropped += untested
    solved = _solve(passed, settings, around)
    for proposal, kept in zip(passed, solved, strict=True):
        if not kept:
            dropped.append(
                drop(proposal, "inconsistent", f"fewer than {settings.min_agreeing} solutions agree")
            )
    pairs = [(proposal, kept) for proposal, kept in zip(passed, solved, strict=True) if kept]
    if around.n_solved and settings.drop_solved:
        pairs, known = _unsolved(pairs, settings.drop_solved, around)
        dropped += known
    examples = [
        _example(method, proposal, solution, index, call)
        for proposal, kept in pairs
        for index, (call, solution) in enumerate(kept)
    ]
    return examples, dropped


def in_words(dropped: Sequence[DroppedQuestion], n_asked: int) -> list[str]:
    """One sentence on how many new questions fell at each gate."""
    counts = Counter(one.gate for one in dropped)
    if not counts:
        return []
    gates = ", ".join(f"{n:,} {gate}" for gate, n in counts.most_common())
    return [f"{len(dropped):,} of {n_asked:,} new questions are dropped: {gates}"]


def keep_consistent(
    solutions: Sequence[Solution], groups: Sequence[Sequence[int]], min_agreeing: int
) -> list[Solution]:
    """The solutions of the largest group that agrees; none when it has fewer than `min_agreeing` members.

    `groups` are the grader's (`Grader.agreeing`), so in mathematics 1/2 and 0.5 agree. Two groups tied for
    largest leave no result to trust, so the question is dropped. The same text twice counts as agreement
    but is kept once."""
    ordered = sorted(groups, key=len, reverse=True)
    is_tied = len(ordered) > 1 and len(ordered[0]) == len(ordered[1])
    if not ordered or is_tied or len(ordered[0]) < min_agreeing:
        return []
    largest = [solutions[at] for at in ordered[0]]
    return list({text: (call, text) for call, text in reversed(largest)}.values())[::-1]


def told_of(method: str, requests: Sequence[Request], settings: TrainingSetConfig) -> list[list[int]]:
    """By request, the earlier ones whose questions it is told of: those that share its references.

    Requests with equal purpose and equal references share them in groups of `proposals`."""
    if method == "embed-syn" or settings.reference_draw == "each":
        return [[] for _ in requests]
    groups: dict[tuple[Missing, tuple[str, ...]], list[int]] = {}
    found = []
    for at, (item, shown, _) in enumerate(requests):
        group = groups.setdefault((item, tuple(question.id for question in shown)), [])
        if len(group) == settings.proposals:
            group.clear()
        found.append(list(group))
        group.append(at)
    return found


def proposal_requests(
    requests: Sequence[Request],
    with_tests: bool = False,
    proposed: Sequence[Sequence[str]] | None = None,
) -> list[TeacherRequest]:
    """What the teacher is asked for the new questions; equal prompts differ in their repeat index.

    `with_tests`: the questions shown carry their tests. `proposed`: by request, the questions that it is told
    of."""
    asked: Counter[tuple[str, str, tuple[str, ...], tuple[str, ...]]] = Counter()
    found = []
    for at, ((_, subject, skill), shown, _) in enumerate(requests):
        references = tuple(sorted(_shown(question) if with_tests else question.problem for question in shown))
        told = tuple(proposed[at]) if proposed else ()
        skills = (skill,) if skill else ()
        found.append(
            TeacherRequest(
                task="propose_question",
                problem="",
                skills=skills,
                subject=subject,
                references=references,
                repeat=asked[subject, skill, references, told],
                proposed=told,
            )
        )
        asked[subject, skill, references, told] += 1
    return found


def _shown(question: Question) -> str:
    return (
        f"{question.problem}\n<tests>\n{question.answer}\n</tests>" if question.answer else question.problem
    )


def _propose(requests: Sequence[Request], around: Around, told: Sequence[Sequence[int]]) -> list[Proposal]:
    """What the teacher proposes; requests that are told of others are asked after those."""
    with_tests, answers = around.grader.needs_tests, dict[int, tuple[str, str]]()
    for n in sorted({len(earlier) for earlier in told}):
        of = [at for at, earlier in enumerate(told) if len(earlier) == n]
        proposed = [[text for one in told[at] if (text := tag(answers[one][1], "question"))] for at in of]
        asked = proposal_requests([requests[at] for at in of], with_tests, proposed)
        # where the earlier answers held no question, the prompt is theirs again, and has to be another call
        again = [one if one.proposed else replace(one, repeat=one.repeat + n * APART) for one in asked]
        answers |= dict(zip(of, around.ask(again), strict=True))
    return [
        Proposal.of(item, shown, call, tag(raw, "question"), tests_in(raw) if with_tests else None)
        for (item, shown, _), (call, raw) in ((request, answers[at]) for at, request in enumerate(requests))
    ]


def _checkable(proposals: Sequence[Proposal], grader: Grader) -> tuple[list[Proposal], list[DroppedQuestion]]:
    """The proposals whose solutions the grader can check, and the others with what is wrong."""
    faults = grader.faults([proposal.question() for proposal in proposals])
    found = list(zip(proposals, faults, strict=True))
    return (
        [proposal for proposal, fault in found if fault is None],
        [drop(proposal, "untested", fault) for proposal, fault in found if fault is not None],
    )


def _solve(
    proposals: Sequence[Proposal], settings: TrainingSetConfig, around: Around
) -> list[list[Solution]]:
    """The agreeing (call, solution) pairs of each proposal."""
    n, with_tests = settings.solutions, around.grader.needs_tests
    answered = around.ask(
        [
            TeacherRequest(
                task="solve",
                problem=proposal.problem or "",
                subject=proposal.subject,
                references=_tests_of(proposal.references) if with_tests else (),
                repeat=repeat,
            )
            for proposal in proposals
            for repeat in range(n)
        ]
    )
    written = [solution_with_tests(raw) if with_tests else (raw, None) for _, raw in answered]
    solved = [(call, text) for (call, _), (text, _) in zip(answered, written, strict=True)]
    parts = [slice(at * n, (at + 1) * n) for at in range(len(proposals))]
    groups = around.grader.agreeing(
        [
            (proposal.question(), [Written(text, tests) for text, tests in written[part]])
            for proposal, part in zip(proposals, parts, strict=True)
        ]
    )
    return [
        keep_consistent(solved[part], of, settings.min_agreeing)
        for part, of in zip(parts, groups, strict=True)
    ]


def _tests_of(references: Sequence[Question]) -> tuple[str, ...]:
    return tuple(sorted(question.answer for question in references if question.answer))


def _unsolved(
    pairs: Sequence[tuple[Proposal, list[Solution]]], k: int, around: Around
) -> tuple[list[tuple[Proposal, list[Solution]]], list[DroppedQuestion]]:
    """The questions that the student does not solve in all of k samples, and the others."""
    assert around.n_solved is not None
    n_right = around.n_solved([proposal.question(kept[0][1]) for proposal, kept in pairs])
    dropped = [
        drop(proposal, "solved", f"the student solves it in {k} of {k} samples")
        for (proposal, _), n in zip(pairs, n_right, strict=True)
        if n >= k
    ]
    return [pair for pair, n in zip(pairs, n_right, strict=True) if n < k], dropped


def _example(method: str, proposal: Proposal, solution: str, index: int, call: str) -> TrainingExample:
    return TrainingExample(
        example_id=content_hash(proposal.problem, solution),
        question_id=proposal.question_id,
        problem=proposal.problem or "",
        solution=solution,
        subject=proposal.subject,
        skills=[proposal.skill] if proposal.skill else [],
        method=method,
        answer_index=index,
        difficult_question_id=proposal.difficult_question_id or None,
        missing_skill=proposal.skill,
        reference_ids=[question.id for question in proposal.references],
        teacher_calls=[proposal.call, call],
    )


APART = 100_000
"""Repeat indices between equal prompts of different rounds of proposals."""
ROUNDS = 4
"""Rounds of asking at most; our choice."""


def up_to_numbers(
    method: str,
    numbers: Numbers,
    missing: Sequence[Missing],
    pool: Pool,
    settings: TrainingSetConfig,
    around: Around,
) -> tuple[list[Request], list[TrainingExample], list[DroppedQuestion]]:
    """What was asked for and what was made, until every skill has its number or ROUNDS are over.

    A later round reads the answers of the earlier ones from the store, so nothing is paid for twice."""
    requests: list[Request] = []
    wanted, asked = _first_round(numbers, settings), Counter[Skill]()
    examples: list[TrainingExample] = []
    dropped: list[DroppedQuestion] = []
    for _ in range(ROUNDS):
        requests += _requests(wanted, missing, pool, settings, asked)
        asked.update(wanted)
        examples, dropped = synthesize(method, requests, settings, around)
        have = Counter((e.subject, e.missing_skill) for e in {e.example_id: e for e in examples}.values())
        # a question that passes may come to a single pair
        wanted = {skill: n - have[skill] for skill, n in numbers.items() if n > have[skill]}
        if not wanted:
            break
    return requests, examples, dropped


def first_requests(
    numbers: Numbers, missing: Sequence[Missing], pool: Pool, settings: TrainingSetConfig
) -> list[Request]:
    """What the first round asks for: enough where every question passes with `min_agreeing` pairs."""
    return _requests(_first_round(numbers, settings), missing, pool, settings, Counter())


def _first_round(numbers: Numbers, settings: TrainingSetConfig) -> dict[Skill, int]:
    return {skill: math.ceil(n / settings.min_agreeing) for skill, n in numbers.items()}


def _requests(
    wanted: Mapping[Skill, int],
    missing: Sequence[Missing],
    pool: Pool,
    settings: TrainingSetConfig,
    asked: Counter[Skill],
) -> list[Request]:
    """So many more requests a skill, after those `asked`: its difficult questions in turns."""
    requests: list[Request] = []
    for skill, n in wanted.items():
        callers = [item for item in missing if item[1:] == skill] or [("", *skill)]
        carriers = pool.by_skill.get(skill, [])
        of_one = settings.proposals if settings.reference_draw == "shared" else 1
        for at in range(asked[skill], asked[skill] + n):
            drawn = at // of_one
            rng = random.Random(f"stat-syn {settings.seed} {skill} {drawn}")
            shown = rng.sample(carriers, min(settings.references, len(carriers)))
            requests.append((callers[drawn % len(callers)], shown, at // len(callers)))
    return requests
