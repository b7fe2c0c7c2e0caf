"""Imported verdicts against the grader's, people's verdicts, and what follows them."""

import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from stat_engine import Workspace, views
from stat_engine.api import Run
from stat_engine.config import RunConfig
from stat_engine.errors import NotThereYet, Reviewed, StatError
from stat_engine.formats.into_run import import_responses
from stat_engine.records import Response
from stat_engine.store.files import read_json, write_json
from stat_engine.store.label_log import Decision
from tests.evaluating import run_with_arms
from tests.factories import import_mapped

ANSWERS = ["2", "3", "2", "3"]
SAID = [True, True, False, None]
"""What the file says of each; the reference is 2, so the second and third are wrong in it."""
LENGTH = {"filter": "length", "max_words": 1}


def asked(root: Path, **settings: object) -> Run:
    """A run whose responses to v0 ... v3 were imported, with the verdicts SAID."""
    workspace = Workspace(root / "workspace")
    rows = [{"id": f"v{at}", "split": "validation", "subject": "A", "problem": f"1 + 1? ({at})", "answer": "2"}
            for at in range(4)]  # fmt: skip
    entries = [{"id": f"v{at}", "subject": "A", "skills": ["addition"]} for at in range(4)]
    import_mapped(workspace, "small", root, rows, entries, {"A": ["addition"]})
    config = {"dataset": "small", "teacher": "question-skills", "difficulty": LENGTH, **settings}
    run = workspace.new("small", RunConfig.model_validate(config))
    import_responses(run.folder, responses_file(root), skip_unknown=False)
    return run


def responses_file(root: Path) -> Path:
    given = [
        {"problem_id": f"v{at}", "model": "m", "response": f"Answer: {answer}"}
        | ({} if said is None else {"correct": said})
        for at, (answer, said) in enumerate(zip(ANSWERS, SAID, strict=True))
    ]
    path = root / "responses.jsonl"
    path.write_text("\n".join(map(json.dumps, given)))
    return path


def test_responses_keep_what_their_file_says(tmp_path: Path) -> None:
    rows = list(asked(tmp_path).folder.responses.read())
    assert [row.imported_verdict for row in rows] == SAID
    assert [row.is_correct for row in rows] == [True, True, False, False]


def test_the_grader_and_the_file_are_compared_where_the_file_says_something(tmp_path: Path) -> None:
    found = asked(tmp_path).verdicts.compared()
    assert (found["n_imported"], found["n_undecided"]) == (3, 0)
    keys = ("question_id", "answer", "imported", "graded", "rule", "overruled")
    assert [tuple(row[key] for key in keys) for row in found["rows"]] == [
        ("v1", "3", True, False, "differs as a number", None),
        ("v2", "2", False, True, "same text", None),
    ]


def test_a_table_of_an_older_version_is_compared_and_imported_again(tmp_path: Path) -> None:
    run = asked(tmp_path)
    (file,) = run.folder.responses.files()
    pq.write_table(pq.read_table(file).drop_columns(["imported_verdict"]), file)
    path = run.folder.responses.folder / "manifest.json"  # which knew no lengths then
    card = json.loads(path.read_text())
    write_json(
        path, card | {"files": [{k: v for k, v in one.items() if k != "bytes"} for one in card["files"]]}
    )
    assert [row.imported_verdict for row in run.folder.responses.read()] == [None] * 4
    assert [row["question_id"] for row in run.verdicts.compared()["rows"]] == ["v1", "v2"]
    assert import_responses(run.folder, responses_file(tmp_path), skip_unknown=False)["n_new"] == 0


def test_parts_of_an_older_version_are_completed_with_nulls(tmp_path: Path) -> None:
    table = asked(tmp_path).folder.responses
    rows = list(table.read())
    parts = table.folder / "parts-again"
    table.write("first", rows, {})
    (file,) = table.files()
    parts.mkdir()
    write_json(parts / "plan.json", {"n_batches": 1})
    pq.write_table(pq.read_table(file).drop_columns(["imported_verdict"]), parts / "00000.parquet")
    table.write("again", rows, {})
    assert list(table.read()) == [row.model_copy(update={"imported_verdict": None}) for row in rows]


def test_without_an_imported_verdict_there_is_nothing_to_compare(tmp_path: Path) -> None:
    run = asked(tmp_path)
    rows = [row.model_copy(update={"imported_verdict": None}) for row in run.folder.responses.read()]
    run.folder.responses.write("f", rows, {"source": "responses.jsonl"})
    with pytest.raises(NotThereYet, match="run small has no imported verdict"):
        run.disagreements()


def test_a_judge_is_not_asked(tmp_path: Path) -> None:
    run = asked(tmp_path)
    run.folder.save_config(run.config.model_copy(update={"domain": judged(run)}))
    with pytest.raises(StatError, match="grader judge asks the teacher about every response"):
        run.disagreements()
    assert views.verdicts.why(run.folder, "Answer: 2", "2") is None


def judged(run: Run) -> object:
    grader = run.config.domain.grader.model_copy(update={"backend": "judge"})
    return run.config.domain.model_copy(update={"grader": grader})


def test_a_persons_verdict_is_in_force_everywhere_until_it_is_taken_back(tmp_path: Path) -> None:
    run = asked(tmp_path)
    assert [bool(one) for one in run_correct(run)] == [True, True, False, False]
    found = run.verdicts.overrule("v1", 0, "incorrect", "adds wrongly", "ada")
    assert (found["before"], found["after"], found["author"], found["note"], found["stale"]) == (
        True, False, "ada", "adds wrongly", [],
    )  # fmt: skip
    assert [bool(one) for one in run_correct(run)] == [True, False, False, False]
    assert run.difficult(filter="ground-truth")["n_difficult"] == 3
    (entry,) = run.question("v1")["responses"]
    assert entry["response"].is_correct is False
    assert [row.is_correct for row in run.folder.responses.read()] == [True, True, False, False]
    assert run.disagreements().overruled.iloc[0].startswith("marked as incorrect by ada on ")
    assert run.verdicts.overrule("v1", 0, "undo", author="ada")["after"] is True
    assert [bool(one) for one in run_correct(run)] == [True, True, False, False]
    assert list(run.verdicts.history().action) == ["undo", "incorrect"]


def run_correct(run: Run) -> list[object]:
    rows = views.difficult.computed.scored_responses(run.folder)
    return list(rows.sort_values("question_id").is_correct)


def test_another_persons_verdict_is_kept_unless_told_otherwise(tmp_path: Path) -> None:
    run = asked(tmp_path)
    run.verdicts.overrule("v1", 0, "incorrect", author="ada")
    with pytest.raises(
        StatError, match=r"marked as incorrect by ada .*; decide on top of it with --over-others"
    ):
        run.verdicts.overrule("v1", 0, "correct", author="bob")
    assert run.verdicts.overrule("v1", 0, "correct", author="bob", over_others=True)["before"] is False
    assert run.folder.verdicts() == {run.question("v1")["responses"][0]["response"].response_id: True}


def test_labels_of_the_ground_truth_filter_are_stale_after_a_verdict(tmp_path: Path) -> None:
    run = asked(tmp_path, difficulty={"filter": "ground-truth"})
    run.run("missing_skills", "missing_skills")
    found = run.verdicts.overrule("v1", 0, "incorrect", author="ada")
    assert found["stale"] == ["missing_skills"]
    run.run("missing_skills", "missing_skills")
    assert {label.question_id for label in run.folder.labels()} == {"v1", "v2", "v3"}
    assert run.fork("copy").folder.verdicts() == run.folder.verdicts()
    run.labels.decide(Decision(found["response_id"], "accept"), "ada")
    with pytest.raises(Reviewed, match=r"stat-studio run small --fork NEW"):
        run.verdicts.overrule("v2", 0, "correct", author="ada")


def test_labels_of_other_filters_do_not_depend_on_verdicts(tmp_path: Path) -> None:
    run = asked(tmp_path, difficulty=LENGTH)
    run.run("missing_skills", "missing_skills")
    assert run.verdicts.overrule("v1", 0, "incorrect", author="ada")["stale"] == []


def test_an_arms_accuracy_and_its_comparison_follow_a_verdict(tmp_path: Path) -> None:
    folder = run_with_arms(tmp_path, {"base": ["wwrr"], "stat-sel": ["rrrr", "rrrr"]})
    run = Workspace(tmp_path / "workspace").run("small")
    before = views.evaluations.evaluations(folder).shares
    assert list(before["stat-sel"]) == [1.0, 1.0, 1.0, 1.0]
    found = run.verdicts.overrule("t1", 0, "incorrect", author="ada", arm="stat-sel", seed=1)
    assert (found["arm"], found["seed"], found["benchmark"]) == ("stat-sel", 1, "test")
    assert list(views.evaluations.evaluations(folder).shares["stat-sel"]) == [1.0, 0.5, 1.0, 1.0]
    flip = views.differences.flip(folder, "t1", "stat-sel")
    assert [[one["is_correct"] for one in side["responses"]] for side in flip["sides"]] == [
        [False],
        [True, False],
    ]
    run.verdicts.overrule("t0", 0, "correct", author="ada", arm="base")
    assert list(views.evaluations.evaluations(folder).shares["base"]) == [1.0, 0.0, 1.0, 1.0]


def test_what_is_not_there_is_named(tmp_path: Path) -> None:
    run = asked(tmp_path)
    with pytest.raises(NotThereYet, match="run small has no response to question 'v9'"):
        run.verdicts.overrule("v9", 0, "correct", author="ada")
    with pytest.raises(StatError, match="found sample 4, expected one of: 0 of m"):
        run.verdicts.overrule("v1", 4, "correct", author="ada")
    with pytest.raises(StatError, match="there is no verdict of a person to take back"):
        run.verdicts.overrule("v1", 0, "undo", author="ada")
    with pytest.raises(NotThereYet, match="no response of arm random on test"):
        run.verdicts.overrule("v1", 0, "correct", author="ada", arm="random")


@pytest.mark.parametrize(
    ("text", "reference", "words"),
    [
        ("so \\boxed{5-2t}.", "5-3t", "Read as 5-2t; differs from 5-3t (rule: differs as an expression)."),
        ("The answer is 1/2.", "0.5", "Read as 1/2; equals 0.5 (rule: same number)."),
        ("no idea", "3", "No answer found in the response."),
        ("Answer: 3", None, "Read as 3; there is no reference answer."),
    ],
)
def test_the_reason_is_a_sentence(tmp_path: Path, text: str, reference: str | None, words: str) -> None:
    found = views.verdicts.why(asked(tmp_path).folder, text, reference)
    assert found is not None
    assert views.verdicts.why_in_words(found) == words


def test_a_stored_record_has_the_field_last(tmp_path: Path) -> None:
    """Older readers name their columns, so a new one comes behind them."""
    assert list(Response.model_fields)[-1] == "imported_verdict"
    assert read_json(asked(tmp_path).folder.responses.folder / "manifest.json")["files"][0]["rows"] == 4
