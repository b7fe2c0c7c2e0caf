from pathlib import Path
from typing import get_args

import pytest

from stat_engine.errors import InputError
from stat_engine.models.base import Task
from stat_engine.prompts import FOLDER, PLACES, read_prompt, versions

VALUES = dict.fromkeys(PLACES, "")


def write(folder: Path, text: str, task: str = "solve") -> str:
    (folder / f"{task}.md").write_text(text, encoding="utf-8")
    return str(folder)


def test_every_task_has_a_prompt_with_a_version_and_no_other_is_there() -> None:
    assert set(versions()) == set(get_args(Task)) == {path.stem for path in FOLDER.glob("*.md")}
    assert all(version.startswith("1-") for version in versions().values())


def test_places_are_filled_once_and_what_is_filled_in_is_not_read_again() -> None:
    filled = read_prompt("solve").fill("user", {**VALUES, "problem": "What is {{skills}}?", "skills": "no"})
    assert filled.startswith("What is {{skills}}?\n\nSolve this step by step")


def test_a_paragraph_whose_places_are_all_empty_is_left_out() -> None:
    filled = read_prompt("label_skills").fill("user", {**VALUES, "problem": "p", "skills": "- area"})
    assert "<solution>" not in filled and "p\n</question>" in filled


def test_a_domains_own_file_takes_the_place_of_the_packages(tmp_path: Path) -> None:
    folder = write(tmp_path, "version: 7\n\n## user\n\nDo {{problem}}!")
    own = read_prompt("solve", folder)
    assert (own.fill("user", {**VALUES, "problem": "this"}), own.version[:2]) == ("Do this!", "7-")
    assert read_prompt("judge", folder) == read_prompt("judge")


def test_an_edit_without_a_new_number_is_a_new_version(tmp_path: Path) -> None:
    before = read_prompt("solve", write(tmp_path, "version: 1\n\n## user\n\na")).version
    after = read_prompt("solve", write(tmp_path, "version: 1\n\n## user\n\nb")).version
    assert before != after


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("## user\n\nx", "expected a first line of the form 'version: 1'"),
        ("version: 1\n\n## system\n\nx", "found system, expected a section '## user'"),
        (
            "version: 1\n\n## user\n\n{{colour}}",
            "found {{colour}}, expected places among answer_format, complaint",
        ),
    ],
)
def test_a_file_that_does_not_fit_is_refused_by_name(tmp_path: Path, text: str, found: str) -> None:
    with pytest.raises(InputError, match=r"solve\.md") as error:
        read_prompt("solve", write(tmp_path, text))
    assert found in str(error.value)


def test_a_folder_that_is_not_there_is_refused() -> None:
    with pytest.raises(InputError, match="/nonexistent: found none, expected a folder with prompt files"):
        read_prompt("solve", "/nonexistent")


def test_places_may_have_spaces_and_other_bytes_are_refused(tmp_path: Path) -> None:
    folder = write(tmp_path, "version: 1\n\n## user\n\n{{ problem }}!")
    assert read_prompt("solve", folder).fill("user", {**VALUES, "problem": "x"}) == "x!"
    (tmp_path / "judge.md").write_bytes(b"version: 1\n## user\n\xff")
    with pytest.raises(InputError, match="expected text in UTF-8"):
        read_prompt("judge", folder)
