"""Stage 3, synthesis up to a person's numbers: so many pairs a skill, however many questions it takes.

The paper asks for a fixed number of questions a (difficult question, missing skill) and takes what
passes. Where a person set how many pairs a skill is to have, the teacher is asked in rounds: each
later one for what the gates left short. A skill that no difficult question misses is written for
all the same, on nobody's behalf."""

import math
import random
from collections import Counter
from collections.abc import Mapping, Sequence

from stat_engine.config import TrainingSetConfig
from stat_engine.records import DroppedQuestion, TrainingExample
from stat_engine.skills import Skill
from stat_engine.stages.select import Missing, Numbers, Pool
from stat_engine.stages.synthesize import Around, Request, synthesize

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
    """What was asked for and what came of it, until every skill has its number or ROUNDS are over.

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
        for at in range(asked[skill], asked[skill] + n):
            rng = random.Random(f"stat-syn {settings.seed} {skill} {at}")
            shown = rng.sample(carriers, min(settings.references, len(carriers)))
            requests.append((callers[at % len(callers)], shown, at // len(callers)))
    return requests
