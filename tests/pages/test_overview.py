"""Overview in Streamlit's own harness: the stages' figures, the next action, and what is done with runs."""

import shutil
from pathlib import Path
from typing import Any

import pytest

from stat_engine import Workspace, jobs, views
from stat_engine.orders import Order, RunOrder
from stat_engine.records import TeacherCall
from tests.pages.conftest import Open, metrics, texts


def test_a_new_runs_next_action_is_offered_and_starts_just_that_job(
    open_page: Open, fresh: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Order] = []
    monkeypatch.setattr(jobs, "submit", lambda root, order, launcher=None: asked.append(order))
    app = open_page(fresh, "overview.py")
    assert "Comes after stage 1." in texts(app)
    app.button(key="overview_next_1_start").click().run()
    assert asked == [RunOrder(run="small", until="difficulty")]


def test_the_table_has_every_run_with_the_engines_figures(open_page: Open, finished: Workspace) -> None:
    app = open_page(finished, "overview.py")
    table = next(frame.value for frame in app.dataframe if "best_arm" in frame.value.columns)
    expected = views.runs.table(finished)
    assert list(table.run) == list(expected.run)
    assert list(table.accuracy) == list(expected.accuracy)
    assert list(table.difficult) == [
        f"{n} of {of}" for n, of in zip(expected.n_difficult, expected.n_questions, strict=True)
    ]


def test_the_run_in_the_address_is_marked_and_shown_and_counts_lead_to_their_pages(
    open_page: Open, finished: Workspace, tmp_path: Path
) -> None:
    shutil.copytree(finished.root, tmp_path / "w")
    place = Workspace(tmp_path / "w")
    place.run("small").fork("again")
    app = open_page(place, "overview.py", run="small")
    assert app.selectbox(key="frame_run_2").value == "small"
    app.query_params["run"] = "again"  # as a click on its row leaves it
    app.run()
    assert not app.exception
    assert app.selectbox(key="frame_run_2").value == "again"
    assert "copy of small" in texts(app).replace("*", "")
    assert app.session_state["overview_runs"]["selection"]["rows"] == [place.run_names().index("again")]
    n = place.run_folder("again").responses.need("").n_rows
    links = {link.proto.label: link.proto.page for link in app.get("page_link")}
    assert links[f"Responses · {n:,}"] == "difficult_questions"


def test_a_run_that_cannot_be_read_says_so_and_stops_no_other(open_page: Open, fresh: Workspace) -> None:
    fresh.run("small").fork("odd")
    fresh.run_folder("odd").change_card(lambda card: {**card, "config": {**card["config"], "odd": 1}})
    assert "unknown setting" not in texts(open_page(fresh, "run_stages.py", run="small"))
    for page in ("overview.py", "run_stages.py"):
        assert "unknown setting odd" in open_page(fresh, page, run="odd").error[0].value
    app = open_page(fresh, "overview.py", run="small", overview_other="odd")
    assert "unknown setting odd" in app.error[0].value


def test_only_what_is_not_done_is_named_before_work(open_page: Open, fresh: Workspace) -> None:
    assert "The student answers the validation questions, then the reward model scores every step. Free" in (
        texts(open_page(fresh, "overview.py"))
    )
    fresh.run("small").run(last="responses")
    assert "The reward model scores every step; what is done already stays. Free" in texts(
        open_page(fresh, "overview.py")
    )


def test_a_call_without_a_known_price_is_not_called_free(open_page: Open, fresh: Workspace) -> None:
    call = TeacherCall(
        key="a", endpoint="lab", task="missing_skills", prompt="", answer="", run="small", input_tokens=9
    )
    fresh.teacher_calls("lab").record(call)
    assert "1 call to teachers and servers, no price known for 1 of them" in texts(
        open_page(fresh, "overview.py")
    )


def test_a_note_and_tags_are_kept_on_the_runs_card(open_page: Open, fresh: Workspace) -> None:
    app = open_page(fresh, "overview.py")
    app.text_area(key="overview_note_small").input("first <b>try</b>")
    app.text_input(key="overview_tags_small").input("paper, small ")
    next(button for button in app.button if button.label == "Save note and tags").click().run()
    card = fresh.run_folder("small").card
    assert (card["note"], card["tags"]) == ("first <b>try</b>", ["paper", "small"])
    assert "first <b>try</b>" in texts(app)


def test_a_copy_with_one_change_differs_in_just_that(open_page: Open, fresh: Workspace) -> None:
    app = open_page(fresh, "overview.py")
    app.text_input(key="overview_copy_name").input("strict")
    app.text_input(key="overview_copy_change").input("difficulty.tau1=0.9")
    next(button for button in app.button if button.label == "Make the copy").click().run()
    assert sorted(fresh.run_names()) == ["small", "strict"]
    found: dict[str, Any] = views.runs.differences(fresh, "small", "strict").to_dict("list")
    assert found == {"setting": ["difficulty.tau1"], "small": ["0.85"], "strict": ["0.9"]}
    assert fresh.run_folder("strict").card["parent"] == "small"


def test_a_run_goes_only_when_its_name_is_typed(open_page: Open, fresh: Workspace) -> None:
    app = open_page(fresh, "overview.py")
    remove = next(button for button in app.button if button.label.startswith("Remove it"))
    assert remove.disabled
    app.text_input(key="overview_remove_name").input("small").run()
    next(button for button in app.button if button.label.startswith("Remove it")).click().run()
    assert fresh.run_names() == []


def test_the_best_arm_and_the_student_stand_as_figures(open_page: Open, finished: Workspace) -> None:
    shown = metrics(open_page(finished, "overview.py"))
    result = views.compare.compare(finished.run("small").folder)
    best = result["arms"][0]
    assert shown["Student"] == f"{result['base']['accuracy']:.3f}"
    assert shown[f"Best arm: {best['arm']}"] == f"{best['accuracy']:.3f}"


@pytest.mark.parametrize("chosen", ["small", "broken"])
def test_a_damaged_run_is_a_row_and_its_own_page_still_shows_the_others(
    open_page: Open, copy: Workspace, chosen: str
) -> None:
    copy.run("small").fork("broken")
    card = copy.root / "runs" / "broken" / "run.json"
    card.write_text(card.read_text().replace('"numeracy"', '"../x"'))
    app = open_page(copy, "overview.py", run=chosen)
    table = next(frame.value for frame in app.dataframe if "damage" in frame.value.columns).set_index("run")
    assert set(table.index) == {"small", "broken"}
    assert "runs/broken/run.json" in table.damage["broken"]
    assert ("choose another run in the sidebar" in texts(app)) == (chosen == "broken")
