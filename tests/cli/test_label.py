"""The verbs of label review: what they write, and what they refuse to overwrite."""

from pathlib import Path

import pytest

from stat_engine.store.event_log import decisions
from stat_engine.store.run_folder import RunFolder
from stat_engine.views.label_history import people_agreement
from tests.cli.conftest import Said, Verb
from tests.reviewing import labels_of, run_to_review


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> RunFolder:
    monkeypatch.setenv("STAT_REVIEWER", "ada")
    return run_to_review(tmp_path, labels_of(4))


@pytest.fixture
def label(stat: Verb, run: RunFolder) -> Verb:
    def said(verb: str, *arguments: object) -> Said:
        return stat("label", verb, "small", *arguments, "--json", workspace=run.folder.parent.parent)

    return said


def standing(run: RunFolder) -> dict[str, tuple[str, str]]:
    return {id: (event.action, event.author) for id, event in decisions(run.label_log.events()).items()}


def test_list_counts_and_filters(label: Verb) -> None:
    label("discard", "r01")
    found = label("list", "--status", "pending", "--limit", 2).json
    assert (found["n_chosen"], [row["response_id"] for row in found["labels"]]) == (3, ["r00", "r02"])
    assert (found["counts"]["pending"], found["counts"]["discarded"]) == (3, 1)
    assert label("list", "--decided-by", "ada").json["labels"][0]["skills"] == []


def test_a_filter_is_accepted_as_one_bulk_action_and_taken_back_as_one(label: Verb, run: RunFolder) -> None:
    dry = label("discard", "--teacher-judge", "incorrect", "--dry-run").json
    assert (dry["n_meant"], dry["n_decided"], dry["effects"][0]["n_after"]) == (4, 0, 0)
    assert run.label_log.events() == []
    done = label("accept", "--status", "pending", "--note", "all fine").json
    assert (done["n_decided"], done["effects"]) == (4, [])
    assert {(event.bulk, event.note) for event in run.label_log.events()} == {(done["bulk"], "all fine")}
    undone = label("undo", "--bulk", done["bulk"]).json
    assert (undone["n_undone"], undone["n_left"], standing(run)) == (4, 0, {})


def test_edit_note_undo_and_history(label: Verb, run: RunFolder) -> None:
    edited = label("edit", "r00", "--skill", "powers", "--skill", "Geometry/circles").json
    assert (edited["skills"], edited["other_subjects"]) == (["powers"], {"Geometry": ["circles"]})
    label("note", "r00", "look again")
    assert label("edit", "r01", "--none", "--author", "grace").json["skills"] == []
    assert standing(run) == {"r00": ("edit", "ada"), "r01": ("edit", "grace")}
    assert label("undo").json["response_id"] == "r00"  # ada's last one
    events = label("history", "r00").json["events"]
    assert [(event["action"], event["author"]) for event in events] == [
        ("undo", "ada"), ("note", "ada"), ("edit", "ada"),
    ]  # fmt: skip
    assert label("undo").err == "stat-studio: run small has no decision of ada to take back\n"


def test_what_somebody_else_decided_is_overwritten_only_when_that_is_said(
    label: Verb, run: RunFolder
) -> None:
    label("accept", "r00", "--author", "grace")
    for arguments in (("discard", "r00"), ("edit", "r00", "--none"), ("undo", "r00")):
        refused = label(*arguments)
        assert (refused.status, "accepted by grace" in refused.err) == (2, True)
    left = label("discard", "--subject", "Algebra").json
    assert (left["n_decided"], left["n_left_to_others"]) == (3, 1)
    assert standing(run)["r00"] == ("accept", "grace")
    assert label("discard", "r00", "--over-others").json["n_decided"] == 1
    assert standing(run)["r00"] == ("discard", "ada")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("accept",), "label accept: name responses, or a filter, as in --status pending"),
        (("accept", "r99"), "run small: response 'r99' has no label that fits the filter"),
        (("accept", "--status", "accepted"), "no label is meant, so there is nothing to decide"),
        (("accept", "--status", "good"), "status 'good': expected one of"),
        (("edit", "r00"), "label edit: expected --skill NAME, once or more, or --none"),
        (
            ("edit", "r00", "--skill", "slops"),
            "skill 'slops': expected a skill of Algebra; did you mean slopes?",
        ),
        (("note", "r00", " "), "a note without a word; expected some text"),
    ],
)
def test_a_mistake_is_one_line_and_changes_nothing(
    label: Verb, run: RunFolder, arguments: tuple[str, ...], message: str
) -> None:
    said = label(*arguments)
    assert (said.status, said.err.count("\n"), run.label_log.events()) == (2, 1, [])
    assert message in said.err


def test_labels_go_out_and_come_in(label: Verb, run: RunFolder, tmp_path: Path) -> None:
    label("discard", "r02")
    out = tmp_path / "labels.jsonl"
    assert label("export", "--out", out).json["n_decided"] == 1
    assert label("import", out, "--author", "grace").json["n_passed_over"] == 4


def test_people_read_tables(stat: Verb, label: Verb, run: RunFolder) -> None:
    workspace = run.folder.parent.parent
    label("edit", "r00", "--skill", "powers", "--note", "see\nbelow")
    shown = {verb: stat("label", verb, "small", workspace=workspace) for verb in ("list", "history")}
    assert [said.err for said in shown.values()] == ["", ""]
    assert "3 pending, 0 accepted, 1 edited" in shown["list"].out
    assert "'see\\nbelow'" in shown["history"].out


def test_agreement_of_people_needs_no_second_teacher(stat: Verb, label: Verb, run: RunFolder) -> None:
    workspace = run.folder.parent.parent
    nothing = stat("agreement", "small", workspace=workspace)
    assert (nothing.status, nothing.err.count("labels by second of run small not there yet")) == (2, 1)
    label("edit", "r00", "--skill", "powers")
    found = stat("agreement", "small", "--json", workspace=workspace).json
    assert found["people"] == people_agreement(run)
    assert found["notes"] == [nothing.err.removeprefix("stat-studio: ").strip()]
    assert (found["people"]["share"], found["teachers"], found["pairs"]) == (0.0, [], [])
    shown = stat("agreement", "small", workspace=workspace).out
    assert "0 of 1 reviewed labels unchanged (0.0%, 95% 0.0% to 79.3%)" in shown
    assert "the reviewers" in shown and "on which the teachers disagree" not in shown


def damaged(run: RunFolder) -> None:
    """Three decisions of which the second line cannot be read, and a torn last line."""
    lines = run.label_log.path.read_text().splitlines()
    run.label_log.path.write_text("\n".join([lines[0], lines[1][:40], *lines[2:], lines[0][:30]]))


@pytest.mark.parametrize("verb", ["label list small", "label export small --out {}/x.jsonl", "profile small"])
def test_a_verb_that_reads_the_log_names_a_line_that_cannot_be_read(
    stat: Verb, label: Verb, run: RunFolder, tmp_path: Path, verb: str
) -> None:
    for id in ("r00", "r01", "r02"):
        label("discard", id)
    damaged(run)
    said = stat(*verb.format(tmp_path).split(), "--json", workspace=run.folder.parent.parent)
    assert said.status == 0
    assert said.err.count(f"warning: {run.label_log.path}, line 2: found a line that cannot be read") == 1
    assert len(run.label_log.events()) == 2


def test_warnings_and_doctor_name_the_lines_and_count_a_torn_one(
    stat: Verb, label: Verb, run: RunFolder
) -> None:
    for id in ("r00", "r01", "r02"):
        label("discard", id)
    damaged(run)
    found = stat("warnings", "small", "--json", workspace=run.folder.parent.parent).json["warnings"]
    found = [one for one in found if one["page"] == "skill_labels"]
    assert [(one["sign"], one["page"]) for one in found] == [
        ("unreadable_decisions", "skill_labels"),
        ("torn_decision", "skill_labels"),
    ]
    assert "1 line cannot be read, so 1 decision is not counted (line 2)" in found[0]["found"]
    checks = stat("doctor", "--json", workspace=run.folder.parent.parent).json
    rows = [row["found"] for row in checks["checks"] if row["what"] == "runs/small/label_events.jsonl"]
    assert rows == ["1 line that cannot be read: line 2", "1 line that is not complete, the last one"]
    assert not checks["is_healthy"]


@pytest.mark.parametrize(
    ("fmt", "out", "read"), [("label-studio", "l.json", "l.json"), ("argilla", "l", "l/records.json")]
)
def test_files_of_annotation_tools(fmt: str, out: str, read: str, label: Verb, tmp_path: Path) -> None:
    label("discard", "r01", "--author", "grace")
    written = label("export", "--format", fmt, "--out", tmp_path / out).json
    assert (written["n_decided"], (tmp_path / read).is_file()) == (1, True)
    again = label("import", tmp_path / read, "--format", fmt, "--author", "grace").json
    assert (again["n_rows"], again["n_decided"], again["bulk"]) == (4, 0, None)
    unknown = label("export", "--format", "doccano", "--out", tmp_path / out)
    assert (unknown.status, "expected one of jsonl, label-studio, argilla" in unknown.err) == (2, True)
    alone = label("import", tmp_path / read, "--annotator", "grace")
    assert (alone.status, "--annotator: only files of an annotation tool" in alone.err) == (2, True)
