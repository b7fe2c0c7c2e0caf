"""The real pipeline on numeracy, from the shipped checkpoints to the comparison."""

import json
import shutil
from pathlib import Path

import pytest

from stat_engine import Run, Workspace, views
from stat_engine.errors import NotThereYet, Reviewed, StatError
from stat_engine.formats import into_run
from stat_engine.method import computed
from stat_engine.method.stage import STAGES
from stat_engine.store.files import read_json
from tests.conftest import Notes
from tests.reviewing import append


def run_of(workspace: Workspace) -> Run:
    return workspace.run("small")


def test_every_stage_leaves_its_table(finished: Workspace) -> None:
    run = run_of(finished).folder
    n_samples = run.config.student.n_samples
    responses = list(run.responses.read())
    assert len(responses) == 60 * n_samples
    rewards = {row.response_id: row for row in run.step_rewards.read()}
    assert [len(rewards[r.response_id].step_rewards) for r in responses] == [len(r.steps) for r in responses]
    assert run.training_set_names() == ["random", "stat-sel", "stat-syn"]
    assert {run.training_set(name).need("").n_rows for name in run.training_set_names()} == {40}
    assert run.evaluated("test") == {"base": [0], "random": [0], "stat-sel": [0], "stat-syn": [0]}


def test_labels_hang_on_difficult_responses_and_name_skills_of_the_subject(finished: Workspace) -> None:
    run = run_of(finished).folder
    difficult = set(computed.difficulty(run).difficult_ids())
    labels = run.labels()
    assert {label.question_id for label in labels} == difficult
    vocabulary = run.dataset.need_skill_map()
    assert all(vocabulary.find(label.subject, skill) for label in labels for skill in label.skills)
    assert any(label.evidence_quote for label in labels)


def test_every_training_example_has_its_lineage(finished: Workspace) -> None:
    run = run_of(finished).folder
    missing = {(label.question_id, skill) for label in run.labels() for skill in label.skills}
    calls = {json.loads(line)["key"] for line in (finished.root / "teacher_calls" / "checker.jsonl").open()}
    for example in [*run.training_set("stat-sel").read(), *run.training_set("stat-syn").read()]:
        assert (example.difficult_question_id, example.missing_skill) in missing
        assert set(example.teacher_calls) <= calls
    synthesised = list(run.training_set("stat-syn").read())
    known = {question.problem for question in run.dataset.questions.values()}
    assert not {example.problem for example in synthesised} & known
    assert all(len(example.teacher_calls) == 2 and example.reference_ids for example in synthesised)


def test_a_finished_pipeline_run_again_does_nothing(finished: Workspace) -> None:
    def marks() -> dict[str, int]:
        files = run_of(finished).folder.folder.rglob("*")
        return {str(path): path.stat().st_mtime_ns for path in files if path.is_file()}

    before = marks()
    run_of(finished).run()
    assert marks() == before


def test_a_setting_redoes_what_depends_on_it_and_nothing_else(finished: Workspace, tmp_path: Path) -> None:
    shutil.copytree(finished.root, tmp_path / "w")
    run = Workspace(tmp_path / "w").run("small")
    before = {name: getattr(run.folder, name).need("").fingerprint for name in ("responses", "step_rewards")}
    labels = run.folder.missing_skills().need("").fingerprint
    run.configure(["difficulty.tau1=0.99"])
    run.run(last="missing_skills")
    assert {name: getattr(run.folder, name).need("").fingerprint for name in before} == before
    assert run.folder.missing_skills().need("").fingerprint != labels
    with pytest.raises(StatError, match=r"has a training set .* built from another profile"):
        run.run()


def test_reviewed_labels_are_kept_and_a_fork_goes_on(finished: Workspace, tmp_path: Path) -> None:
    shutil.copytree(finished.root, tmp_path / "w")
    workspace = Workspace(tmp_path / "w")
    run = workspace.run("small")
    label = run.folder.labels()[0]
    append(run.folder.label_log, label.response_id, "discard", "ada")
    with pytest.raises(Reviewed, match="1 label decisions .* --fork NEW"):
        run.configure(["difficulty.tau1=0.9"])
    assert run.config.difficulty.tau1 == 0.85
    run.configure(["sft.epochs=2"])  # nothing reviewed depends on it
    fork = run.fork("strict", ["difficulty.tau1=0.9"])
    fork.run(last="profile")
    assert fork.folder.card["parent"] == "small"
    assert len(fork.folder.label_log.events()) == 1
    assert fork.folder.responses.manifest() == run.folder.responses.manifest()
    assert fork.folder.training_set_names() == []


def test_a_copy_has_all_folders_of_the_stages_that_it_keeps(finished: Workspace, tmp_path: Path) -> None:
    shutil.copytree(finished.root, tmp_path / "w")
    run = Workspace(tmp_path / "w").run("small")
    fork = run.fork("other-training", ["sft.epochs=2"])
    kept = ("responses", "step_rewards", "missing_skills", "training_sets", "dropped_questions")
    there = {name for name in (*kept, "students", "evaluations") if (fork.folder.folder / name).exists()}
    assert there == {*kept, "evaluations"}  # of the evaluations the student's own
    assert [path.name for path in (fork.folder.folder / "evaluations").iterdir()] == ["base"]
    dropped = fork.folder.dropped_questions("stat-syn").manifest()
    assert dropped is not None and dropped == run.folder.dropped_questions("stat-syn").manifest()


def test_a_changed_label_changes_the_profile_and_needs_a_new_set(finished: Workspace, tmp_path: Path) -> None:
    shutil.copytree(finished.root, tmp_path / "w")
    run = Workspace(tmp_path / "w").run("small")
    label = next(label for label in run.folder.labels() if label.skills)
    before = {(f.subject, f.skill): f.n_missing for f in computed.profile(run.folder)}
    append(run.folder.label_log, label.response_id, "discard", "ada")
    after = {(f.subject, f.skill): f.n_missing for f in computed.profile(run.folder)}
    changed = {skill for skill in before if before[skill] != after.get(skill, 0)}
    assert changed == {(label.subject, skill) for skill in label.skills}
    with pytest.raises(StatError, match="built from another profile"):
        run.build("stat-sel", "stat-sel")
    built = run.build("stat-sel", "reviewed", pairs=30)
    assert (built["set"], built["n_pairs"]) == ("reviewed", 30)
    assert run.folder.training_set("reviewed").need("").settings["label_events"] == 1


def test_another_seed_of_an_arm_adds_a_repetition(finished: Workspace, tmp_path: Path) -> None:
    shutil.copytree(finished.root, tmp_path / "w")
    run = Workspace(tmp_path / "w").run("small")
    card = run.train("random", seed=1)
    again = run.train("random", seed=1)
    assert again == card
    run.evaluate("random")
    rows = run.compare().set_index("arm")
    assert rows.loc["random", "seeds"] == [0, 1]
    first = read_json(run.folder.arm_folder("random", 0) / "manifest.json")
    assert card["weights"] != first["weights"]


def test_an_arm_is_never_trained_over(finished: Workspace, tmp_path: Path) -> None:
    shutil.copytree(finished.root, tmp_path / "w")
    run = Workspace(tmp_path / "w").run("small")
    with pytest.raises(StatError, match="arm random, seed 0 of run small was trained on another set"):
        run.train("stat-sel", arm="random")
    with pytest.raises(StatError, match="arm base is the student itself"):
        run.train("stat-sel", arm="base")


def test_a_stage_whose_inputs_are_missing_names_the_command(fresh: Workspace) -> None:
    run = run_of(fresh)
    with pytest.raises(
        NotThereYet,
        match="labels of run small not there yet; .* stat-studio run small --until missing_skills",
    ):
        run.profile()
    with pytest.raises(NotThereYet, match="stat-studio run small"):
        run.compare()
    with pytest.raises(
        StatError, match=f"stage best: expected one of {', '.join(stage.name for stage in STAGES)}"
    ):
        run.run(last="best")
    with pytest.raises(NotThereYet, match="has no training set best"):
        run.train("best")


def test_a_notebook_gets_frames(finished: Workspace) -> None:
    run = run_of(finished)
    assert list(run.profile().columns) == [
        "subject", "skill", "n_missing", "n_questions", "failure_rate", "ci_low", "ci_high",
    ]  # fmt: skip
    assert len(run.questions()) == 60
    assert set(run.compare().arm) == {"random", "stat-sel", "stat-syn"}
    assert len(run.training_set("stat-sel")) == 40
    assert list(finished.runs().run) == ["small"]


def test_the_arms_are_cut_to_the_smallest_and_told_why(profiled: Workspace) -> None:
    notes = Notes()
    run = profiled.run("small", notes)
    run.configure(["training_set.pairs=5000", "arms=[random,stat-sel]", "training_set.per_skill=1"])
    run.run(last="training_sets")
    sizes = {run.folder.training_set(name).need("").n_rows for name in ("random", "stat-sel")}
    assert len(sizes) == 1 and sizes.pop() < 5000
    assert any(
        "training_sets: random:" in said and "the size of the smallest arm" in said for said in notes.said
    )
    assert any("training_sets: stat-sel:" in said and "pairs, not 5,000" in said for said in notes.said)


def test_imported_responses_are_never_replaced_by_a_students(fresh: Workspace, tmp_path: Path) -> None:
    run = fresh.run("small")
    question = run.folder.dataset.split("validation")[0]
    path = tmp_path / "responses.jsonl"
    path.write_text(
        json.dumps({"problem_id": question.id, "model": "theirs", "response": "Answer: 1"}) + "\n"
    )
    into_run.import_responses(run.folder, path, skip_unknown=False)
    before = run.folder.responses.need("")
    run.configure(["student.backend=transformers"])
    with pytest.raises(StatError, match="its responses were imported and would be replaced"):
        run.run(last="responses")
    assert run.folder.responses.manifest() == before


def test_labels_made_under_other_thresholds_are_not_taken_for_these(
    finished: Workspace, tmp_path: Path
) -> None:
    shutil.copytree(finished.root, tmp_path / "w")
    run = Workspace(tmp_path / "w").run("small")
    run.configure(["difficulty.tau1=0.99"])
    with pytest.raises(NotThereYet, match="were made for other settings"):
        run.profile()
    with pytest.raises(NotThereYet, match="were made for other settings"):
        run.build("stat-sel", "stale")
    states = {stage["stage"]: stage["state"] for stage in views.status.status(run.folder)["stages"]}
    assert (states["step_rewards"], states["missing_skills"]) == ("done", "stale")


def test_the_pool_is_never_split_and_no_two_splits_share_a_question(fresh: Workspace) -> None:
    with pytest.raises(StatError, match="--from train: the pool stays whole"):
        fresh.split("numeracy", 100, "train", 0)
    dataset = fresh.dataset("numeracy")
    dataset.forget_splits()
    dataset.save_split("validation", ["numeracy/test/00001"], {})
    ids = [{question.id for question in dataset.split(name)} for name in ("train", "validation", "test")]
    assert [len(part) for part in ids] == [1500, 1, 524]
    assert not ids[0] & ids[1] and not ids[1] & ids[2]


def test_every_equal_sized_arm_keeps_its_method(profiled: Workspace) -> None:
    run = profiled.run("small")
    run.configure(["training_set.pairs=5000", "arms=[uniform,stat-sel]", "training_set.per_skill=1"])
    run.run(last="training_sets")
    uniform = views.training_sets.summary(run.folder, "uniform")
    skills = len(run.folder.dataset.need_skill_map())
    assert uniform["n_pairs"] < 5000
    assert len(uniform["skills"]) >= 0.9 * min(skills, uniform["n_pairs"])


def test_how_the_student_is_asked_decides_arms_and_evaluations(finished: Workspace, tmp_path: Path) -> None:
    shutil.copytree(finished.root, tmp_path / "w")
    run = Workspace(tmp_path / "w").run("small")
    before = run.folder.evaluation("base", 0, "test").manifest()
    run.configure(["arms=[random]", "student.framing=boxed"])
    with pytest.raises(StatError, match="was trained on another set or otherwise"):
        run.run(first="sft")
    run.evaluate("base")
    after = run.folder.evaluation("base", 0, "test").manifest()
    assert before is not None and after is not None and before.fingerprint != after.fingerprint
    run.configure(["evaluation.top_skills=3"])
    run.evaluate("base")
    assert run.folder.evaluation("base", 0, "test").manifest() == after


def test_a_student_on_a_server_is_refused_before_anything_is_paid(fresh: Workspace) -> None:
    run = fresh.run("small")
    run.configure(["student.model=m", "student.backend=openai"])
    with pytest.raises(StatError, match="a student on a server cannot be fine-tuned here"):
        run.run()


def test_a_filter_that_looks_at_responses_alone_needs_no_reward_model(fresh: Workspace) -> None:
    run = fresh.run("small")
    run.configure(["reward_model.backend=imported", "difficulty.filter=ground-truth"])
    run.run(last="missing_skills")
    assert len(run.folder.labels()) == run.difficult()["n_difficult"] > 0
