"""Skill-Maps in: skills of the vocabulary in its spelling, or the map's own names."""

import json
from pathlib import Path
from typing import Any

import pytest

from stat_engine.errors import InputError, StatError
from stat_engine.formats import into_dataset
from stat_engine.formats.skill_maps import read_skill_map, read_vocabulary
from stat_engine.records import Question, SkillMapEntry
from stat_engine.store.workspace import WorkspaceFolder
from tests.formats.files import listing, write_jsonl

VOCABULARY = {"algebra": ["adding_numbers", "subtracting"], "geometry": ["counting_sides"]}
ROWS = [
    {"id": "q/2", "skills": ["Adding numbers skills", "adding_numbers", "subtracting"]},
    {"id": "q/1", "subject": "algebra", "skills": ["subtracting"]},
]

NOT_AUDITED = "Skill-Map of toy: not audited; see how far to trust it with: stat-studio audit-skill-map toy"


def vocabulary_file(tmp_path: Path, content: Any = None) -> Path:
    path = tmp_path / "skills.json"
    path.write_text(content if isinstance(content, str) else json.dumps(content or VOCABULARY))
    return path


def imported(workspace: WorkspaceFolder, path: Path, vocabulary: Path | None, skip: bool = False) -> Any:
    return into_dataset.import_skill_map(workspace, "toy", path, vocabulary, skip)


def test_skills_take_the_spelling_of_the_vocabulary(tmp_path: Path, workspace: WorkspaceFolder) -> None:
    counts = imported(workspace, write_jsonl(tmp_path / "map.jsonl", ROWS), vocabulary_file(tmp_path))
    assert counts == {
        "n_entries": 2,
        "n_new": 2,
        "n_replaced": 0,
        "n_questions_without_skills": 1,
        "n_skills": 3,
        "n_skipped": 0,
        "notes": [NOT_AUDITED],
    }
    dataset = workspace.dataset("toy")
    assert list(dataset.skill_map.values()) == [
        SkillMapEntry(question_id="q/1", subject="algebra", skills=["subtracting"]),
        SkillMapEntry(question_id="q/2", subject="algebra", skills=["adding_numbers", "subtracting"]),
    ]
    assert dataset.vocabulary is not None
    assert dataset.vocabulary.as_lists() == VOCABULARY


def test_without_a_vocabulary_the_first_spelling_is_kept(tmp_path: Path, workspace: WorkspaceFolder) -> None:
    rows = [
        {"id": "q/2", "skills": ["Adding Numbers", "x"]},
        {"id": "q/1", "skills": ["adding_numbers skill"]},
        {"id": "q/3", "skills": ["adding numbers"]},
    ]
    imported(workspace, write_jsonl(tmp_path / "map.jsonl", rows), None)
    dataset = workspace.dataset("toy")
    assert [entry.skills for entry in dataset.skill_map.values()] == [
        ["Adding Numbers"],
        ["Adding Numbers", "x"],
        ["adding numbers"],  # another subject, another skill
    ]
    assert dataset.vocabulary is not None
    assert dataset.vocabulary.as_lists() == {
        "algebra": ["Adding Numbers", "x"],
        "geometry": ["adding numbers"],
    }


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (
            {"id": "q/1", "skills": ["adding_nmbers"]},
            "field skills[0]: found 'adding_nmbers', expected a skill of subject algebra; "
            "did you mean adding_numbers?",
        ),
        (
            {"id": "q/1", "skills": ["counting_sides"]},
            "field skills[0]: found 'counting_sides', expected a skill of subject algebra",
        ),
        (
            {"id": "q/1", "subject": "logic", "skills": ["x"]},
            "field subject: found 'logic', expected a subject of the vocabulary ('algebra, geometry')",
        ),
        ({"id": "q/1", "skills": []}, "field skills: found an empty list, expected at least one skill"),
        ({"id": "q/1", "skills": ["_"]}, "field skills[0]: found '_', expected a skill's name"),
        ({"id": "q/1", "skills": "x"}, "field skills: found 'x', expected a list of text"),
        ({"id": "q/1", "skills": [None]}, "field skills[0]: found null, expected text"),
        ({"id": "q/1"}, "field skills: found no such field, expected a list of text"),
        (
            {"id": "q/9", "skills": ["x"]},
            "field id: found 'q/9', expected the id of a question of the dataset",
        ),
        (
            {"id": "q/3", "skills": ["counting_sides"]},
            "field id: found 'q/3', which stands in line 1 too, expected each only once",
        ),
    ],
)
def test_bad_row_is_named_and_nothing_imported(
    row: dict[str, Any], message: str, tmp_path: Path, workspace: WorkspaceFolder
) -> None:
    path = write_jsonl(tmp_path / "map.jsonl", [{"id": "q/3", "skills": ["counting_sides"]}, row])
    before = listing(workspace.root)
    with pytest.raises(InputError) as caught:
        imported(workspace, path, vocabulary_file(tmp_path))
    assert str(caught.value) == f"{path}, line 2, {message}"
    assert listing(workspace.root) == before


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("[]", ", line 1: found a JSON list, expected one JSON object"),
        ("{}", ": found no subjects, expected one JSON object {subject: [skill, ...]}"),
        ('{"a": {"x": 1}}', ", line 1, field a: found {'x': 1}, expected a list of text"),
        ('{"a": []}', ", line 1, field a: found no skills, expected at least one"),
        ('{"a": ["x", " "]}', ", line 1, field a[1]: found ' ', expected a skill's name"),
        ('{"a": ["x"], "a": ["y"]}', ", line 1: found key 'a' twice in one object, expected one JSON object"),
    ],
)
def test_bad_vocabulary_is_named_and_nothing_imported(
    content: str, message: str, tmp_path: Path, workspace: WorkspaceFolder
) -> None:
    path, before = vocabulary_file(tmp_path, content), listing(workspace.root)
    with pytest.raises(InputError) as caught:
        imported(workspace, write_jsonl(tmp_path / "map.jsonl", ROWS), path)
    assert str(caught.value) == f"{path}{message}"
    assert listing(workspace.root) == before


def test_unknown_questions_are_skipped_on_request(tmp_path: Path, workspace: WorkspaceFolder) -> None:
    path = write_jsonl(tmp_path / "map.jsonl", [*ROWS, {"id": "q/9", "skills": ["anything"]}])
    counts = imported(workspace, path, vocabulary_file(tmp_path), skip=True)
    assert (counts["n_entries"], counts["n_skipped"]) == (2, 1)
    assert counts["notes"] == [
        "rows skipped: 1, because dataset toy does not have their questions",
        NOT_AUDITED,
    ]
    only_unknown = write_jsonl(tmp_path / "none.jsonl", [{"id": "q/9", "skills": ["x"]}])
    with pytest.raises(InputError, match="found only rows to skip, expected at least one row that belongs"):
        imported(workspace, only_unknown, None, skip=True)


@pytest.mark.parametrize("name", ["gsm8k", ""])
def test_one_list_serves_questions_without_subjects(name: str, tmp_path: Path) -> None:
    questions = {"q": Question(id="q", problem="x")}
    vocabulary = read_vocabulary(vocabulary_file(tmp_path, {name: ["adding"]}))
    path = write_jsonl(tmp_path / "map.jsonl", [{"id": "q", "skills": ["Adding"]}])
    expected = SkillMapEntry(question_id="q", subject="", skills=["adding"])
    assert read_skill_map(path, questions, vocabulary, False) == ([expected], 0)


def test_a_second_file_adds_and_replaces(tmp_path: Path, workspace: WorkspaceFolder) -> None:
    imported(workspace, write_jsonl(tmp_path / "map.jsonl", ROWS), vocabulary_file(tmp_path))
    rows = [{"id": "q/3", "skills": ["counting sides"]}, {"id": "q/1", "skills": ["adding_numbers"]}]
    counts = imported(workspace, write_jsonl(tmp_path / "more.jsonl", rows), None)
    assert (counts["n_entries"], counts["n_new"], counts["n_replaced"]) == (3, 1, 1)
    found = [entry.skills for entry in workspace.dataset("toy").skill_map.values()]
    assert found == [["adding_numbers"], ["adding_numbers", "subtracting"], ["counting_sides"]]


def test_entries_that_stay_must_fit_a_new_vocabulary(tmp_path: Path, workspace: WorkspaceFolder) -> None:
    imported(workspace, write_jsonl(tmp_path / "map.jsonl", ROWS), vocabulary_file(tmp_path))
    before = listing(workspace.root)
    other = vocabulary_file(tmp_path, {"algebra": ["adding_numbers"], "geometry": ["counting_sides"]})
    path = write_jsonl(tmp_path / "more.jsonl", [{"id": "q/3", "skills": ["counting sides"]}])
    with pytest.raises(StatError) as caught:
        imported(workspace, path, other)
    assert str(caught.value) == (
        "dataset toy has question 'q/1' mapped to 'subtracting', which is not in the new vocabulary; "
        "import a Skill-Map that maps this question too"
    )
    assert listing(workspace.root) == before


def test_a_dataset_must_be_there(tmp_path: Path, workspace: WorkspaceFolder) -> None:
    path = write_jsonl(tmp_path / "map.jsonl", ROWS)
    with pytest.raises(StatError, match="no dataset other in"):
        into_dataset.import_skill_map(workspace, "other", path, None, False)
