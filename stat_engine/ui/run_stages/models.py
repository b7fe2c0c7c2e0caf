"""The short form: student, reward model, teacher and data, each with the place where it runs.

It also shows this machine's hardware and the dataset's splits, and draws the split."""

from typing import Any

import streamlit as st

from stat_engine import views
from stat_engine.orders import DoctorOrder, ModelsOrder, SplitOrder
from stat_engine.ui.run_stages import saving
from stat_engine.ui.run_stages.form import Draft, field
from stat_engine.ui.shared import data, work
from stat_engine.ui.shared.words import sentence
from stat_engine.views.servers import ON_A_SERVER, Gpu, Machine
from stat_engine.views.text import as_markdown

GIB = 2**30
COLUMNS = {"what": "What", "state": "State", "found": "Found", "fix": "What fixes it"}
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


@st.cache_data(ttl=10, max_entries=1, show_spinner=False)
def machine() -> Machine:
    """This machine's cores, memory and GPUs."""
    return views.servers.machine()


@st.cache_data(ttl=30, max_entries=4, show_spinner=False)
def addresses(root: str) -> list[str]:
    """Addresses of the servers that the workspace's settings and its runs name."""
    found = views.servers.servers(data.workspace())
    return list(dict.fromkeys(row["base_url"] for row in found if row["base_url"]))


@st.cache_data(ttl=30, max_entries=4, show_spinner=False)
def splits(root: str) -> dict[str, dict[str, int]]:
    """Questions of each dataset by split."""
    place = data.workspace()
    return {name: views.datasets.splits(place.dataset(name)) for name in place.dataset_names()}


def line() -> None:
    """Cores, memory and GPUs, and a button for the whole check."""
    found = machine()
    cores = f"{found['n_cpus']} CPU cores, {_gib(found)} of memory free"
    cards = "; ".join(map(machine_card, found["gpus"])) or "no NVIDIA GPU"
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(as_markdown(f"This machine: {cores}; {cards}."), width="content")
        if st.button("Check packages, devices and keys", key="stages_doctor"):
            st.session_state["stages_checks"] = work.tell(DoctorOrder())
    if checks := st.session_state.get("stages_checks"):
        rows = sorted(checks["checks"], key=lambda row: bool(row["state"] == "ok"))
        with st.expander("What the check found, what is missing first", expanded=True):
            st.dataframe(rows, hide_index=True, placeholder="–", column_config=COLUMNS)


def machine_card(gpu: Gpu) -> str:
    """A GPU with its memory."""
    return f"{gpu['name']}, {_gib(gpu)} free"


def where(backend: str, python: str | None) -> str:
    """Where a local backend's model will run unless a launcher takes it elsewhere."""
    gpus = machine()["gpus"]
    environment = f"in the environment of {python}" if python else "in this Python environment"
    if gpus:
        return f"{environment}, on {machine_card(gpus[0])}"
    needs = "; it needs a GPU, and none is found here: choose a launcher at the start"
    return f"{environment}{needs if backend == 'vllm' else ', on the CPU'}"


def _gib(of: Gpu | Machine) -> str:
    return f"{of['memory_free'] / GIB:.1f} of {of['memory_total'] / GIB:.1f} GiB"


def dataset_card(draft: Draft) -> set[str]:
    """The dataset of a run as a setting of its own; returns the settings that have their widget here."""
    with st.container(border=True):
        st.markdown("**Data**")
        chosen = field(draft, "dataset", "Dataset", options=data.workspace().dataset_names())
        _questions(str(chosen))
    return {"dataset"}


def choose(own: str) -> str:
    """The dataset of a new run: those of the workspace, and the one that its preset names."""
    names = data.workspace().dataset_names()
    with st.container(border=True):
        st.markdown("**Data**")
        options = [own, *(name for name in names if name != own)]
        chosen = str(st.selectbox("Dataset", options, key=f"stages_dataset_{own}"))
        _questions(chosen)
    return chosen


def _questions(name: str) -> None:
    found = splits(str(data.workspace().root)).get(name)
    if found is None:
        st.warning(as_markdown(f"Dataset {name} is not in this workspace yet: import it first."))
        return
    n = {split: f"{found[split]:,}" for split in found}
    st.caption(f"{n['train']} questions in the pool, {n['validation']} validation, {n['test']} test")
    with st.popover("Draw the split"):
        _draw(name, found["validation"] + found["test"])


def _draw(name: str, n_both: int) -> None:
    """Draw validation and test questions again, while no run has answered the present ones."""
    if taken := views.places.answered(data.workspace(), name):
        st.markdown(
            as_markdown(
                f"Fixed: {', '.join(taken[:5])} answered the present validation questions. For another "
                "split, import the questions as a dataset of another name."
            )
        )
        return
    n = st.number_input("Validation questions", 1, max(n_both, 1), min(1000, max(n_both // 2, 1)))
    st.caption(
        f"Drawn at random from the {n_both:,} evaluation questions; the others are the test questions."
    )
    order = SplitOrder(dataset=name, validation=int(n))
    if st.button("Draw", key=f"stages_split_{name}") and (made := work.tell(order)):
        saving.done(
            f"Drawn: {made['validation']:,} validation and {made['test']:,} test questions of {name}."
        )
    work.command(order.words())


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
        st.caption(as_markdown(sentence(where(str(backend), python or None))))
    if part == "student" and backend != "imported":
        field(draft, "student.name", "Name in this run")
        shown.add("student.name")
    return shown


def _on_a_server(draft: Draft, part: str) -> set[str]:
    keys = {name: f"{part}.{name}" for name in ("server.base_url", "server.api_key_env", "model")}
    field(draft, keys["server.base_url"], "Address", options=addresses(str(data.workspace().root)))
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
    is_asked = st.button("Check the server", key=f"stages_{scope}_{part}_check")
    if is_asked and (found := work.tell(ModelsOrder(url=url or None, key_env=key_env))):
        kept[url] = found["servers"][0]
    health: dict[str, Any] | None = kept.get(url)
    if health is None:
        is_set = "set" if views.servers.is_set(key_env) else "not set"
        st.caption(as_markdown(f"Its key, where it needs one, comes from {key_env} ({is_set})."))
    else:
        say = st.success if health["is_up"] else st.error
        say(as_markdown(sentence(health["sentence"])))
    return health
