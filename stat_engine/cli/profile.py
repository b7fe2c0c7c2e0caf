"""The verb `profile`: the Missing-Skill-Profile, alone, beside the training pool, or beside another run's."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from stat_engine.api import Run, Workspace, output
from stat_engine.api.choices import Correction
from stat_engine.api.output import rows as rows_of
from stat_engine.api.output import write_csv
from stat_engine.cli.options import RunArgument
from stat_engine.cli.terminal import table
from stat_engine.cli.verbs import Shown, Verbs
from stat_engine.errors import StatError

if TYPE_CHECKING:
    import pandas as pd

app = Verbs()
AgainstOption = Annotated[str | None, typer.Option(help="Another run, or an earlier round, to compare with")]
MisfitOption = Annotated[bool, typer.Option("--misfit", help="Compare with what the training pool trains")]
WeakOption = Annotated[
    bool, typer.Option("--weak", help="List the skills that fail more often than the others, by exact test")
]
CorrectionOption = Annotated[Correction, typer.Option(help="For the number of skills that --weak tests")]
SkillOption = Annotated[
    str | None, typer.Option(help="List the questions that lack it: SKILL, or SUBJECT/SKILL")
]
Ranking = Literal["count", "rate", "lower-bound", "gain"]
SortOption = Annotated[
    Ranking,
    typer.Option(
        help="Largest first: questions that lack the skill, failure rate, its lower 95% bound, or the "
        "accuracy to be gained"
    ),
]
LeastOption = Annotated[int, typer.Option(min=1, help="Leave out skills that fewer questions carry")]
NAMES = {"subject": "subject", "skill": "skill"}
COLUMNS = NAMES | {
    "n_missing": "missing", "n_questions": "questions", "failure_rate": "rate", "ci_low": "95% from",
    "ci_high": "to",
}  # fmt: skip
GAIN = {"gain": "to be gained"}
CORRECTED = {"corrected_rate": "corrected", "corrected_low": "95% from", "corrected_high": "to"}
WEAK = NAMES | {
    "n_missing": "missing", "n_questions": "of", "failure_rate": "rate", "others_rate": "others",
    "p_corrected": "corrected p",
}  # fmt: skip
MISFIT = NAMES | {
    "n_missing": "missing", "n_pool": "in the pool", "missed_share": "missed", "pool_share": "trained",
    "gap": "difference", "gap_low": "95% from", "gap_high": "to",
}  # fmt: skip
AGAINST = NAMES | {
    "n_missing": "missing", "n_questions": "of", "other_n_missing": "other", "other_n_questions": "of",
    "difference": "difference", "difference_low": "95% from", "difference_high": "to",
}  # fmt: skip


@app.verb("profile")
def profile(
    place: Workspace,
    run: RunArgument,
    subject: Annotated[str | None, typer.Option(help="Only this subject's skills")] = None,
    against: AgainstOption = None,
    misfit: MisfitOption = False,
    skill: SkillOption = None,
    sort: SortOption = "count",
    min_questions: LeastOption = 1,
    weak: WeakOption = False,
    correction: CorrectionOption = "holm",
    csv: Annotated[Path | None, typer.Option(help="Also write the rows to this file")] = None,
) -> Shown:
    """Show the Missing-Skill-Profile, most missed first unless --sort says otherwise."""
    if sum((against is not None, misfit, weak, skill is not None)) > 1:
        raise StatError("--against, --misfit, --weak and --skill each show another table; give one of them")
    is_other = against is not None or misfit or weak or skill is not None
    if is_other and (sort != "count" or min_questions > 1):
        raise StatError(
            "--sort and --min-questions rank the profile itself; leave the other table's option out"
        )
    chosen = place.run(run)
    if skill is not None:
        result, frame, lines = _questions(chosen, skill, subject)
    elif against is not None:
        result, frame, lines = _against(chosen, against, subject)
    elif weak:
        result, frame, lines = _weak(chosen, subject, correction)
    elif misfit:
        result, frame, lines = _misfit(chosen, subject)
    else:
        result, frame, lines = _profile(chosen, subject, sort, min_questions)
    if csv is not None:
        write_csv(frame, csv)
        result, lines = result | {"file": str(csv)}, [*lines, f"{len(frame):,} rows written to {csv}"]
    return Shown(result, lines)


Found = tuple[dict[str, Any], "pd.DataFrame", list[str]]


def _profile(run: Run, subject: str | None, sort: Ranking, min_questions: int) -> Found:
    summary, frame = run.corrected_profile(subject)
    frame = run.ranked(frame, sort, min_questions)
    error, rows = summary["teacher_error"], rows_of(frame)
    warning = [f"warning: {summary['warning']}"] if summary["warning"] else []
    head = [f"{summary['n_difficult']:,} difficult questions", output.teacher_error(error)]
    columns = COLUMNS | (CORRECTED if error["source"] else {}) | (GAIN if sort == "gain" else {})
    return summary | {"skills": rows}, frame, [*head, *table(rows, columns), *warning]


def _misfit(run: Run, subject: str | None) -> Found:
    every = run.misfit()
    frame, distance = run.of_subject(every, subject), run.misfit_distance()
    n_pool, rows = int(every.n_pool_questions.max()) if len(every) else 0, rows_of(frame)
    result = {"run": run.name, "n_pool_questions": n_pool, "distance": distance, "skills": rows}
    head = f"shares of what is missed, and of what {n_pool:,} pool questions train"
    far = f"{distance or 0:.1%} of what the pool trains would have to be other skills"
    return result, frame, [head, *([] if distance is None else [far]), *table(rows, MISFIT)]


def _weak(run: Run, subject: str | None, correction: Correction) -> Found:
    every = run.weak_skills(correction)
    frame = run.of_subject(every, subject)
    rows = rows_of(frame)
    listed = [row for row in rows if row["is_weak"]]
    head = (
        f"{len(listed):,} of {len(rows):,} skills fail more often than the others (Fisher's exact test, "
        f"{correction} correction over {len(every):,} skills, p at most 0.05)"
    )
    return {"run": run.name, "correction": correction, "skills": rows}, frame, [head, *table(listed, WEAK)]


def _against(run: Run, other: str, subject: str | None) -> Found:
    frame = run.of_subject(run.profile_against(other), subject)
    rows = rows_of(frame)
    result = {"run": run.name, "against": other, "skills": rows}
    return result, frame, [f"{run.name} minus {other}", *table(rows, AGAINST)]


def _questions(run: Run, name: str, subject: str | None) -> Found:
    of, skill, frame = run.questions_lacking(name, subject)
    rows = rows_of(frame)
    result = {"run": run.name, "subject": of, "skill": skill, "questions": rows}
    columns = {"question_id": "question", "level": "level", "problem": "problem"}
    short = [row | {"problem": " ".join(row["problem"].split())[:80]} for row in rows]
    return result, frame, [f"{len(frame):,} difficult questions lack {of}/{skill}", *table(short, columns)]
