"""Arms side by side: accuracies with intervals and paired tests, and the result in sentences."""

from collections.abc import Collection, Mapping, Sequence, Set
from dataclasses import asdict
from typing import TypedDict

import pandas as pd

from stat_engine.config import REINFORCED
from stat_engine.config.method import METHODS
from stat_engine.method.accuracy import Difference, difference
from stat_engine.stats import paired_bootstrap
from stat_engine.store.run_folder import RunFolder
from stat_engine.views.evaluations import (
    KEYS,
    Evaluations,
    Group,
    benchmarks,
    carried,
    difficult_part,
    evaluations,
    is_difficult_known,
    members,
    missed_skills,
    need_arm,
)

STAT = ("stat-sel", "stat-syn")
"""The paper's own methods; every other method is a control."""
DIFFERENCE_COLUMNS = [
    "arm", "accuracy", "difference", "ci_low", "ci_high", "p_value", "n_gained", "n_lost", "n_questions",
    "seed_low", "seed_high",
]  # fmt: skip
"""`ci_low` and `ci_high` are of the difference, over questions; `seed_low` and `seed_high` over questions and
seeds by the paired bootstrap, null where neither arm has several seeds."""
GROUP_COLUMNS = [*KEYS, "arm", "accuracy", "ci_low", "ci_high", "n_questions", "gain"]
"""`gain` over the base, a fraction."""


class Result(TypedDict):
    """How one arm did on a benchmark. Accuracies are fractions, means over seeds."""

    accuracy: float
    """With unreadable responses as not right."""
    ci_low: float
    ci_high: float
    """95% Wilson, over questions."""
    profile_skills_accuracy: float | None
    """On the questions that carry one of the profile's most missed skills; null, as the next two: no such
    question was asked."""
    other_skills_accuracy: float | None
    difficult_accuracy: float | None
    """On the questions that the student itself finds difficult."""
    n_unreadable: int
    """Responses that could not be graded."""
    n_responses: int


class ArmResult(Result):
    """A trained arm against the base and against random."""

    arm: str
    method: str | None
    """Null: the arm was evaluated elsewhere, or its card does not say."""
    n_pairs: int | None
    """Null: as for `method`, or the arm learned from rewards."""
    seeds: list[int]
    gain: float
    """Paired difference from the base, a fraction."""
    gain_low: float
    gain_high: float
    """Bonett and Price's 95% interval."""
    p_vs_base: float
    """Paired exact McNemar test, not corrected for the number of arms."""
    p_vs_random: float | None
    """Null: there is no arm random, or it is this one."""


class Comparison(TypedDict):
    """Every evaluated arm against the base."""

    run: str
    benchmark: str
    test_questions: int
    profile_questions: int
    difficult_questions: int
    """Questions that the accuracies on parts are of."""
    is_difficult_known: bool
    """False until the student's own responses are scored."""
    base: Result
    arms: list[ArmResult]
    """Best first."""
    warning: str | None
    """A sentence where the arms' sets differ in size."""
    benchmarks: list[str]
    """Those with an evaluation of the base, the run's own first."""
    verdict: list[str]
    """The result in one to three sentences."""


class OneArm(TypedDict):
    """One evaluated arm by itself."""

    arm: str
    seeds: list[int]
    benchmark: str
    test_questions: int
    accuracy: float
    ci_low: float
    ci_high: float
    """95%, over questions."""
    n_unreadable: int
    n_responses: int


def compare(run: RunFolder, benchmark: str | None = None) -> Comparison:
    """Every evaluated arm against the base and against random, as `stat-studio compare --json` prints it.

    On the run's own benchmark unless another is named. Raises NotThereYet before the base is evaluated."""
    of = evaluations(run, benchmark)
    profile, difficult = _profile_questions(run, of.benchmark), difficult_part(run, of.benchmark)
    base = _result(of, "base", profile, difficult)
    found = [_arm_result(run, of, arm, profile, difficult) for arm in of.arms if arm != "base"]
    arms = sorted(found, key=lambda row: -row["accuracy"])
    sizes = {row["arm"]: row["n_pairs"] for row in arms if row["method"] not in REINFORCED or row["n_pairs"]}
    return {
        "run": run.name,
        "benchmark": of.benchmark,
        "test_questions": int(of.shares["base"].notna().sum()),
        "profile_questions": len(profile),
        "difficult_questions": len(difficult),
        "is_difficult_known": is_difficult_known(run, of.benchmark),
        "base": base,
        "arms": arms,
        "warning": _sizes_differ(sizes),
        "benchmarks": benchmarks(run),
        "verdict": _verdict(base, arms, of.shares),
    }


def differences(run: RunFolder, reference: str = "base", benchmark: str | None = None) -> pd.DataFrame:
    """Every other arm against the reference, best first, paired by question, with DIFFERENCE_COLUMNS.

    Raises StatError for a reference that is not evaluated."""
    of = evaluations(run, benchmark)
    theirs = of.shares[need_arm(of, reference)]
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
    table = pd.DataFrame(rows, columns=DIFFERENCE_COLUMNS)
    table = table.sort_values("difference", ascending=False, ignore_index=True)
    seeds = table[["seed_low", "seed_high"]].astype(object)
    return table.assign(**seeds.where(seeds.notna(), None))  # null and no NaN: nothing was measured there


def by_group(run: RunFolder, group: Group = "skill", benchmark: str | None = None) -> pd.DataFrame:
    """Accuracy of every arm on the questions of each skill, subject or level, with GROUP_COLUMNS.

    Raises StatError for another group."""
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
    return pd.DataFrame(rows, columns=GROUP_COLUMNS)


def arm(run: RunFolder, name: str, benchmark: str | None = None) -> OneArm:
    """One evaluated arm on one benchmark; the base need not be evaluated."""
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


def _verdict(base: Result, arms: Sequence[ArmResult], shares: pd.DataFrame) -> list[str]:
    """One to three sentences on arms sorted best first.

    An arm stands out from another when the 95% interval of their paired difference excludes zero; that is not
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


def _sizes_differ(sizes: Mapping[str, int | None]) -> str | None:
    """A sentence with the pairs of each arm, where they are not the same."""
    if len(set(sizes.values())) < 2:
        return None
    told = ", ".join(f"{arm} {n:,} pairs" if n else f"{arm} unknown" for arm, n in sizes.items())
    return f"the arms' training sets differ in size: {told}"


def _signed(found: Difference) -> str:
    """A difference with its interval, as in +0.041 (+0.030 to +0.052)."""
    return f"{found.difference:+z.3f} ({found.ci_low:+z.3f} to {found.ci_high:+z.3f})"


def _arm_result(
    run: RunFolder, of: Evaluations, arm: str, profile: Set[str], difficult: Set[str]
) -> ArmResult:
    shares, card = of.shares[arm], run.arm_card(arm)
    to_base = difference(shares, of.shares["base"])
    is_tested = "random" in of.shares and arm != "random"
    return {
        "arm": arm,
        "method": card.get("method"),
        "n_pairs": card.get("n_pairs"),
        "seeds": of.seeds[arm],
        **_result(of, arm, profile, difficult),
        "gain": to_base.difference,
        "gain_low": to_base.ci_low,
        "gain_high": to_base.ci_high,
        "p_vs_base": to_base.p_value,
        "p_vs_random": difference(shares, of.shares["random"]).p_value if is_tested else None,
    }


def _result(of: Evaluations, arm: str, profile: Set[str], difficult: Set[str]) -> Result:
    at, (n_unreadable, n_responses) = of.accuracy(arm), of.counts[arm]
    return {
        "accuracy": at.accuracy,
        "ci_low": at.ci_low,
        "ci_high": at.ci_high,
        "profile_skills_accuracy": _of_part(of, arm, profile),
        "other_skills_accuracy": _of_part(of, arm, set(of.shares.index) - profile),
        "difficult_accuracy": _of_part(of, arm, difficult),
        "n_unreadable": n_unreadable,
        "n_responses": n_responses,
    }


def _of_part(of: Evaluations, arm: str, ids: Set[str]) -> float | None:
    """Accuracy on some of the questions; None where none of them was asked."""
    at = of.accuracy(arm, ids)
    return at.accuracy if at.n_questions else None


def _profile_questions(run: RunFolder, benchmark: str) -> set[str]:
    """The benchmark's questions that carry one of the profile's most missed skills; none without labels."""
    missed = missed_skills(run)
    if not missed:
        return set()
    return set(carried(run, benchmark).merge(pd.DataFrame(missed, columns=["subject", "skill"])).question_id)


def _over_seeds(of: Evaluations, arm: str, reference: str) -> dict[str, float | None]:
    """The paired bootstrap's interval, over the questions that every seed of both answered."""
    ours, theirs = of.by_seed[arm], of.by_seed[reference]
    if max(ours.shape[1], theirs.shape[1]) < 2:
        return {"seed_low": None, "seed_high": None}
    ids = ours.dropna().index.intersection(theirs.dropna().index)
    low, high = paired_bootstrap(ours.loc[ids].T.to_numpy(), theirs.loc[ids].T.to_numpy())
    return {"seed_low": low, "seed_high": high}


def _gain(best: ArmResult, base: Result) -> str:
    found = Difference(best["gain"], best["gain_low"], best["gain_high"], best["p_vs_base"], 0, 0, 0)
    return (
        f"Best arm: {best['arm']} with {best['accuracy']:.3f}, against {base['accuracy']:.3f} for the "
        f"student itself: {_signed(found)}{_chance(found)}."
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
    return "; ".join(f"{arm}, {_signed(difference)}" for arm, difference in found.items())


def _chance(found: Difference) -> str:
    return "" if found.ci_low > 0 or found.ci_high < 0 else ", which may be chance"


def _turned(found: Difference) -> Difference:
    return Difference(
        -found.difference, -found.ci_high, -found.ci_low, found.p_value, found.n_lost, found.n_gained,
        found.n_questions,
    )  # fmt: skip


def _method(arm: ArmResult) -> str:
    """An arm's method by its card; one that was evaluated elsewhere has its name alone."""
    return arm["method"] or arm["arm"]


def _plural(word: str, names: Collection[str]) -> str:
    return word if len(names) == 1 else f"{word}s"
