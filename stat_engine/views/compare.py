"""Arms side by side: what training on each set did, with intervals and paired tests.

What a comparison came to, in plain sentences: the best arm, its gain, and the controls it has to beat.
"""

from collections.abc import Collection, Mapping, Sequence, Set
from dataclasses import asdict
from typing import Any

import pandas as pd

from stat_engine.config import REINFORCED
from stat_engine.config.method import METHODS
from stat_engine.method.accuracy import Difference, difference
from stat_engine.stats import paired_bootstrap
from stat_engine.store.files import read_json
from stat_engine.store.run_folder import RunFolder
from stat_engine.views.evaluations import (
    KEYS,
    Evaluations,
    Group,
    benchmarks,
    carried,
    difficult_part,
    evaluations,
    members,
    missed_skills,
    need_arm,
)

STAT = ("stat-sel", "stat-syn")
"""The paper's own methods; every other method is a control."""


def verdict(base: dict[str, Any], arms: Sequence[dict[str, Any]], shares: pd.DataFrame) -> list[str]:
    """One to three sentences on arms sorted best first.

    An arm stands out from another when the 95% interval of their paired difference holds no zero; that is not
    corrected for the number of arms."""
    if not arms:
        return [
            f"Only the student itself is evaluated: {base['accuracy']:.3f}. Train an arm to compare it with."
        ]
    best, ours = arms[0], next((arm for arm in arms if _method(arm) in STAT), None)
    said = [_gain(best, base)]
    if ours is None:
        return [*said, "No arm here was trained by STAT-Sel or STAT-Syn."]
    controls = {
        arm["arm"]: difference(shares[ours["arm"]], shares[arm["arm"]])
        for arm in arms
        if _method(arm) in METHODS and _method(arm) not in STAT
    }
    if not controls:
        return [*said, "No control is evaluated, so nothing says that the choice of questions made the gain."]
    return [*said, *_against(ours["arm"], controls)]


def signed(found: Difference) -> str:
    """A difference with its interval, as in +0.041 (+0.030 to +0.052)."""
    return f"{found.difference:+.3f} ({found.ci_low:+.3f} to {found.ci_high:+.3f})"


def _gain(best: dict[str, Any], base: dict[str, Any]) -> str:
    found = Difference(best["gain"], best["gain_low"], best["gain_high"], best["p_vs_base"], 0, 0, 0)
    return (
        f"Best arm: {best['arm']} with {best['accuracy']:.3f}, against {base['accuracy']:.3f} for the "
        f"student itself: {signed(found)}{_chance(found)}."
    )


def _against(ours: str, controls: dict[str, Difference]) -> list[str]:
    beating = {arm: _turned(found) for arm, found in controls.items() if found.ci_high < 0}
    above = {arm: _turned(found) for arm, found in controls.items() if found.difference < 0 <= found.ci_high}
    out = {arm: found for arm, found in controls.items() if found.ci_low > 0}
    level = {arm: found for arm, found in controls.items() if arm not in (*beating, *above, *out)}
    said = []
    if beating:
        said.append(f"{_plural('Control', beating)} ahead of {ours} beyond chance: {_each(beating)}.")
    if above:
        said.append(f"{_plural('Control', above)} ahead of {ours} within chance: {_each(above)}.")
    if out:
        said.append(f"{ours} stands out from {_each(out)}.")
    if level:
        said.append(f"{ours} does not stand out from {_each(level)}.")
    return said


def _each(found: Mapping[str, Difference]) -> str:
    return "; ".join(f"{arm}, {signed(difference)}" for arm, difference in found.items())


def _chance(found: Difference) -> str:
    return "" if found.ci_low > 0 or found.ci_high < 0 else ", which may be chance"


def _turned(found: Difference) -> Difference:
    return Difference(
        -found.difference, -found.ci_high, -found.ci_low, found.p_value, found.n_lost, found.n_gained,
        found.n_questions,
    )  # fmt: skip


def _method(arm: dict[str, Any]) -> str:
    """An arm's method by its card; one that was evaluated elsewhere has its name alone."""
    return str(arm["method"] or arm["arm"])


def _plural(word: str, names: Collection[str]) -> str:
    return word if len(names) == 1 else f"{word}s"


def compare(run: RunFolder, benchmark: str | None = None) -> dict[str, Any]:
    """Every evaluated arm against the base and against random, as `stat-studio compare --json` prints it.

    On the run's own benchmark unless another is named. `n_unreadable` of `n_responses` could not be graded:
    they are counted apart, and in accuracies as not right.

    Accuracies are fractions, means over seeds; intervals are Wilson's over questions; p-values are
    paired exact McNemar tests, not corrected for the number of arms; `gain` is the paired difference from
    the base with Bonett and Price's interval. `warning` says when the arms' sets differ in size. `verdict` is
    the result in plain sentences. Raises NotThereYet before the base is evaluated."""
    of = evaluations(run, benchmark)
    profile, difficult = _profile_questions(run, of.benchmark), difficult_part(run, of.benchmark)
    rows = [_arm_row(run, of, arm, profile, difficult) for arm in of.arms]
    base, arms = rows[0], sorted(rows[1:], key=lambda row: -row["accuracy"])
    sizes = {row["n_pairs"] for row in arms if row["method"] not in REINFORCED or row["n_pairs"]}
    return {
        "run": run.name,
        "benchmark": of.benchmark,
        "test_questions": int(of.shares["base"].notna().sum()),
        "profile_questions": len(profile),
        "difficult_questions": len(difficult),
        "base": {
            key: base[key]
            for key in (
                "accuracy", "ci_low", "ci_high",
                "profile_skills_accuracy", "other_skills_accuracy", "difficult_accuracy", "n_unreadable",
                "n_responses",
            )
        },
        "arms": arms,
        "warning": "the arms' training sets differ in size" if len(sizes) > 1 else None,
        "benchmarks": benchmarks(run),
        "verdict": verdict(base, arms, of.shares),
    }  # fmt: skip


def differences(run: RunFolder, reference: str = "base", benchmark: str | None = None) -> pd.DataFrame:
    """Every other arm against the reference, best first, paired by question.

    Columns: arm, accuracy, difference, ci_low, ci_high (of the difference, over questions), p_value,
    n_gained, n_lost, n_questions, seed_low, seed_high (the interval over questions and seeds by the paired
    bootstrap; null where neither arm has several seeds). Raises StatError for an arm that is none."""
    of = evaluations(run, benchmark)
    theirs = of.shares[need_arm(of, reference)]
    columns = [
        "arm", "accuracy", "difference", "ci_low", "ci_high", "p_value", "n_gained", "n_lost", "n_questions",
        "seed_low", "seed_high",
    ]  # fmt: skip
    rows = [
        {
            "arm": arm,
            "accuracy": of.accuracy(str(arm)).accuracy,
            **asdict(difference(ours, theirs)),
            **_over_seeds(of, str(arm), reference),
        }
        for arm, ours in of.shares.items()
        if arm != reference
    ]
    table = pd.DataFrame(rows, columns=columns).sort_values("difference", ascending=False, ignore_index=True)
    seeds = table[["seed_low", "seed_high"]].astype(object)
    return table.assign(**seeds.where(seeds.notna(), None))  # null and no NaN: nothing was measured there


def arm(run: RunFolder, name: str, benchmark: str | None = None) -> dict[str, Any]:
    """One evaluated arm on one benchmark: arm, seeds, benchmark, test_questions, accuracy, interval,
    n_unreadable, n_responses; the base need not be there."""
    benchmark = benchmark or run.config.evaluation.split
    seeds = run.evaluated(benchmark).get(name, [])
    of = Evaluations.read(run, benchmark, {name: seeds})
    at = of.accuracy(name)
    n_unreadable, n_responses = of.counts[name]
    return {
        "arm": name, "seeds": seeds, "benchmark": benchmark, "test_questions": at.n_questions,
        "accuracy": at.accuracy, "ci_low": at.ci_low, "ci_high": at.ci_high,
        "n_unreadable": n_unreadable, "n_responses": n_responses,
    }  # fmt: skip


def by_group(run: RunFolder, group: Group = "skill", benchmark: str | None = None) -> pd.DataFrame:
    """Accuracy of every arm on the questions of each skill, subject or level, with Wilson intervals.

    Columns: subject, skill, level (text; empty where the group is not told by it), arm, accuracy, ci_low,
    ci_high, n_questions, gain (over the base, fraction). Raises StatError for another group."""
    of = evaluations(run, benchmark)
    rows = []
    for key, ids in members(run, of.benchmark, group).groupby(KEYS, sort=group != "level").question_id:
        chosen = set(ids)
        base = of.accuracy("base", chosen).accuracy
        for arm in of.arms:
            at = asdict(of.accuracy(arm, chosen))
            rows.append(
                {**dict(zip(KEYS, key, strict=True)), "arm": arm, **at, "gain": at["accuracy"] - base}
            )
    columns = [*KEYS, "arm", "accuracy", "ci_low", "ci_high", "n_questions", "gain"]
    return pd.DataFrame(rows, columns=columns)


def _over_seeds(of: Evaluations, arm: str, reference: str) -> dict[str, float | None]:
    """The paired bootstrap's interval, over the questions that every seed of both answered."""
    ours, theirs = of.by_seed[arm], of.by_seed[reference]
    if max(ours.shape[1], theirs.shape[1]) < 2:
        return {"seed_low": None, "seed_high": None}
    ids = ours.dropna().index.intersection(theirs.dropna().index)
    low, high = paired_bootstrap(ours.loc[ids].T.to_numpy(), theirs.loc[ids].T.to_numpy())
    return {"seed_low": low, "seed_high": high}


def _profile_questions(run: RunFolder, benchmark: str) -> set[str]:
    """The benchmark's questions that carry one of the profile's most missed skills; none without labels."""
    missed = missed_skills(run)
    if not missed:
        return set()
    return set(carried(run, benchmark).merge(pd.DataFrame(missed, columns=["subject", "skill"])).question_id)


def _arm_row(
    run: RunFolder, of: Evaluations, arm: str, profile: Set[str], difficult: Set[str]
) -> dict[str, Any]:
    """One arm's line; the interval of `gain` is of the paired difference from the base."""
    shares, card = of.shares[arm], _card(run, arm)
    at, (n_unreadable, n_responses) = of.accuracy(arm), of.counts[arm]
    to_base = difference(shares, of.shares["base"])
    is_tested = "random" in of.shares and arm not in ("base", "random")
    return {
        "arm": arm,
        "method": card.get("method"),
        "n_pairs": card.get("n_pairs"),
        "seeds": of.seeds[arm],
        "accuracy": at.accuracy,
        "ci_low": at.ci_low,
        "ci_high": at.ci_high,
        "gain": None if arm == "base" else to_base.difference,
        "gain_low": None if arm == "base" else to_base.ci_low,
        "gain_high": None if arm == "base" else to_base.ci_high,
        "profile_skills_accuracy": _of_part(of, arm, profile),
        "other_skills_accuracy": _of_part(of, arm, set(shares.index) - profile),
        "difficult_accuracy": _of_part(of, arm, difficult),
        "p_vs_base": None if arm == "base" else to_base.p_value,
        "p_vs_random": difference(shares, of.shares["random"]).p_value if is_tested else None,
        "n_unreadable": n_unreadable,
        "n_responses": n_responses,
    }


def _of_part(of: Evaluations, arm: str, ids: Set[str]) -> float | None:
    """Accuracy on some of the questions; None where none of them was asked."""
    at = of.accuracy(arm, ids)
    return at.accuracy if at.n_questions else None


def _card(run: RunFolder, arm: str) -> dict[str, Any]:
    if arm == "base":
        return {}
    seeds = run.trained_seeds(arm)
    return dict(read_json(run.arm_folder(arm, seeds[0]) / "manifest.json") or {}) if seeds else {}
