"""A study's figures, read from the evaluations of its runs.

The unit is the question: an arm's seeds, and the repetitions of a variant over several students, answer
the same questions and are averaged for each question first. The spread over seeds and students is shown
as the lowest and the highest single training."""

from collections.abc import Mapping, Sequence
from typing import Any, TypedDict

import pandas as pd

from stat_engine.errors import StatError, pass_over
from stat_engine.method.accuracy import accuracy, difference
from stat_engine.stats import corrected
from stat_engine.store.cards import StudyFolder, study_names
from stat_engine.store.run_folder import RunFolder
from stat_engine.store.workspace import WorkspaceFolder
from stat_engine.views import compare, difficult
from stat_engine.views.evaluations import Evaluations, evaluations
from stat_engine.views.filters import quality

STUDIES = ["name", "study", "question", "run", "variants", "n_done", "damage"]
"""`study` is its kind, `question` what it answers; of its `variants`, `n_done` are evaluated.
`damage` says why a study cannot be read; null for a sound one."""
COLUMNS = [
    "value", "arm", "accuracy", "ci_low", "ci_high", "gain", "gain_low", "gain_high", "lowest", "highest",
    "n_trainings", "n_questions", "n_pairs", "n_pairs_most", "profile_skills", "other_skills",
    "difficult_part",
]  # fmt: skip
"""Accuracies are fractions with 95% Wilson intervals; `gain` is the paired difference from the same students
before training, with Bonett and Price's interval; `lowest` and `highest` are of single fine-tunings;
`n_pairs` to `n_pairs_most` are the sizes of their sets; `profile_skills`, `other_skills` and `difficult_part`
are accuracies on these parts of the test. Null where there is none."""
CONTRASTS = [
    "value", "arm", "control", "difference", "ci_low", "ci_high", "p_value", "p_adjusted", "n_gained",
    "n_lost", "n_questions",
]  # fmt: skip
"""`control` is another arm of the same value, or `ARM at VALUE`: the same arm at the study's reference;
`p_adjusted` has Holm's correction over all rows."""
FILTERS = ["value", "n_questions", "n_difficult", "accuracy", "precision", "recall", "f1"]
"""Means over repetitions. The last four are of "difficult" against "wrong", fractions; null where correctness
is not known."""
VARIANTS = ["variant", "value", "run", "is_done"]
"""`is_done`: evaluated."""


class StudyCard(TypedDict):
    """What a study is about."""

    study: str
    """Its kind."""
    question: str
    """What it answers, one sentence."""
    varied: str
    """What its values are of, in words."""
    run: str
    """The run that its variants are copies of."""
    seeds: list[int]
    """Of the fine-tunings."""


def studies(workspace: WorkspaceFolder) -> pd.DataFrame:
    """One row a study, with STUDIES."""
    rows: list[Mapping[str, object]] = []
    for name in study_names(workspace):
        try:
            card = StudyFolder(workspace, name).need()
        except StatError as error:
            rows.append({"name": name, "variants": 0, "n_done": 0, "damage": str(error)})
            continue
        rows.append(
            {
                "name": name, "study": card["study"], "question": card["question"], "run": card["run"],
                "variants": len(card["variants"]),
                "n_done": sum(len(runs) for runs in _done(workspace, card).values()), "damage": None,
            }
        )  # fmt: skip
    return pd.DataFrame(rows, columns=STUDIES)


def card(workspace: WorkspaceFolder, name: str) -> StudyCard:
    """What a study is about; raises NotThereYet where there is none of this name."""
    found = StudyFolder(workspace, name).need()
    return {
        "study": found["study"],
        "question": found["question"],
        "varied": found["varied"],
        "run": found["run"],
        "seeds": found["seeds"],
    }


def table(workspace: WorkspaceFolder, name: str) -> pd.DataFrame:
    """One row a value and arm of a study, with COLUMNS; only variants that are evaluated."""
    card = StudyFolder(workspace, name).need()
    rows: list[Mapping[str, object]] = []
    for value, runs in _done(workspace, card).items():
        grids, shown = [evaluations(run) for run in runs], _with_base(card, value)
        pooled, parts = _pooled(grids), _parts(runs)
        for arm in pooled.columns:
            if arm != "base" or shown:
                rows.append({**_row(value, arm, runs, grids, pooled), **parts[arm]})
    return pd.DataFrame(rows, columns=COLUMNS).astype(dict.fromkeys(("n_pairs", "n_pairs_most"), "Int64"))


def contrasts(workspace: WorkspaceFolder, name: str) -> pd.DataFrame:
    """The comparisons that a study is about, paired by question, with CONTRASTS."""
    card = StudyFolder(workspace, name).need()
    rows: list[Mapping[str, object]] = []
    done = {
        value: _pooled([evaluations(run) for run in runs]) for value, runs in _done(workspace, card).items()
    }
    for value, pooled in done.items():
        controls = {
            (arm, control): pooled[control] for arm, control in card["contrasts"] if control in pooled
        }
        reference = card["reference"]
        if reference in done and value != reference:
            controls |= {
                (arm, f"{arm} at {reference}"): done[reference][arm]
                for arm in pooled.columns
                if arm != "base" and arm in done[reference]
            }
        for (arm, control), shares in controls.items():
            if arm in pooled:
                found = difference(pooled[arm], shares)
                rows.append({"value": value, "arm": arm, "control": control, **vars(found)})
    frame = pd.DataFrame(rows, columns=[column for column in CONTRASTS if column != "p_adjusted"])
    return frame.assign(p_adjusted=corrected(frame.p_value.to_numpy(float), "holm"))[CONTRASTS]


def filters(workspace: WorkspaceFolder, name: str) -> pd.DataFrame:
    """What each value's filter found, with FILTERS."""
    card, rows = StudyFolder(workspace, name).need(), []
    for value, runs in _done(workspace, card).items():
        found = pd.DataFrame([_filter(run) for run in runs])
        rows.append({"value": value, **found.mean(numeric_only=True).to_dict()})
    return pd.DataFrame(rows, columns=FILTERS)


def runs_of(workspace: WorkspaceFolder, name: str) -> pd.DataFrame:
    """One row a variant, with VARIANTS."""
    card = StudyFolder(workspace, name).need()
    done = {run.name for runs in _done(workspace, card).values() for run in runs}
    rows = [
        {"variant": one["name"], "value": one["value"], "run": one["run"], "is_done": one["run"] in done}
        for one in card["variants"]
    ]
    return pd.DataFrame(rows, columns=VARIANTS)


def _done(workspace: WorkspaceFolder, card: Mapping[str, Any]) -> dict[Any, list[RunFolder]]:
    """{value: runs in which every asked arm and seed is evaluated}, in the order of the card."""
    found: dict[Any, list[RunFolder]] = {}
    there = set(workspace.run_names())
    for variant in card["variants"]:
        run = workspace.run_folder(variant["run"]) if variant["run"] in there else None
        if run is not None and _is_evaluated(run, variant["reinforced"]):
            found.setdefault(variant["value"], []).append(run)
    return found


def _is_evaluated(run: RunFolder, reinforced: Sequence[str]) -> bool:
    try:
        config, seeds = run.config, run.evaluated(run.config.evaluation.split)
    except StatError as error:  # a run whose card is damaged has no figures to show
        pass_over(error)
        return False
    arms = (*config.arms, *reinforced)
    return "base" in seeds and all(set(config.seeds) <= set(seeds.get(arm, [])) for arm in arms)


def _with_base(card: Mapping[str, Any], value: object) -> bool:
    return any(one["has_base"] for one in card["variants"] if one["value"] == value)


def _pooled(grids: Sequence[Evaluations]) -> pd.DataFrame:
    """Shares right by question and arm, averaged over the runs that have the arm, the base first."""
    long = pd.concat([grid.shares for grid in grids], keys=range(len(grids)))
    pooled: pd.DataFrame = long.groupby(level=1).mean()
    return pooled[["base", *(arm for arm in dict.fromkeys(long.columns) if arm != "base")]]


def _row(
    value: object, arm: str, runs: Sequence[RunFolder], grids: Sequence[Evaluations], pooled: pd.DataFrame
) -> dict[str, object]:
    own = [(run, grid) for run, grid in zip(runs, grids, strict=True) if arm in grid.seeds]
    base = _pooled([grid for _, grid in own])["base"]  # of the students that this arm began from
    gain = difference(pooled[arm], base) if arm != "base" else None
    cells = [
        float(Evaluations.read(run, grid.benchmark, {arm: [seed]}).shares[arm].mean())
        for run, grid in own
        for seed in grid.seeds[arm]
    ]
    return {
        "value": value,
        "arm": arm,
        **vars(accuracy(pooled[arm])),
        "gain": gain.difference if gain else None,
        "gain_low": gain.ci_low if gain else None,
        "gain_high": gain.ci_high if gain else None,
        "lowest": min(cells),
        "highest": max(cells),
        "n_trainings": 0 if arm == "base" else len(cells),
    }


def _parts(runs: Sequence[RunFolder]) -> dict[str, dict[str, object]]:
    """{arm: its sets' sizes, and its accuracy on parts of the test as means over runs}."""
    results: dict[str, list[compare.Result]] = {}
    n_pairs: dict[str, list[int | None]] = {"base": []}
    for run in runs:
        found = compare.compare(run)
        results.setdefault("base", []).append(found["base"])
        for row in found["arms"]:
            results.setdefault(row["arm"], []).append(row)
            n_pairs.setdefault(row["arm"], []).append(row["n_pairs"])
    return {
        arm: {
            **_sizes(n_pairs[arm]),
            "profile_skills": _mean([row["profile_skills_accuracy"] for row in rows]),
            "other_skills": _mean([row["other_skills_accuracy"] for row in rows]),
            "difficult_part": _mean([row["difficult_accuracy"] for row in rows]),
        }
        for arm, rows in results.items()
    }


def _sizes(n_pairs: Sequence[int | None]) -> dict[str, int | None]:
    known = [n for n in n_pairs if n is not None]
    return {"n_pairs": min(known, default=None), "n_pairs_most": max(known, default=None)}


def _mean(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else None


def _filter(run: RunFolder) -> dict[str, float | None]:
    try:
        found = difficult.summary(run)
    except StatError as error:
        pass_over(error)
        return {}
    measures = quality(found["confusion"]) if found["confusion"] else {}
    counts = {"n_questions": found["n_questions"], "n_difficult": found["n_difficult"]}
    return counts | {name: measure["value"] for name, measure in measures.items()}
