"""Questions on which two arms differ, and both arms' responses to one of them."""

from typing import Any, Literal, get_args

import pandas as pd

from stat_engine.errors import StatError
from stat_engine.records import Question, SkillMapEntry
from stat_engine.store import query
from stat_engine.store.run_folder import RunFolder
from stat_engine.views.evaluations import Evaluations, carried, evaluated, fields, tables_of

Direction = Literal["both", "gained", "lost"]
"""Right more often than the reference (wrong to right), less often (right to wrong), or either."""
COLUMNS = [
    "question_id", "subject", "level", "direction", "reference_share", "share", "reference_answer", "answer",
    "expected", "problem",
]  # fmt: skip


def flips(
    run: RunFolder,
    arm: str,
    reference: str = "base",
    direction: Direction = "both",
    subject: str | None = None,
    level: str | None = None,
    skill: tuple[str, str] | None = None,
    benchmark: str | None = None,
    offset: int = 0,
    limit: int = 50,
) -> dict[str, Any]:
    """The questions that the arm has right more often (gained) or less often (lost) than the reference.

    {"n_gained", "n_lost", "n_questions": under the subject, level and skill asked for; "n_rows": in the
    direction asked for; "rows": one page of them as a frame, by question id}. Shares are fractions over seeds
    and samples; the answers are those of the first seed's first sample. `skill` is (subject, skill), `level`
    its text, empty for questions without one. Raises StatError for an arm that is not evaluated, and for an
    unknown direction."""
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
        "rows": rows[COLUMNS],
    }


def flip(
    run: RunFolder, question_id: str, arm: str, reference: str = "base", benchmark: str | None = None
) -> dict[str, Any]:
    """One question with all responses of both arms.

    {"question_id", "subject", "level", "problem", "solution", "expected", "skills": [(subject, skill)],
    "direction": gained, lost, or None where both are right equally often or one was not asked,
    "sides": [the reference, the arm], each {"arm", "responses": [{"seed", "sample", "response", "answer",
    "is_correct", "n_tokens", "finish_reason"}]}}. Raises StatError for a question that was not asked."""
    of = _two(run, arm, reference, benchmark)
    found = query.rows(
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
    sides = [{"arm": name, "responses": _responses(run, of, name, question_id)} for name in (reference, arm)]
    skills = [(entry["subject"], entry["skill"]) for entry in entries]
    before, after = of.shares.loc[[question_id], [reference, arm]].to_numpy()[0]
    moved = after - before
    direction = "gained" if moved > 0 else "lost" if moved < 0 else None
    return {**found[0], "skills": skills, "direction": direction, "sides": sides}


def _two(run: RunFolder, arm: str, reference: str, benchmark: str | None) -> Evaluations:
    """The grid of just the two arms."""
    name = benchmark or run.config.evaluation.split
    seeds = evaluated(run, benchmark)
    unknown = [one for one in (arm, reference) if one not in seeds]
    if unknown:
        raise StatError(f"found arm {unknown[0]!r}, expected one of: {', '.join(seeds)}")
    return Evaluations.read(run, name, {one: seeds[one] for one in dict.fromkeys((reference, arm))})


def _under(
    run: RunFolder, of: Evaluations, subject: str | None, level: str | None, skill: tuple[str, str] | None
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


def _responses(run: RunFolder, of: Evaluations, arm: str, question_id: str) -> list[dict[str, Any]]:
    seeds = of.seeds[arm]
    fields = "sample, response, answer, is_correct, n_tokens, finish_reason"
    parts = [
        f"select {seed:d} as seed, {fields} from e{at} where question_id = $1"
        for at, seed in enumerate(seeds)
    ]
    sql = f"{' union all '.join(parts)} order by seed, sample"
    return query.rows(sql, tables_of(run, of.benchmark, arm, seeds), [question_id])
