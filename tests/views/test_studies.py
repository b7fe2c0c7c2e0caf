"""A study's figures, from evaluations whose every answer is known."""

import json
from pathlib import Path

import pytest

from stat_engine import views
from stat_engine.method.accuracy import difference
from stat_engine.stats import wilson
from stat_engine.store.cards import StudyFolder
from stat_engine.store.run_folder import RunFolder
from stat_engine.store.workspace import WorkspaceFolder
from stat_engine.views.evaluations import evaluations
from tests.evaluating import evaluate, run_with_arms

FIRST = {"base": ["wwwwwwrr"], "random": ["rwwwwwrr", "wwwwwwrr"], "stat-sel": ["rrrrrrrr", "rrrrrrwr"]}
SECOND = {"base": ["wwwwrrrr"], "random": ["rwwwrrrr", "rrwwrrrr"], "stat-sel": ["rrrrrrrr", "rrrrrrrr"]}


@pytest.fixture
def workspace(tmp_path: Path) -> WorkspaceFolder:
    """A study over two students, one run each, and a third variant that is not evaluated."""
    runs = [run_with_arms(tmp_path, arms, name) for name, arms in (("one", FIRST), ("two", SECOND))]
    for run in runs:
        tree = run.config.model_copy(update={"arms": ["random", "stat-sel"], "seeds": [0, 1]})
        run.save_config(tree)
    place = WorkspaceFolder(tmp_path / "workspace")
    _begin(place, runs)
    return place


def _begin(place: WorkspaceFolder, runs: list[RunFolder]) -> None:
    variants = [
        {"name": name, "value": "all", "run": name, "settings": [], "has_base": True, "reinforced": []}
        for name in (*(run.name for run in runs), "three")
    ]
    card = {
        "study": "arms", "question": "Does it help?", "varied": "students", "run": "one", "seeds": [0, 1],
        "pairs": None, "settings": [], "contrasts": [["stat-sel", "random"], ["stat-sel", "uniform"]],
        "reference": None, "variants": variants,
    }  # fmt: skip
    folder = StudyFolder(place, "arms")
    folder.folder.mkdir(parents=True)
    (folder.folder / "study.json").write_text(json.dumps(card))


def test_students_and_seeds_are_averaged_question_by_question(workspace: WorkspaceFolder) -> None:
    rows = views.studies.table(workspace, "arms").set_index("arm")
    # random: 3 and 2 of 8, then 5 and 6 of 8; the base: 2 and 4 of 8
    assert rows.accuracy.to_dict() == {"base": 0.375, "random": 0.5, "stat-sel": 0.96875}
    assert rows.gain.drop("base").to_dict() == {"random": 0.125, "stat-sel": 0.59375}
    assert (rows.ci_low["random"], rows.ci_high["random"]) == wilson(4.0, 8)
    assert rows.n_questions.to_dict() == {"base": 8, "random": 8, "stat-sel": 8}


def test_single_trainings_stand_beside_their_mean(workspace: WorkspaceFolder) -> None:
    rows = views.studies.table(workspace, "arms").set_index("arm")
    assert (rows.lowest["random"], rows.highest["random"], rows.n_trainings["random"]) == (0.25, 0.75, 4)
    assert rows.n_trainings["base"] == 0


def test_a_comparison_whose_control_was_not_trained_is_left_out(workspace: WorkspaceFolder) -> None:
    found = views.studies.contrasts(workspace, "arms")
    assert found[["arm", "control"]].to_numpy().tolist() == [["stat-sel", "random"]]
    grids = [evaluations(workspace.run_folder(name)).shares for name in ("one", "two")]
    mean = (grids[0] + grids[1]) / 2
    expected = difference(mean["stat-sel"], mean["random"])
    assert found.difference[0] == expected.difference == 0.46875
    assert found.p_value[0] == found.p_adjusted[0] == expected.p_value


def test_what_is_not_evaluated_is_not_in_the_figures(workspace: WorkspaceFolder) -> None:
    assert views.studies.runs_of(workspace, "arms").is_done.tolist() == [True, True, False]
    assert views.studies.studies(workspace)[["variants", "n_done"]].to_numpy().tolist() == [[3, 2]]


def _changed(place: WorkspaceFolder, **changes: object) -> None:
    path = StudyFolder(place, "arms").folder / "study.json"
    card = json.loads(path.read_text()) | changes
    path.write_text(json.dumps(card))


def test_each_value_is_held_against_the_reference(workspace: WorkspaceFolder) -> None:
    card = StudyFolder(workspace, "arms").need()
    values = [{**variant, "value": variant["name"]} for variant in card["variants"]]
    _changed(workspace, variants=values, contrasts=[], reference="one")
    found = views.studies.contrasts(workspace, "arms")
    assert found[["value", "arm", "control"]].to_numpy().tolist() == [
        ["two", "random", "random at one"],
        ["two", "stat-sel", "stat-sel at one"],
    ]
    one, two = (evaluations(workspace.run_folder(name)).shares for name in ("one", "two"))
    assert found.difference.tolist() == [
        difference(two[arm], one[arm]).difference for arm in ("random", "stat-sel")
    ]


def test_a_run_whose_reinforced_arms_are_missing_is_not_done(workspace: WorkspaceFolder) -> None:
    card = StudyFolder(workspace, "arms").need()
    variants = [{**variant, "reinforced": ["random-grpo"]} for variant in card["variants"]]
    _changed(workspace, variants=variants)
    for seed in (0, 1):
        assert views.studies.table(workspace, "arms").empty
        evaluate(workspace.run_folder("two"), "random-grpo", seed, "rrrrrrrr")
    assert views.studies.runs_of(workspace, "arms").is_done.tolist() == [False, True, False]


def test_a_card_from_before_references_and_reinforced_arms_is_read(workspace: WorkspaceFolder) -> None:
    expected = views.studies.contrasts(workspace, "arms")
    path = StudyFolder(workspace, "arms").folder / "study.json"
    card = json.loads(path.read_text())
    del card["reference"]
    for variant in card["variants"]:
        del variant["reinforced"]
    path.write_text(json.dumps(card))
    assert views.studies.contrasts(workspace, "arms").equals(expected)
    assert views.studies.runs_of(workspace, "arms").is_done.tolist() == [True, True, False]


def test_a_run_that_lacks_a_seed_is_not_done(workspace: WorkspaceFolder) -> None:
    run = workspace.run_folder("two")
    run.save_config(run.config.model_copy(update={"seeds": [0, 1, 2]}))
    assert views.studies.runs_of(workspace, "arms").is_done.tolist() == [True, False, False]
    rows = views.studies.table(workspace, "arms").set_index("arm")
    assert rows.accuracy["random"] == 0.3125


def test_a_rows_sets_are_told_from_the_smallest_to_the_largest() -> None:
    assert views.studies._sizes([477, 438, 486]) == {"n_pairs": 438, "n_pairs_most": 486}
    assert views.studies._sizes([None]) == {"n_pairs": None, "n_pairs_most": None}
