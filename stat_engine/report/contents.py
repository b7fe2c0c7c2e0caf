"""The contents of a run's report: the result, the arms, the skills, the changed questions, the rounds.

A report consists of plain text and tables from the views, whatever format it is written in."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
import plotly.graph_objects as go

from stat_engine import views
from stat_engine.charts import arms, profile
from stat_engine.charts import studies as round_charts
from stat_engine.charts.colours import Marks, marks_of
from stat_engine.errors import StatError, pass_over
from stat_engine.store.run_folder import RunFolder
from stat_engine.store.workspace import WorkspaceFolder
from stat_engine.views.benchmarks import cell_words, columns_of
from stat_engine.views.compare import Comparison
from stat_engine.views.differences import Flip
from stat_engine.views.text import plain


@dataclass(frozen=True)
class Heading:
    """A section's title."""

    text: str


@dataclass(frozen=True)
class Paragraph:
    """Sentences."""

    text: str


@dataclass(frozen=True)
class Table:
    """A heading a column, and rows of as many cells."""

    columns: Sequence[str]
    rows: Sequence[Sequence[str]]


@dataclass(frozen=True)
class Figure:
    """A chart, its caption, and the same numbers as a table for a reader without charts (None: they stand
    elsewhere in the report)."""

    figure: go.Figure
    caption: str
    table: Table | None = None


@dataclass(frozen=True)
class Passage:
    """Somebody else's text, shown as it is, under a label."""

    label: str
    text: str


Block = Heading | Paragraph | Table | Figure | Passage


@dataclass(frozen=True)
class Report:
    """A title and its blocks in order."""

    title: str
    blocks: Sequence[Block]


def benchmarks_table(cells: pd.DataFrame, own: str) -> Table:
    """Arms x benchmarks, the paper's table 3."""
    table, names = columns_of(cells, own)
    usual = cells.groupby(["benchmark", "part"]).n_questions.transform("max")
    words = pd.Series(cell_words(cells, usual), index=cells.index)
    return Table(["Arm", *names.values()], [[arm, *words[cells.arm == arm]] for arm in table.arm])


def differences_table(found: pd.DataFrame) -> Table:
    """Paired differences from one arm."""
    rows = [
        [row.arm, _between(row.difference, row, "+.3f"), f"{row.p_value:.2g}", f"{row.n_gained:,}",
         f"{row.n_lost:,}", f"{row.n_questions:,}"]
        for row in _rows(found)
    ]  # fmt: skip
    return Table(["Arm", "Difference (95% interval)", "p", "Gained", "Lost", "Questions"], rows)


def profile_table(failures: pd.DataFrame) -> Table:
    """The Missing-Skill-Profile."""
    rows = [
        [plain(row.subject), plain(row.skill), f"{row.n_missing:,} of {row.n_questions:,}",
         _between(row.failure_rate, row, ".2f")]
        for row in _rows(failures)
    ]  # fmt: skip
    return Table(["Subject", "Skill", "Missing in", "Failure rate (95% interval)"], rows)


def by_subject_table(found: pd.DataFrame) -> Table:
    """Accuracy by subject, a column an arm."""
    rows = [
        [plain(str(subject)), f"{part.n_questions.max():,}"]
        + [_between(row.accuracy, row, ".3f") for row in _rows(part)]
        for subject, part in found.groupby("subject")
    ]
    return Table(["Subject", "Questions", *dict.fromkeys(found.arm)], rows)


def gains_table(cells: pd.DataFrame, level: float) -> Table:
    """Gain a skill and arm, a star where it is significant."""
    rows = [
        [plain(str(subject)), plain(str(skill)), f"{part.n_questions.max():,}"]
        + [f"{row.gain:+z.3f}{'*' if row.p_adjusted <= level else ''}" for row in _rows(part)]
        for (subject, skill), part in cells.groupby(["subject", "skill"], sort=False)
    ]
    return Table(["Subject", "Skill", "Questions", *dict.fromkeys(cells.arm)], rows)


def accuracies_table(found: pd.DataFrame) -> Table:
    """Accuracy, round by round."""
    rows = [
        [row.run, row.arm, _between(row.accuracy, row, ".3f"), f"{row.n_questions:,}"] for row in _rows(found)
    ]
    return Table(["Round", "Arm", "Accuracy (95% interval)", "Questions"], rows)


def drift_table(moved: pd.DataFrame) -> Table:
    """How the profile moved."""
    rows = [
        [
            plain(row.subject),
            plain(row.skill),
            row.run,
            _between(row.failure_rate, row, ".2f"),
            f"{row.moved:+z.2f}",
        ]
        for row in _rows(moved)
    ]
    return Table(["Subject", "Skill", "Round", "Failure rate (95% interval)", "Moved"], rows)


def _between(value: float, row: Any, digits: str) -> str:
    return f"{value:{digits}} ({row.ci_low:{digits}} to {row.ci_high:{digits}})"


def _rows(frame: pd.DataFrame) -> list[Any]:
    return list(frame.itertuples())


GROUND = "#f2f2f2"
"""The colour of no gain on the report's white page."""
LEVEL = 0.05
N_QUESTIONS = 3
"""Questions shown in each direction."""


def contents(run: RunFolder) -> Report:
    """The report of a run; raises NotThereYet before the student itself is evaluated."""
    result = views.compare.compare(run)
    blocks = [
        *_summary(run, result),
        *_arms(run, result),
        *_profile(run),
        *_subjects(run, result),
        *_skills(run),
        *_flips(run, result),
        *_rounds(run),
    ]
    for block in blocks:
        if isinstance(block, Figure):
            block.figure.update_layout(template="plotly_white", font={"color": "#1a2330"})
    return Report(f"STAT Studio: run {run.name}", blocks)


def _summary(run: RunFolder, result: Comparison) -> Iterator[Block]:
    config, difficulty = run.config, run.config.difficulty
    yield Paragraph(" ".join(result["verdict"]))
    if result["warning"]:
        yield Paragraph(f"Warning: {result['warning']}.")
    for warning in views.warnings.warnings(run, with_near=True):
        yield Paragraph(f"Warning. {views.warnings.in_words(warning)}")
    trained = [f"{arm['arm']} ({arm['n_pairs']:,})" for arm in result["arms"] if arm["n_pairs"]]
    filter = f"filter {difficulty.filter}, tau1 {difficulty.tau1:g}, tau2 {difficulty.tau2:g}"
    rows = [
        ("Dataset", config.dataset),
        ("Student", config.student.name),
        ("Reward model", config.reward_model.model or config.reward_model.backend),
        ("Difficult questions", filter),
        ("Teacher", config.teacher.endpoint()),
        ("Training pairs", ", ".join(trained) or "no arm trained here"),
        ("Evaluated on", f"{result['test_questions']:,} {result['benchmark']} questions"),
        ("Made from run", str(run.card.get("parent") or "none")),
    ]
    yield Table(["What", "Value"], rows)


def _arms(run: RunFolder, result: Comparison) -> Iterator[Block]:
    yield Heading("Arms and benchmarks")
    yield benchmarks_table(views.benchmarks.benchmark_table(run), result["benchmark"])
    yield Paragraph(
        "Accuracy as a fraction, mean over seeds, with its 95% interval over questions (Wilson's; for the "
        "mean the delta method's). The difficult part holds the questions that the reward filter flags for "
        "the student."
    )
    if unreadable := views.benchmarks.unreadable_sentences(run):
        yield Paragraph(" ".join(unreadable))
    names = [arm["arm"] for arm in result["arms"]]
    for reference in ["base", *(["random"] if "random" in names else [])]:
        found = views.compare.differences(run, reference)
        caption = (
            f"Difference from {reference}, paired over questions: Bonett and Price's 95% interval, "
            "McNemar's exact test, not corrected for the number of arms."
        )
        if len(found):
            yield Figure(
                arms.difference_dots(found, reference, _marks(run)), caption, differences_table(found)
            )


def _marks(run: RunFolder) -> Marks:
    return marks_of(WorkspaceFolder(run.folder.parent.parent))


def _profile(run: RunFolder) -> Iterator[Block]:
    try:
        failures = views.profile.profile(run)
    except StatError as error:
        pass_over(error)
        return
    top = failures[failures.n_missing > 0].head(run.config.evaluation.top_skills)
    if len(top):
        yield Heading("Missing-Skill-Profile")
        caption = "The most missed skills: questions that lack the skill."
        doubled = views.datasets.doubled(run.dataset)
        yield Figure(profile.ranked_bars(top, doubled, "count"), caption, profile_table(top))


def _subjects(run: RunFolder, result: Comparison) -> Iterator[Block]:
    found = views.compare.by_group(run, "subject")
    if result["arms"] and found.subject.nunique() > 2:
        yield Heading("Subjects")
        caption = "Accuracy by subject (fraction)."
        yield Figure(arms.subject_radar(found, _marks(run)), caption, by_subject_table(found))


def _skills(run: RunFolder) -> Iterator[Block]:
    cells = views.differences.skill_gains(run)
    if cells.empty:
        return
    yield Heading("Skills")
    doubled = views.datasets.doubled(run.dataset)
    missed = cells[["subject", "skill"]].drop_duplicates()
    if len(missed) > 2:
        by_skill = missed.merge(views.compare.by_group(run, "skill"), on=["subject", "skill"])
        yield Figure(arms.skill_radar(by_skill, _marks(run), doubled), "Accuracy by skill (fraction).")
    n = int((cells.p_adjusted <= LEVEL).sum())
    caption = (
        f"Gain over the student by skill and arm; {n} of {len(cells)} cells, starred, are significant at "
        f"{LEVEL:g} after Benjamini and Hochberg's correction for all cells (McNemar's exact test)."
    )
    yield Figure(arms.gain_map(cells, LEVEL, GROUND, doubled), caption, gains_table(cells, LEVEL))


def _flips(run: RunFolder, result: Comparison) -> Iterator[Block]:
    if not result["arms"]:
        return
    arm = result["arms"][0]["arm"]
    pages = [
        views.differences.flips(run, arm, direction=way, limit=N_QUESTIONS) for way in ("gained", "lost")
    ]
    yield Heading("Questions that flipped")
    yield Paragraph(
        f"Of {pages[0]['n_questions']:,} questions {arm} has {pages[0]['n_gained']:,} right more often than "
        f"the student itself, and {pages[0]['n_lost']:,} less often. The first {N_QUESTIONS} of each:"
    )
    for page, words in zip(pages, ("wrong to right", "right to wrong"), strict=True):
        for id in page["rows"].question_id:
            yield from _flip(views.differences.flip(run, str(id), arm), words)


def _flip(found: Flip, words: str) -> Iterator[Block]:
    label = f"Question {found['question_id']}, {words}; right answer: {found['expected']}"
    yield Passage(label, found["problem"])
    for side in found["sides"]:
        first = side["responses"][0]
        mark = {True: "right", False: "wrong", None: "not graded"}[first["is_correct"]]
        yield Passage(f"{side['arm']}, seed {first['seed']}, {mark}", first["response"])


def _rounds(run: RunFolder) -> Iterator[Block]:
    found = views.rounds.rounds(run)
    if len(found["rounds"]) < 2:
        return
    yield Heading("Rounds")
    yield Paragraph(f"Runs in order: {', '.join(found['rounds'])}.")
    accuracies, drift = pd.DataFrame(found["accuracies"]), pd.DataFrame(found["drift"])
    if len(accuracies):
        figure = round_charts.round_bars(accuracies, _marks(run))
        yield Figure(figure, "Accuracy, round by round.", accuracies_table(accuracies))
    if len(drift) and drift.run.nunique() > 1:
        dots = round_charts.drift_dots(drift, _marks(run), views.datasets.doubled(run.dataset))
        yield Figure(dots, "How the profile moved.", drift_table(drift))
