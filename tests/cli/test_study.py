"""Verbs on studies, as a person types them."""

from pathlib import Path

from stat_engine import Workspace
from tests.cli.conftest import Verb
from tests.conftest import small_workspace

DESIGN = ("--value", "8", "--arm", "random", "--seed", "0")


def test_a_dry_run_says_which_runs_it_takes_and_makes_none(stat: Verb, finished: Workspace) -> None:
    said = stat("study", "set-size", "small", *DESIGN, "--dry-run", "--json", workspace=finished.root).json
    assert said == {
        "study": "set-size",
        "run": "small",
        "variants": [
            {"variant": "pairs-8", "value": 8.0, "arms": ["random"], "n_trainings": 1, "n_reinforced": 0}
        ],
        "n_trainings": 1,
        "n_reinforced": 0,
    }
    assert finished.run_names() == ["small"]


def test_a_study_is_done_listed_shown_and_written(stat: Verb, tmp_path: Path) -> None:
    workspace = small_workspace(tmp_path / "workspace", 20, 30)
    made = stat("study", "set-size", "small", *DESIGN, "sft.epochs=1", "--json", workspace=workspace.root)
    assert made.status == 0, made.err
    assert (made.json["n_done"], made.json["n_runs"]) == (1, 1)
    assert [(row["value"], row["arm"]) for row in made.json["rows"]] == [(8.0, "base"), (8.0, "random")]
    listed = stat("studies", "--json", workspace=workspace.root).json["studies"]
    assert [(row["name"], row["n_done"]) for row in listed] == [("set-size", 1)]
    assert stat("studies", "set-size", "--json", workspace=workspace.root).json == made.json
    out = tmp_path / "report"
    written = stat("study-report", "set-size", "--to", out, "--json", workspace=workspace.root).json
    names = sorted(path.name for path in out.iterdir())
    assert sorted(Path(file).name for file in written["files"]) == names
    assert {"table.csv", "table.md", "study.json", "run.yaml"} <= set(names)
    assert {"figure.svg", "figure.html"} & set(names)
    assert "| 8.0 | random | " in (out / "table.md").read_text()
    assert stat("study-report", "set-size", "--to", out, workspace=workspace.root).status == 0
    (out / "table.md").write_text("mine")
    refused = stat("study-report", "set-size", "--to", out, workspace=workspace.root)
    assert (
        refused.status == 2
        and f"{out / 'table.md'}: found a file that stat-studio study-report" in refused.err
    )
    assert (out / "table.md").read_text() == "mine"


def test_an_unknown_study_is_refused_with_those_there_are(stat: Verb, finished: Workspace) -> None:
    said = stat("study", "magic", "small", workspace=finished.root)
    assert said.status == 2
    assert said.err.startswith("stat-studio: study 'magic': expected one of arms, thresholds, filters")


def test_no_study_yet_is_said(stat: Verb, finished: Workspace) -> None:
    assert stat("studies", workspace=finished.root).out == "no study yet\n"


def test_a_study_of_which_nothing_is_done_is_not_written(stat: Verb, finished: Workspace) -> None:
    said = stat("study-report", "none", "--to", "x", workspace=finished.root)
    assert said.status == 2 and "no study none" in said.err
