"""What new runs start with: prices a model, and the budget."""

import streamlit as st

from stat_engine.store.settings import WorkspaceSettings
from stat_engine.ui.settings_page import saving
from stat_engine.ui.text import as_markdown

FIELDS = ("settings_price_model", "settings_price_input", "settings_price_output")
BUDGET = "settings_budget"


def show(settings: WorkspaceSettings) -> None:
    """The prices one by one, the form for another, and the budget."""
    st.markdown(
        "New runs start with these prices and this budget. Runs that are there keep their own: "
        "`stat-studio set RUN prices.MODEL.input=2 prices.MODEL.output=8 budget=5`."
    )
    st.subheader("Prices")
    if not settings.prices:
        st.caption("No model has a price, so what calls cost is not known before, and no budget can hold.")
    for at, (model, price) in enumerate(settings.prices.items()):
        with st.container(border=True, horizontal=True, vertical_alignment="center"):
            st.markdown(f"**{as_markdown(model)}**", width="content")
            said = f"${price.input:,.4g} a million tokens in, ${price.output:,.4g} out"
            st.markdown(as_markdown(said))
            values = dict(zip(FIELDS, (model, price.input, price.output), strict=True))
            saving.change_or_remove("prices", model, at, values)
    _form()
    _budget(settings)


def _form() -> None:
    model, price_in, price_out = FIELDS
    with st.form("settings_price", border=True):
        st.markdown("**Add a price, or change one under its model**")
        with st.container(horizontal=True, vertical_alignment="bottom"):
            st.text_input("Model, as its server names it", key=model, width=260)
            st.number_input("USD a million tokens in", 0.0, value=None, key=price_in, width=180)
            st.number_input("USD a million tokens out", 0.0, value=None, key=price_out, width=180)
            st.form_submit_button("Save price", on_click=_save, key="settings_save_price")


def _save() -> None:
    value = {"input": st.session_state.get(FIELDS[1]), "output": st.session_state.get(FIELDS[2])}
    saving.save_entry("prices", saving.typed(FIELDS[0]), value, FIELDS)


def _budget(settings: WorkspaceSettings) -> None:
    st.subheader("Budget of a new run")
    st.markdown(
        "A run's calls stop before they cost more in all. It needs the price of every model that costs."
    )
    st.session_state.setdefault(BUDGET, settings.budget)
    form = st.form("settings_budget_form", border=True)
    with form, st.container(horizontal=True, vertical_alignment="bottom"):
        st.number_input("USD; empty: no cap", 0.0, value=None, key=BUDGET, width=220)
        st.form_submit_button("Save budget", on_click=_save_budget, key="settings_save_budget")


def _save_budget() -> None:
    saving.save_values("The budget is", budget=st.session_state.get(BUDGET))
