"""The verbs on difficult questions say what the page shows."""

from pathlib import Path

import pytest

from stat_engine import Workspace, views
from stat_engine.views.difficult import QuestionFilter
from tests.cli.conftest import Verb
from tests.formats.files import write_jsonl


def test_difficult_tells_the_change_the_grid_and_the_other_filters(stat: Verb, finished: Workspace) -> None:
    run = finished.run("small").folder
    asked = ("difficult", "small", "--tau1", 0.95, "--tau2", 0.6, "--change", "--grid", "--filters")
    said = stat(*asked, "--json", workspace=finished.root).json
    grid = views.filters.grid(run)
    assert grid is not None
    assert said["change"] == views.difficult.summary_at(run, 0.95, 0.6)["change"]
    assert [row["tp"] for row in said["grid"]] == list(grid.tp)
    assert said["filters"] == views.filters.compared(run)
    lines = stat(*asked, workspace=finished.root).out
    assert "become difficult" in lines and "fewer than 2 samples agree" in lines


def test_questions_are_listed_a_page_at_a_time(stat: Verb, finished: Workspace) -> None:
    run = finished.run("small").folder
    asked = (
        "questions",
        "small",
        "--tau2",
        0.9,
        "--answer",
        "wrong",
        "--show",
        "all",
        "--sort",
        "question id",
    )
    said = stat(*asked, "--first", 2, "--limit", 3, "--json", workspace=finished.root).json
    wanted = QuestionFilter(shown="all", graded="wrong")
    page = views.difficult.page(run, 0.85, 0.9, wanted, "question id", 2, 3)
    assert said["n"] == page["n"]
    assert [row["question_id"] for row in said["questions"]] == list(page["rows"].question_id)
    assert f"{page['n']} questions" in stat(*asked, workspace=finished.root).out


def test_a_question_is_shown_with_its_responses_step_by_step(stat: Verb, finished: Workspace) -> None:
    run = finished.run("small").folder
    id = views.difficult.questions(run).question_id[0]
    said = stat("question", "small", id, "--json", workspace=finished.root).json
    found = views.difficult.question(run, id)
    assert said["question"] == found["question"].model_dump()
    assert [entry["step_rewards"] for entry in said["responses"]] == [
        entry["step_rewards"] for entry in found["responses"]
    ]
    assert "<- first failing step" in stat("question", "small", id, workspace=finished.root).out


def test_what_is_not_there_is_one_sentence(stat: Verb, finished: Workspace) -> None:
    missing = stat("question", "small", "nope", workspace=finished.root)
    assert (missing.status, missing.err.strip()) == (
        2, "stat-studio: question nope: run small has no response to it",
    )  # fmt: skip
    outside = stat("questions", "small", "--tau1", 2, workspace=finished.root)
    assert outside.err.strip() == "stat-studio: tau1: found 2.0, expected a threshold from 0 to 1"


@pytest.fixture
def unscored(stat: Verb, tmp_path: Path) -> Path:
    """A workspace with run `r`: two imported responses to each of two questions, and no rewards."""
    root = tmp_path / "w"
    questions = [{"id": id, "problem": f"{id}?", "answer": "2", "subject": "x"} for id in ("a", "b")]
    texts = [("a", "It is 2"), ("a", "2"), ("b", "It is 3"), ("b", "5 words that are not right: 6")]
    responses = [{"problem_id": id, "sample": at, "response": text} for at, (id, text) in enumerate(texts)]
    stat(
        "import", "questions", write_jsonl(tmp_path / "q.jsonl", questions), "--dataset", "d", workspace=root
    )
    stat("new", "r", "--dataset", "d", workspace=root)
    said = stat(
        "import", "responses", write_jsonl(tmp_path / "r.jsonl", responses), "--run", "r", workspace=root
    )
    assert said.status == 0, said.err
    return root


@pytest.mark.parametrize(
    ("options", "n_difficult"),
    [
        (("--filter", "consistency"), 1),
        (("--filter", "ground-truth"), 1),
        (("--filter", "length"), 0),
        (("--filter", "consistency", "--rule", "adaptmi"), 1),
    ],
)
def test_filters_that_read_no_rewards_work_without_any(
    options: tuple[str, ...], n_difficult: int, stat: Verb, unscored: Path
) -> None:
    said = stat("difficult", "r", *options, "--json", workspace=unscored)
    assert said.status == 0, said.err
    assert (said.json["n_difficult"], said.json["n_questions"]) == (n_difficult, 2)
    assert said.json["confusion"] is not None
    lines = stat("difficult", "r", *options, workspace=unscored)
    assert (lines.status, f"{n_difficult} of 2 questions are difficult" in lines.out) == (0, True)


def test_filters_are_compared_with_the_reason_of_those_that_cannot_be(stat: Verb, unscored: Path) -> None:
    needs = "filter prm needs step rewards, and no response has any"
    said = stat("difficult", "r", "--filters", "--json", workspace=unscored).json
    assert said["reason"].startswith(needs)
    rows = {row["filter"]: (row["n_difficult"], row["reason"]) for row in said["filters"]}
    assert rows["prm"] == (None, said["reason"])
    assert (rows["consistency"], rows["length"]) == ((1, None), (0, None))
    assert rows["orm"] == (None, "no response has an outcome reward")
    own = stat("difficult", "r", "--filters", "--filter", "consistency", "--json", workspace=unscored).json
    assert (own["n_difficult"], own["filters"]) == (1, said["filters"])
    refused = stat("difficult", "r", workspace=unscored)
    assert (refused.status, needs in refused.err) == (2, True)
    best = stat("difficult", "r", "--filter", "length", "--aggregate", "best-mean", workspace=unscored)
    assert (best.status, "filter best-mean needs step rewards" in best.err) == (2, True)


def test_the_grid_may_be_the_papers_sixteen_pairs(stat: Verb, finished: Workspace) -> None:
    grid = views.filters.grid(finished.run("small").folder)
    assert grid is not None
    wanted = [(tau1, tau2) for tau1 in (0.0, 0.8, 0.85, 0.9) for tau2 in (0.0, 0.6, 0.7, 0.8)]
    for words in (["small", "--grid", "paper"], ["--grid", "paper", "small"]):
        found = stat("difficult", *words, "--json", workspace=finished.root).json["grid"]
        assert [(row["tau1"], row["tau2"]) for row in found] == wanted
        cells = [grid[(grid.tau1 == tau1) & (grid.tau2 == tau2)].tp.item() for tau1, tau2 in wanted]
        assert [row["tp"] for row in found] == cells
    said = stat("difficult", "small", "papr", workspace=finished.root)
    assert said.status == 2 and "expected nothing behind the run, or --grid paper" in said.err
