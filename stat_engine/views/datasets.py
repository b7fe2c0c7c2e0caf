"""A dataset at a glance: how many questions, how they are split, its vocabulary's versions, its audit.

The vocabulary and the Skill-Map for browsing: subjects, their skills, the questions that carry them.
"""

from collections import Counter
from typing import Any

import pandas as pd

from stat_engine.errors import StatError, shown
from stat_engine.records import Question, SkillMapEntry, SkillMapReview
from stat_engine.skill_map import versions as versions_module
from stat_engine.skills import normalise
from stat_engine.stats import wilson
from stat_engine.store import query
from stat_engine.store.dataset import SPLITS, Dataset

AUDIT_COLUMNS = [
    "subject",
    "fitted_on",
    "scored_on",
    "n_fitted",
    "n_scored",
    "hit_rate",
    "shuffled",
    "ceiling",
]


def summary(dataset: Dataset) -> dict[str, Any]:
    """{"dataset", "n_questions", "n_mapped", "n_skills", "parts": {split: questions}, "n_reviews", "splits":
    {stored split: {"from", "seed"}}}."""
    by_subject, vocabulary = subjects(dataset), dataset.vocabulary
    counts = by_subject[["train", "validation", "test", "none", "n", "n_mapped"]].sum()
    stored = {name: dataset.stored_split(name) for name in SPLITS}
    return {
        "dataset": dataset.name,
        "n_questions": int(counts.n),
        "n_mapped": int(counts.n_mapped),
        "n_skills": len(vocabulary) if vocabulary else 0,
        "parts": {name: int(counts[name]) for name in ("train", "validation", "test", "none")},
        "n_reviews": len(dataset.skill_map_reviews()),
        "splits": {
            name: {key: value for key, value in of.items() if key != "ids"}
            for name, of in stored.items()
            if of
        },
    }


def versions(dataset: Dataset) -> pd.DataFrame:
    """One row a version of the vocabulary, newest first: version, n_skills, added and removed since the
    version before (lists), made_by and note."""
    columns = ["version", "n_skills", "added", "removed", "made_by", "note"]
    return pd.DataFrame(list(reversed(versions_module.versions(dataset))), columns=columns)


def audit(dataset: Dataset) -> dict[str, Any] | None:
    """The kept audit, {"findings", "is_current", "rows"}; None where nobody looked yet.

    `rows`: a frame, one row a subject and direction, hit rates as fractions with their Wilson 95% limits."""
    kept = dataset.audit()
    if kept is None:
        return None
    rows = pd.DataFrame(kept["rows"], columns=AUDIT_COLUMNS)
    pairs = zip(rows.hit_rate, rows.n_scored, strict=True)
    limits = [wilson(round(rate * n), int(n)) for rate, n in pairs]
    rows["ci_low"], rows["ci_high"] = [low for low, _ in limits], [high for _, high in limits]
    return kept | {"rows": rows}


PARTS = ("train", "validation", "test", "none")
"""Where a question stands: stored splits first, else as the dataset has it; `none`: in no split."""
PLACED = """
placed as (
  select q.id, coalesce(q.subject, '') as subject, q.level,
    case when v.id is not null then 'validation' when t.id is not null then 'test'
         when list_contains(?::varchar[], q.split) then 'none' else coalesce(q.split, 'none') end as part
  from questions q
  left join (select unnest(?::varchar[]) as id) v on v.id = q.id
  left join (select unnest(?::varchar[]) as id) t on t.id = q.id)
"""
COUNTS = f"""with {PLACED}, carried as (select question_id, subject, unnest(skills) as skill from skill_map)
select c.subject, c.skill, count(*) filter (p.part = 'train') as train,
  count(*) filter (p.part = 'validation') as validation, count(*) filter (p.part = 'test') as test,
  count(*) as n
from carried c join placed p on p.id = c.question_id group by all
"""
CHOSEN = f"""with {PLACED}
select p.id as question_id, coalesce(m.subject, p.subject) as subject, p.level, p.part,
  coalesce(m.skills, []) as skills, count(*) over () as n
from placed p left join skill_map m on m.question_id = p.id
where (? is null or coalesce(m.subject, p.subject) = ?) and (? is null or list_contains(m.skills, ?))
  and (? is null or p.part = ?)
"""
SEARCH = " and p.id in (select id from questions where contains(lower(problem || ' ' || id), lower(?)))"
PAGE = " order by p.id limit ? offset ?"
TEXTS = """
select id, left(problem, 400) as problem from questions where id in (select unnest(?::varchar[]))
"""
SUBJECTS = f"""with {PLACED}
select p.subject, count(*) filter (p.part = 'train') as train,
  count(*) filter (p.part = 'validation') as validation, count(*) filter (p.part = 'test') as test,
  count(*) filter (p.part = 'none') as none, count(*) as n, count(m.question_id) as n_mapped
from placed p left join skill_map m on m.question_id = p.id group by p.subject order by p.subject
"""
QUESTION_COLUMNS = ["question_id", "subject", "level", "part", "skills", "problem"]
SKILL_COLUMNS = ["subject", "skill", "train", "validation", "test", "n"]


def skills(dataset: Dataset) -> pd.DataFrame:
    """One row a skill of the vocabulary with SKILL_COLUMNS: questions that carry it, by split and in all.

    Empty where the dataset has no vocabulary."""
    vocabulary = dataset.vocabulary
    every = pd.DataFrame(list(vocabulary or ()), columns=["subject", "skill"])
    counts = query.frame(COUNTS, _tables(dataset), _parts(dataset))
    table = every.merge(counts, on=["subject", "skill"], how="left").fillna(0)
    return table.astype(dict.fromkeys(SKILL_COLUMNS[2:], int))[SKILL_COLUMNS]


def doubled(dataset: Dataset) -> list[str]:
    """Skill names that the vocabulary has under several subjects: these need their subject beside them."""
    counts = Counter(skill for _, skill in dataset.vocabulary or ())
    return sorted(skill for skill, n in counts.items() if n > 1)


def subjects(dataset: Dataset) -> pd.DataFrame:
    """One row a subject of the questions: how many in train, validation, test, none, in all, and mapped."""
    return query.frame(SUBJECTS, _tables(dataset), _parts(dataset))


def questions(
    dataset: Dataset,
    subject: str | None = None,
    skill: str | None = None,
    part: str | None = None,
    search: str = "",
    page: int = 0,
    page_rows: int = 50,
) -> tuple[pd.DataFrame, int]:
    """(a page of the questions meant, how many there are in all); the search is in text and id.

    Columns: QUESTION_COLUMNS, with skills as a list and the beginning of the problem."""
    tables, words = _tables(dataset), search.strip()
    chosen = [*_parts(dataset), subject, subject, skill, skill, part, part, *([words] if words else [])]
    # texts are wide: they are read only where they are searched, and then for the rows of the page
    sql = CHOSEN + (SEARCH if words else "")
    rows = query.rows(sql + PAGE, tables, [*chosen, page_rows, page * page_rows])
    found = query.rows(TEXTS, tables, [[row["question_id"] for row in rows]])
    problems = {row["id"]: row["problem"] for row in found}
    shown = [row | {"problem": problems[row["question_id"]]} for row in rows]
    n = rows[0]["n"] if rows else 0
    return pd.DataFrame(shown, columns=QUESTION_COLUMNS), int(n)


def question(dataset: Dataset, question_id: str) -> dict[str, Any]:
    """One question with its entry: {"question": Question, "entry": SkillMapEntry or None, "part", "reviews":
    [SkillMapReview]}. Raises StatError where the dataset has none of this id."""
    tables = _tables(dataset)
    found = query.rows("select * from questions where id = ?", tables, [question_id])
    if not found:
        raise StatError(f"dataset {dataset.name} has no question {shown(question_id)}")
    mapped = query.rows("select * from skill_map where question_id = ?", tables, [question_id])
    placed = f"with {PLACED} select part from placed where id = ?"
    return {
        "question": Question.model_construct(None, **found[0]),
        "entry": SkillMapEntry.model_construct(None, **mapped[0]) if mapped else None,
        "part": query.rows(placed, tables, [*_parts(dataset), question_id])[0]["part"],
        "reviews": [review for review in dataset.skill_map_reviews() if review.question_id == question_id],
    }


def reviews(dataset: Dataset) -> list[SkillMapReview]:
    """Questions whose Skill-Map entry wants a person's eye."""
    return dataset.skill_map_reviews()


def matching(table: pd.DataFrame, subject: str | None, search: str) -> pd.DataFrame:
    """The rows of `skills` that are of a subject and whose name contains the words, in any spelling."""
    keep = table.subject.eq(subject) if subject is not None else pd.Series(True, index=table.index)
    words = normalise(search)
    names = table.skill.map(normalise) + " " + table.subject.str.lower()
    return table[keep & names.str.contains(words, regex=False)].reset_index(drop=True)


def _tables(dataset: Dataset) -> query.Tables:
    return {
        "questions": (dataset.question_table.files(), Question),
        "skill_map": (dataset.skill_map_table.files(), SkillMapEntry),
    }


def _parts(dataset: Dataset) -> list[list[str]]:
    """The parameters of PLACED: names of the stored splits, and the ids of each."""
    stored = {name: dataset.stored_split(name) for name in SPLITS}
    ids = {name: list(of["ids"]) if of else [] for name, of in stored.items()}
    return [[name for name, of in stored.items() if of], ids["validation"], ids["test"]]
