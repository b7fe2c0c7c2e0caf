"""Arms side by side: what training on each set did, with intervals and paired tests."""

from typing import Any

import pandas as pd

from stat_engine import derived
from stat_engine.errors import NotThereYet
from stat_engine.stages.evaluate import Graded, profile_questions, questions_by_skill
from stat_engine.store.files import read_json
from stat_engine.store.run_folder import RunFolder


class Comparison:
    """All that is known of a run's evaluated arms on its benchmark."""

    def __init__(self, run: RunFolder) -> None:
        self.run = run
        self.benchmark = run.config.evaluation.split
        seeds = run.evaluated(self.benchmark)
        if "base" not in seeds:
            raise NotThereYet(
                f"run {run.name} has no evaluation yet; make one with: stat-studio run {run.name}, "
                f"or: stat-studio evaluate {run.name} --arm base"
            )
        self.arms = {
            arm: Graded({seed: list(run.evaluation(arm, seed, self.benchmark).read()) for seed in of})
            for arm, of in seeds.items()
        }
        self.base = self.arms["base"]
        self.by_skill = questions_by_skill(sorted(self.base.share), run.dataset.skill_map)

    def profile_question_ids(self) -> set[str]:
        """Test questions that carry one of the profile's most missed skills; none without labels in force."""
        top = self.run.config.evaluation.top_skills
        try:
            return profile_questions(self.by_skill, derived.profile(self.run), top)
        except NotThereYet:
            return set()

    def arm_row(self, arm: str, profile: set[str], difficult: set[str]) -> dict[str, Any]:
        """One arm's line."""
        graded, card = self.arms[arm], _card(self.run, arm)
        all_questions, others = graded.accuracy(), graded.accuracy(self.base.share.keys() - profile)
        random = self.arms.get("random")
        return {
            "arm": arm,
            "method": card.get("method"),
            "n_pairs": card.get("n_pairs"),
            "seeds": graded.seeds,
            "accuracy": all_questions.accuracy,
            "ci_low": all_questions.ci_low,
            "ci_high": all_questions.ci_high,
            "profile_skills_accuracy": _or_null(graded.accuracy(profile).accuracy),
            "other_skills_accuracy": _or_null(others.accuracy),
            "difficult_accuracy": _or_null(graded.accuracy(difficult).accuracy),
            "p_vs_base": None if arm == "base" else graded.p_value(self.base),
            "p_vs_random": None if random is None or arm in ("base", "random") else graded.p_value(random),
        }


def compare(run: RunFolder) -> dict[str, Any]:
    """Every evaluated arm against the base and against random, as `stat-studio compare --json` prints it.

    Accuracies are fractions, means over seeds; intervals are Wilson's over questions; p-values are
    paired exact McNemar tests, not corrected for the number of arms. `warning` says when the arms'
    sets differ in size. Raises NotThereYet before the base is evaluated."""
    comparison = Comparison(run)
    profile, difficult = comparison.profile_question_ids(), derived.difficult_part(run)
    rows = [comparison.arm_row(arm, profile, difficult) for arm in comparison.arms]
    base, arms = rows[0], sorted(rows[1:], key=lambda row: -row["accuracy"])
    sizes = {row["n_pairs"] for row in arms}
    return {
        "run": run.name,
        "benchmark": comparison.benchmark,
        "test_questions": len(comparison.base.share),
        "profile_questions": len(profile),
        "difficult_questions": len(difficult),
        "base": {
            key: base[key]
            for key in (
                "accuracy", "ci_low", "ci_high",
                "profile_skills_accuracy", "other_skills_accuracy", "difficult_accuracy",
            )
        },
        "arms": arms,
        "warning": "the arms' training sets differ in size" if len(sizes) > 1 else None,
    }  # fmt: skip


def arm(run: RunFolder, name: str) -> dict[str, Any]:
    """One evaluated arm: arm, seeds, test_questions, accuracy, interval; the base need not be there."""
    benchmark = run.config.evaluation.split
    seeds = run.evaluated(benchmark).get(name, [])
    graded = Graded({seed: list(run.evaluation(name, seed, benchmark).read()) for seed in seeds})
    at = graded.accuracy()
    return {
        "arm": name, "seeds": graded.seeds, "test_questions": at.n_questions,
        "accuracy": at.accuracy, "ci_low": at.ci_low, "ci_high": at.ci_high,
    }  # fmt: skip


def by_group(run: RunFolder, group: str = "skill") -> pd.DataFrame:
    """Accuracy of every arm on the questions of each skill or subject, with Wilson intervals.

    Columns: subject, skill (empty for subjects), arm, accuracy, ci_low, ci_high, n_questions, gain
    (over the base, fraction)."""
    comparison = Comparison(run)
    groups: dict[tuple[str, str], set[str]] = {}
    if group == "skill":
        groups = comparison.by_skill
    else:
        for id in comparison.base.share:
            groups.setdefault((run.dataset.questions[id].subject or "", ""), set()).add(id)
    rows = []
    for (subject, skill), ids in sorted(groups.items()):
        base = comparison.base.accuracy(ids).accuracy
        for arm, graded in comparison.arms.items():
            at = graded.accuracy(ids)
            rows.append(
                {"subject": subject, "skill": skill, "arm": arm, "accuracy": at.accuracy, "ci_low": at.ci_low,
                 "ci_high": at.ci_high, "n_questions": at.n_questions, "gain": at.accuracy - base}
            )  # fmt: skip
    return pd.DataFrame(rows)


def training_metrics(run: RunFolder) -> pd.DataFrame:
    """Loss by step of every fine-tuning, also of one under way: arm, seed, step, max_steps, loss."""
    rows = []
    for path in sorted((run.folder / "students").glob("*/seed-*/metrics.jsonl")):
        from_file = pd.read_json(path, lines=True) if path.stat().st_size else pd.DataFrame()
        if "loss" in from_file:
            seed = int(path.parent.name.removeprefix("seed-"))
            rows.append(
                from_file[["step", "max_steps", "loss"]].assign(arm=path.parent.parent.name, seed=seed)
            )
    empty = pd.DataFrame(columns=["step", "max_steps", "loss", "arm", "seed"])
    return pd.concat(rows, ignore_index=True).dropna(subset="loss") if rows else empty


def _card(run: RunFolder, arm: str) -> dict[str, Any]:
    if arm == "base":
        return {}
    seeds = run.trained_seeds(arm)
    return dict(read_json(run.arm_folder(arm, seeds[0]) / "manifest.json") or {}) if seeds else {}


def _or_null(value: float) -> float | None:
    return None if value != value else value
