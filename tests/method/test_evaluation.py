"""Benchmarks of a run with the shipped student: samples and metrics, one command, what is refused."""

import json
import shutil
from pathlib import Path

import pytest

from stat_engine import Run, Workspace, views
from stat_engine.config import EvaluationConfig
from stat_engine.errors import StatError
from stat_engine.formats import into_dataset
from stat_engine.method.context import RunContext
from stat_engine.method.evaluation import measure_difficult_part
from stat_engine.method.stage import grader_settings
from stat_engine.models.base import Sampling
from stat_engine.records import Response, content_hash
from stat_engine.stats import pass_at_k
from tests.conftest import Notes

PASS_AT_2 = "{dataset: extra, metric: pass@k, k: 2, n_samples: 4, temperature: 1.0}"


@pytest.fixture
def run(finished: Workspace, tmp_path: Path) -> Run:
    shutil.copytree(finished.root, tmp_path / "w")
    workspace = Workspace(tmp_path / "w")
    questions = workspace.dataset("numeracy").split("test")[:12]
    rows = [
        {
            "id": f"x{at}",
            "split": "test",
            "subject": q.subject,
            "level": q.level,
            "problem": q.problem,
            "answer": q.answer,
        }
        for at, q in enumerate(questions)
    ]
    bring_in(workspace, tmp_path, "extra", rows)
    return workspace.run("small")


def bring_in(workspace: Workspace, folder: Path, name: str, rows: list[dict[str, object]]) -> None:
    (folder / f"{name}.jsonl").write_text("\n".join(map(json.dumps, rows)))
    into_dataset.import_questions(workspace, name, folder / f"{name}.jsonl")


def marks(run: Run) -> dict[str, int]:
    files = (run.folder.folder / "evaluations").rglob("*.parquet")
    return {str(path): path.stat().st_mtime_ns for path in files}


def test_an_evaluation_keeps_the_fingerprint_it_had_before_there_were_benchmarks(run: Run) -> None:
    config, dataset = run.config, run.folder.dataset
    manifest = run.folder.evaluation("base", 0, "test").manifest()
    settings = (
        {"split": "test", "temperature": 0.0, "batch_size": 50}
        | grader_settings(config)
        | config.student.decides_an_arm()
        | {"arm": "base", "seed": 0}
    )
    from stat_engine.models.open import student_identity

    ids = [question.id for question in dataset.split("test")]
    inputs = [student_identity(config.student), None, dataset.digest("test"), ids]
    assert manifest is not None
    assert manifest.fingerprint == content_hash("evaluation base seed 0", settings, inputs)
    assert EvaluationConfig().decides() == {"split": "test", "temperature": 0.0, "batch_size": 200}


def test_one_command_asks_everybody_on_every_benchmark_and_once(run: Run) -> None:
    before = marks(run)
    run.configure([f"evaluation.benchmarks=[{PASS_AT_2}, {{dataset: extra}}]"])
    assert run.evaluate() == [("base", 0), ("random", 0), ("stat-sel", 0), ("stat-syn", 0)]
    after = marks(run)
    assert {path: after[path] for path in before} == before  # the run's own stays as it was
    folder = run.folder
    assert folder.evaluated("extra-pass@2") == folder.evaluated("extra") == folder.evaluated("test")
    assert views.evaluations.benchmarks(folder) == ["test", "extra", "extra-pass@2"]
    responses = list(folder.evaluation("stat-sel", 0, "extra-pass@2").read())
    assert [response.sample for response in responses] == [0, 1, 2, 3] * 12
    assert (
        len({response.response for response in responses[:4]}) > 1 or len({r.answer for r in responses}) > 1
    )
    run.evaluate()
    assert marks(run) == after
    stages = {stage["stage"]: stage for stage in views.status.status(folder)["stages"]}
    assert (stages["evaluation"]["done"], stages["evaluation"]["total"]) == (12, 12)


def test_each_cell_has_its_benchmarks_metric(run: Run) -> None:
    run.configure([f"evaluation.benchmarks=[{PASS_AT_2}]"])
    run.evaluate("base", ["extra-pass@2"])
    rows = list(run.folder.evaluation("base", 0, "extra-pass@2").read())
    right = [sum(bool(r.is_correct) for r in rows if r.question_id == f"x{at}") for at in range(12)]
    expected = pass_at_k(4, right, 2)
    cells = run.benchmarks().set_index(["arm", "benchmark", "part"])
    cell = cells.loc[("base", "extra-pass@2", "")]
    assert (cell.accuracy, cell.metric, cell.n_questions) == (pytest.approx(expected.mean()), "pass@2", 12)
    assert cell.ci_low < cell.accuracy < cell.ci_high
    assert (cell.n_unreadable, cell.n_responses) == (sum(r.answer is None for r in rows), 48)
    assert run.folder.benchmark_rewards("extra-pass@2").manifest() is not None  # its difficult part is known
    of = views.evaluations.evaluations(run.folder, "extra-pass@2")
    assert of.samples == {"base": 2.0}
    levels = run.accuracy_by("level", "extra-pass@2")
    assert set(levels.level) == {
        str(q.level) for q in run.folder.dataset_of("extra-pass@2").questions.values()
    }
    assert list(levels.level) == sorted(levels.level, key=int)


def test_a_benchmark_without_answers_is_one_sentence_and_nothing_is_changed(run: Run, tmp_path: Path) -> None:
    rows: list[dict[str, object]] = [
        {"id": f"y{at}", "split": "test", "problem": f"1 + {at}?"} for at in range(3)
    ]
    bring_in(Workspace(tmp_path / "w"), tmp_path, "blank", rows)
    run.configure(["evaluation.benchmarks=[{dataset: extra}, {dataset: blank}]"])
    before = marks(run)
    with pytest.raises(StatError) as caught:
        run.evaluate()
    assert str(caught.value) == (
        "benchmark blank: none of the 3 test questions of dataset blank has an answer to grade by; import them "
        "with the field answer under another name: stat-studio import questions FILE --dataset NAME"
    )
    assert marks(run) == before


def test_questions_without_an_answer_are_left_out_and_said(run: Run, tmp_path: Path) -> None:
    rows: list[dict[str, object]] = [
        {"id": "z0", "split": "test", "problem": "1 + 1?", "answer": "2"},
        {"id": "z1", "split": "test", "problem": "1 + 2?"},
    ]
    workspace, notes = Workspace(tmp_path / "w"), Notes()
    bring_in(workspace, tmp_path, "half", rows)
    run.configure(["evaluation.benchmarks=[{dataset: half}]"])
    workspace.run("small", notes).evaluate("base", ["half"])
    assert notes.said[0] == (
        "evaluation on half: 1 of 2 questions have no answer to grade by and are left out, 'z1' first"
    )
    assert [r.question_id for r in run.folder.evaluation("base", 0, "half").read()] == ["z0"]


@pytest.mark.parametrize(
    ("arm", "benchmark", "message"),
    [
        ("base", "gsm8k", "run small: found benchmark 'gsm8k', expected one of: test"),
        ("mine", "test", "run small has no arm mine with seed 0"),
    ],
)
def test_what_is_not_there_is_refused_before_anything_is_asked(
    run: Run, arm: str, benchmark: str, message: str
) -> None:
    before = marks(run)
    with pytest.raises(StatError, match=message):
        run.evaluate(arm, [benchmark])
    assert marks(run) == before


class Silenced:
    """A student that says nothing that can be read."""

    name = "silenced"

    def respond(
        self, prompts: list[str], sampling: Sampling, seed: int, partial: object = None
    ) -> list[list[object]]:
        from stat_engine.models.base import Completion

        return [[Completion("I do not know", 4, "stop")] for _ in prompts]


def test_unreadable_answers_are_said_and_counted_apart(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(RunContext, "student", lambda *_: Silenced())
    run.configure(["evaluation.benchmarks=[{dataset: extra}]"])
    notes = Notes()
    Workspace(run.folder.folder.parents[1]).run("small", notes).evaluate("base", ["extra"])
    sentence = (
        "12 of 12 responses could not be graded: no answer can be read in them, or grading gave none in its "
        "time; they are counted apart, and in accuracies as not right"
    )
    assert f"evaluation base seed 0 on extra: {sentence}" in notes.said
    base = views.compare.compare(run.folder, "extra")["base"]
    assert (base["accuracy"], base["n_unreadable"], base["n_responses"]) == (0.0, 12, 12)
    assert views.benchmarks.unreadable_sentences(run.folder) == [f"base on extra: {sentence}."]
    read = list(run.folder.evaluation("base", 0, "extra").read())
    assert all(isinstance(row, Response) and row.answer is None for row in read)


def test_no_training_set_may_hold_a_benchmarks_question(run: Run) -> None:
    before = {question.id for _, question in run.folder.held_out()}
    run.configure(["evaluation.benchmarks=[{dataset: extra}]"])
    added = [(split, question.id) for split, question in run.folder.held_out() if question.id not in before]
    assert added == [("test", id) for id in sorted(f"x{at}" for at in range(12))]


def test_only_the_students_own_scored_answers_have_a_difficult_part(run: Run) -> None:
    context = run.context()
    measure_difficult_part(context, "extra")  # nobody has answered it
    assert run.folder.benchmark_rewards("extra").manifest() is None
    shutil.rmtree(run.folder.benchmark_rewards("test").folder)
    run.configure(["reward_model.backend=imported", "difficulty.filter=consistency"])
    measure_difficult_part(run.context(), "test")
    assert run.folder.benchmark_rewards("test").manifest() is None
