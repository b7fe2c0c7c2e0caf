"""A study's figures, read from the evaluations of its runs.

The question is the unit: an arm's seeds, and the repetitions of a variant over several students, answer the
same questions and are averaged question by question first. What seeds and students vary by stands beside it,
as the lowest and the highest single fine-tuning."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from stat_engine.errors import NotThereYet, StatError
from stat_engine.method.accuracy import accuracy, difference
from stat_engine.stats import corrected
from stat_engine.store.cards import StudyFolder, study_names
from stat_engine.store.run_folder import RunFolder
from stat_engine.store.workspace import WorkspaceFolder
from stat_engine.views import compare, difficult
from stat_engine.views.evaluations import Evaluations, evaluations

COLUMNS = [
    "value", "arm", "accuracy", "ci_low", "ci_high", "gain", "gain_low", "gain_high", "lowest", "highest",
    "n_trainings", "n_questions", "n_pairs", "n_pairs_most", "profile_skills", "other_skills",
    "difficult_part",
]  # fmt: skip
CONTRASTS = [
    "value", "arm", "control", "difference", "ci_low", "ci_high", "p_value", "p_adjusted", "n_gained",
    "n_lost", "n_questions",
]  # fmt: skip
PARTS = {
    "profile_skills": "profile_skills_accuracy",
    "other_skills": "other_skills_accuracy",
    "difficult_part": "difficult_accuracy",
}


def studies(workspace: WorkspaceFolder) -> pd.DataFrame:
    """One row a study: name, study (its kind), question, run, variants, n_done (evaluated ones)."""
    rows = []
    for name in study_names(workspace):
        card = StudyFolder(workspace, name).need()
        rows.append(
            {
                "name": name, "study": card["study"], "question": card["question"], "run": card["run"],
                "variants": len(card["variants"]),
                "n_done": sum(len(runs) for runs in _done(workspace, card).values()),
            }
        )  # fmt: skip
    return pd.DataFrame(rows, columns=["name", "study", "question", "run", "variants", "n_done"])


def card(workspace: WorkspaceFolder, name: str) -> dict[str, Any]:
    """A study's card: study (its kind), question, run, varied, seeds and variants; raises NotThereYet."""
    return StudyFolder(workspace, name).need()


def table(workspace: WorkspaceFolder, name: str) -> pd.DataFrame:
    """One row a value and arm of a study, with the columns of COLUMNS; only variants that are evaluated.

    Accuracies are fractions with Wilson intervals; `gain` is the paired difference from the same students
    before training, with Bonett and Price's interval; `lowest` and `highest` are single fine-tunings;
    `n_pairs` to `n_pairs_most` the sizes of their sets;
    `profile_skills`, `other_skills` and `difficult_part` are accuracies on these parts of the test."""
    card = StudyFolder(workspace, name).need()
    rows: list[dict[str, Any]] = []
    for value, runs in _done(workspace, card).items():
        grids, shown = [evaluations(run) for run in runs], _with_base(card, value)
        pooled, parts = _pooled(grids), _parts(runs)
        for arm in pooled.columns:
            if arm != "base" or shown:
                rows.append(_row(value, arm, runs, grids, pooled) | parts[arm])
    return pd.DataFrame(rows, columns=COLUMNS).astype(dict.fromkeys(("n_pairs", "n_pairs_most"), "Int64"))


def contrasts(workspace: WorkspaceFolder, name: str) -> pd.DataFrame:
    """The comparisons that a study is about, paired by question; p-values with Holm's correction over all.

    `control` is another arm of the same value, or `ARM at VALUE`: the same arm at the study's reference."""
    card = StudyFolder(workspace, name).need()
    rows: list[dict[str, Any]] = []
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
    """What each variant's filter found: value, n_questions, n_difficult, and, where correctness is known,
    accuracy, precision, recall and f1 of "difficult" against "wrong" (fractions; means over repetitions)."""
    card, rows = StudyFolder(workspace, name).need(), []
    for value, runs in _done(workspace, card).items():
        found = pd.DataFrame([_filter(run) for run in runs])
        rows.append({"value": value, **found.mean(numeric_only=True).to_dict()})
    columns = ["value", "n_questions", "n_difficult", "accuracy", "precision", "recall", "f1"]
    return pd.DataFrame(rows, columns=columns)


def runs_of(workspace: WorkspaceFolder, name: str) -> pd.DataFrame:
    """One row a variant: variant, value, run, and whether it is evaluated (`is_done`)."""
    card = StudyFolder(workspace, name).need()
    done = {run.name for runs in _done(workspace, card).values() for run in runs}
    rows = [
        {"variant": one["name"], "value": one["value"], "run": one["run"], "is_done": one["run"] in done}
        for one in card["variants"]
    ]
    return pd.DataFrame(rows, columns=["variant", "value", "run", "is_done"])


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
    config, seeds = run.config, run.evaluated(run.config.evaluation.split)
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
) -> dict[str, Any]:
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


def _parts(runs: Sequence[RunFolder]) -> dict[str, dict[str, Any]]:
    """{arm: its sets' sizes, and its accuracy on parts of the test as means over runs}."""
    found: dict[str, list[dict[str, Any]]] = {}
    for run in runs:
        result = compare.compare(run)
        for row in ({**result["base"], "arm": "base", "n_pairs": None}, *result["arms"]):
            found.setdefault(row["arm"], []).append(row)
    return {
        arm: _sizes([row["n_pairs"] for row in rows])
        | {part: _mean([row[key] for row in rows]) for part, key in PARTS.items()}
        for arm, rows in found.items()
    }


def _sizes(n_pairs: Sequence[int | None]) -> dict[str, int | None]:
    known = [n for n in n_pairs if n is not None]
    return {"n_pairs": min(known, default=None), "n_pairs_most": max(known, default=None)}


def _mean(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else None


def _filter(run: RunFolder) -> dict[str, Any]:
    try:
        found: Any = difficult.summary(run)
    except (NotThereYet, StatError):
        return {}
    counts = {"n_questions": found["n_questions"], "n_difficult": found["n_difficult"]}
    cells = found["confusion"]
    if cells is None:
        return counts
    tp, fp, fn, tn = (cells[key] for key in ("tp", "fp", "fn", "tn"))
    return counts | {
        "accuracy": (tp + tn) / max(1, tp + fp + fn + tn),
        "precision": tp / (tp + fp) if tp + fp else None,
        "recall": tp / (tp + fn) if tp + fn else None,
        "f1": 2 * tp / (2 * tp + fp + fn) if tp + fp + fn else None,
    }
