"""Studies as they are done: real runs on the small embedded student, taken up again, refused."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from stat_engine import Workspace, views
from stat_engine.errors import NotThereYet, StatError
from stat_engine.method.accuracy import difference
from stat_engine.store.cards import StudyFolder
from stat_engine.studies import STUDIES, Design, plan, run_study
from stat_engine.studies.work import _card
from stat_engine.views.evaluations import evaluations
from tests.conftest import Notes

SIZES = Design(seeds=(0, 1), arms=("random", "stat-sel"), values=("8", "16"), settings=("sft.epochs=1",))


@pytest.fixture(scope="module")
def studied(finished: Workspace, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    """A workspace with the study `set-size` of two sizes and two seeds done."""
    root = tmp_path_factory.mktemp("studied") / "workspace"
    shutil.copytree(finished.root, root)
    workspace = Workspace(root)
    run_study(workspace, STUDIES["set-size"], workspace.run("small"), SIZES, Notes())
    yield workspace


def test_a_study_makes_one_evaluated_run_a_value(studied: Workspace) -> None:
    found = views.studies.runs_of(studied, "set-size")
    assert found.to_dict("list") == {
        "variant": ["pairs-8", "pairs-16"],
        "value": [8.0, 16.0],
        "run": ["set-size-pairs-8", "set-size-pairs-16"],
        "is_done": [True, True],
    }
    config = studied.run("set-size-pairs-8").config
    assert (config.training_set.pairs, config.seeds, config.arms) == (8, [0, 1], ["random", "stat-sel"])
    assert studied.run_folder("set-size-pairs-8").card["parent"] == "small"


def test_rows_are_the_runs_own_evaluations(studied: Workspace) -> None:
    rows = views.studies.table(studied, "set-size").set_index(["value", "arm"])
    shares = evaluations(studied.run_folder("set-size-pairs-16")).shares
    row, gain = rows.loc[(16.0, "stat-sel")], difference(shares["stat-sel"], shares["base"])
    assert row.accuracy == pytest.approx(shares["stat-sel"].mean())
    assert (row.gain, row.gain_low, row.gain_high) == (gain.difference, gain.ci_low, gain.ci_high)
    assert (row.n_trainings, row.n_pairs, row.n_pairs_most, row.n_questions) == (2, 16, 16, len(shares))
    assert row.lowest <= row.accuracy <= row.highest
    assert list(rows.index) == [(n, arm) for n in (8.0, 16.0) for arm in ("base", "random", "stat-sel")]


def test_what_a_study_compares_is_corrected_over_all_its_rows(studied: Workspace) -> None:
    found = views.studies.contrasts(studied, "set-size")
    assert list(zip(found.value, found.arm, found.control, strict=True)) == [
        (8.0, "stat-sel", "random"), (16.0, "stat-sel", "random"),
    ]  # fmt: skip
    assert (found.p_adjusted >= found.p_value).all()


def test_a_study_that_is_done_is_not_done_again(studied: Workspace) -> None:
    def marks() -> dict[Path, int]:
        return {
            path: path.stat().st_mtime_ns for path in studied.root.glob("runs/set-size-*/**/manifest.json")
        }

    before = marks()
    run_study(studied, STUDIES["set-size"], studied.run("small"), SIZES, Notes())
    assert marks() == before != {}


def test_a_study_that_was_killed_half_way_goes_on(studied: Workspace, tmp_path: Path) -> None:
    shutil.copytree(studied.root, tmp_path / "workspace")
    workspace = Workspace(tmp_path / "workspace")
    done = views.studies.table(workspace, "set-size")
    shutil.rmtree(workspace.run_folder("set-size-pairs-16").folder)
    (workspace.run_folder("set-size-pairs-8").arm_folder("random", 1) / "manifest.json").unlink()
    run_study(workspace, STUDIES["set-size"], workspace.run("small"), SIZES, Notes())
    assert views.studies.table(workspace, "set-size").equals(done)


def test_another_design_under_the_same_name_is_refused(studied: Workspace) -> None:
    other = Design(seeds=(0,), values=("8",))
    with pytest.raises(StatError, match="study set-size is there with another design"):
        run_study(studied, STUDIES["set-size"], studied.run("small"), other, Notes())


@pytest.mark.parametrize(
    ("kind", "design", "says"),
    [
        (
            "granularity",
            Design(values=("eighth",)),
            "--value 'eighth': expected one of quarter, half, as given",
        ),
        ("filters", Design(values=("nonsense",)), "difficulty.filter"),
        ("arms", Design(arms=("nosuch",)), "nosuch"),
        ("thresholds", Design(values=("0.5",)), "study thresholds takes no --value, found '0.5'"),
        ("rl", Design(values=("0.5",)), "study rl takes no --value"),
        ("set-size", Design(students=("a",)), "study set-size takes no --student, found 'a'"),
    ],
)
def test_a_choice_that_cannot_be_is_refused_before_the_name_is_taken(
    fresh: Workspace, kind: str, design: Design, says: str
) -> None:
    run = fresh.run("small")
    for attempt in (
        lambda: plan(run, STUDIES[kind], design),
        lambda: run_study(fresh, STUDIES[kind], run, design, Notes()),
    ):
        with pytest.raises(StatError, match=says):
            attempt()
    assert not (fresh.root / "studies").exists()


def test_a_card_without_a_run_gives_way_to_another_design(fresh: Workspace) -> None:
    run, study = fresh.run("small"), STUDIES["set-size"]
    for design in (SIZES, Design(seeds=(0,), arms=("random",), values=("8",))):
        variants = study.variants(run, design)
        StudyFolder(fresh, "mine").begin(_card(StudyFolder(fresh, "mine"), study, run, design, variants))
    assert StudyFolder(fresh, "mine").need()["seeds"] == [0]


def test_reinforcement_is_compared_for_the_arms_that_are_asked_for(fresh: Workspace) -> None:
    assert STUDIES["rl"].compared(Design(arms=("uniform",))) == tuple(
        pair
        for start in ("base", "uniform")
        for pair in (
            (f"{start}-grpo", start),
            (f"{start}-skill-grpo", f"{start}-grpo"),
            (f"{start}-skill-grpo-sampling", f"{start}-grpo"),
        )
    )


def test_a_run_that_has_a_variants_name_is_refused_before_anything_is_made(fresh: Workspace) -> None:
    fresh.run("small").fork("mine-pairs-8")
    with pytest.raises(StatError, match="run mine-pairs-8 is there already and is none of its own"):
        run_study(fresh, STUDIES["set-size"], fresh.run("small"), SIZES, Notes(), "mine")
    assert not (fresh.root / "studies").exists()


def test_a_plan_counts_the_fine_tunings_and_makes_nothing(fresh: Workspace) -> None:
    rows = plan(fresh.run("small"), STUDIES["set-size"], SIZES)
    assert [(row["variant"], row["n_trainings"]) for row in rows] == [("pairs-8", 4), ("pairs-16", 4)]
    assert fresh.run_names() == ["small"]


def test_a_study_that_is_not_there_is_named_with_those_that_are(studied: Workspace) -> None:
    with pytest.raises(NotThereYet, match=r"no study none in .* \(there: set-size\)"):
        views.studies.table(studied, "none")
    assert views.studies.studies(studied).to_dict("records") == [
        {
            "name": "set-size", "study": "set-size", "question": STUDIES["set-size"].question,
            "run": "small", "variants": 2, "n_done": 2, "damage": None,
        }
    ]  # fmt: skip
