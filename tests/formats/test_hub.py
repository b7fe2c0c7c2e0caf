"""Public data sets by name: each preset on rows of the hub's own shape, and the hub out of reach."""

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from stat_engine.config import RunConfig, validate
from stat_engine.errors import InputError, StatError
from stat_engine.formats import hub, into_dataset
from stat_engine.formats.hub import PRESETS
from stat_engine.records import Question
from stat_engine.store.workspace import WorkspaceFolder
from tests.formats.files import listing, write_jsonl

MATH = {
    "problem": "What is $1+1$?",
    "level": "Level 5",
    "type": "Counting & Probability",
    "solution": "It is $\\boxed{\\frac{4}{2}}$.",
}
RATED = {
    "id": "gsm8k-0",
    "generator": "Qwen2-7B-Instruct",
    "problem": "1+1?",
    "steps": ["1+1=3", "So 3."],
    "final_answer_correct": False,
    "label": 0,
}
ROWS: dict[str, tuple[str, dict[str, Any], Question]] = {
    "math": (
        "train", MATH,
        Question(
            id="math/train/counting_and_probability/00000", split="train", subject="counting_and_probability",
            level=5, problem="What is $1+1$?", solution="It is $\\boxed{\\frac{4}{2}}$.", answer="\\frac{4}{2}",
        ),
    ),
    "gsm8k": (
        "test", {"question": "A thousand and 250?", "answer": "It is <<1000+250=1250>>1250.\n#### 1,250"},
        Question(
            id="gsm8k/test/00000", split="test", problem="A thousand and 250?",
            solution="It is <<1000+250=1250>>1250.", answer="1250",
        ),
    ),
    "math-500": (
        "test",
        {**MATH, "answer": "2", "subject": "Precalculus", "level": 2, "unique_id": "test/precalculus/807.json"},
        Question(
            id="test/precalculus/807", split="test", subject="precalculus", level=2, problem="What is $1+1$?",
            solution="It is $\\boxed{\\frac{4}{2}}$.", answer="2",
        ),
    ),
    "amc23": (
        "test", {"id": 7, "question": "1+1?", "answer": 2.0, "url": "https://example.org"},
        Question(id="amc23/00", split="test", problem="1+1?", answer="2"),
    ),
    "aime24": (
        "test", {"id": 60, "problem": "1+1?", "solution": "\\boxed{204}", "url": "https://example.org"},
        Question(id="aime24/00", split="test", problem="1+1?", answer="204"),
    ),
    "aime25": (
        "test", {"problem": "1+1?", "answer": "70", "id": "0"},
        Question(id="aime25/00", split="test", problem="1+1?", answer="70"),
    ),
    "processbench": (
        "gsm8k", RATED, Question(id="gsm8k-0", split="validation", subject="gsm8k", problem="1+1?"),
    ),
}  # fmt: skip


def config(dataset: str = "pb") -> RunConfig:
    return validate({"dataset": dataset, "student": {"backend": "imported"}})


def bring_in(workspace: WorkspaceFolder, name: str, file: Path | None, split: str | None = None) -> Any:
    if PRESETS[name].is_rated:
        return hub.import_rated(workspace, name, "r2", config(), file, split)
    return hub.import_hub(workspace, name, "pb", file, split)


def test_every_preset_has_a_row_here() -> None:
    assert ROWS.keys() == PRESETS.keys()


@pytest.mark.parametrize("name", ROWS)
@pytest.mark.parametrize("is_parquet", [False, True])
def test_a_row_of_the_hub_becomes_a_question(
    name: str, is_parquet: bool, tmp_path: Path, workspace: WorkspaceFolder
) -> None:
    split, row, question = ROWS[name]
    path = tmp_path / "rows.parquet"
    if is_parquet:
        pq.write_table(pa.Table.from_pylist([row]), path)
    else:
        path = write_jsonl(tmp_path / "rows.jsonl", [row])
    bring_in(workspace, name, path, split)
    assert list(workspace.dataset("pb").questions.values()) == [question]
    before = listing(workspace.root)
    assert bring_in(workspace, name, path, split)["n_new"] == 0
    assert listing(workspace.root) == before


@pytest.mark.parametrize("name", ROWS)
def test_what_is_fetched_comes_from_every_configuration_and_split(
    name: str, workspace: WorkspaceFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    def load_dataset(hub: str, config: str | None, split: str) -> list[dict[str, Any]]:
        asked.append((hub, config, split))
        n = len(asked)
        row = {**ROWS[name][1], "type": config, "id": f"{split}-{n}", "unique_id": f"test/{n}.json"}
        return [{**row, "problem": f"{n}?", "question": f"{n}?"}]

    monkeypatch.setattr("datasets.load_dataset", load_dataset)
    bring_in(workspace, name, None)
    preset = PRESETS[name]
    configs = preset.configs or (None,)
    assert asked == [(preset.hub, config, split) for split in preset.splits for config in configs]
    questions = workspace.dataset("pb").questions.values()
    assert len(questions) == len(asked)
    assert {question.split for question in questions} == set(preset.splits.values())
    manifest = workspace.dataset("pb").question_table.manifest()
    assert manifest is not None and manifest.settings["source"] == f"{preset.hub.replace('/', '--')}.jsonl"
    asked.clear()
    first = next(iter(preset.splits))
    bring_in(workspace, name, None, first) if not preset.is_rated else None
    assert {split for *_, split in asked} <= {first}


def test_ratings_become_responses_with_step_rewards(tmp_path: Path, workspace: WorkspaceFolder) -> None:
    fine = {
        **RATED,
        "id": "math-7",
        "problem": "2+2?",
        "steps": ["4"],
        "label": -1,
        "final_answer_correct": True,
    }
    again = {**RATED, "id": "gsm8k-1", "generator": "other", "problem": " 1+1? ", "label": 1}
    path = write_jsonl(tmp_path / "pb.jsonl", [RATED, fine, again])
    counts = hub.import_rated(workspace, "processbench", "r2", config(), path)
    assert counts == {
        "run": "r2", "dataset": "pb", "n_questions_made": 2, "n_step_rewards": 3, "n_new": 3, "n_new_responses": 3,
        "n_responses_without": 0, "n_skipped": 0, "notes": [],
    }  # fmt: skip
    run = workspace.run_folder("r2")
    rewards = {reward.response_id: reward.step_rewards for reward in run.step_rewards.read()}
    assert {(r.question_id, r.model, r.is_correct, *rewards[r.response_id]) for r in run.responses.read()} == {
        ("gsm8k-0", "Qwen2-7B-Instruct", False, 0.0, 0.0), ("gsm8k-0", "other", False, 1.0, 0.0),
        ("math-7", "Qwen2-7B-Instruct", True, 1.0),
    }  # fmt: skip
    assert workspace.dataset("pb").questions["math-7"].subject == "math"
    assert (run.config.student.backend, run.config.reward_model.backend) == ("imported", "imported")


def test_ratings_join_a_dataset_that_has_their_questions(tmp_path: Path, workspace: WorkspaceFolder) -> None:
    path = write_jsonl(tmp_path / "pb.jsonl", [RATED, {**RATED, "id": "math-1", "problem": "9+9?"}])
    before = listing(workspace.root)
    with pytest.raises(
        InputError, match="line 2, field problem_id: found 'math-1', expected the id of a question"
    ):
        hub.import_rated(workspace, "processbench", "r2", config("toy"), path)
    assert listing(workspace.root) == before
    counts = hub.import_rated(workspace, "processbench", "r2", config("toy"), path, skip_unknown=True)
    assert (counts["n_questions_made"], counts["n_step_rewards"], counts["n_skipped"]) == (0, 1, 1)
    assert [r.question_id for r in workspace.run_folder("r2").responses.read()] == ["q/1"]


@pytest.mark.parametrize(
    ("name", "change", "message"),
    [
        ("math", {"level": "hard"}, "field level: found 'hard', expected a level, as in Level 5"),
        ("math", {"solution": None}, "field solution: found null, expected text"),
        ("math-500", {"unique_id": "/etc"}, "field unique_id: found '/etc', expected an id that does not look like a path"),
        ("amc23", {"question": 5}, "field question: found 5, expected text"),
        ("aime25", {"answer": True}, "field answer: found True, expected text"),
        ("processbench", {"id": "gsm8k-1", "label": 9}, "field first_error_step: found 9, expected a whole number from -1 to 1"),
        ("processbench", {}, "field id: found 'gsm8k-0', which stands in line 1 too, expected each only once"),
        ("processbench", {"id": "x-1"}, "field split: found no such field, expected it, or --split with one of gsm8k, math, olympiadbench, omnimath"),
    ],
)  # fmt: skip
def test_bad_rows_are_named_and_nothing_is_imported(
    name: str, change: dict[str, Any], message: str, tmp_path: Path, workspace: WorkspaceFolder
) -> None:
    split, row, _ = ROWS[name]
    path = write_jsonl(tmp_path / "rows.jsonl", [row, {**row, **change}])
    before = listing(workspace.root)
    with pytest.raises(InputError) as caught:
        bring_in(workspace, name, path, None if name == "processbench" else split)
    assert str(caught.value).startswith(f"{path}, line 2, {message}")
    assert listing(workspace.root) == before


def test_levels_and_boxes_as_the_data_has_them(tmp_path: Path, workspace: WorkspaceFolder) -> None:
    rows = [
        {**MATH, "level": "Level ?", "solution": "so $\\boxed 2$."},
        {**MATH, "solution": "none: $\\boxed{}$"},
        {**MATH, "solution": "no box"},
    ]
    hub.import_hub(workspace, "math", "pb", write_jsonl(tmp_path / "m.jsonl", rows), "test")
    assert [(q.level, q.answer) for q in workspace.dataset("pb").questions.values()] == [
        (None, "2"), (5, None), (5, None),
    ]  # fmt: skip


def test_rows_are_counted_within_what_their_ids_name(tmp_path: Path, workspace: WorkspaceFolder) -> None:
    rows = [{**MATH, "type": subject} for subject in ("Algebra", "Geometry", "Algebra")]
    hub.import_hub(workspace, "math", "pb", write_jsonl(tmp_path / "m.jsonl", rows), "test")
    assert list(workspace.dataset("pb").questions) == [
        "math/test/algebra/00000", "math/test/algebra/00001", "math/test/geometry/00000",
    ]  # fmt: skip


def test_a_file_of_several_splits_needs_to_say_which(tmp_path: Path, workspace: WorkspaceFolder) -> None:
    path = write_jsonl(tmp_path / "m.jsonl", [MATH])
    expected = "line 1, field split: found no such field, expected it, or --split with one of train, test"
    with pytest.raises(InputError, match=expected):
        hub.import_hub(workspace, "math", "pb", path)
    rows = [{**MATH, "split": "train"}, {**MATH, "split": "test"}]
    hub.import_hub(workspace, "math", "pb", write_jsonl(tmp_path / "m.jsonl", rows))
    assert {q.split for q in workspace.dataset("pb").questions.values()} == {"train", "test"}


def test_unknown_names_and_splits_are_one_sentence(workspace: WorkspaceFolder) -> None:
    with pytest.raises(StatError) as caught:
        hub.import_hub(workspace, "mathx", "pb")
    assert str(caught.value) == f"data set 'mathx': expected one of {', '.join(PRESETS)}"
    with pytest.raises(StatError, match="^split 'dev': expected one of gsm8k's, train, test$"):
        hub.import_hub(workspace, "gsm8k", "pb", None, "dev")


def test_without_a_network_the_way_out_is_named(
    workspace: WorkspaceFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    def load_dataset(*_: object, **__: object) -> None:
        raise ConnectionError("Couldn't reach the hub\n(offline)")

    monkeypatch.setattr("datasets.load_dataset", load_dataset)
    before = listing(workspace.root)
    with pytest.raises(StatError) as caught:
        hub.import_hub(workspace, "gsm8k", "pb")
    assert str(caught.value) == (
        "openai/gsm8k could not be fetched from the Hugging Face hub (Couldn't reach the hub (offline)); "
        "fetch its files where there is a network, then: stat-studio import hub gsm8k --file FILE"
    )
    assert listing(workspace.root) == before


def test_real_math_reads_as_its_own_file_has_it(
    tmp_path: Path, shared_data: Path, workspace: WorkspaceFolder
) -> None:
    given = WorkspaceFolder(tmp_path / "given")
    into_dataset.import_questions(given, "math", shared_data / "math" / "problems.jsonl.gz")
    questions = [q for q in given.dataset("math").questions.values() if q.split == "train"]
    rows = [
        {
            "problem": q.problem,
            "level": f"Level {q.level or '?'}",
            "type": str(q.subject).replace("_", " ").title().replace(" And ", " & "),
            "solution": q.solution,
        }
        for q in questions
    ]
    path = tmp_path / "train.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    hub.import_hub(workspace, "math", "pb", path, "train")
    made = workspace.dataset("pb").questions
    assert len(made) == len(questions) == 7500
    theirs = {(q.problem, q.solution): q for q in questions if q.level and q.answer}
    ours = {(q.problem, q.solution): q for q in made.values() if q.level and q.answer}
    assert theirs.keys() == ours.keys()
    assert [(q.subject, q.level) for _, q in sorted(ours.items())] == [
        (q.subject, q.level) for _, q in sorted(theirs.items())
    ]
    other = [(q.answer, ours[key].answer) for key, q in theirs.items() if q.answer != ours[key].answer]
    # the file keeps the last of several boxes that make one list
    assert 0 < len(other) < 10
    assert all(str(whole).endswith(f", {last}") for last, whole in other)


def test_gsm8k_rows_without_hashes_are_counted_and_the_first_is_named(tmp_path: Path) -> None:
    rows = [
        {"question": "1+1?", "answer": "1+1 is 2.\n#### 2"},
        {"question": "1+2?", "answer": "I do not know."},
        {"question": "1+3?", "answer": "four"},
    ]
    path = write_jsonl(tmp_path / "gsm8k.jsonl", rows)
    found = hub.import_hub(WorkspaceFolder(tmp_path / "w"), "gsm8k", "gsm8k", path, "test")
    assert (found["n_questions"], found["n_without_answer"]) == (3, 2)
    assert found["notes"] == [
        "questions without an answer, which nothing can be graded on: 2; the first is in line 2, whose field "
        "answer has none"
    ]
