"""Training sets: what each holds by skill, as people left it, and how it fits the profile.

Profile to allocation: how many pairs of a targeted set each skill is to get, before a set is built.
Leakage: how near the questions of a training set come to those the student is measured on.
"""

from collections import Counter
from typing import Any, Literal

import numpy as np
import pandas as pd

from stat_engine.config import TrainingSetConfig
from stat_engine.errors import StatError
from stat_engine.method import computed
from stat_engine.method.profile import missed
from stat_engine.method.training_sets.allocate import allocate, planned_pairs
from stat_engine.method.training_sets.neighbours import NearTo
from stat_engine.records import DroppedQuestion, Question, SkillMapEntry, TrainingExample
from stat_engine.stats import wilson
from stat_engine.store import query
from stat_engine.store.example_log import standing
from stat_engine.store.run_folder import RunFolder
from stat_engine.views import labels as labels_module

LISTED = [
    "set", "method", "n_pairs", "n_questions", "n_repeats", "n_dropped", "n_edited", "overlap", "arms",
    "notes",
]  # fmt: skip


def summary(run: RunFolder, name: str) -> dict[str, Any]:
    """Set, method, n_pairs, n_questions, n_repeats, notes, and `skills`: subject, skill, n of each.

    The set as people left it. `n` counts the pairs that carry the skill; a pair with two skills counts for
    both."""
    manifest = run.need_training_set(name).need("")
    tables, gone = _kept(run, name)
    counts = query.rows(
        "select count(*) as n_pairs, count(distinct question_id) as n_questions, "
        "count(*) filter (is_repeat) as n_repeats from examples where not list_contains(?, example_id)",
        tables,
        [gone],
    )[0]
    skills = query.rows(
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


def overview(run: RunFolder) -> pd.DataFrame:
    """One row a training set: set, method, n_pairs, n_questions, notes."""
    rows = [summary(run, name) for name in run.training_set_names()]
    columns = ["set", "method", "n_pairs", "n_questions", "notes"]
    return pd.DataFrame(
        [{**{key: row[key] for key in columns[:4]}, "notes": "; ".join(row["notes"])} for row in rows],
        columns=columns,
    )


def listed(run: RunFolder) -> pd.DataFrame:
    """One row a training set with the columns of LISTED.

    `overlap` is the share of its skill counts that fits the profile's, in [0, 1] (1 less the total
    variation distance; null without labels), `arms` the arms trained on it."""
    profile = _shares_of_profile(run) if run.missing_skills().manifest() else None
    trained = _trained(run)
    rows = []
    for name in run.training_set_names():
        of, now = summary(run, name), standing(run.example_log(name).events())
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
    """The new questions that a synthesised set left out, one row each, with the gate and its reason.

    question_id, problem, gate, detail, difficult_question_id, missing_skill, teacher_calls."""
    run.need_training_set(name)
    rows = [one.model_dump() for one in run.dropped_questions(name).read()]
    return pd.DataFrame(rows, columns=list(DroppedQuestion.model_fields))


def skill_shares(run: RunFolder) -> pd.DataFrame:
    """Share of each set's pairs that carry each skill: set, subject, skill, n, share (a fraction)."""
    rows = [
        {"set": name, **skill, "share": skill["n"] / max(1, of["n_pairs"])}
        for name in run.training_set_names()
        for of in [summary(run, name)]
        for skill in of["skills"]
    ]
    return pd.DataFrame(rows, columns=["set", "subject", "skill", "n", "share"])


def against_profile(run: RunFolder, top: int = 10) -> dict[str, Any]:
    """Figure 2: the most missed skills, and how much of every training set carries each.

    n_difficult; `profile`: subject, skill, n_missing, share (of the labelled difficult questions) with
    ci_low and ci_high (Wilson, 95%), most missed first; `sets`: set, subject, skill, n, n_pairs, share (of
    the set's pairs, 0 where it has none)."""
    labels = labels_module.effective(run)
    n_difficult = len({label.question_id for label in labels})
    rows = []
    for (subject, skill), n in _counts(run)[:top]:
        low, high = wilson(n, n_difficult)
        rows.append((subject, skill, n, n / n_difficult, low, high))
    columns = ["subject", "skill", "n_missing", "share", "ci_low", "ci_high"]
    profile = pd.DataFrame(rows, columns=columns)
    return {"n_difficult": n_difficult, "profile": profile, "sets": _carried(run, profile)}


def _carried(run: RunFolder, profile: pd.DataFrame) -> pd.DataFrame:
    rows = []
    for name in run.training_set_names():
        of = summary(run, name)
        n_of = {(one["subject"], one["skill"]): one["n"] for one in of["skills"]}
        for subject, skill in zip(profile.subject, profile.skill, strict=True):
            n = n_of.get((subject, skill), 0)
            rows.append((name, of["method"], subject, skill, n, of["n_pairs"], n / max(1, of["n_pairs"])))
    return pd.DataFrame(rows, columns=["set", "method", "subject", "skill", "n", "n_pairs", "share"])


def _counts(run: RunFolder) -> list[tuple[tuple[str, str], int]]:
    """((subject, skill), difficult questions that miss it), most missed first."""
    counts: dict[tuple[str, str], int] = {}
    for _, subject, skill in missed(labels_module.effective(run)):
        counts[subject, skill] = counts.get((subject, skill), 0) + 1
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))


def _shares_of_profile(run: RunFolder) -> dict[tuple[str, str], float]:
    counts = _counts(run)
    total = sum(n for _, n in counts)
    return {skill: n / total for skill, n in counts}


def _overlap(profile: dict[tuple[str, str], float], skills: list[dict[str, Any]]) -> float:
    total = int(sum(one["n"] for one in skills))
    fits = [min(profile.get((one["subject"], one["skill"]), 0.0), one["n"] / total) for one in skills]
    return float(sum(fits))


def _kept(run: RunFolder, name: str) -> tuple[query.Tables, list[str]]:
    """The set's table, and the ids of the examples that people dropped."""
    now = standing(run.example_log(name).events())
    gone = [id for id, event in now.items() if event.action == "drop"]
    return {"examples": (run.need_training_set(name).files(), TrainingExample)}, gone


def _trained(run: RunFolder) -> dict[str, list[str]]:
    """{set: arms trained on it}"""
    found: dict[str, list[str]] = {}
    for arm in run.trained_arms():
        found.setdefault(run.trained_set(arm), []).append(arm)
    return found


COLUMNS = ["subject", "skill", "n_missing", "n_aimed", "pairs", "share", "n_pool"]
_CARRIERS = """
select carried.subject, carried.skill, count(*) as n
from (select m.subject, m.question_id, unnest(m.skills) as skill from skill_map m) carried
join questions q on q.id = carried.question_id
where q.split = 'train' and coalesce(q.solution, '') <> '' and not list_contains(?, q.id)
group by all
"""


def plan(
    run: RunFolder,
    allocation: Literal["proportional", "lower-bound"] | None = None,
    pairs: int | None = None,
) -> pd.DataFrame:
    """One row a skill of the pool or the profile, with COLUMNS; most missed first.

    n_missing: difficult questions that miss it; n_aimed: those that the allocation aims at; pairs: those of
    the set that it plans for the skill (they add up to `pairs`), share of all of them; n_pool: training
    questions that carry it, before near-copies of evaluation questions are left out. Without arguments as
    the run's settings have it. Raises NotThereYet without labels."""
    settings, labels = _settings(run, allocation, pairs), labels_module.effective(run)
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
    return pd.DataFrame(rows, columns=COLUMNS)


def as_allocation(table: pd.DataFrame) -> dict[str, dict[str, int]]:
    """{subject: {skill: pairs}} of a table of `plan`, as a build takes it; skills without pairs left out."""
    found: dict[str, dict[str, int]] = {}
    for subject, skill, n in zip(table.subject, table.skill, table.pairs, strict=True):
        if n:
            found.setdefault(str(subject), {})[str(skill)] = int(n)
    return found


def _settings(run: RunFolder, allocation: str | None, pairs: int | None) -> TrainingSetConfig:
    given: dict[str, Any] = {} if pairs is None else {"pairs": pairs}
    if allocation is not None:
        given |= {"allocation": allocation, "pairs_by_skill": None}
    return run.config.training_set.model_copy(update=given)


def _carriers(run: RunFolder) -> dict[tuple[str, str], int]:
    tables: query.Tables = {
        "questions": (run.pool_dataset.question_table.files(), Question),
        "skill_map": (run.pool_dataset.skill_map_table.files(), SkillMapEntry),
    }
    rows = query.rows(_CARRIERS, tables, [sorted(run.pool_dataset.held_out_ids())])
    return {(row["subject"], row["skill"]): row["n"] for row in rows}


BINS = 20
"""Bars of the histogram over shares from 0 to 1."""


def leakage(run: RunFolder, name: str, top: int = 50) -> dict[str, Any]:
    """How near each question of the set, as people left it, is to its nearest evaluation question.

    run, set, n_questions, n_evaluation, threshold (`training_set.near` of the set), n_near (at or above it),
    n_equal (share 1), highest (null: nothing to compare), histogram (counts over BINS equal bins), and
    `nearest`, the `top` nearest: question_id, example_id, problem, share, split, near_id, near_problem.
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
