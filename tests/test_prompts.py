from pathlib import Path
from typing import get_args

import pytest

from stat_engine.config import DomainConfig
from stat_engine.errors import InputError
from stat_engine.models.base import Task
from stat_engine.prompts import FOLDER, PLACES, read_prompt, versions

VALUES = dict.fromkeys(PLACES, "")


def write(folder: Path, text: str, task: str = "solve") -> str:
    (folder / f"{task}.md").write_text(text, encoding="utf-8")
    return str(folder)


def test_every_task_has_a_prompt_with_a_version_and_no_other_is_there() -> None:
    assert (
        set(versions()) == {*get_args(Task), "propose_another"} == {path.stem for path in FOLDER.glob("*.md")}
    )
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


def test_stored_answers_of_mathematics_keep_their_versions() -> None:
    """The versions of the prompts as they were before the answer's format became a place in them."""
    assert {task: DomainConfig().prompt(task).version for task in ("rewrite", "solve", "propose_question")} == {
        "rewrite": "1-60a3d6b0", "solve": "1-5ce0c480", "propose_question": "1-3e34eb96",
    }  # fmt: skip
    said = DomainConfig().prompt("solve").fill("user", {**VALUES, "problem": "p"})
    assert said.endswith("and end with the final answer as \\boxed{answer}.")


@pytest.mark.parametrize("grader", ["exact", "choice", "regex", "command", "judge"])
def test_no_other_domain_is_asked_for_a_box(grader: str) -> None:
    needs = {"regex": {"pattern": "a(b)"}, "command": {"command": ["x"]}}.get(grader, {})
    domain = DomainConfig.model_validate({"grader": {"backend": grader, **needs}})
    for task in ("rewrite", "solve", "propose_question"):
        said = domain.prompt(task).fill("user", {**VALUES, "problem": "p", "solution": "s"})
        assert "boxed" not in said and "{{" not in said
        if task != "propose_question":
            assert domain.answer_format_used() in said
    if grader == "regex":
        assert domain.answer_format_used().endswith(": a(b)")


def test_a_domain_s_own_format_is_another_version_and_fills_a_file_of_its_own(tmp_path: Path) -> None:
    folder = write(tmp_path, "version: 1\n\n## user\n\n{{problem}}: {{answer_format}}")
    one = DomainConfig(answer_format="as {{problem}}", prompts=folder).prompt("solve")
    assert one.fill("user", {**VALUES, "problem": "p"}) == "p: as {{problem}}"
    assert one.version != DomainConfig(prompts=folder).prompt("solve").version
    own = DomainConfig.model_validate({"prompts": folder, "grader": {"backend": "command", "command": ["x"]}})
    assert own.prompt("solve").sections == one.sections
    assert own.prompt("rewrite").sections != DomainConfig(prompts=folder).prompt("rewrite").sections
    with pytest.raises(ValueError, match="expected words that say how an answer is written"):
        DomainConfig(answer_format=" ")
