"""Training sets against the profile: what each holds by skill, what a set is planned to hold, and leakage.

Sets are shown as people left them: without the examples they dropped."""

from collections import Counter
from collections.abc import Sequence
from typing import Literal, TypedDict

import numpy as np
import pandas as pd

from stat_engine.config import TrainingSetConfig
from stat_engine.errors import StatError
from stat_engine.method import computed
from stat_engine.method.profile import missed
from stat_engine.method.training_sets.allocate import allocate, planned_pairs
from stat_engine.method.training_sets.neighbours import NearTo
from stat_engine.records import DroppedQuestion, Question, SkillMapEntry, TrainingExample
from stat_engine.skills import Skill
from stat_engine.stats import wilson
from stat_engine.store import query
from stat_engine.store.event_log import decisions
from stat_engine.store.run_folder import RunFolder
from stat_engine.views.labels import labels_in_force

LISTED = [
    "set", "method", "n_pairs", "n_questions", "n_repeats", "n_dropped", "n_edited", "overlap", "arms",
    "notes",
]  # fmt: skip
"""`overlap` is the share of the set's skill counts that fits the profile's, in [0, 1] (1 less the total
variation distance; null without labels); `arms` lists the arms trained on it."""
SHARES = ["set", "subject", "skill", "n", "share"]
"""`n` pairs of the set carry the skill, a fraction `share` of all."""
MISSED = ["subject", "skill", "n_missing", "share", "ci_low", "ci_high"]
"""`share` of the labelled difficult questions, a fraction with its 95% Wilson interval."""
CARRIED = ["set", "method", "subject", "skill", "n", "n_pairs", "share"]
"""`share` of the set's pairs, a fraction; 0 where none carries the skill."""
PLANNED = ["subject", "skill", "n_missing", "n_aimed", "pairs", "share", "n_pool"]
"""`n_missing` difficult questions miss the skill, the allocation aims at `n_aimed` of them; `pairs` of the
set are planned for it, a fraction `share` of all; `n_pool` training questions carry it, before near-copies
of evaluation questions are left out."""
BINS = 20
"""Bars of the histogram over shares from 0 to 1."""
_CARRIERS = """
select carried.subject, carried.skill, count(*) as n
from (select m.subject, m.question_id, unnest(m.skills) as skill from skill_map m) carried
join questions q on q.id = carried.question_id
where q.split = 'train' and coalesce(q.solution, '') <> '' and not list_contains(?, q.id)
group by all
"""


class SkillCount(TypedDict):
    """Pairs of a set, or questions, that carry one skill; one with two skills counts for both."""

    subject: str
    skill: str
    n: int


class SetSummary(TypedDict):
    """A training set as people left it."""

    set: str
    method: str
    """`imported` for one that was not built here."""
    n_pairs: int
    n_questions: int
    n_repeats: int
    """Pairs that stand earlier in the set too."""
    skills: list[SkillCount]
    """Most pairs first."""
    notes: list[str]
    """Sentences on how it was built."""


class AgainstProfile(TypedDict):
    """The profile's most missed skills beside the training sets (figure 2)."""

    n_difficult: int
    """Labelled difficult questions."""
    profile: pd.DataFrame
    """MISSED, most missed first."""
    sets: pd.DataFrame
    """CARRIED, a row a set and skill of `profile`."""


class NearQuestion(TypedDict):
    """A question of a set and the evaluation question nearest to it."""

    question_id: str
    example_id: str
    problem: str
    share: float
    """Of common three-word runs, in [0, 1]; 1: equal."""
    split: str
    """Of the evaluation question."""
    near_id: str
    near_problem: str


class Leakage(TypedDict):
    """How near a set's questions come to the evaluation questions."""

    run: str
    set: str
    n_questions: int
    n_evaluation: int
    threshold: float
    """`training_set.near` of the set."""
    n_near: int
    """Questions at the threshold or above."""
    n_equal: int
    """Questions of share 1."""
    highest: float | None
    """Null: nothing to compare with."""
    histogram: list[int]
    """Questions by share, BINS equal bins from 0 to 1."""
    nearest: list[NearQuestion]
    """Nearest first."""


class _Counts(TypedDict):
    n_pairs: int
    n_questions: int
    n_repeats: int


def summary(run: RunFolder, name: str) -> SetSummary:
    """What a set holds; raises NotThereYet where there is none of this name."""
    manifest = run.need_training_set(name).need("")
    tables, gone = _kept(run, name)
    (counts,) = query.typed(
        _Counts,
        "select count(*) as n_pairs, count(distinct question_id) as n_questions, "
        "count(*) filter (is_repeat) as n_repeats from examples where not list_contains(?, example_id)",
        tables,
        [gone],
    )
    skills = query.typed(
        SkillCount,
        "select subject, skill, count(*) as n from (select subject, unnest(skills) as skill from examples "
        "where not list_contains(?, example_id)) group by all order by n desc, subject, skill",
        tables,
        [gone],
    )
    return {
        "set": name,
        "method": manifest.settings.get("method", "imported"),
        **counts,
        "skills": skills,
        "notes": manifest.notes,
    }


def listed(run: RunFolder) -> pd.DataFrame:
    """One row a training set, with LISTED."""
    profile = _shares_of_profile(run) if run.missing_skills().manifest() else None
    trained = _trained(run)
    rows = []
    for name in run.training_set_names():
        of, now = summary(run, name), decisions(run.example_log(name).events())
        actions = [event.action for event in now.values()]
        rows.append(
            {
                **of,
                "n_dropped": actions.count("drop"),
                "n_edited": actions.count("edit"),
                "overlap": _overlap(profile, of["skills"]) if profile else None,
                "arms": trained.get(name, []),
                "notes": "; ".join(of["notes"]),
            }
        )
    return pd.DataFrame(rows, columns=LISTED)


def dropped(run: RunFolder, name: str) -> pd.DataFrame:
    """The new questions that a synthesised set left out, one row each, with the fields of DroppedQuestion."""
    run.need_training_set(name)
    rows = [one.model_dump() for one in run.dropped_questions(name).read()]
    return pd.DataFrame(rows, columns=list(DroppedQuestion.model_fields))


def skill_shares(run: RunFolder) -> pd.DataFrame:
    """Share of each set's pairs that carry each skill, with SHARES."""
    rows = [
        {"set": name, **skill, "share": skill["n"] / max(1, of["n_pairs"])}
        for name in run.training_set_names()
        for of in [summary(run, name)]
        for skill in of["skills"]
    ]
    return pd.DataFrame(rows, columns=SHARES)


def against_profile(run: RunFolder, top: int = 10) -> AgainstProfile:
    """The `top` most missed skills, and how much of every training set carries each."""
    labels = labels_in_force(run)
    n_difficult = len({label.question_id for label in labels})
    rows = []
    for (subject, skill), n in _counts(run)[:top]:
        low, high = wilson(n, n_difficult)
        rows.append((subject, skill, n, n / n_difficult, low, high))
    profile = pd.DataFrame(rows, columns=MISSED)
    return {"n_difficult": n_difficult, "profile": profile, "sets": _carried(run, profile)}


def _carried(run: RunFolder, profile: pd.DataFrame) -> pd.DataFrame:
    rows = []
    for name in run.training_set_names():
        of = summary(run, name)
        n_of = {(one["subject"], one["skill"]): one["n"] for one in of["skills"]}
        for subject, skill in zip(profile.subject, profile.skill, strict=True):
            n = n_of.get((subject, skill), 0)
            rows.append((name, of["method"], subject, skill, n, of["n_pairs"], n / max(1, of["n_pairs"])))
    return pd.DataFrame(rows, columns=CARRIED)


def _counts(run: RunFolder) -> list[tuple[Skill, int]]:
    """((subject, skill), difficult questions that miss it), most missed first."""
    counts: dict[Skill, int] = {}
    for _, subject, skill in missed(labels_in_force(run)):
        counts[subject, skill] = counts.get((subject, skill), 0) + 1
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))


def _shares_of_profile(run: RunFolder) -> dict[Skill, float]:
    counts = _counts(run)
    total = sum(n for _, n in counts)
    return {skill: n / total for skill, n in counts}


def _overlap(profile: dict[Skill, float], skills: Sequence[SkillCount]) -> float:
    total = sum(one["n"] for one in skills)
    fits = [min(profile.get((one["subject"], one["skill"]), 0.0), one["n"] / total) for one in skills]
    return float(sum(fits))


def _kept(run: RunFolder, name: str) -> tuple[query.Tables, list[str]]:
    """The set's table, and the ids of the examples that people dropped."""
    now = decisions(run.example_log(name).events())
    gone = [id for id, event in now.items() if event.action == "drop"]
    return {"examples": (run.need_training_set(name).files(), TrainingExample)}, gone


def _trained(run: RunFolder) -> dict[str, list[str]]:
    """{set: arms trained on it}"""
    found: dict[str, list[str]] = {}
    for arm in run.trained_arms():
        found.setdefault(run.trained_set(arm), []).append(arm)
    return found


def plan(
    run: RunFolder,
    allocation: Literal["proportional", "lower-bound"] | None = None,
    pairs: int | None = None,
) -> pd.DataFrame:
    """How a set would be allocated: one row a skill of the pool or the profile, most missed first; PLANNED.

    Without arguments as the run's settings have it; the pairs of all rows add up to `pairs`. Raises
    NotThereYet without labels."""
    settings, labels = _settings(run, allocation, pairs), labels_in_force(run)
    missing = missed(labels)
    # only the lower bound looks at the questions that carry a skill
    profile = computed.profile(run) if settings.allocation == "lower-bound" else []
    aimed = allocate(missing, profile, settings)
    planned, carriers = planned_pairs(aimed, settings), _carriers(run)
    counts, aims = Counter(item[1:] for item in missing), Counter(item[1:] for item in aimed)
    total = max(1, sum(planned.values()))
    rows = [
        (*skill, counts[skill], aims[skill], n, n / total, carriers.get(skill, 0))
        for skill in {*counts, *carriers, *planned}
        for n in [planned.get(skill, 0)]
    ]
    rows.sort(key=lambda row: (-row[2], row[0], row[1]))
    return pd.DataFrame(rows, columns=PLANNED)


def as_allocation(table: pd.DataFrame) -> dict[str, dict[str, int]]:
    """{subject: {skill: pairs}} of a table of `plan`, as a build takes it; skills without pairs left out."""
    found: dict[str, dict[str, int]] = {}
    for subject, skill, n in zip(table.subject, table.skill, table.pairs, strict=True):
        if n:
            found.setdefault(str(subject), {})[str(skill)] = int(n)
    return found


def _settings(run: RunFolder, allocation: str | None, pairs: int | None) -> TrainingSetConfig:
    given: dict[str, object] = {} if pairs is None else {"pairs": pairs}
    if allocation is not None:
        given |= {"allocation": allocation, "pairs_by_skill": None}
    return run.config.training_set.model_copy(update=given)


def _carriers(run: RunFolder) -> dict[Skill, int]:
    tables: query.Tables = {
        "questions": (run.pool_dataset.question_table.files(), Question),
        "skill_map": (run.pool_dataset.skill_map_table.files(), SkillMapEntry),
    }
    rows = query.typed(SkillCount, _CARRIERS, tables, [sorted(run.pool_dataset.held_out_ids())])
    return {(row["subject"], row["skill"]): row["n"] for row in rows}


def leakage(run: RunFolder, name: str, top: int = 50) -> Leakage:
    """How near each question of the set is to its nearest evaluation question, and the `top` nearest.

    Loads scikit-learn. Raises StatError for a set that has no example left."""
    examples = {example.problem: example for example in reversed(run.examples(name))}
    if not examples:
        raise StatError(f"training set {name} has no examples to compare")
    asked = run.held_out()
    problems = sorted(examples)
    shares, positions = NearTo([question.problem for _, question in asked]).nearest(problems)
    counts, _ = np.histogram(np.clip(shares, 0, 1), bins=BINS, range=(0, 1))
    threshold = _threshold(run, name)
    order = [int(at) for at in np.argsort(-shares, kind="stable")[:top]] if asked else []
    return {
        "run": run.name,
        "set": name,
        "n_questions": len(problems),
        "n_evaluation": len(asked),
        "threshold": threshold,
        "n_near": int((shares >= threshold).sum()),
        "n_equal": int((shares >= 1).sum()),
        "highest": float(shares.max()) if asked else None,
        "histogram": [int(n) for n in counts],
        "nearest": [
            {
                "question_id": examples[problems[at]].question_id,
                "example_id": examples[problems[at]].example_id,
                "problem": problems[at],
                "share": float(shares[at]),
                "split": asked[int(positions[at])][0],
                "near_id": asked[int(positions[at])][1].id,
                "near_problem": asked[int(positions[at])][1].problem,
            }
            for at in order
        ],
    }


def _threshold(run: RunFolder, name: str) -> float:
    built = run.need_training_set(name).need("").settings.get("training_set") or {}
    return float(built.get("near", run.config.training_set.near))
