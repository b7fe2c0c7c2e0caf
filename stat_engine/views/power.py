"""What a comparison on each benchmark can see, before any arm is trained for it."""

from typing import Any

import numpy as np

from stat_engine import derived
from stat_engine.errors import NotThereYet, StatError
from stat_engine.records import Response
from stat_engine.stats import chance_discordance, minimum_effect
from stat_engine.store import query
from stat_engine.store.run_folder import RunFolder
from stat_engine.views.evaluations import evaluations


def smallest_effects(
    run: RunFolder,
    benchmark: str | None = None,
    n_questions: int | None = None,
    discordance: float | None = None,
    power: float = 0.8,
    level: float = 0.05,
) -> list[dict[str, Any]]:
    """The smallest difference from the student that each benchmark, or the one named, shows; a row each.

    benchmark, n_questions, discordance (share of questions on which an arm and the student differ: the one
    given, else as measured on the run's arms, else as if they answered independently), basis (which of these,
    in words), power, level, effect (fraction; None: none can be seen), sentence. For one fine-tuning an arm.
    Raises StatError for a benchmark that is none and for numbers out of range."""
    for name, value in (("discordance", discordance), ("power", power), ("level", level)):
        if value is not None and not 0 < value < 1:
            raise StatError(f"{name}: found {value:g}, expected a fraction between 0 and 1")
    if n_questions is not None and n_questions < 1:
        raise StatError(f"questions: found {n_questions}, expected at least 1")
    rows = []
    for name in [benchmark] if benchmark else run.benchmark_names():
        n = n_questions or _n_questions(run, name)
        share, basis = (discordance, "as given") if discordance else _discordance(run, name)
        effect = minimum_effect(n, share, power, level)
        row = {"benchmark": name, "n_questions": n, "discordance": share, "basis": basis}
        rows.append({**row, "power": power, "level": level, "effect": effect, "sentence": ""})
        rows[-1]["sentence"] = _sentence(rows[-1])
    return rows


def _sentence(row: dict[str, Any]) -> str:
    how = (
        f"(chance {row['power']:g} to find it at level {row['level']:g}; arm and student differ on "
        f"{row['discordance']:.0%} of the questions, {row['basis']})"
    )
    on = f"With {row['n_questions']:,} questions of {row['benchmark']}"
    if row["effect"] is None:
        return f"{on} you cannot see any difference {how}."
    return f"{on} you cannot see less than {100 * row['effect']:.1f} points {how}."


def _n_questions(run: RunFolder, name: str) -> int:
    """Those that the student was asked, else those that it will be."""
    table = run.evaluation("base", 0, name)
    if table.manifest() is not None:
        sql = "select count(distinct question_id) as n from base"
        return int(query.rows(sql, {"base": (table.files(), Response)})[0]["n"])
    of = run.benchmark(name)
    is_own = of.dataset == run.config.dataset and of.split == "test"
    known = set(derived.question_ids(run)) if is_own and run.responses.manifest() else set()
    return sum(q.answer is not None and q.id not in known for q in run.dataset_of(name).split(of.split))


def _discordance(run: RunFolder, name: str) -> tuple[float, str]:
    try:
        shares = evaluations(run, name).shares
    except StatError:
        accuracy, basis = _accuracy_so_far(run)
        return chance_discordance(accuracy), basis
    moved = shares.drop(columns="base").sub(shares.base, axis=0)
    # of shares over seeds the square: what a question adds to the variance, 1 where two single answers differ
    measured = float(np.nanmean(np.square(moved))) if moved.notna().to_numpy().any() else 0.0
    if measured > 0:
        return measured, f"measured on {moved.shape[1]} arm{'s' if moved.shape[1] > 1 else ''}"
    at = float(shares.base.mean())
    return chance_discordance(at), f"the most that is likely at the student's accuracy of {at:.2f}"


def _accuracy_so_far(run: RunFolder) -> tuple[float, str]:
    """The student's accuracy on the validation questions; a half before there are graded responses."""
    try:
        right = [bool(one) for one in derived.scored_responses(run).is_correct.dropna()]
    except NotThereYet:
        right = []
    if not right:
        return 0.5, "the most that is possible, as the student's accuracy is not known yet"
    at = float(np.mean(right))
    return at, f"the most that is likely at the student's accuracy of {at:.2f} in validation"
