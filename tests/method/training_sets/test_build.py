from collections import Counter
from collections.abc import Generator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from stat_engine import Workspace, views
from stat_engine.config import METHODS
from stat_engine.errors import StatError
from stat_engine.method.context import Silent
from stat_engine.method.training_sets.build import numbers_of
from stat_engine.method.training_sets.neighbours import NearTo
from stat_engine.method.training_sets.select import permutation
from stat_engine.models.base import Step, Wanted
from stat_engine.models.local.transformers_model import TransformersModel
from stat_engine.models.worker import LANGUAGE_MODELS
from tests.conftest import copied, worked_workspace

SYNTHESISED = {"stat-syn", "syn-shuffled", "embed-syn"}


@pytest.fixture(scope="module")
def profiled(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """A small run with its profile; each test builds sets under names of its own."""
    return worked_workspace(tmp_path_factory.mktemp("profiled"), "profile", n_validation=120)


@cache
def built_by(workspace: Workspace, method: str) -> dict[str, Any]:
    """The card of the set of 60 pairs by this method, which is built once."""
    return workspace.run("small").build(method, f"each-{method}", pairs=60)


@pytest.mark.parametrize("method", METHODS)
def test_every_method_builds_a_set_without_a_network(profiled: Workspace, method: str) -> None:
    run = profiled.run("small")
    built = built_by(profiled, method)
    frame = run.training_set(f"each-{method}")
    assert (built["method"], built["n_pairs"], len(frame)) == (method, 60, 60)
    assert frame.example_id.is_unique and set(frame.method) == {method}
    pool = {question.id for question in run.folder.dataset.split("train")}
    assert frame.question_id.isin(pool).all() == (method not in SYNTHESISED)
    targeted = frame.difficult_question_id.notna().all()
    assert targeted == (method in SYNTHESISED | {"stat-sel", "embed-sel", "skill-shuffled"})


@pytest.mark.parametrize("method", METHODS)
def test_no_set_holds_an_evaluation_question_or_a_near_copy_of_one(profiled: Workspace, method: str) -> None:
    run = profiled.run("small")
    built_by(profiled, method)
    dataset = run.folder.dataset
    asked = [q.problem for split in ("validation", "test") for q in dataset.split(split)]
    shares, _ = NearTo(asked).nearest(list(run.training_set(f"each-{method}").problem))
    assert shares.max() < 0.8


def test_a_short_set_says_so_and_repeats_fill_it_up(profiled: Workspace) -> None:
    run = profiled.run("small")
    short = run.build("embed-sel", "short", pairs=3000)
    assert short["n_pairs"] < 3000 and "pairs, not 3,000: the recipe reaches" in short["notes"][0]
    full = run.build("embed-sel", "full", pairs=3000, allow_repeats=True)
    assert full["n_pairs"] == 3000 and full["n_repeats"] == 3000 - short["n_pairs"]


def test_the_shuffled_controls_aim_at_one_permutation_of_the_profile(profiled: Workspace) -> None:
    run = profiled.run("small")
    for method in ("skill-shuffled", "syn-shuffled", "stat-sel"):
        built_by(profiled, method)
    aims = {
        method: set(run.training_set(f"each-{method}").missing_skill)
        for method in ("skill-shuffled", "syn-shuffled", "stat-sel")
    }
    assert len(aims["syn-shuffled"] & aims["skill-shuffled"]) >= 0.8 * len(aims["syn-shuffled"])
    profile = run.profile()
    most = str(profile.skill.iloc[0])
    assert most in aims["stat-sel"]


def test_what_was_dropped_is_listed_with_its_gate(profiled: Workspace) -> None:
    run = profiled.run("small")
    built = built_by(profiled, "embed-syn")
    dropped = views.training_sets.dropped(run.folder, "each-embed-syn")
    counts = Counter(dropped.gate)
    assert counts and set(counts) <= {"known", "near", "leak", "inconsistent"}
    (note,) = [note for note in built["notes"] if "new questions are dropped" in note]
    assert all(f"{n:,} {gate}" in note for gate, n in counts.items())
    assert (dropped.detail != "").all() and (dropped.problem != "").all()


def test_rewrites_stand_beside_the_original_with_the_call_that_made_them(profiled: Workspace) -> None:
    run = profiled.run("small")
    built = run.build("random", "reworded", pairs=60, rewrites=3, answers_per_question=9)
    frame = run.training_set("reworded")
    made = frame[frame.teacher_calls.map(len) > 0]
    assert 0 < len(made) < 60 and (made.answer_index > 0).all()
    keys = (Path(run.folder.folder).parents[1] / "teacher_calls" / "checker.jsonl").read_text()
    assert all(call in keys for calls in made.teacher_calls for call in calls)
    assert built["method"] == "random"


def test_solved_questions_are_dropped_by_asking_the_student(profiled: Workspace) -> None:
    run = profiled.run("small")
    run.configure(["training_set.drop_solved=1"])
    run.build("embed-syn", "unsolved", pairs=30)
    run.configure(["training_set.drop_solved=0"])
    gates = Counter(views.training_sets.dropped(run.folder, "unsolved").gate)
    assert gates["solved"] > 0


class CountedModel(TransformersModel):
    """Counts the answers that it ends."""

    n_made = 0

    def stream(self, wanted: Wanted) -> Generator[Step]:
        for step in super().stream(wanted):
            CountedModel.n_made += len(step.finished)
            yield step


class Stopping(Silent):
    """Stops the work once the student has ended some of its answers to new questions."""

    def progress(self, stage: str, done: int, total: int) -> None:
        if stage == "answers to new questions" and 5 <= done < total - 5:
            raise KeyboardInterrupt


def test_a_build_that_was_stopped_asks_the_student_only_what_is_missing(
    profiled: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calm, stopped = (copied(profiled, tmp_path / name) for name in ("calm", "stopped"))
    monkeypatch.setitem(LANGUAGE_MODELS, "transformers", CountedModel)
    for workspace in (calm, stopped):
        workspace.run("small").configure(["training_set.drop_solved=1", "student.token_budget=2048"])
    monkeypatch.setattr(CountedModel, "n_made", 0)
    whole = calm.run("small").build("embed-syn", "asked", pairs=30)
    n_rows, CountedModel.n_made = CountedModel.n_made, 0
    with pytest.raises(KeyboardInterrupt):
        Workspace(stopped.root).run("small", Stopping()).build("embed-syn", "asked", pairs=30)
    assert 5 <= CountedModel.n_made < n_rows
    assert stopped.run("small").build("embed-syn", "asked", pairs=30) == whole
    assert CountedModel.n_made == n_rows
    assert not (stopped.run("small").folder.folder / "training_sets" / "parts-answers").exists()


def test_a_lower_bound_aims_at_fewer_pairs(profiled: Workspace) -> None:
    run = profiled.run("small")
    plain = run.build("stat-sel", "plain", pairs=5000)
    bound = run.build("stat-sel", "bound", pairs=5000, allocation="lower-bound")
    assert bound["n_pairs"] < plain["n_pairs"]


def test_an_arm_s_set_of_another_recipe_is_refused_before_a_teacher_is_asked(copy: Workspace) -> None:
    run = copy.run("small")
    calls = {path: path.read_bytes() for path in (copy.root / "teacher_calls").glob("*.jsonl")}
    run.configure(["training_set.proposals=3"])
    with pytest.raises(StatError, match="training set random built from another profile or other settings"):
        run.run(last="training_sets")
    assert calls and {path: path.read_bytes() for path in calls} == calls


@pytest.mark.parametrize("method", ["random", "stat-sel", "stat-syn"])
def test_what_decides_a_set_is_kept_with_it_and_nothing_else(profiled: Workspace, method: str) -> None:
    run = profiled.run("small")
    built_by(profiled, method)
    manifest = run.folder.training_set(f"each-{method}").manifest()
    assert manifest is not None
    always = {"method", "training_set", "asked", "dataset"}
    aimed = {"difficulty", "label_events", "profile"} if method != "random" else set()
    # the run's settings have the teacher rewrite solutions, so it decides every set
    teacher = {"teacher"} if method == "stat-syn" or run.config.training_set.rewrites or aimed else set()
    assert set(manifest.settings) == always | aimed | teacher


def test_a_persons_numbers_are_for_the_skill_or_for_the_one_that_stands_in_for_it(
    finished: Workspace,
) -> None:
    context = finished.run("small").context()
    pool, _ = context.clean_pool(context.config.training_set.near)
    skill = sorted(pool.by_skill)[0]
    settings = context.config.training_set.model_copy(update={"pairs_by_skill": {skill[0]: {skill[1]: 5}}})
    found = {name: numbers_of(context, name, settings) for name in ("random", "stat-sel", "skill-shuffled")}
    other = permutation(pool, settings.seed)[skill]
    assert other != skill
    assert found == {"random": None, "stat-sel": {skill: 5}, "skill-shuffled": {other: 5}}
    assert numbers_of(context, "skill-shuffled", context.config.training_set) is None
