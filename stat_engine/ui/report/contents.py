"""What a run's report says: the result, the arms, the skills, the questions that flipped, the rounds."""

from collections.abc import Iterator
from typing import Any

import pandas as pd

from stat_engine import views
from stat_engine.errors import StatError
from stat_engine.store.run_folder import RunFolder
from stat_engine.ui.charts import arms, skills
from stat_engine.ui.charts import rounds as round_charts
from stat_engine.ui.report import tables
from stat_engine.ui.report.blocks import Block, Figure, Heading, Paragraph, Passage, Report, Table

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


def _summary(run: RunFolder, result: dict[str, Any]) -> Iterator[Block]:
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


def _arms(run: RunFolder, result: dict[str, Any]) -> Iterator[Block]:
    yield Heading("Arms and benchmarks")
    yield tables.benchmarks(views.benchmarks.benchmark_table(run), result["benchmark"])
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
            yield Figure(arms.difference_dots(found, reference), caption, tables.differences(found))


def _profile(run: RunFolder) -> Iterator[Block]:
    try:
        failures = views.profile.profile(run)
    except StatError:
        return
    top = failures[failures.n_missing > 0].head(run.config.evaluation.top_skills)
    if len(top):
        yield Heading("Missing-Skill-Profile")
        caption = "The most missed skills: share of the validation questions with the skill that lack it."
        doubled = views.skills.doubled(run.dataset)
        yield Figure(skills.ranked_bars(top, doubled), caption, tables.profile(top))


def _subjects(run: RunFolder, result: dict[str, Any]) -> Iterator[Block]:
    found = views.compare.by_group(run, "subject")
    if result["arms"] and found.subject.nunique() > 2:
        yield Heading("Subjects")
        caption = (
            "Accuracy by subject, each axis divided by the student's own: the student is the circle at 1."
        )
        yield Figure(arms.subject_radar(found), caption, tables.by_subject(found))


def _skills(run: RunFolder) -> Iterator[Block]:
    cells = views.gains.skill_gains(run)
    if cells.empty:
        return
    yield Heading("Skills")
    doubled = views.skills.doubled(run.dataset)
    missed = cells[["subject", "skill"]].drop_duplicates()
    if len(missed) > 2:
        by_skill = missed.merge(views.compare.by_group(run, "skill"), on=["subject", "skill"])
        yield Figure(arms.skill_radar(by_skill, doubled), "Accuracy, each axis divided by the best arm's.")
    n = int((cells.p_adjusted <= LEVEL).sum())
    caption = (
        f"Gain over the student by skill and arm; {n} of {len(cells)} cells, starred, are significant at "
        f"{LEVEL:g} after Benjamini and Hochberg's correction for all cells (McNemar's exact test)."
    )
    yield Figure(arms.gain_map(cells, LEVEL, GROUND, doubled), caption, tables.gains(cells, LEVEL))


def _flips(run: RunFolder, result: dict[str, Any]) -> Iterator[Block]:
    if not result["arms"]:
        return
    arm = result["arms"][0]["arm"]
    pages = [views.flips.flips(run, arm, direction=way, limit=N_QUESTIONS) for way in ("gained", "lost")]
    yield Heading("Questions that flipped")
    yield Paragraph(
        f"Of {pages[0]['n_questions']:,} questions {arm} has {pages[0]['n_gained']:,} right more often than "
        f"the student itself, and {pages[0]['n_lost']:,} less often. The first {N_QUESTIONS} of each:"
    )
    for page, words in zip(pages, ("wrong to right", "right to wrong"), strict=True):
        for id in page["rows"].question_id:
            yield from _flip(views.flips.flip(run, str(id), arm), words)


def _flip(found: dict[str, Any], words: str) -> Iterator[Block]:
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
        figure = round_charts.round_bars(accuracies)
        yield Figure(figure, "Accuracy, round by round.", tables.accuracies(accuracies))
    if len(drift) and drift.run.nunique() > 1:
        dots = round_charts.drift_dots(drift, views.skills.doubled(run.dataset))
        yield Figure(dots, "How the profile moved.", tables.drift(drift))
