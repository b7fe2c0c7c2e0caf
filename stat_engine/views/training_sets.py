"""Training sets: what each holds by skill, as people left it, and how it fits the profile."""

from typing import Any

import pandas as pd

from stat_engine.records import DroppedQuestion, TrainingExample
from stat_engine.stages.profile import missed
from stat_engine.stats import wilson
from stat_engine.store import query
from stat_engine.store.example_log import standing
from stat_engine.store.run_folder import RunFolder
from stat_engine.views import label_sources

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
    labels = label_sources.effective(run)
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
    for _, subject, skill in missed(label_sources.effective(run)):
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
