"""Search over questions, skills and runs, and groups of the teacher's reasons."""

from pathlib import Path

import pytest

from stat_engine import Workspace
from stat_engine.review import set_note
from stat_engine.store.run_folder import RunFolder
from stat_engine.views import reasons, search
from tests.conftest import copied
from tests.factories import a_label
from tests.reviewing import run_to_review


def test_every_word_must_occur_and_asked_questions_are_told_apart(finished: Workspace) -> None:
    run = finished.run("small").folder
    asked = {response.question_id for response in run.responses.read()}
    found = search.find(finished, "small", "CHILDREN both")
    expected = [
        id for id, question in sorted(run.dataset.questions.items())
        if "children" in question.problem.lower() and "both" in question.problem.lower()
    ]  # fmt: skip
    assert expected and found["n"]["question"] == len(expected)
    assert [(hit["name"], hit["is_asked"]) for hit in found["hits"] if hit["kind"] == "question"] == [
        (id, id in asked) for id in expected[: search.MOST]
    ]
    one = next(iter(sorted(asked)))
    assert [hit["name"] for hit in search.find(finished, "small", one)["hits"]] == [one]


def test_skills_are_found_in_any_spelling_and_a_blank_text_finds_nothing(finished: Workspace) -> None:
    assert {
        (hit["kind"], hit["name"]) for hit in search.find(finished, "small", "inclusion exclusion")["hits"]
    } == {("skill", "Counting/inclusion and exclusion")}
    assert search.find(finished, "small", "  ") == {
        "hits": [], "n": {"run": 0, "skill": 0, "question": 0},
    }  # fmt: skip


def test_runs_are_found_by_their_notes(finished: Workspace, tmp_path: Path) -> None:
    workspace = copied(finished, tmp_path)
    set_note(workspace.run("small").folder, "the baseline for Friday")
    (hit,) = search.find(workspace, "small", "friday baseline")["hits"]
    assert (hit["kind"], hit["name"], hit["words"]) == ("run", "small", "the baseline for Friday")


@pytest.fixture
def reasoned(tmp_path: Path) -> RunFolder:
    """Labels with two kinds of reasons, in words of their own."""
    signs = [f"The minus sign is dropped when moving term {at} across." for at in range(9)]
    units = [f"Converts minutes into hours with the factor wrong, case {at}." for at in range(7)]
    labels = [
        a_label(f"r{at:02}", f"q{at:02}", "area").model_copy(update={"reason": reason})
        for at, reason in enumerate(
            [f"{text} {word}" for text, word in zip([*signs, *units], _words(), strict=False)]
        )
    ]
    return run_to_review(tmp_path, labels)


def _words() -> list[str]:
    return [f"{a}{b}xyz" for a in "abcd" for b in "efgh"]


def test_reasons_that_are_alike_are_a_group_named_by_their_words(reasoned: RunFolder) -> None:
    first, second = reasons.groups(reasoned)
    assert first["response_ids"] == {f"r{at:02}" for at in range(9)}
    assert second["response_ids"] == {f"r{at:02}" for at in range(9, 16)}
    assert "sign" in first["name"] or "minus" in first["name"]
    assert {"hours", "minutes", "factor", "converts", "wrong", "case"} >= set(second["name"].split(", "))
    assert reasons.groups(reasoned) == [first, second]


def test_few_reasons_are_no_groups(tmp_path: Path) -> None:
    assert reasons.groups(run_to_review(tmp_path, [a_label("r00", "q00", "area")])) == []
