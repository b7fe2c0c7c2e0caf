"""The short form: student, reward model, teacher and data, each with where it works."""

from typing import Any

import streamlit as st

from stat_engine import views
from stat_engine.ui import data, work
from stat_engine.ui.run_stages import asking, machine
from stat_engine.ui.run_stages.draft import Draft
from stat_engine.ui.run_stages.fields import field
from stat_engine.ui.text import as_markdown
from stat_engine.views.backends import ON_A_SERVER

PARTS = {"student": "Student", "reward_model": "Reward model", "teacher": "Teacher"}
WORDS: dict[str, dict[str, str]] = {
    "student": {
        "transformers": "Here, by transformers", "vllm": "Here, by vLLM (GPU)",
        "openai": "A server", "imported": "None: imported",
    },
    "reward_model": {
        "plus-minus": "Here: embedded", "rlhflow": "Here: RLHFlow",
        "qwen-prm": "Here: Qwen PRM", "outcome": "Here: outcome rewards",
        "rlhflow-server": "A server: RLHFlow", "imported": "None: imported",
    },
    "teacher": {
        "numeracy": "Here: embedded checker", "question-skills": "None: a stand-in",
        "openai": "A server", "student": "The student itself",
    },
}  # fmt: skip
"""What a backend is in plain words; one that is not listed is shown by its name."""
LOCAL = ("transformers", "vllm", "plus-minus", "rlhflow", "qwen-prm", "outcome")


def models(draft: Draft) -> set[str]:
    """The three models; returns the settings that have their widget here."""
    shown: set[str] = set()
    for part, title in PARTS.items():
        with st.container(border=True):
            st.markdown(f"**{title}**")
            shown |= _part(draft, part)
    return shown


def _part(draft: Draft, part: str) -> set[str]:
    backend = field(draft, f"{part}.backend", "Where", lambda one: WORDS[part].get(one, one))
    shown = {f"{part}.backend"}
    if backend in ON_A_SERVER:
        return shown | _on_a_server(draft, part)
    if backend in LOCAL:
        field(draft, f"{part}.model", "Model")
        shown.add(f"{part}.model")
        python = draft.held(f"{part}.python")
        st.caption(as_markdown(work.sentence(ValueError(machine.where(str(backend), python or None)))))
    if part == "student" and backend != "imported":
        field(draft, "student.name", "Name in this run")
        shown.add("student.name")
    return shown


def _on_a_server(draft: Draft, part: str) -> set[str]:
    keys = {name: f"{part}.{name}" for name in ("server.base_url", "server.api_key_env", "model")}
    field(draft, keys["server.base_url"], "Address", options=asking.addresses(str(data.workspace().root)))
    url, key_env = str(draft.held(keys["server.base_url"])), str(draft.held(keys["server.api_key_env"]))
    health = _health(part, draft.scope, url, key_env)
    field(draft, keys["model"], "Model", options=health["models"] if health else ())
    shown = {keys["server.base_url"], keys["model"]}
    if part == "student":
        field(draft, "student.name", "Name in this run")
        shown.add("student.name")
    return shown


def _health(part: str, scope: str, url: str, key_env: str) -> dict[str, Any] | None:
    """The server's answer when it was last asked at this address."""
    kept: dict[str, Any] = st.session_state.setdefault("stages_health", {})
    if st.button("Check the server", key=f"stages_{scope}_{part}_check"):
        address = ["--url", url] if url else []
        if found := asking.tell(["models", *address, "--key-env", key_env]):
            kept[url] = found["servers"][0]
    health: dict[str, Any] | None = kept.get(url)
    if health is None:
        is_set = "set" if views.servers.is_set(key_env) else "not set"
        st.caption(as_markdown(f"Its key, where it needs one, comes from {key_env} ({is_set})."))
    else:
        say = st.success if health["is_up"] else st.error
        say(as_markdown(work.sentence(ValueError(health["sentence"]))))
    return health
