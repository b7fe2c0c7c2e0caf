"""The page of training sets in Streamlit's own harness, its values against the engine's."""

import json
import shutil
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from stat_engine import Workspace, jobs, views
from stat_engine.cli import execute as command_line
from stat_engine.review.examples import copy_set
from stat_engine.store.allocations import save_allocation
from stat_engine.ui.training_sets import build, overview
from tests.pages.conftest import Open, texts

PAGE = "training_sets.py"


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory, finished: Workspace) -> Workspace:
    """A copy of the finished workspace that tests may change, with a set that can be changed."""
    root = tmp_path_factory.mktemp("own") / "workspace"
    shutil.copytree(finished.root, root)
    workspace = Workspace(root)
    copy_set(workspace.run_folder("small"), "stat-syn", "open")
    return workspace


def table(app: AppTest, column: str) -> pd.DataFrame:
    """The first table on the page that has the column."""
    return next(frame.value for frame in app.dataframe if column in frame.value.columns)


def press(app: AppTest, key: str) -> AppTest:
    app.button(key=key).click().run()
    assert not app.exception, app.exception
    return app


def test_a_fresh_run_is_told_what_brings_the_profile(fresh: Workspace, open_page: Open) -> None:
    app = open_page(fresh, PAGE, run="small")
    assert "stat-studio run small" in texts(app)
    assert [button.label for button in app.button if button.label == "Label the missing skills"]


def test_the_sets_are_listed_as_the_engine_counts_them(finished: Workspace, open_page: Open) -> None:
    app = open_page(finished, PAGE, run="small")
    expected = views.training_sets.listed(finished.run_folder("small"))
    shown = table(app, "overlap")
    columns = ["set", "method", "n_pairs", "n_questions", "overlap"]
    assert shown[columns].values.tolist() == expected[columns].values.tolist()


def test_the_allocation_table_is_the_engines(finished: Workspace, open_page: Open) -> None:
    app = open_page(finished, PAGE, run="small", sets_method="stat-syn", sets_rule="lower-bound")
    plan = views.training_sets.plan(finished.run_folder("small"), "lower-bound", 40)
    shown = table(app, "proposed")
    assert shown[
        ["subject", "skill", "n_missing", "n_aimed", "n_pool", "proposed", "pairs"]
    ].values.tolist() == (
        plan[["subject", "skill", "n_missing", "n_aimed", "n_pool", "pairs", "pairs"]].values.tolist()
    )
    assert "--method stat-syn --name stat-syn-2 --pairs 40 --allocation lower-bound" in app.code[-1].value


def test_a_persons_numbers_stand_in_the_address_and_in_the_order(own: Workspace, open_page: Open) -> None:
    run = own.run_folder("small")
    first = views.training_sets.plan(run).iloc[0]
    file = save_allocation(run, "mine", {first.subject: {first.skill: 7}})
    app = open_page(own, PAGE, run="small", sets_allocation=file)
    shown = table(app, "proposed")
    assert (shown.pairs.sum(), shown.pairs.iloc[0]) == (7, 7)
    assert "Yours: 7 pairs over 1 skills." in texts(app)
    assert app.code[-1].value.endswith(
        f"build small --method stat-sel --name stat-sel-2 --allocation-file {file}"
    )
    app = press(app, "sets_back")
    assert table(app, "proposed").pairs.sum() == 40


def test_the_order_of_the_page_builds_exactly_these_numbers(
    own: Workspace, capsys: pytest.CaptureFixture[str]
) -> None:
    run = own.run_folder("small")
    plan = views.training_sets.plan(run)
    edited = build.table(plan, None).assign(pairs=[5, 2, *[0] * (len(plan) - 2)])
    file = save_allocation(run, "exact", views.training_sets.as_allocation(edited))
    order = build.order_of("small", "stat-sel", "exact", 40, file, "proportional")
    verb(own, *order.words())
    capsys.readouterr()
    aimed = pd.Series([(one.subject, one.missing_skill) for one in run.examples("exact")]).value_counts()
    top = plan.iloc[:2]
    assert aimed.to_dict() == dict(zip(zip(top.subject, top.skill, strict=True), (5, 2), strict=True))


def test_figure_two_is_the_views(finished: Workspace, open_page: Open) -> None:
    app = open_page(finished, PAGE, run="small", sets_tab="Fit to the profile", sets_top="5")
    found = views.training_sets.against_profile(finished.run_folder("small"), 5)
    assert table(app, "share").values.tolist() == found["sets"].drop(columns="method").values.tolist()
    chart = json.loads(app.get("plotly_chart")[0].proto.spec)
    bars, *dots = chart["data"]
    assert values(bars["x"]) == list(found["profile"].share[::-1])
    assert [dot["name"] for dot in dots] == sorted(set(found["sets"].set))


def values(array: object) -> list[float]:
    """The numbers of a Plotly array, which may be packed."""
    import base64

    import numpy as np

    if isinstance(array, dict):
        return list(np.frombuffer(base64.b64decode(array["bdata"]), array["dtype"]))
    return list(array)  # type: ignore[call-overload]


def test_an_example_shows_its_whole_way(finished: Workspace, open_page: Open) -> None:
    run = finished.run_folder("small")
    example = run.examples("stat-syn")[0]
    app = open_page(
        finished,
        PAGE,
        run="small",
        sets_tab="Examples",
        sets_name="stat-syn",
        sets_example=example.example_id,
    )
    way = views.lineage.lineage(run, "stat-syn", example.example_id)
    shown = texts(app)
    assert way["difficult"]["question"].problem in shown and example.problem in shown
    assert way["difficult"]["responses"][0]["label"].reason in shown
    assert "3 of 3 solutions end in" in shown or "2 of 3 solutions end in" in shown
    codes = [code.value for code in app.code]
    assert way["made"]["proposal"]["raw"] in codes and way["difficult"]["responses"][0]["raw"] in codes
    assert "was trained on this set, so it stays as it is" in shown
    assert "sets_drop" not in str([button.key for button in app.button])


def test_dropping_and_undoing_on_the_page(
    own: Workspace, open_page: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STAT_REVIEWER", "ada")
    run = own.run_folder("small")
    before = run.examples("open")
    id = before[2].example_id
    app = open_page(own, PAGE, run="small", sets_tab="Examples", sets_name="open", sets_example=id)
    app = press(app, f"sets_drop_{id}")
    assert id not in [example.example_id for example in run.examples("open")]
    assert "dropped by ada" in texts(app) and "1 dropped" in texts(app)
    app = press(app, f"sets_undo_{id}")
    assert run.examples("open") == before
    app.text_area(key=f"sets_solution_{id}").input("Worded anew. Answer: 1")
    next(button for button in app.button if button.label == "Save").click().run()
    assert [one.solution for one in run.examples("open") if one.example_id == id] == [
        "Worded anew. Answer: 1"
    ]
    assert [event.action for event in run.example_log("open").events()] == ["drop", "undo", "edit"]


def test_a_trained_set_is_changed_on_a_copy(own: Workspace, open_page: Open) -> None:
    run = own.run_folder("small")
    id = run.examples("stat-sel")[0].example_id
    app = open_page(own, PAGE, run="small", sets_tab="Examples", sets_name="stat-sel", sets_example=id)
    app = press(app, "sets_copy")
    assert run.examples("stat-sel-edited") == run.examples("stat-sel")
    assert app.selectbox(key="sets_name").value == "stat-sel-edited"


def test_what_was_drawn_and_dropped_is_shown(finished: Workspace, open_page: Open) -> None:
    run = finished.run_folder("small")
    app = open_page(finished, PAGE, run="small", sets_tab="What was drawn", sets_name="stat-syn")
    draws = views.examples.draws(run, "stat-syn")
    assert table(app, "n_pairs").values.tolist() == draws.head(100).values.tolist()
    app = open_page(finished, PAGE, run="small", sets_tab="Dropped questions", sets_name="stat-syn")
    gates = views.examples.dropped_page(run, "stat-syn")["gates"]
    if gates:
        assert len(table(app, "gate")) == sum(gates.values())
    else:
        assert "Nothing was dropped" in texts(app)


def test_the_leakage_report_is_the_verbs(finished: Workspace, open_page: Open) -> None:
    app = open_page(finished, PAGE, run="small", sets_tab="Leakage", sets_name="stat-sel")
    found = views.training_sets.leakage(finished.run_folder("small"), "stat-sel")
    assert table(app, "near_id").near_id.tolist() == [row["near_id"] for row in found["nearest"]]
    assert f"The nearest shares **{found['highest']:.0%}**" in texts(app)


@pytest.mark.parametrize("fmt", ["trl", "alpaca"])
def test_the_download_is_the_verbs_file(
    finished: Workspace, tmp_path: Path, fmt: str, open_page: Open, capsys: pytest.CaptureFixture[str]
) -> None:
    app = open_page(finished, PAGE, run="small", sets_tab="Export", sets_name="stat-sel", sets_format=fmt)
    assert "40 pairs, as people left the set." in texts(app)
    names, content = overview.exported(finished.run_folder("small"), "stat-sel", fmt)
    verb(finished, "export", "small", "stat-sel", "--format", fmt, "--out", str(tmp_path))
    capsys.readouterr()
    written = sorted(path.name for path in tmp_path.iterdir())
    assert sorted(names) == written
    if len(written) == 1:
        assert content == (tmp_path / written[0]).read_bytes()
        assert content.count(b"\n") == 40


def verb(workspace: Workspace, *arguments: str) -> None:
    command_line([*arguments, "--workspace", str(workspace.root), "--json"])


def test_a_row_of_the_list_opens_the_set(
    finished: Workspace, open_page: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = table(open_page(finished, PAGE, run="small"), "overlap").set.tolist()
    opened: list[tuple[Any, ...]] = []
    chosen = SimpleNamespace(selection=SimpleNamespace(rows=[names.index("stat-syn")]))
    monkeypatch.setattr(overview, "go_to", lambda *asked, **named: opened.append((*asked, named)))
    monkeypatch.setattr(overview.st, "session_state", {"sets_listed": chosen})
    overview.open_set(names)
    assert opened == [("Examples", "stat-syn", {"skill": "All"})]


def test_notes_of_the_builders_are_read_whole(finished: Workspace, open_page: Open) -> None:
    sets = views.training_sets.listed(finished.run_folder("small"))
    shown = texts(open_page(finished, PAGE, run="small"))
    assert sets.notes.any()
    for notes in filter(None, sets.notes):
        assert notes in shown


def test_the_open_example_is_marked_and_only_drops_are_spoken_of(
    finished: Workspace, open_page: Open
) -> None:
    example = finished.run_folder("small").examples("stat-sel")[3]
    app = open_page(
        finished,
        PAGE,
        run="small",
        sets_tab="Examples",
        sets_name="stat-sel",
        sets_example=example.example_id,
    )
    (marked,) = (
        value for key, value in app.session_state._state.filtered_state.items() if "sets_table" in key
    )
    assert marked["selection"]["rows"] == [3]
    assert "40 pairs" in texts(app) and "dropped" not in texts(app)
    assert f"Solution {example.answer_index + 1}, as built" in [one.label for one in app.expander]


def test_numbers_that_the_pool_cannot_meet_are_told() -> None:
    plan = pd.DataFrame({
        "subject": "A", "skill": ["x", "y", "z"], "n_missing": 1, "n_aimed": 1, "pairs": [5, 3, 2],
        "n_pool": [4, 3, 1],
    })  # fmt: skip
    says = "2 skills are to get more pairs than the pool has questions: the set may fall short there."
    assert says in build.sums("stat-sel", plan, None)
    assert "1 skill is to get more pairs" in build.sums("stat-sel", plan, {"A": {"x": 9}})
    assert "fall short" not in build.sums("stat-sel", plan, {"A": {"y": 3}})
    assert "fall short" not in build.sums("stat-syn", plan, None)


def test_a_build_is_followed_where_it_was_started_and_leads_on(
    open_page: Open, finished: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = finished.run("small").folder.training_set_names()[0]
    words = ["build", "small", "--name", name]
    job = {"id": "j1", "arguments": words, "run": "small", "state": "running", "is_running": True, "done": 3}
    job |= dict.fromkeys(
        ("total", "stage", "rate", "seconds_left", "calls", "cost", "launcher", "last_words")
    )
    monkeypatch.setattr(jobs, "submit", lambda *_, **__: job)
    monkeypatch.setattr(jobs, "listed", lambda _: [job])
    app = open_page(finished, PAGE, run="small")
    app.button(key="sets_build_start").click().run()
    assert not app.exception, app.exception
    assert [toast.value.replace("\\", "") for toast in app.toast] == [f"Started: build small --name {name}"]
    assert app.button(key="sets_build_off").disabled
    job |= {"state": "done", "is_running": False}
    app.run()
    assert not app.button(key="sets_build_start").disabled
    assert "Train on it" in [link.proto.label for link in app.get("page_link")]
