"""STAT-Sel and its controls: draw question-answer pairs from the pool P.

A method is a sequence of draws (pool question, and the reason for it). Each draw offers the question's
solutions as pairs; distinct pairs are taken in the order drawn until the set is full. A skill's share
therefore follows the profile as long as the pool has questions for it (paper, section 3 and appendix on
the data recipe). Where the paper gives no detail: `math-hard` takes levels from 0.8 of the highest one (4
and 5 of 5); `skill-shuffled` gives every missing skill another skill's questions, one permutation for
each set; `random` draws from all pairs of the pool."""

import itertools
import math
import random
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TypeVar

from stat_engine.config import METHOD_ALIASES, METHODS, TrainingSetConfig
from stat_engine.errors import StatError
from stat_engine.method.training_sets.rewrite import Solution, Solutions
from stat_engine.records import Question, SkillMapEntry, TrainingExample, content_hash
from stat_engine.skills import Skill

T = TypeVar("T")
U = TypeVar("U")
Missing = tuple[str, str, str]
"""(difficult question id, subject, missing skill)"""
Neighbours = tuple[str, list[Question]]
"""(difficult question id, its nearest pool questions, nearest first)"""
Numbers = Mapping[Skill, int]
"""{skill: pairs that are meant for it}, where a person said so"""


def canonical(method: str) -> str:
    """The method's canonical name; raises StatError naming all of them."""
    name = METHOD_ALIASES.get(method, method)
    if name not in METHODS:
        raise StatError(f"method {method}: expected one of {', '.join((*METHODS, *METHOD_ALIASES))}")
    return name


@dataclass(frozen=True)
class Draw:
    """One pool question, and the difficult question and missing skill that called for it, if any."""

    question: Question
    difficult_question_id: str | None = None
    missing_skill: str | None = None


class Pool:
    """The training pool P with its Skill-Map, indexed by skill."""

    def __init__(self, questions: Sequence[Question], skill_map: Mapping[str, SkillMapEntry]) -> None:
        self.questions = [question for question in questions if question.solution]
        self._skill_map = skill_map

    @cached_property
    def by_skill(self) -> dict[Skill, list[Question]]:
        """Pool questions that carry each skill, in id order."""
        index: dict[Skill, list[Question]] = {}
        for question in self.questions:
            entry = self._skill_map.get(question.id)
            for skill in entry.skills if entry else ():
                index.setdefault((entry.subject, skill), []).append(question)  # type: ignore[union-attr]
        return index

    def skills(self, question_id: str) -> list[str]:
        """The question's skills; none where the Skill-Map has no entry."""
        entry = self._skill_map.get(question_id)
        return entry.skills if entry else []


def select(
    method: str,
    pool: Pool,
    missing: Sequence[Missing],
    settings: TrainingSetConfig,
    solutions: Solutions,
    neighbours: Sequence[Neighbours] = (),
    numbers: Numbers | None = None,
) -> tuple[list[TrainingExample], list[str]]:
    """The training set of a selecting method in random order, and sentences on what fell short.

    `missing` is what the targeted methods aim at, `neighbours` what embed-sel draws; with `numbers` a
    targeted method gives each skill so many pairs. Equal arguments give an equal set. Raises StatError
    where the method has nothing to draw from."""
    rng = random.Random(f"{method} {settings.seed}")
    if numbers is not None:
        shares = _shares(method, pool, missing, numbers, settings, solutions, rng)
    elif method == "uniform":
        shares = [("", _round_robin(pool, solutions, rng), settings.pairs)]
    else:
        pairs = _pairs(_draws(method, pool, missing, settings, neighbours, rng), solutions, method)
        rng.shuffle(pairs)
        shares = [("", pairs, settings.pairs)]

    def realise(chosen: Sequence[tuple[Draw, int]]) -> list[Solution | None]:
        return solutions.texts([(draw.question, index) for draw, index in chosen])

    taken, notes = take_shares(shares, _pair_key, lambda pair: pair[0].question.id, settings, realise)
    examples = [_example(method, pool, *pair, text, is_repeat) for pair, text, is_repeat in taken]
    rng.shuffle(examples)
    if not examples:
        raise StatError(f"method {method}: nothing to draw: the pool or the profile is empty")
    return examples, [*notes, *solutions.notes()]


def take(
    candidates: Sequence[T],
    key: Callable[[T], object],
    question: Callable[[T], str],
    settings: TrainingSetConfig,
    realise: Callable[[Sequence[T]], list[U | None]],
) -> tuple[list[tuple[T, U]], int, list[str]]:
    """The first `pairs` distinct candidates that can be made, in order; filled up where allowed.

    `realise` makes the pairs, None for one that fails; it is asked for no more than are
    needed. Returns (candidate, what it became) with the repeats last, the number of repeats, and
    sentences on what fell short."""
    first: dict[object, T] = {}
    for candidate in candidates:
        first.setdefault(key(candidate), candidate)
    distinct = list(first.values())
    real: dict[object, U] = {}
    begin = 0
    while len(real) < settings.pairs and begin < len(distinct):
        chosen = distinct[begin : begin + settings.pairs - len(real)]
        begin += len(chosen)
        made = zip(chosen, realise(chosen), strict=True)
        real |= {key(candidate): one for candidate, one in made if one is not None}
    taken = [(candidate, real[key(candidate)]) for candidate in distinct if key(candidate) in real]
    short = settings.pairs - len(taken)
    if not short:
        return taken, 0, []
    if settings.allow_repeats and taken:
        again = [(candidate, real[key(candidate)]) for candidate in candidates if key(candidate) in real]
        note = f"{short:,} of {settings.pairs:,} pairs are repeats; the recipe gives {len(taken):,}"
        return taken + [again[at % len(again)] for at in range(short)], short, [note]
    n_questions = len({question(candidate) for candidate, _ in taken})
    note = (
        f"{len(taken):,} pairs, not {settings.pairs:,}: the recipe reaches {n_questions:,} questions, "
        f"which have {len(taken) / max(n_questions, 1):.1f} solutions each"
    )
    return taken, 0, [note]


def take_shares(
    shares: Sequence[tuple[str, list[T], int]],
    key: Callable[[T], object],
    question: Callable[[T], str],
    settings: TrainingSetConfig,
    realise: Callable[[Sequence[T]], list[U | None]],
) -> tuple[list[tuple[T, U, bool]], list[str]]:
    """Each share's number of its candidates as `take` takes them; a pair that an earlier share took is gone.

    A share is (name, candidates, number). Returns (candidate, what it became, whether it is a repeat), and
    sentences on what fell short, headed by the share's name."""
    used: set[object] = set()
    taken: list[tuple[T, U, bool]] = []
    notes: list[str] = []
    for name, candidates, n in shares:
        free = [candidate for candidate in candidates if key(candidate) not in used]
        own = settings.model_copy(update={"pairs": n})
        got, n_repeats, said = take(free, key, question, own, realise)
        taken += [(one, real, at >= len(got) - n_repeats) for at, (one, real) in enumerate(got)]
        used |= {key(one) for one, _ in got}
        notes += [f"{name}: {note}" if name else note for note in said]
    return taken, notes


def permutation(pool: Pool, seed: int) -> dict[Skill, Skill]:
    """{skill: the one that takes its place in the shuffled controls}; none keeps its own while there are two.

    One permutation a seed, so that the selecting and the synthesising control aim at the same skills."""
    order = sorted(pool.by_skill)
    random.Random(f"shuffled skills {seed}").shuffle(order)
    # a rotation of a random order is a permutation without fixed points
    return dict(zip(order, order[1:] + order[:1], strict=True))


def shuffled_skills(missing: Sequence[Missing], pool: Pool, seed: int) -> list[Missing]:
    """The profile's counts on permuted skills."""
    after = permutation(pool, seed)
    moved = [(id, after.get((subject, skill))) for id, subject, skill in missing]
    return [(id, *skill) for id, skill in moved if skill]


def _draws(
    method: str,
    pool: Pool,
    missing: Sequence[Missing],
    settings: TrainingSetConfig,
    neighbours: Sequence[Neighbours],
    rng: random.Random,
) -> Iterator[Draw]:
    if method in ("random", "math-train", "math-augment"):
        return (Draw(question) for question in pool.questions)
    if method == "math-hard":
        return (Draw(question) for question in _hardest(pool))
    if method == "skill-shuffled":
        missing = shuffled_skills(missing, pool, settings.seed)
    if method == "embed-sel":
        return (Draw(question, id) for id, questions in neighbours for question in questions)
    return _targeted(pool, missing, settings.per_skill, rng)


def _targeted(pool: Pool, missing: Sequence[Missing], per_skill: int, rng: random.Random) -> Iterator[Draw]:
    for difficult_question_id, subject, skill in missing:
        carriers = pool.by_skill.get((subject, skill), [])
        for question in rng.sample(carriers, min(per_skill, len(carriers))):
            yield Draw(question, difficult_question_id, skill)


def _shares(
    method: str,
    pool: Pool,
    missing: Sequence[Missing],
    numbers: Numbers,
    settings: TrainingSetConfig,
    solutions: Solutions,
    rng: random.Random,
) -> list[tuple[str, list[tuple[Draw, int]], int]]:
    """Each skill's candidates: what the recipe draws for it, then the pool's other questions with it.

    The skill with the fewest questions comes first, so that others leave it what only it can use."""
    by_skill = pool.by_skill
    shares = []
    for skill in sorted(numbers, key=lambda skill: (len(by_skill.get(skill, ())), skill)):
        callers = [item for item in missing if item[1:] == skill]
        drawn = list(_targeted(pool, callers, settings.per_skill, rng))
        known = {draw.question.id for draw in drawn}
        others = [question for question in by_skill.get(skill, ()) if question.id not in known]
        rng.shuffle(others)
        more = [
            Draw(question, callers[at % len(callers)][0] if callers else None, skill[1])
            for at, question in enumerate(others)
        ]
        parts = [_pairs(draws, solutions, method) for draws in (drawn, more)]
        for part in parts:
            rng.shuffle(part)
        shares.append((skill[1], [pair for part in parts for pair in part], numbers[skill]))
    return shares


def _round_robin(pool: Pool, solutions: Solutions, rng: random.Random) -> list[tuple[Draw, int]]:
    """Pairs in turns over the skills, so that any number of the first ones is uniform over them."""
    queues = [
        _pairs(map(Draw, questions), solutions, "uniform") for _, questions in sorted(pool.by_skill.items())
    ]
    for queue in queues:
        rng.shuffle(queue)
    turns = itertools.zip_longest(*queues)
    return [pair for turn in turns for pair in turn if pair is not None]


def _hardest(pool: Pool) -> list[Question]:
    highest = max((question.level for question in pool.questions if question.level is not None), default=None)
    if highest is None:
        raise StatError("method math-hard needs levels, and the pool's questions have none")
    return [q for q in pool.questions if q.level is not None and q.level >= math.ceil(0.8 * highest)]


def _pairs(draws: Iterable[Draw], solutions: Solutions, method: str) -> list[tuple[Draw, int]]:
    return [(draw, index) for draw in draws for index in solutions.indices(draw.question, method)]


def _example(
    method: str, pool: Pool, draw: Draw, answer: int, solution: Solution, is_repeat: bool
) -> TrainingExample:
    question, (text, calls) = draw.question, solution
    return TrainingExample(
        example_id=content_hash(question.id, answer),
        question_id=question.id,
        problem=question.problem,
        solution=text,
        subject=question.subject or "",
        skills=pool.skills(question.id),
        method=method,
        answer_index=answer,
        difficult_question_id=draw.difficult_question_id,
        missing_skill=draw.missing_skill,
        teacher_calls=calls,
        is_repeat=is_repeat,
    )


def _pair_key(pair: tuple[Draw, int]) -> tuple[str, int]:
    return pair[0].question.id, pair[1]
