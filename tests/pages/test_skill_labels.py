"""The page of label review in Streamlit's own harness: what its buttons write, and what they refuse."""

from pathlib import Path

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from stat_engine import review, views
from stat_engine.config.shipped import ROOT
from stat_engine.review import Decision
from stat_engine.store.event_log import decisions
from stat_engine.store.run_folder import RunFolder
from tests.factories import a_label
from tests.reviewing import labels_of, run_to_review


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> RunFolder:
    labels = [*labels_of(3), a_label("r03", "q03", status="parse_failed", judge=None)]
    made = run_to_review(tmp_path, labels, second=[a_label("r01", "q01", "slopes")])
    monkeypatch.setenv("STAT_WORKSPACE", str(tmp_path / "workspace"))
    monkeypatch.setenv("STAT_REVIEWER", "ada")
    return made


def opened(**query: str) -> AppTest:
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=30)
    for key, value in query.items():
        app.query_params[key] = value
    return checked(app.switch_page("pages/skill_labels.py").run())


def press(app: AppTest, key: str) -> AppTest:
    return checked(app.button(key=f"labels_{key}").click().run())


def checked(app: AppTest) -> AppTest:
    assert not app.exception, app.exception
    return app


def texts(app: AppTest) -> str:
    elements = [*app.markdown, *app.caption, *app.info, *app.warning, *app.error]
    return "\n".join(element.value for element in elements).replace("\\", "")


def table(app: AppTest, column: str) -> pd.DataFrame:
    """The first table on the page that has the column."""
    return next(frame.value for frame in app.dataframe if column in frame.value.columns)


def standing(run: RunFolder) -> dict[str, tuple[str, str]]:
    return {id: (event.action, event.author) for id, event in decisions(run.label_log.events()).items()}


def test_the_queue_begins_with_the_first_pending_label_and_its_evidence(run: RunFolder) -> None:
    shown = texts(opened())
    assert "Label 1 of 4 · q00 · Algebra" in shown
    assert ":orange-background[1+1=3]" in shown
    assert "missing: :red-badge[Area]" in shown and "It adds wrongly" in shown
    assert "4 pending · 0 accepted · 0 edited · 0 discarded · 1 disagreement · 1 parse failed" in shown
    assert "If discarded: Area 3 → **2**" in shown


def test_a_decision_is_written_and_the_next_label_shown(run: RunFolder) -> None:
    app = press(press(opened(), "accept_r00"), "discard_r01")
    assert standing(run) == {"r00": ("accept", "ada"), "r01": ("discard", "ada")}
    assert "Label 1 of 2 · q02" in texts(app)
    assert app.query_params["item"] == "r02"
    top = table(app, "pairs")
    assert top[["skill", "n_missing", "pairs"]].values.tolist() == [["Area", 2, 100]]  # the profile follows


def test_undo_goes_back_to_the_label_it_is_about(run: RunFolder) -> None:
    app = press(press(opened(), "accept_r00"), "undo_r00")
    assert standing(run) == {}
    assert "Label 1 of 4 · q00" in texts(app)
    assert app.button(key="labels_undo_").disabled


def test_an_edit_chooses_skills_of_the_subject_and_of_others(run: RunFolder) -> None:
    app = press(opened(), "edit_r00")
    assert [button.label for button in app.button if "labels_skill" in (button.key or "")] == [
        "Addition", "✓ Area", "Powers", "Slopes",
    ]  # fmt: skip
    app = press(press(app, "skill_r00_1"), "skill_r00_3")
    app = checked(app.multiselect(key="labels_others_r00").select(("Geometry", "circles")).run())
    assert "If saved: Area 3 → **2**" in texts(app) and "Circles 0 → **1**" in texts(app)
    press(app, "save_r00")
    event = decisions(run.label_log.events())["r00"]
    assert (event.action, event.skills, event.other_subjects) == (
        "edit",
        ["slopes"],
        {"Geometry": ["circles"]},
    )


def test_a_skill_outside_the_vocabulary_is_named_and_goes_when_the_edit_is_saved(
    tmp_path: Path, run: RunFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "old").mkdir()
    old = run_to_review(tmp_path / "old", labels_of(1, "powers", "long_division"))
    monkeypatch.setenv("STAT_WORKSPACE", str(tmp_path / "old" / "workspace"))
    app = press(opened(), "edit_r00")
    assert "Outside the vocabulary, and gone when saved: long_division" in texts(app)
    press(app, "save_r00")
    assert decisions(old.label_log.events())["r00"].skills == ["powers"]


def test_an_edit_that_is_left_changes_nothing(run: RunFolder) -> None:
    app = press(press(press(opened(), "edit_r00"), "skill_r00_0"), "cancel_r00")
    assert run.label_log.events() == []
    assert app.button(key="labels_accept_r00").label == "Accept"


def test_a_label_that_somebody_else_decided_on_meanwhile_is_a_conflict_with_both_sides(
    run: RunFolder,
) -> None:
    app = opened()
    theirs = review.decide(run, Decision("r00", "edit", skills=["powers"]), "grace")
    app = press(app, "accept_r00")
    assert standing(run) == {"r00": ("edit", "grace")}
    (warning,) = app.warning
    assert "edited to powers by grace" in warning.value and "Yours, not saved: **accept**" in warning.value
    app = press(app, "accept_r00")  # now on top of what is there
    assert standing(run) == {"r00": ("accept", "ada")}
    assert run.label_log.events()[-1].seen == theirs.event_id
    assert not app.warning


def test_an_edit_in_conflict_keeps_what_was_chosen(run: RunFolder) -> None:
    app = press(press(opened(), "edit_r00"), "skill_r00_2")
    review.decide(run, Decision("r00", "discard"), "grace")
    app = press(app, "save_r00")
    assert "Yours, not saved: **edit to area, powers**" in app.warning[0].value
    press(app, "save_r00")
    assert decisions(run.label_log.events())["r00"].skills == ["area", "powers"]


def test_two_edits_under_one_name_are_a_conflict_unless_they_say_the_same(run: RunFolder) -> None:
    tabs = [press(press(opened(), "edit_r00"), "skill_r00_2") for _ in range(2)]
    other = press(press(opened(), "edit_r00"), "skill_r00_3")
    press(tabs[0], "save_r00")
    assert not press(tabs[1], "save_r00").warning  # the same again
    other = press(other, "save_r00")
    assert "Yours, not saved: **edit to area, slopes**" in other.warning[0].value
    assert [event.skills for event in run.label_log.events()] == [["area", "powers"]]
    press(other, "save_r00")
    assert decisions(run.label_log.events())["r00"].skills == ["area", "slopes"]


def test_one_key_hit_twice_is_one_decision(run: RunFolder) -> None:
    app = opened()
    review.decide(run, Decision("r00", "accept"), "ada")  # the first hit, on its way
    app = press(app, "accept_r00")
    assert not app.warning
    assert len(run.label_log.events()) == 1
    assert "q01" in texts(app)


def test_the_filter_stands_in_the_address(run: RunFolder) -> None:
    app = opened()
    app = checked(app.selectbox(key="choice_status").select("parse_failed").run())
    assert app.query_params["status"] == "parse_failed"
    assert "Label 1 of 1 · q03" in texts(opened(status="parse_failed"))
    assert "could not be read" in texts(app)
    assert "Not among the labels of this filter · q01" in texts(opened(status="parse_failed", item="r01"))
    assert "No label is left under this filter" in texts(opened(status="accepted"))


def test_all_at_once_shows_what_it_does_before_it_does_it(run: RunFolder) -> None:
    app = opened(part="Bulk actions", bulk="discard", judge="incorrect")
    assert list(table(app, "teacher_skills").question_id) == ["q00", "q01", "q02"]
    assert table(app, "problem").problem.iloc[0].startswith("What is 1 + 1?")
    assert table(app, "n_before")[["skill", "n_before", "n_after"]].values.tolist() == [["Area", 3, 0]]
    assert run.label_log.events() == []
    app = press(app, "bulk_do")
    assert len({event.bulk for event in run.label_log.events()}) == 1
    assert set(standing(run)) == {"r00", "r01", "r02"}
    app = checked(app.segmented_control(key="labels_part").set_value("History").run())
    (option,) = app.selectbox(key="labels_bulk").options
    assert option.startswith("Discard: 3 labels, by ada, ")
    press(app, "bulk_undo")
    assert standing(run) == {}


def test_a_bulk_action_is_for_the_ticked_rows(run: RunFolder) -> None:
    app = opened(part="Bulk actions")
    app.session_state["labels_preview"] = {"selection": {"rows": [0, 2]}}
    press(checked(app.run()), "bulk_do")
    assert set(standing(run)) == {"r00", "r02"}


def test_pending_labels_come_before_decided_ones_and_the_reference_answer_is_shown(run: RunFolder) -> None:
    review.decide(run, Decision("r00", "accept"), "grace")
    shown = texts(opened(status="all"))
    assert "Label 1 of 4 · q01" in shown and "**Reference answer**: 2" in shown


def test_a_bulk_action_that_was_overtaken_writes_nothing(run: RunFolder) -> None:
    app = opened(part="Bulk actions")
    review.decide(run, Decision("r02", "discard"), "grace")
    app = press(app, "bulk_do")
    assert "r02: discarded by grace" in app.error[0].value.replace("\\", "")
    assert standing(run) == {"r02": ("discard", "grace")}


def test_the_history_and_the_agreement_are_shown(run: RunFolder) -> None:
    review.decide(run, Decision("r00", "edit", skills=["powers"], note="<b>see</b>"), "grace")
    app = opened(item="r00")
    assert "edited to powers by grace" in texts(app)
    assert "Current decision: **edited to powers by grace" in texts(app)
    assert list(table(app, "is_standing").author) == ["grace"]
    app = checked(app.segmented_control(key="labels_part").set_value("Agreement").run())
    assert "0 of 1 reviewed labels left unchanged (**0%**" in texts(app)
    assert list(table(app, "kappa").skill) == ["Area", "Powers"]


def test_a_name_is_asked_for_once_and_nothing_can_be_decided_before(
    run: RunFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("STAT_REVIEWER")
    app = opened()
    assert app.button(key="labels_accept_r00").disabled
    app.text_input[0].input("Grace")
    (named,) = (button for button in app.button if button.label == "Review under this name")
    app = checked(named.click().run())
    assert "Reviewing as **Grace**" in texts(app)
    press(app, "accept_r00")
    assert standing(run) == {"r00": ("accept", "Grace")}
    assert opened().text_input[0].value == ""  # the next visitor is somebody else


def test_labels_are_filtered_by_what_went_wrong(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    words = [f"{a}{b}xyz" for a in "abcd" for b in "efgh"]
    signs = [f"The minus sign is dropped when moving {word} across." for word in words[:9]]
    units = [f"Converts minutes into hours with the factor wrong: {word}." for word in words[9:]]
    labels = [
        a_label(f"r{at:02}", f"q{at:02}").model_copy(update={"reason": reason})
        for at, reason in enumerate([*signs, *units])
    ]
    run = run_to_review(tmp_path, labels)
    monkeypatch.setenv("STAT_WORKSPACE", str(tmp_path / "workspace"))
    monkeypatch.setenv("STAT_REVIEWER", "ada")
    _, second = views.reasons.groups(run)
    app = opened(group=second["name"])
    assert "Label 1 of 7 · q09" in texts(app)
    press(app, "accept_r09")  # what a press meets is of the same filter
    assert set(standing(run)) == {"r09"}
    assert "Label 1 of 6 · q10" in texts(app)
    checked(app.selectbox(key="choice_group").set_value("All").run())
    assert "of 15" in texts(app)
