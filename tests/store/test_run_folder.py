"""What a run's folder says of its parts: finished ones by name and seed, and what is not there by a sentence."""

import pytest

from stat_engine import Workspace
from stat_engine.errors import NotThereYet, StatError
from stat_engine.store.example_log import Change
from stat_engine.store.run_folder import RunFolder

ARMS = ["random", "stat-sel", "stat-syn"]


@pytest.fixture(scope="module")
def run(finished: Workspace) -> RunFolder:
    return finished.run("small").folder


def test_finished_sets_arms_and_evaluations_are_named_in_order(run: RunFolder) -> None:
    assert (run.training_set_names(), run.trained_arms()) == (ARMS, ARMS)
    assert {arm: run.trained_seeds(arm) for arm in (*ARMS, "none")} == {
        **{arm: [0] for arm in ARMS},
        "none": [],
    }
    assert list(run.evaluated("test").items()) == [("base", [0]), *((arm, [0]) for arm in ARMS)]
    assert run.evaluated("test_step_rewards") == {"base": [0]} and run.evaluated("other") == {}
    assert [run.n_examples(arm) for arm in ARMS] == [40, 40, 40]
    assert [run.trained_set(arm) for arm in (*ARMS, "none")] == [*ARMS, "none"]
    assert run.arm_card("random") == run.arm_card("random", 0) != {} == run.arm_card("random", 1)
    assert run.arm_card("none") == {}


def test_folders_of_every_stored_stage_follow_the_settings(run: RunFolder) -> None:
    seen = run.under(run.config.model_copy(update={"arms": ["a", "b"], "seeds": [0, 3]}))
    names = ("responses", "missing_skills", "training_sets", "sft", "evaluation")
    found = {name: [str(path.relative_to(run.folder)) for path in seen.outcomes(name)] for name in names}
    pairs = ["a/seed-0", "a/seed-3", "b/seed-0", "b/seed-3"]
    assert found == {
        "responses": ["responses"],
        "missing_skills": ["missing_skills/checker"],
        "training_sets": ["training_sets/a", "training_sets/b"],
        "sft": [f"students/{pair}" for pair in pairs],
        "evaluation": [f"evaluations/{pair}/test" for pair in ("base/seed-0", *pairs)],
    }


def test_a_stage_is_fresh_until_what_decides_it_changes(run: RunFolder) -> None:
    assert [run.is_fresh(name) for name in ("responses", "step_rewards", "missing_skills")] == [True] * 3
    config = run.config
    changes = {
        "student": config.student.model_copy(update={"temperature": 0.123}),
        "difficulty": config.difficulty.model_copy(update={"tau1": 0.5}),
    }
    seen = {name: run.under(config.model_copy(update={name: value})) for name, value in changes.items()}
    fresh = {
        name: [of.is_fresh(one) for one in ("responses", "step_rewards", "missing_skills")]
        for name, of in seen.items()
    }
    assert fresh == {"student": [False, True, True], "difficulty": [True, True, False]}
    with pytest.raises(NotThereYet, match="labels of run small were made for other settings or step rewards"):
        seen["difficulty"].own_labels()


def test_what_is_not_there_is_named_with_what_is(run: RunFolder, fresh: Workspace) -> None:
    with pytest.raises(NotThereYet, match=r"no training set mine \(there: random, stat-sel, stat-syn\)"):
        run.need_training_set("mine")
    with pytest.raises(NotThereYet, match=r"no training set mine \(there: none yet\)"):
        fresh.run("small").folder.need_training_set("mine")
    with pytest.raises(StatError, match="found benchmark 'other', expected one of: test"):
        run.benchmark("other")
    assert (
        fresh.run("small").folder.trained_arms() == [] and fresh.run("small").folder.evaluated("test") == {}
    )


def test_a_set_as_people_left_it_has_another_size_and_digest(copy: Workspace) -> None:
    run = copy.run("small").folder
    before, dropped = run.examples_digest("random"), run.examples("random")[0].example_id
    run.example_log("random").decide([Change(dropped, "drop")], "ada")
    assert (run.n_examples("random"), len(run.examples("random"))) == (39, 39)
    assert run.examples_digest("random") != before
    last = run.example_log("random").events()[-1]
    run.example_log("random").decide([Change(dropped, "undo", seen=last.event_id)], "ada")
    assert (run.n_examples("random"), run.examples_digest("random")) == (40, before)


def test_every_decision_and_setting_changes_the_runs_version(copy: Workspace) -> None:
    run = copy.run("small").folder
    versions = [run.version()]
    run.example_log("random").decide([Change(run.examples("random")[0].example_id, "drop")], "ada")
    versions.append(run.version())
    run.save_config(run.config.model_copy(update={"budget": 3.0}))
    versions.append(run.version())
    assert len(set(versions)) == 3 and run.version() == versions[-1]


def test_held_out_are_validation_and_test_questions_of_the_run_and_its_benchmarks(run: RunFolder) -> None:
    own = [(split, question.id) for split in ("validation", "test") for question in run.dataset.split(split)]
    assert [(split, question.id) for split, question in run.held_out()] == own
    assert run.pool_dataset is run.dataset
