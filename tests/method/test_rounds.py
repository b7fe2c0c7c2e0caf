"""The next round: an arm as the student, adapters on adapters, another validation set, the pool as before."""

import json
import shutil
from collections.abc import Sequence
from pathlib import Path

import pytest
import torch

from stat_engine import Workspace, views
from stat_engine.api import Run
from stat_engine.errors import NotThereYet, StatError
from stat_engine.formats import into_dataset
from stat_engine.method.sft.fine_tuning import base_weights
from stat_engine.method.training_sets.neighbours import runs
from stat_engine.models.open import student_identity
from stat_engine.records import Question

FEW = ["training_set.pairs=12", "arms=[stat-sel]", "student.n_samples=1"]


def other_dataset(workspace: Workspace, root: Path, questions: Sequence[Question], name: str = "new") -> None:
    """The questions as another dataset, the first half for validation; it has no Skill-Map."""
    rows = [
        {**one.model_dump(exclude={"other_solutions"}), "id": f"new/{at:03}",
         "split": "validation" if at < len(questions) / 2 else "test"}
        for at, one in enumerate(questions)
    ]  # fmt: skip
    path = root / f"{name}.jsonl"
    path.write_text("\n".join(map(json.dumps, rows)))
    into_dataset.import_questions(workspace, name, path)


@pytest.fixture
def first(finished: Workspace, tmp_path: Path) -> Run:
    shutil.copytree(finished.root, tmp_path / "w")
    return Workspace(tmp_path / "w").run("small")


def test_two_rounds_stand_on_each_other_and_draw_from_the_first_pool(first: Run, tmp_path: Path) -> None:
    workspace = Workspace(first.folder.folder.parent.parent)
    dataset = workspace.dataset("numeracy")
    held_out = {q.id for split in ("validation", "test") for q in dataset.split(split)}
    fresh = [q for q in dataset.questions.values() if q.split == "test" and q.id not in held_out][:40]
    copied = next(q for q in dataset.split("train") if q.id == first.training_set("stat-sel").question_id[0])
    other_dataset(workspace, tmp_path, [copied, *fresh])

    second = first.round("stat-sel", dataset="new", overrides=FEW)
    assert second.name == "small-round2-stat-sel"
    assert second.folder.card["parent"] == "small"
    assert second.folder.card["round"] == {"number": 2, "arm": "stat-sel", "seed": 0}
    assert (second.config.dataset, second.config.pool_dataset) == ("new", "numeracy")
    assert second.config.student.adapter == "runs/small/students/stat-sel/seed-0/adapter"
    second.run()
    examples = second.folder.examples("stat-sel")
    assert len(examples) == 12
    assert {one.question_id for one in examples} <= {q.id for q in dataset.split("train")}
    assert {one.difficult_question_id for one in examples} <= {f"new/{at:03}" for at in range(21)}
    pool, n_left_out = second.context().clean_pool(0.8)
    assert copied.id not in {q.id for q in pool.questions}
    held = [set(runs(question.problem)) for _, question in second.folder.held_out()]
    pooled = [set(runs(question.problem)) for question in dataset.split("train")]
    assert n_left_out == sum(
        any(len(one & other) >= 0.8 * len(one | other) for other in held) for one in pooled
    )

    third = second.round("stat-sel", overrides=FEW)
    assert third.name == "small-round3-stat-sel"
    assert third.config.student.adapters() == [
        "runs/small/students/stat-sel/seed-0/adapter",
        "runs/small-round2-stat-sel/students/stat-sel/seed-0/adapter",
    ]
    assert (third.config.dataset, third.config.pool_dataset) == ("new", "numeracy")
    third.evaluate("base")
    asked = {row.question_id: row.response for row in third.folder.evaluation("base", 0, "test").read()}
    before = {row.question_id: row.response for row in second.folder.evaluation("stat-sel", 0, "test").read()}
    assert {id: asked[id] for id in before} == before  # the arm answers as it did when it was an arm
    assert views.rounds.chain(first.folder) == ["small", second.name, third.name]
    table = views.rounds.rounds(first.folder)["table"]
    assert [(row["number"], row["made_from"]) for row in table] == [
        (1, None), (2, "arm stat-sel, seed 0, of small"), (3, f"arm stat-sel, seed 0, of {second.name}"),
    ]  # fmt: skip
    assert table[1]["n_test"] == 20 and table[1]["best_arm"] == "stat-sel" and table[2]["best_arm"] is None


def test_a_moved_workspace_keeps_its_rounds(first: Run, tmp_path: Path) -> None:
    made = first.round("stat-sel", overrides=FEW)
    made.run(last="responses")
    made.evaluate("base")
    manifests = [made.folder.responses.manifest(), made.folder.evaluation("base", 0, "test").manifest()]
    shutil.move(tmp_path / "w", tmp_path / "elsewhere")
    moved = Workspace(tmp_path / "elsewhere").run(made.name)
    moved.run(last="responses")
    moved.evaluate("base")
    assert [
        moved.folder.responses.manifest(),
        moved.folder.evaluation("base", 0, "test").manifest(),
    ] == manifests
    with pytest.raises(
        StatError, match=f"run small stays: the student of run {made.name} is made of its files"
    ):
        from stat_engine import jobs

        jobs.clean(Workspace(tmp_path / "elsewhere"), jobs.Wish(whole_run="small"), False)


def test_adapters_are_merged_in_their_order(first: Run) -> None:
    arms = [str(first.folder.arm_folder(arm, 0) / "adapter") for arm in ("stat-sel", "stat-syn")]
    student = first.config.student
    names = [[], arms[:1], arms[1:], arms]
    weights = [base_weights(student.model_copy(update={"adapter": of or None})).state_dict() for of in names]
    key = "model.layers.0.mlp.up_proj.weight"
    plain, one, other, both = (of[key] for of in weights)
    assert torch.allclose(both - plain, (one - plain) + (other - plain), atol=1e-6)
    assert not torch.allclose(both, one)
    identities = {student_identity(student.model_copy(update={"adapter": of or None})) for of in names}
    assert len(identities) == 4
    assert student_identity(student.model_copy(update={"adapter": arms[0]})) in identities


def test_a_copy_of_a_round_is_of_the_same_round(first: Run) -> None:
    made = first.round("stat-sel", name="next")
    copy = made.fork("copy", ["training_set.pairs=5"])
    assert [views.rounds.number(run.folder) for run in (first, made, copy)] == [1, 2, 2]
    assert views.rounds.made_from(copy.folder) == "copy of next"


def test_what_cannot_become_a_round_is_refused_and_nothing_is_made(first: Run, tmp_path: Path) -> None:
    workspace = Workspace(first.folder.folder.parent.parent)
    question = workspace.dataset("numeracy").split("test")[0]
    other_dataset(workspace, tmp_path, [question], "halved")
    other_dataset(workspace, tmp_path, [question.model_copy(update={"subject": "Music"})] * 2, "foreign")
    refused: list[tuple[dict[str, object], type[StatError], str]] = [
        ({"arm": "best"}, StatError, r"run small has no arm best with seed 0 \(trained: random, stat-sel"),
        ({"arm": "stat-sel", "seed": 7}, StatError, "has no arm stat-sel with seed 7"),
        ({"arm": "base"}, StatError, "arm base is the student of this round itself"),
        ({"arm": "stat-sel", "dataset": "nowhere"}, NotThereYet, "no dataset nowhere .*numeracy"),
        ({"arm": "stat-sel", "dataset": "halved"}, NotThereYet, "dataset halved has no test questions"),
        ({"arm": "stat-sel", "dataset": "foreign"}, StatError, "subject 'Music' .* no skill list in numeracy"),
        ({"arm": "stat-sel", "name": "small"}, StatError, "run small exists already"),
        ({"arm": "stat-sel", "overrides": ["student.adapter=x"]}, StatError, "the round decides it"),
        ({"arm": "stat-sel", "overrides": ["sft.method=qlora"]}, StatError, "student that has an adapter"),
    ]  # fmt: skip
    for given, kind, sentence in refused:
        with pytest.raises(kind, match=sentence):
            first.round(**given)  # type: ignore[arg-type]
    assert workspace.run_names() == ["small"]
    assert [path.name for path in (workspace.root / "runs").iterdir()] == ["small"]
