"""The result in a sentence, arms x benchmarks, and paired differences."""

from functools import partial
from typing import Any

import pandas as pd
import streamlit as st

from stat_engine import report, views
from stat_engine.charts import arms
from stat_engine.ui.shared import data, frame
from stat_engine.ui.shared.address import part, remember
from stat_engine.ui.shared.draw import chosen_row, counts, draw, numbers, rounded, row_name
from stat_engine.views.benchmarks import cell_words, columns_of
from stat_engine.views.compare import Comparison
from stat_engine.views.differences import Direction
from stat_engine.views.places import Run
from stat_engine.views.text import as_markdown, plain

ALL = "All"
CHOSEN: Any = ["single-row", "single-cell"]
DIRECTIONS: dict[Direction, str] = {
    "both": "either way",
    "gained": "wrong to right",
    "lost": "right to wrong",
}
WAYS: dict[str, Direction] = {"n_gained": "gained", "n_lost": "lost"}
"""Column -> the direction of the questions that it counts."""
PARTS = ["Arms", "Skills and subjects", "Questions that flipped", "Rounds"]
DIFFERENCES: dict[str, Any] = {
    "arm": row_name("Arm"),
    **numbers("%+.3f", difference="Difference", ci_low="95% from", ci_high="to"),
    **numbers(
        n_gained=("Gained", "Questions right more often than the reference"),
        n_lost=("Lost", "Questions right less often than the reference"),
    ),
    **counts(n_questions="Questions"),
    **numbers("%.2g", p_value="p"),
    **numbers(
        "%+.3f", seed_low=("Over seeds from", "95% interval over questions and seeds (paired bootstrap)"),
        seed_high="to ",
    ),
    **numbers("%.2g", p_vs_base="p against base", p_vs_random="p against random"),
    **numbers("%.3f", profile_skills_accuracy="Profile's skills", other_skills_accuracy="Other skills"),
    **counts(n_unreadable=("Not gradable", "Responses without an answer that can be read; not right")),
}  # fmt: skip


def of_run(run: Run) -> Comparison:
    """The comparison on the benchmark that is chosen; the choice is there where the run has several."""
    result = frame.need(views.compare.compare, run, until="evaluation")
    names = result["benchmarks"]
    if len(names) < 2:
        return result
    chosen = st.selectbox(
        "Benchmark", names, key="compare_benchmark", bind="query-params", width=260,
        help="All figures below but the table of benchmarks are about its questions",
    )  # fmt: skip
    return data.view(views.compare.compare, run, chosen)


def downloads(run: Run) -> None:
    """A button a format; the report is made when it is pressed."""
    with st.container(horizontal=True):
        for name, ending, mime in (("HTML", ".html", "text/html"), ("Markdown", ".md", "text/markdown")):
            st.download_button(
                f"Report as {name}", partial(report.text, run, ending), f"{run.name}-report{ending}", mime,
                key=f"compare_report_{ending[1:]}", on_click="ignore",
                help="One file that works offline; created when you click" if ending == ".html" else None,
            )  # fmt: skip


def chosen_part() -> str:
    """The part of the page that is shown; it stands in the address."""
    for key, value in st.session_state.pop("compare_go", {}).items():
        st.session_state[key] = value
    return part(PARTS, "compare_part")


def go_to_flips(
    arm: str,
    skill: tuple[str, str] | str = ALL,
    direction: Direction = "both",
    subject: str = ALL,
    level: str = ALL,
) -> None:
    """Show the questions that flipped for this arm, in this direction, under these filters; none is open."""
    filters = {"compare_subject": subject, "compare_of_level": level, "compare_skill": skill}
    chosen = {"compare_arm": arm, "compare_direction": direction, **filters, "compare_page": 1}
    st.session_state["compare_go"] = {"compare_part": PARTS[2], **chosen}
    remember("compare_question", None)
    remember("compare_page", None)
    # a bound widget that is not on the page yet does not write a value set for it into the address
    words = {
        "compare_skill": skill_words(skill),
        "compare_direction": DIRECTIONS[direction],
        "compare_subject": plain(subject),
    }
    if level != ALL or "compare_of_level" in st.query_params:  # few benchmarks have levels to choose from
        words["compare_of_level"] = level_words(level)
    st.query_params.update({"compare_arm": arm, **words})
    st.rerun()


def level_words(level: str) -> str:
    """A level for a choice."""
    return level or "not given"


def skill_words(pair: tuple[str, str] | str) -> str:
    """A skill with its subject, for a choice; a word as it is."""
    if isinstance(pair, str):
        return pair
    return f"{plain(pair[1])} ({plain(pair[0])})" if pair[0] else plain(pair[1])


def chosen_reference(result: Comparison) -> str:
    """The arm that others are set against: the student itself unless chosen otherwise."""
    names = ["base", *(arm["arm"] for arm in result["arms"])]
    chosen = st.selectbox(
        "Compared with", names, key="compare_reference", bind="query-params", width=200,
        format_func=lambda arm: "base (the student)" if arm == "base" else arm,
    )  # fmt: skip
    return str(chosen)


def benchmarks_table(run: Run, result: Comparison) -> None:
    """Arms x benchmarks with intervals, the best of each column shaded."""
    cells = data.view(views.benchmarks.benchmark_table, run)
    table, names = columns_of(cells, result["benchmark"])
    shown = {column: st.column_config.Column(name) for column, name in names.items()}
    styled = _with_intervals(table, cells, names)
    at = chosen_row(styled, {"arm": row_name("Arm"), **shown}, "compare_benchmarks", height="content")
    st.caption(
        "Accuracy as a fraction, mean over seeds, with its 95% interval over questions (Wilson's, by "
        "clusters where a question has several samples; for the mean the delta method's). The difficult part "
        "holds the questions that the reward filter flags for the student itself; the mean is the plain one "
        "of the columns before it. Shaded: a column's best. "
        "Choose an arm's row to see the questions that flipped."
    )
    if at is not None:
        _to_flips_of(str(table.arm[at]))


def _to_flips_of(arm: str) -> None:
    """The questions of a row; the arm that all are compared with has none."""
    reference = st.session_state.get("compare_reference", "base")  # chosen below; the student at first
    if arm == reference:
        st.caption(f"All are compared with {as_markdown(arm)}: choose another row, or another arm below.")
        return
    go_to_flips(arm)


def accuracies_and_differences(run: Run, result: Comparison) -> None:
    """Both as dots with intervals, and the differences as a table whose rows lead to the questions."""
    st.header("Against one arm")
    reference = chosen_reference(result)
    differences = data.view(views.compare.differences, run, reference, result["benchmark"])
    if differences.empty:
        st.caption("No other arm is evaluated yet: train one on the page Training.")
        return
    side_by_side = st.grid(2, min_column_width=420)
    with side_by_side.cell():
        draw(arms.difference_dots(differences, reference, data.marks()), key="compare_differences")
    with side_by_side.cell():
        draw(arms.arm_dots(result, data.marks()), key="compare_arms")
    _differences_table(differences, result, reference)


def _differences_table(differences: pd.DataFrame, result: Comparison, reference: str) -> None:
    extra = ["p_vs_base", "p_vs_random", "profile_skills_accuracy", "other_skills_accuracy", "n_unreadable"]
    known = pd.DataFrame([{"arm": "base", **result["base"]}, *result["arms"]])
    table = differences.merge(known.reindex(columns=["arm", *extra]), on="arm", how="left")
    unsaid = [] if table.seed_low.notna().any() else ["seed_low", "seed_high"]
    table = table.drop(columns=[f"p_vs_{reference}", *unsaid], errors="ignore")
    event = st.dataframe(
        rounded(table[[column for column in DIFFERENCES if column in table]], DIFFERENCES),
        hide_index=True, column_config=DIFFERENCES, on_select="rerun", selection_mode=CHOSEN,
        key="compare_table", placeholder="–",
    )  # fmt: skip
    st.caption(
        "Paired over questions, a question's seeds averaged first: difference with Bonett and Price's "
        "interval, p by McNemar's exact test (of shares, with several seeds), not corrected for the number "
        "of arms. Choose a row to see its questions, or click under *Gained* or *Lost* to see just those."
    )
    if event.selection.rows:
        go_to_flips(str(table.arm[event.selection.rows[0]]))
    if event.selection.cells:
        at, column = event.selection.cells[0]
        if str(column) in WAYS:
            go_to_flips(str(table.arm[at]), direction=WAYS[str(column)])


def _with_intervals(table: pd.DataFrame, cells: pd.DataFrame, names: dict[str, str]) -> Any:
    """The numbers as they are, shown with their intervals: sorting goes by the number."""
    styled, place = table.style, {arm: at for at, arm in enumerate(table.arm)}
    usual = cells.groupby(["benchmark", "part"]).n_questions.transform("max")
    words = cells.assign(words=cell_words(cells, usual)).groupby(["benchmark", "part"], sort=False)
    for column, (_, rows) in zip(names, words, strict=True):
        for arm, text in zip(rows.arm, rows.words, strict=True):
            styled = styled.format(
                partial(_always, text), subset=([place[arm]], [column]), na_rep="not asked"
            )
        styled = styled.highlight_max(subset=[column], props="background-color: rgba(0, 114, 178, 0.18)")
    return styled


def _always(text: str, _: Any) -> str:
    return text
