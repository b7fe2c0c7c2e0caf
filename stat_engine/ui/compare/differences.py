"""Questions on which two arms differ, radar charts of skills and subjects, and the map of gains."""

from typing import Any, NamedTuple

import pandas as pd
import streamlit as st

from stat_engine import views
from stat_engine.charts import arms
from stat_engine.errors import StatError
from stat_engine.review import Place
from stat_engine.stats import Correction
from stat_engine.ui.compare.result import (
    ALL,
    DIRECTIONS,
    chosen_reference,
    go_to_flips,
    level_words,
    skill_words,
)
from stat_engine.ui.shared import data, verdicts, words
from stat_engine.ui.shared.draw import draw, numbers, page_of, pick_rows, wrapped_rows
from stat_engine.views.compare import Comparison
from stat_engine.views.differences import CORRECTIONS, Direction, Flip, Flips, Side
from stat_engine.views.evaluations import Group
from stat_engine.views.places import Run
from stat_engine.views.text import answer, as_markdown, clipped, plain

CORRECTION_WORDS = {
    "benjamini-hochberg": "Benjamini-Hochberg (share of false finds)",
    "holm": "Holm (any false find)",
    "none": "none",
}
SCALE_WORDS: dict[arms.Scale, str] = {
    "accuracy": "Accuracy", "student": "Divided by the student's", "best": "Divided by the best arm's",
}  # fmt: skip
MISSED = "Most missed skills"
GROUPS: dict[str, Group] = {MISSED: "skill", "All skills": "skill", "Subjects": "subject", "Levels": "level"}
LEVELS = [0.05, 0.01, 0.1]
MANY = 6
"""More arms than this in one circle are hard to tell apart."""
PAGE_ROWS = 50
QUESTION = "compare_question"
"""Where the address holds the open question."""
COLUMNS: dict[str, Any] = {
    "change": st.column_config.TextColumn("Change", width=105),
    "reference_answer": st.column_config.TextColumn("Reference's answer", width=95),
    "answer": st.column_config.TextColumn("Arm's answer", width=112),
    "expected": st.column_config.TextColumn("Right answer", width=92),
    "question_id": st.column_config.TextColumn("Question", width="small"),
    "subject": "Subject",
    **numbers(level="Level"),
    "problem": st.column_config.TextColumn("Problem", width="large"),
}


def circles(run: Run, result: Comparison) -> None:
    """The paper's figures 4 and 7 for the chosen arms."""
    names = ["base", *(arm["arm"] for arm in result["arms"])]
    shown = st.pills(
        "Arms in the circles", names, selection_mode="multi", default=_usual(names), key="compare_arms_shown",
        bind="query-params",
    )  # fmt: skip
    scale = st.segmented_control(
        "Scale of the circles", list(arms.SCALES), default="accuracy", required=True,
        format_func=SCALE_WORDS.__getitem__, key="compare_scale", bind="query-params",
    )  # fmt: skip
    side_by_side = st.grid(2, min_column_width=420)
    with side_by_side.cell():
        _skill_circle(run, result["benchmark"], shown, scale)
    with side_by_side.cell():
        st.markdown("**Accuracy by subject**")
        by_subject = data.view(views.compare.by_group, run, "subject", result["benchmark"])
        chosen = by_subject[by_subject.arm.isin({*shown, "base"})]
        draw(arms.subject_radar(chosen, data.marks(), scale), key="compare_subjects")


def gain_map(run: Run, result: Comparison) -> None:
    """Gain a skill and arm; a click on a cell leads to the questions that flipped."""
    st.header("Gain skill by skill")
    reference, group, only_missed, correction, level = _gain_choices(result)
    cells = data.view(
        views.differences.skill_gains, run, reference, only_missed, correction, result["benchmark"], group
    )
    if cells.empty:
        st.caption("No question of this benchmark carries a skill: import a Skill-Map for the dataset.")
        return
    if group != "skill":
        cells = _named(cells, group)
    st.markdown(_found(cells, correction, level))
    doubled = data.doubled(run)
    event = draw(arms.gain_map(cells, level, doubled=doubled), key="compare_map", on_select="rerun")
    st.caption(
        "Name · its questions. Gains are paired differences of fractions; p by McNemar's exact test over "
        "its questions, a question's seeds averaged first. Click a cell to see its questions."
    )
    points = event.selection.points if event else []
    if points:
        subject, skill, arm = points[0]["customdata"][:3]
        chosen: dict[str, Any] = {"skill": (subject, skill)} if group == "skill" else {group: subject}
        go_to_flips(arm, **chosen)


def _skill_circle(run: Run, benchmark: str, shown: list[str], scale: arms.Scale) -> None:
    missed = data.view(views.evaluations.missed_skills, run)
    st.markdown("**Accuracy in the most missed skills**")
    if not missed:
        st.caption("There is no current profile, so no skill is known as missed.")
        return
    order = pd.DataFrame(missed, columns=["subject", "skill"])
    by_skill = order.merge(
        data.view(views.compare.by_group, run, "skill", benchmark), on=["subject", "skill"]
    )
    by_skill = by_skill[by_skill.arm.isin({*shown, "base"})]
    if by_skill.empty:
        st.caption("No question of this benchmark carries one of the most missed skills.")
        return
    doubled = data.doubled(run)
    draw(arms.skill_radar(by_skill, data.marks(), doubled, scale), key="compare_skills")


def _usual(names: list[str]) -> list[str]:
    """All arms, or, of many, the student, random and STAT's own."""
    few = [name for name in names if name in ("base", "random", "stat-sel", "stat-syn")]
    return names if len(names) <= MANY or len(few) < 2 else few


def _named(cells: pd.DataFrame, group: str) -> pd.DataFrame:
    """A row's subject or level where the map has the skill's name, and as it is where it has the subject."""
    of = cells[group]
    names = of.where(of != "", "no subject") if group == "subject" else "level " + of.map(level_words)
    return cells.assign(skill=names, subject=of)


def _gain_choices(result: Comparison) -> tuple[str, Group, bool, Correction, float]:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        reference = chosen_reference(result)
        shown = st.selectbox("By", list(GROUPS), key="compare_skills_shown", bind="query-params", width=200)
        correction = st.selectbox(
            "Correction", CORRECTIONS, format_func=CORRECTION_WORDS.__getitem__, key="compare_correction",
            bind="query-params", width=290,
        )  # fmt: skip
        level = st.selectbox("Level", LEVELS, key="compare_level", bind="query-params", width=90)
    return reference, GROUPS[str(shown)], shown == MISSED, correction, float(level)


def _found(cells: pd.DataFrame, correction: str, level: float) -> str:
    stay = cells[cells.p_adjusted <= level]
    n_better, n_worse = int((stay.gain > 0).sum()), int((stay.gain < 0).sum())
    how = "without correction" if correction == "none" else f"after correction for all {len(cells):,} cells"
    return (
        f"**{len(stay):,}** of {len(cells):,} cells are significant at {level:g} {how}, marked by a star: "
        f"{n_better:,} better, {n_worse:,} worse."
    )


class Asked(NamedTuple):
    """Which questions are listed; None: any subject, level or skill."""

    arm: str
    reference: str
    direction: Direction
    subject: str | None
    level: str | None
    skill: tuple[str, str] | None
    benchmark: str


def flipped(run: Run, result: Comparison) -> None:
    """The filters, the questions under them in pages, and the chosen one with both arms' responses."""
    if not result["arms"]:
        st.caption("No arm is evaluated yet: train one on the page Training.")
        return
    asked = _asked(run, result)
    if asked.arm == asked.reference:
        st.info("Choose two different arms.")
        return
    found = data.view(views.differences.flips, run, *asked, 0, PAGE_ROWS)
    st.markdown(_counts(found, asked))
    if found["n_rows"]:
        if at := page_of(found["n_rows"], PAGE_ROWS, "compare_page"):
            found = data.view(views.differences.flips, run, *asked, at * PAGE_ROWS, PAGE_ROWS)
        _table(found["rows"], asked, f"compare_flips_{hash((run.name, *asked, at))}")
    else:
        st.caption("No question under these filters.")
    if chosen := st.query_params.get(QUESTION):
        _side_by_side(run, chosen, asked)
    elif found["n_rows"]:
        st.caption("Choose a row to read both responses.")


def _asked(run: Run, result: Comparison) -> Asked:
    groups = data.view(views.evaluations.groups, run, result["benchmark"])
    with st.container(horizontal=True, vertical_alignment="bottom"):
        arm = st.selectbox(
            "Arm", ["base", *(row["arm"] for row in result["arms"])], 1, key="compare_arm",
            bind="query-params", width=200,
        )  # fmt: skip
        reference = chosen_reference(result)
        direction = st.selectbox(
            "Direction", list(DIRECTIONS), format_func=DIRECTIONS.__getitem__, key="compare_direction",
            bind="query-params", width=180,
        )  # fmt: skip
        subject = st.selectbox(
            "Subject", [ALL, *groups["subjects"]], format_func=plain,
            key="compare_subject", bind="query-params", width=180,
        )  # fmt: skip
        level = ALL
        if len(groups["levels"]) > 1:
            level = st.selectbox(
                "Level", [ALL, *groups["levels"]], format_func=level_words,
                key="compare_of_level", bind="query-params", width=100,
            )  # fmt: skip
        skill = st.selectbox(
            "Skill", [ALL, *(pair for pair in groups["skills"] if subject in (ALL, pair[0]))],
            format_func=skill_words, key="compare_skill", bind="query-params", width=320,
        )  # fmt: skip
    chosen = {"subject": subject, "level": level, "skill": skill}
    filters: dict[str, Any] = {name: None if value == ALL else value for name, value in chosen.items()}
    return Asked(arm, reference, direction, benchmark=result["benchmark"], **filters)


def _counts(found: Flips, asked: Asked) -> str:
    return (
        f"Of **{found['n_questions']:,}** questions **{as_markdown(asked.arm)}** has "
        f"**{found['n_gained']:,}** right more often than **{as_markdown(asked.reference)}**, and "
        f"**{found['n_lost']:,}** less often."
    )


def _table(rows: pd.DataFrame, asked: Asked, key: str) -> None:
    """One page of rows; the chosen question is marked and stands in the address."""
    is_whole = rows.share.isin([0, 1]) & rows.reference_share.isin([0, 1])
    shares = [f"{a:.0%} to {b:.0%} right" for a, b in zip(rows.reference_share, rows.share, strict=True)]
    shown = rows.assign(
        change=rows.direction.map(DIRECTIONS).where(is_whole, shares),
        problem=rows.problem.map(clipped),
        answer=rows.answer.map(_answer),
        reference_answer=rows.reference_answer.map(_answer),
        expected=rows.expected.map(_answer),
    )
    headings = COLUMNS | {
        "answer": f"{asked.arm}'s answer", "reference_answer": f"{asked.reference}'s answer",
    }  # fmt: skip
    looks: dict[str, Any] = {"column_config": headings, **wrapped_rows(len(rows))}
    pick_rows(shown[list(COLUMNS)], list(rows.question_id), QUESTION, key, **looks)


def _side_by_side(run: Run, question_id: str, asked: Asked) -> None:
    try:
        arms = (asked.arm, asked.reference, asked.benchmark)
        found = data.view(views.differences.flip, run, question_id, *arms)
    except StatError as error:
        st.info(as_markdown(str(error)))
        return
    st.header(f"Question {as_markdown(question_id)}")
    if outside := _outside(found, asked):
        st.info(outside)
    words.written(found["problem"])
    skills = ", ".join(skill_words(skill) for skill in found["skills"]) or "no skill in the Skill-Map"
    level = "" if found["level"] is None else f" · level {found['level']}"
    st.caption(as_markdown(f"{plain(found['subject'])}{level} · {skills}"))
    if found["expected"] is not None:
        st.markdown(f"Right answer: **{answer(found['expected'])}**")
    words.solution(found["solution"])
    sides = st.grid(2, min_column_width=360)
    for side in found["sides"]:
        with sides.cell(), st.container(border=True):
            _one_side(run, side, found["expected"])
    verdicts.overrule(run, _graded(found, asked.benchmark or run.config.evaluation.split))


def _outside(found: Flip, asked: Asked) -> str | None:
    """Why an open question is none of those that are listed."""
    if found["direction"] is None:
        return "This question did not flip: both arms have it right equally often, or one was not asked."
    is_in = asked.direction in ("both", found["direction"]) and asked.subject in (None, found["subject"])
    is_in = is_in and asked.level in (None, "" if found["level"] is None else str(found["level"]))
    if is_in and (asked.skill is None or asked.skill in found["skills"]):
        return None
    return f"This question flipped, {DIRECTIONS[found['direction']]}, but is outside the filters above."


def _graded(found: Flip, benchmark: str) -> list[verdicts.Graded]:
    """Every response on show, for the choice of the one to overrule."""
    return [
        verdicts.Graded(
            found["question_id"], one["response_id"], one["sample"], one["is_correct"],
            f"{side['arm']}, seed {one['seed']}, sample {one['sample']}",
            place=Place(side["arm"], one["seed"], benchmark),
        )
        for side in found["sides"]
        for one in side["responses"]
    ]  # fmt: skip


def _one_side(run: Run, side: Side, expected: str | None) -> None:
    st.markdown(f"**{as_markdown(side['arm'])}**")
    several = len(side["responses"]) > 1
    for response in side["responses"]:
        with st.container(horizontal=True, vertical_alignment="center"):
            words.verdict(response["is_correct"], "not graded")
            seed = f"seed {response['seed']}, sample {response['sample']} · " if several else ""
            length = "" if response["n_tokens"] is None else f" · {response['n_tokens']:,} tokens"
            cut = ", cut off" if response["finish_reason"] == "length" else ""
            found = "none found" if response["answer"] is None else answer(response["answer"])
            st.caption(f"{seed}answer {found}{length}{cut}")
        verdicts.reason(run, response["response"], expected, response["is_correct"])
        words.written(response["response"], "The response is empty.")


def _answer(answer: Any) -> str:
    """An answer for a cell; imported ones may be long."""
    return "none found" if answer is None or answer != answer else clipped(str(answer), 60)
