"""What arms differ in: gains skill by skill (figure 4's map), and the questions that only one has right."""

from typing import Any, Literal, TypedDict, get_args

import pandas as pd

from stat_engine.errors import StatError
from stat_engine.records import Question, SkillMapEntry
from stat_engine.skills import Skill
from stat_engine.stats import Correction, bonett_price, corrected, mcnemar
from stat_engine.store import query
from stat_engine.store.run_folder import RunFolder
from stat_engine.views.evaluations import (
    KEYS,
    OVERRULED,
    Evaluations,
    Group,
    by_verdict,
    carried,
    evaluated,
    evaluations,
    fields,
    members,
    missed_skills,
    need_arm,
    tables_of,
)

CORRECTIONS: tuple[Correction, ...] = ("benjamini-hochberg", "holm", "none")
GAIN_COLUMNS = [
    *KEYS, "arm", "accuracy", "reference_accuracy", "gain", "ci_low", "ci_high", "n_questions",
    "n_gained", "n_lost", "p_value", "p_adjusted",
]  # fmt: skip
"""Of one group and arm: `gain` is the paired difference from the reference with Bonett and Price's 95%
interval, a fraction; `p_value` is the exact McNemar test over the group's questions, a question's seeds and
samples averaged first; `p_adjusted` is corrected for all rows returned."""
Direction = Literal["both", "gained", "lost"]
"""Right more often than the reference (wrong to right), less often (right to wrong), or either."""
FLIP_COLUMNS = [
    "question_id", "subject", "level", "direction", "reference_share", "share", "reference_answer", "answer",
    "expected", "problem",
]  # fmt: skip
"""Shares right are fractions over seeds and samples; answers are those of the first seed's first sample."""


class Flips(TypedDict):
    """The questions that one arm has right more often, or less often, than a reference."""

    n_gained: int
    n_lost: int
    n_questions: int
    """That both answered, under the subject, level and skill asked for."""
    n_rows: int
    """In the direction asked for."""
    rows: pd.DataFrame
    """One page of them by question id, FLIP_COLUMNS."""


class ArmResponse(TypedDict):
    """One response of an arm."""

    response_id: str
    seed: int
    sample: int
    response: str
    answer: str | None
    """As extracted; null: none found."""
    is_correct: bool | None
    """As people left it; null: unknown."""
    n_tokens: int | None
    """Null: imported without a count."""
    finish_reason: str | None
    """`stop`, or `length` where it was cut off; null: imported without one."""


class Side(TypedDict):
    """What one arm answered to a question."""

    arm: str
    responses: list[ArmResponse]
    """By seed and sample."""


class _Asked(TypedDict):
    question_id: str
    subject: str
    """Empty: none given."""
    level: int | None
    """Null: not graded."""
    problem: str
    solution: str | None
    """Null: none given."""
    expected: str | None
    """The right answer; null: unknown."""


class Flip(_Asked):
    """One question with all responses of two arms."""

    skills: list[Skill]
    direction: Literal["gained", "lost"] | None
    """Null: both are right equally often, or one was not asked."""
    sides: list[Side]
    """The reference, then the arm."""


def skill_gains(
    run: RunFolder,
    reference: str = "base",
    only_missed: bool = True,
    correction: Correction = "benjamini-hochberg",
    benchmark: str | None = None,
    group: Group = "skill",
) -> pd.DataFrame:
    """One row a group (skill, subject or level) and arm: its gain over the reference; GAIN_COLUMNS.

    Skills are the most missed ones in the profile's order (chosen on other questions than these, so that
    choosing them costs nothing) or, where `only_missed` is False or there is no profile, every skill by
    name; arms are ordered best first. Raises StatError for an unknown arm or correction."""
    if correction not in CORRECTIONS:
        raise StatError(f"found correction {correction!r}, expected one of: {', '.join(CORRECTIONS)}")
    of = evaluations(run, benchmark)
    is_of_skills = only_missed and group == "skill"
    found = _chosen(members(run, of.benchmark, group), missed_skills(run) if is_of_skills else [])
    others = of.shares.drop(columns=need_arm(of, reference))
    ours = others[others.mean().sort_values(ascending=False).index]
    theirs = of.shares[reference]
    moved = ours.sub(theirs, axis=0)
    both = moved.notna()
    cells = pd.DataFrame(
        {
            "accuracy": _by_skill(found, ours.where(both), "mean"),
            "reference_accuracy": _by_skill(found, both.where(both).mul(theirs, axis=0), "mean"),
            "gain": _by_skill(found, moved, "mean"),
            "total": _by_skill(found, moved, "sum"),
            "squares": _by_skill(found, moved**2, "sum"),
            "n_questions": _by_skill(found, both.astype(int), "sum"),
            "p_value": _by_skill(found, moved, lambda of: mcnemar(of.dropna(), 0)),
            "n_gained": _by_skill(found, (moved > 0).astype(int), "sum"),
            "n_lost": _by_skill(found, (moved < 0).astype(int), "sum"),
        }
    ).reset_index()
    cells["ci_low"], cells["ci_high"] = bonett_price(cells.total, cells.squares, cells.n_questions)
    cells["p_adjusted"] = corrected(cells.p_value, correction)
    return cells[GAIN_COLUMNS]


def _chosen(members: pd.DataFrame, skills: list[Skill]) -> pd.DataFrame:
    """The memberships of these skills, in their order; all of them where none is given or none is tested."""
    place = {skill: at for at, skill in enumerate(skills)}
    at = [place.get(skill, -1) for skill in zip(members.subject, members.skill, strict=True)]
    ranked = members.assign(at=at)
    if (ranked["at"] < 0).all():
        return ranked
    return ranked[ranked["at"] >= 0].sort_values("at", kind="stable")


def _by_skill(members: pd.DataFrame, grid: pd.DataFrame, how: Any) -> Any:
    """The grid's columns over the questions of each group: indexed by its keys and arm."""
    joined = members[[*KEYS, "question_id"]].merge(grid, left_on="question_id", right_index=True)
    by = joined.drop(columns="question_id").groupby(KEYS, sort=False)
    return by.agg(how).rename_axis(columns="arm").stack(future_stack=True)


def flips(
    run: RunFolder,
    arm: str,
    reference: str = "base",
    direction: Direction = "both",
    subject: str | None = None,
    level: str | None = None,
    skill: Skill | None = None,
    benchmark: str | None = None,
    offset: int = 0,
    limit: int = 50,
) -> Flips:
    """The questions that the arm has right more often (gained) or less often (lost) than the reference.

    `level` is text, empty for questions without one. Raises StatError for an arm that is not evaluated, and
    for an unknown direction."""
    if direction not in get_args(Direction):
        raise StatError(f"found direction {direction!r}, expected one of: {', '.join(get_args(Direction))}")
    of = _two(run, arm, reference, benchmark)
    paired = _under(run, of, subject, level, skill)
    moved = paired[arm] - paired[reference]
    wanted = {"both": moved != 0, "gained": moved > 0, "lost": moved < 0}[direction]
    page = paired[wanted].iloc[offset : offset + limit]
    rows = _texts(run, of, arm, reference, list(page.index))
    rows["reference_share"], rows["share"] = page[reference].to_numpy(), page[arm].to_numpy()
    rows["direction"] = ["gained" if at > 0 else "lost" for at in moved[page.index]]
    return {
        "n_gained": int((moved > 0).sum()),
        "n_lost": int((moved < 0).sum()),
        "n_questions": len(paired),
        "n_rows": int(wanted.sum()),
        "rows": rows[FLIP_COLUMNS],
    }


def flip(
    run: RunFolder, question_id: str, arm: str, reference: str = "base", benchmark: str | None = None
) -> Flip:
    """One question with all responses of both arms; raises StatError for a question that was not asked."""
    of = _two(run, arm, reference, benchmark)
    found = query.typed(
        _Asked,
        "select id as question_id, coalesce(subject, '') as subject, level, problem, solution, "
        "answer as expected from questions where id = ?",
        {"questions": (run.dataset_of(of.benchmark).question_table.files(), Question)},
        [question_id],
    )
    if not found or question_id not in of.shares.index:
        raise StatError(f"found question {question_id!r}, expected one that benchmark {of.benchmark} asked")
    entries = query.rows(
        "select subject, unnest(skills) as skill from skill_map where question_id = ?",
        {"skill_map": (run.dataset_of(of.benchmark).skill_map_table.files(), SkillMapEntry)},
        [question_id],
    )
    sides: list[Side] = [
        {"arm": name, "responses": _responses(run, of, name, question_id)} for name in (reference, arm)
    ]
    skills = [(entry["subject"], entry["skill"]) for entry in entries]
    before, after = of.shares.loc[[question_id], [reference, arm]].to_numpy()[0]
    moved = after - before
    return {
        **found[0],
        "skills": skills,
        "direction": "gained" if moved > 0 else "lost" if moved < 0 else None,
        "sides": sides,
    }


def _two(run: RunFolder, arm: str, reference: str, benchmark: str | None) -> Evaluations:
    """The grid of just the two arms."""
    name = benchmark or run.config.evaluation.split
    seeds = evaluated(run, benchmark)
    unknown = [one for one in (arm, reference) if one not in seeds]
    if unknown:
        raise StatError(f"found arm {unknown[0]!r}, expected one of: {', '.join(seeds)}")
    return Evaluations.read(run, name, {one: seeds[one] for one in dict.fromkeys((reference, arm))})


def _under(
    run: RunFolder, of: Evaluations, subject: str | None, level: str | None, skill: Skill | None
) -> pd.DataFrame:
    """The questions that both answered, of this subject and level and with this skill."""
    paired = of.shares.dropna()
    for field, wanted in (("subject", subject), ("level", level)):
        if wanted is not None:
            by_id = fields(run, of.benchmark)[field]
            paired = paired[paired.index.isin(by_id.index[by_id == wanted])]
    if skill is not None:
        members = carried(run, of.benchmark)
        carriers = members.question_id[(members.subject == skill[0]) & (members.skill == skill[1])]
        paired = paired[paired.index.isin(carriers)]
    return paired


def _texts(run: RunFolder, of: Evaluations, arm: str, reference: str, ids: list[str]) -> pd.DataFrame:
    """Question, level and both answers of a page's questions, in the page's order."""
    ours, theirs = (run.evaluation(one, of.seeds[one][0], of.benchmark) for one in (arm, reference))
    first = "select question_id, arg_min(answer, sample) as answer from {} group by all"
    return query.frame(
        "select q.id as question_id, coalesce(q.subject, '') as subject, q.level, q.problem, "
        "q.answer as expected, ours.answer, theirs.answer as reference_answer from questions q "
        f"left join ({first.format('ours')}) ours on ours.question_id = q.id "
        f"left join ({first.format('theirs')}) theirs on theirs.question_id = q.id "
        "where q.id in (select unnest(?)) order by q.id",
        {
            "questions": (run.dataset_of(of.benchmark).question_table.files(), Question),
            "ours": (ours.files(), ours.record),
            "theirs": (theirs.files(), theirs.record),
        },
        [ids],
    )


def _responses(run: RunFolder, of: Evaluations, arm: str, question_id: str) -> list[ArmResponse]:
    seeds = of.seeds[arm]
    fields = f"response_id, sample, response, answer, {OVERRULED}, n_tokens, finish_reason"
    parts = [
        f"select {seed:d} as seed, {fields} from e{at} where question_id = $3"
        for at, seed in enumerate(seeds)
    ]
    sql = f"{' union all '.join(parts)} order by seed, sample"
    parameters = [*by_verdict(run.verdicts()), question_id]
    return query.typed(ArmResponse, sql, tables_of(run, of.benchmark, arm, seeds), parameters)
