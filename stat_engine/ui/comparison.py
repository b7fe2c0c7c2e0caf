"""Parts of the compare page: headline, tables, and training as it goes."""

from typing import Any

import pandas as pd
import streamlit as st

from stat_engine.store.run_folder import RunFolder
from stat_engine.ui import data
from stat_engine.ui.charts import training
from stat_engine.ui.charts.draw import draw

COLUMNS: dict[str, Any] = {
    "arm": "Arm",
    "n_pairs": st.column_config.NumberColumn("Pairs"),
    "seeds": st.column_config.TextColumn("Seeds"),
    "accuracy": st.column_config.NumberColumn("Test", format="%.3f"),
    "ci_low": st.column_config.NumberColumn("95% from", format="%.3f"),
    "ci_high": st.column_config.NumberColumn("to", format="%.3f"),
    "profile_skills_accuracy": st.column_config.NumberColumn("Profile's skills", format="%.3f"),
    "other_skills_accuracy": st.column_config.NumberColumn("Other skills", format="%.3f"),
    "difficult_accuracy": st.column_config.NumberColumn("Difficult part", format="%.3f"),
    "p_vs_base": st.column_config.NumberColumn("p against base", format="%.2g"),
    "p_vs_random": st.column_config.NumberColumn("p against random", format="%.2g"),
}


def headline(result: dict[str, Any]) -> None:
    """What is compared on what."""
    st.markdown(
        f"**{result['test_questions']:,}** {result['benchmark']} questions; "
        f"**{result['profile_questions']:,}** of them need one of the most missed skills, "
        f"**{result['difficult_questions']:,}** are difficult for the student itself."
    )
    if result["warning"]:
        st.warning(f"{str(result['warning'])[:1].upper()}{str(result['warning'])[1:]}")


def base_and_arms(result: dict[str, Any]) -> list[dict[str, Any]]:
    """The base and the arms, for the chart."""
    return [{"arm": "base", **result["base"]}, *result["arms"]]


def arms_table(result: dict[str, Any]) -> None:
    """Every arm with its intervals and paired tests."""
    rows = pd.DataFrame([*result["arms"], {"arm": "base", **result["base"]}])
    rows = rows.assign(
        seeds=rows.seeds.map(lambda seeds: ", ".join(map(str, seeds)) if isinstance(seeds, list) else "")
    )
    st.dataframe(rows[list(COLUMNS)], hide_index=True, column_config=COLUMNS)
    st.caption(
        "Accuracies are fractions, means over seeds. Intervals are Wilson's over questions; p-values are "
        "paired McNemar tests, exact, not corrected for the number of arms."
    )


def chosen_skills(run: RunFolder, by_skill: pd.DataFrame) -> pd.DataFrame:
    """The profile's most missed skills, or all of them when asked."""
    every = st.toggle("All skills", key="compare_all_skills")
    if every or run.missing_skills().manifest() is None:
        return by_skill
    top = data.view("profile", run).head(run.config.evaluation.top_skills)
    kept = by_skill.merge(top[["subject", "skill"]])
    return kept if len(kept) else by_skill


def sets_table(run: RunFolder) -> None:
    """The training sets and what fell short."""
    sets = data.view("training_sets", run)
    if len(sets):
        st.subheader("Training sets")
        names = {
            "set": "Set",
            "method": "Method",
            "n_pairs": "Pairs",
            "n_questions": "Questions",
            "notes": "Notes",
        }
        st.dataframe(sets, hide_index=True, column_config=names)


def training_so_far(run: RunFolder) -> None:
    """Training loss of every fine-tuning, also of one under way."""
    metrics = data.view("training_metrics", run)
    if len(metrics):
        st.subheader("Training")
        draw(training.losses(metrics), key="compare_losses")
