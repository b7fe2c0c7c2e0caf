"""The Missing-Skill-Profile as a frame and as the command line prints it."""

from dataclasses import asdict

import pandas as pd

from stat_engine import derived
from stat_engine.stages.profile import too_sparse
from stat_engine.store.run_folder import RunFolder

COLUMNS = ["subject", "skill", "n_missing", "n_questions", "failure_rate", "ci_low", "ci_high"]


def profile(run: RunFolder) -> pd.DataFrame:
    """One row a skill, most missed first; failure_rate and its 95% interval are fractions."""
    return pd.DataFrame([asdict(failure) for failure in derived.profile(run)], columns=COLUMNS)


def summary(run: RunFolder) -> dict[str, object]:
    """{"n_difficult", "skills": [one object a skill, most missed first], "warning": sentence or null}."""
    failures = derived.profile(run)
    return {
        "n_difficult": int(derived.difficulty(run).questions.is_difficult.sum()),
        "skills": [asdict(failure) for failure in failures],
        "warning": too_sparse(failures),
    }


def questions_lacking(run: RunFolder, subject: str, skill: str) -> list[str]:
    """Ids of the difficult questions whose effective label names the skill, sorted."""
    return sorted(
        {label.question_id for label in run.labels() if label.subject == subject and skill in label.skills}
    )


def agreement(run: RunFolder, other: str) -> dict[str, float | int | str]:
    """Agreement of the run's teacher with another: mean over questions of the overlapping skills over
    the skills that the run's teacher named (paper, section 5). Questions without any are left out."""
    ours = {label.response_id: set(label.skills) for label in run.missing_skills().read()}
    theirs = {label.response_id: set(label.skills) for label in run.missing_skills(other).read()}
    shares = [
        len(ours[id] & theirs[id]) / len(ours[id]) for id in sorted(ours.keys() & theirs.keys()) if ours[id]
    ]
    mean = sum(shares) / len(shares) if shares else float("nan")
    return {"teacher": other, "n_questions": len(shares), "agreement": mean}
