"""A dataset for browsing: its size and splits, its vocabulary, the audit of its Skill-Map, its questions."""

from collections import Counter
from typing import TypedDict

import pandas as pd

from stat_engine.errors import StatError, shown
from stat_engine.records import Question, SkillMapEntry, SkillMapReview
from stat_engine.skill_map.versions import versions as vocabulary_versions
from stat_engine.skills import normalise
from stat_engine.stats import wilson
from stat_engine.store import query
from stat_engine.store.dataset import SPLITS, Dataset

SUBJECT_COLUMNS = ["subject", "train", "validation", "test", "none", "n", "n_mapped"]
"""Questions by PARTS, in all, and those with a Skill-Map entry."""
VERSION_COLUMNS = ["version", "n_skills", "added", "removed", "made_by", "note"]
"""`added` and `removed` list the skills that changed since the version before."""
AUDIT_COLUMNS = [
    "subject", "fitted_on", "scored_on", "n_fitted", "n_scored", "hit_rate", "shuffled", "ceiling",
]  # fmt: skip
"""One direction of one subject: hit rates as fractions of the `n_scored` questions."""
SKILL_COLUMNS = ["subject", "skill", "train", "validation", "test", "n"]
"""Questions that carry the skill, by split and in all."""
QUESTION_COLUMNS = ["question_id", "subject", "level", "part", "skills", "problem"]
"""`skills` is a list; `problem` the first 400 characters."""
PARTS = ("train", "validation", "test", "none")
"""Where a question is: stored splits first, else as the dataset has it; `none`: in no split."""
_PLACED = """
placed as (
  select q.id, coalesce(q.subject, '') as subject, q.level,
    case when v.id is not null then 'validation' when t.id is not null then 'test'
         when list_contains(?::varchar[], q.split) then 'none' else coalesce(q.split, 'none') end as part
  from questions q
  left join (select unnest(?::varchar[]) as id) v on v.id = q.id
  left join (select unnest(?::varchar[]) as id) t on t.id = q.id)
"""
_COUNTS = f"""with {_PLACED}, carried as (select question_id, subject, unnest(skills) as skill from skill_map)
select c.subject, c.skill, count(*) filter (p.part = 'train') as train,
  count(*) filter (p.part = 'validation') as validation, count(*) filter (p.part = 'test') as test,
  count(*) as n
from carried c join placed p on p.id = c.question_id group by all
"""
_CHOSEN = f"""with {_PLACED}
select p.id as question_id, coalesce(m.subject, p.subject) as subject, p.level, p.part,
  coalesce(m.skills, []) as skills, count(*) over () as n
from placed p left join skill_map m on m.question_id = p.id
where (? is null or coalesce(m.subject, p.subject) = ?) and (? is null or list_contains(m.skills, ?))
  and (? is null or p.part = ?)
"""
_SEARCH = " and p.id in (select id from questions where contains(lower(problem || ' ' || id), lower(?)))"
_PAGE = " order by p.id limit ? offset ?"
_TEXTS = """
select id, left(problem, 400) as problem from questions where id in (select unnest(?::varchar[]))
"""
_SUBJECTS = f"""with {_PLACED}
select p.subject, count(*) filter (p.part = 'train') as train,
  count(*) filter (p.part = 'validation') as validation, count(*) filter (p.part = 'test') as test,
  count(*) filter (p.part = 'none') as none, count(*) as n, count(m.question_id) as n_mapped
from placed p left join skill_map m on m.question_id = p.id group by p.subject order by p.subject
"""

StoredSplit = TypedDict("StoredSplit", {"from": str, "seed": int})
"""The split that a stored one was drawn from, and the seed."""


class Summary(TypedDict):
    """A dataset in numbers."""

    dataset: str
    n_questions: int
    n_mapped: int
    """Questions with a Skill-Map entry."""
    n_skills: int
    """0: no vocabulary."""
    parts: dict[str, int]
    """Questions by PARTS."""
    n_reviews: int
    """Questions whose Skill-Map entry is for review."""
    splits: dict[str, StoredSplit]
    """By name, those drawn here; others are as the dataset came."""


class Audit(TypedDict):
    """What a probe found of the Skill-Map."""

    findings: list[str]
    """Sentences."""
    is_current: bool
    """Neither the Skill-Map nor the vocabulary changed since."""
    rows: pd.DataFrame
    """AUDIT_COLUMNS with `ci_low` and `ci_high`, Wilson's 95% limits of the hit rate; empty: not kept."""


class MappedQuestion(TypedDict):
    """One question with its entry in the Skill-Map."""

    question: Question
    entry: SkillMapEntry | None
    """Null: not mapped."""
    part: str
    """One of PARTS."""
    reviews: list[SkillMapReview]
    """Why its entry is for review; empty: it is not."""


def summary(dataset: Dataset) -> Summary:
    """Counts of the questions, the vocabulary and the splits."""
    vocabulary = dataset.vocabulary
    counts = subjects(dataset)[[*PARTS, "n", "n_mapped"]].sum()
    stored = {name: dataset.stored_split(name) for name in SPLITS}
    return {
        "dataset": dataset.name,
        "n_questions": int(counts.n),
        "n_mapped": int(counts.n_mapped),
        "n_skills": len(vocabulary) if vocabulary else 0,
        "parts": {name: int(counts[name]) for name in PARTS},
        "n_reviews": len(dataset.skill_map_reviews()),
        "splits": {
            name: {"from": drawn["from"], "seed": drawn["seed"]} for name, drawn in stored.items() if drawn
        },
    }


def subjects(dataset: Dataset) -> pd.DataFrame:
    """One row a subject of the questions, sorted, with SUBJECT_COLUMNS."""
    return query.frame(_SUBJECTS, _tables(dataset), _parts(dataset))[SUBJECT_COLUMNS]


def splits(dataset: Dataset) -> dict[str, int]:
    """Questions of train, validation and test as a run meets them: stored splits first, else the
    dataset's."""
    sql = f"with {_PLACED} select part, count(*) as n from placed group by part"
    found = {row["part"]: row["n"] for row in query.rows(sql, _tables(dataset), _parts(dataset))}
    return {part: found.get(part, 0) for part in ("train", "validation", "test")}


def versions(dataset: Dataset) -> pd.DataFrame:
    """One row a version of the vocabulary, newest first, with VERSION_COLUMNS."""
    return pd.DataFrame(list(reversed(vocabulary_versions(dataset))), columns=VERSION_COLUMNS)


def audit(dataset: Dataset) -> Audit | None:
    """The kept audit of the Skill-Map; None where there was none yet."""
    kept = dataset.audit()
    if kept is None:
        return None
    rows = pd.DataFrame(kept["rows"], columns=AUDIT_COLUMNS)
    pairs = zip(rows.hit_rate, rows.n_scored, strict=True)
    limits = [wilson(round(rate * n), int(n)) for rate, n in pairs]
    rows["ci_low"], rows["ci_high"] = [low for low, _ in limits], [high for _, high in limits]
    return {"findings": kept["findings"], "is_current": kept["is_current"], "rows": rows}


def reviews(dataset: Dataset) -> list[SkillMapReview]:
    """Questions whose Skill-Map entry is for review."""
    return dataset.skill_map_reviews()


def skills(dataset: Dataset) -> pd.DataFrame:
    """One row a skill of the vocabulary with SKILL_COLUMNS: questions that carry it, by split and in all.

    Empty where the dataset has no vocabulary."""
    vocabulary = dataset.vocabulary
    every = pd.DataFrame(list(vocabulary or ()), columns=["subject", "skill"])
    counts = query.frame(_COUNTS, _tables(dataset), _parts(dataset))
    table = every.merge(counts, on=["subject", "skill"], how="left").fillna(0)
    return table.astype(dict.fromkeys(SKILL_COLUMNS[2:], int))[SKILL_COLUMNS]


def matching(table: pd.DataFrame, subject: str | None, search: str) -> pd.DataFrame:
    """The rows of `skills` that are of a subject and whose name contains the words, in any spelling."""
    keep = table.subject.eq(subject) if subject is not None else pd.Series(True, index=table.index)
    words = normalise(search)
    names = table.skill.map(normalise) + " " + table.subject.str.lower()
    return table[keep & names.str.contains(words, regex=False)].reset_index(drop=True)


def doubled(dataset: Dataset) -> list[str]:
    """Skill names that the vocabulary has under several subjects: these need their subject beside them."""
    counts = Counter(skill for _, skill in dataset.vocabulary or ())
    return sorted(skill for skill, n in counts.items() if n > 1)


def questions(
    dataset: Dataset,
    subject: str | None = None,
    skill: str | None = None,
    part: str | None = None,
    search: str = "",
    page: int = 0,
    page_rows: int = 50,
) -> tuple[pd.DataFrame, int]:
    """(a page of the chosen questions with QUESTION_COLUMNS, how many there are in all).

    `part` is one of PARTS; the search is in text and id."""
    tables, words = _tables(dataset), search.strip()
    chosen = [*_parts(dataset), subject, subject, skill, skill, part, part, *([words] if words else [])]
    # texts are wide: they are read only where they are searched, and then for the rows of the page
    sql = _CHOSEN + (_SEARCH if words else "")
    rows = query.rows(sql + _PAGE, tables, [*chosen, page_rows, page * page_rows])
    found = query.rows(_TEXTS, tables, [[row["question_id"] for row in rows]])
    problems = {row["id"]: row["problem"] for row in found}
    shown = [row | {"problem": problems[row["question_id"]]} for row in rows]
    n = rows[0]["n"] if rows else 0
    return pd.DataFrame(shown, columns=QUESTION_COLUMNS), int(n)


def question(dataset: Dataset, question_id: str) -> MappedQuestion:
    """One question with its entry. Raises StatError where the dataset has none of this id."""
    found = query.records(Question, dataset.question_table.files(), "id", question_id)
    if not found:
        raise StatError(f"dataset {dataset.name} has no question {shown(question_id)}")
    mapped = query.records(SkillMapEntry, dataset.skill_map_table.files(), "question_id", question_id)
    placed = f"with {_PLACED} select part from placed where id = ?"
    return {
        "question": found[0],
        "entry": mapped[0] if mapped else None,
        "part": query.rows(placed, _tables(dataset), [*_parts(dataset), question_id])[0]["part"],
        "reviews": [review for review in dataset.skill_map_reviews() if review.question_id == question_id],
    }


def _tables(dataset: Dataset) -> query.Tables:
    return {
        "questions": (dataset.question_table.files(), Question),
        "skill_map": (dataset.skill_map_table.files(), SkillMapEntry),
    }


def _parts(dataset: Dataset) -> list[list[str]]:
    """The parameters of _PLACED: names of the stored splits, and the ids of each."""
    stored = {name: dataset.stored_split(name) for name in SPLITS}
    ids = {name: list(of["ids"]) if of else [] for name, of in stored.items()}
    return [[name for name, of in stored.items() if of], ids["validation"], ids["test"]]
