"""Samples of another harness as an arm's evaluation: repeats, metrics, benchmarks, and what is refused."""

from pathlib import Path
from typing import Any

import pytest

from stat_engine import review, views
from stat_engine.errors import InputError, StatError
from stat_engine.formats import evaluations
from stat_engine.review import Place
from stat_engine.store.run_folder import RunFolder
from stat_engine.store.workspace import WorkspaceFolder
from tests.evaluating import run_with_arms
from tests.formats.files import listing, write_jsonl
from tests.formats.test_lm_eval import a_sample


@pytest.fixture
def run(tmp_path: Path) -> RunFolder:
    return run_with_arms(tmp_path, {"base": ["wr"], "random": ["rr"]})


def bring_in(
    run: RunFolder, rows: list[Any], arm: str = "theirs", seed: int = 0, **given: Any
) -> dict[str, object]:
    path = write_jsonl(run.folder.parent / "samples_x_2026.jsonl", rows)
    workspace = WorkspaceFolder(run.folder.parents[1])
    return evaluations.import_evaluation(
        workspace, run, path, arm, seed, given.pop("dataset", "small"), **given
    )


def of_test(at: int, **fields: Any) -> dict[str, Any]:
    return a_sample(at, doc={"problem": f"What is 1 + 1? (t{at})"}, target="2", **fields)


def test_an_arm_stands_beside_those_evaluated_here(run: RunFolder) -> None:
    counts = bring_in(run, [of_test(0, exact_match=1.0), of_test(1, exact_match=0.0)])
    assert counts == {
        "run": "small", "arm": "theirs", "seed": 0, "benchmark": "test", "dataset": "small", "n_questions_made": 0,
        "n_questions": 2, "n_responses": 2, "n_correct": 1, "n_ungraded": 0, "n_skipped": 0, "notes": [],
    }  # fmt: skip
    found = views.compare.compare(run)["arms"]
    assert {arm["arm"]: (arm["accuracy"], arm["method"]) for arm in found} == {
        "random": (1.0, "random"), "theirs": (0.5, None),
    }  # fmt: skip
    before = listing(run.folder)
    assert bring_in(run, [of_test(0, exact_match=1.0), of_test(1, exact_match=0.0)])["n_questions"] == 2
    assert listing(run.folder) == before
    with pytest.raises(
        StatError, match="another evaluation of arm theirs, seed 0, on test; import this one under"
    ):
        bring_in(run, [of_test(0, exact_match=0.0)])
    bring_in(run, [of_test(0, exact_match=0.0), of_test(1, exact_match=0.0)], seed=1)
    assert views.compare.arm(run, "theirs")["accuracy"] == 0.25


def test_repeats_are_samples_and_a_metric_may_say_of_each(run: RunFolder) -> None:
    bring_in(run, [of_test(0, resps=[["A: 2", "A: 3", "hm"]], exact_match=[1, 0, 0])], "listed")
    bring_in(run, [of_test(0, resps=[["A: 2", "A: 3", "hm"]], exact_match=0.0)], "graded")
    for arm in ("listed", "graded"):
        rows = list(run.evaluation(arm, 0, "test").read())
        assert [(row.sample, row.is_correct) for row in rows] == [(0, True), (1, False), (2, False)]
        at = views.compare.arm(run, arm)
        assert (at["accuracy"], at["n_unreadable"], at["n_responses"]) == (pytest.approx(1 / 3), 1, 3)
    with pytest.raises(
        InputError, match="field exact_match: found .*expected a list of 2 of 0 and 1, one a response"
    ):
        bring_in(run, [of_test(0, resps=[["A: 2", "A: 3"]], exact_match=[1])], "short")


def test_repeats_can_be_read_as_pass_at_k(run: RunFolder) -> None:
    tree = {
        "benchmarks": [{"dataset": "hard", "metric": "pass@k", "k": 2, "n_samples": 3, "temperature": 1.0}]
    }
    run.save_config(run.config.model_copy(update={"evaluation": run.config.evaluation.model_validate(tree)}))
    rows = [a_sample(0, resps=[["A: 1", "A: 2", "A: 3"]]), a_sample(1, resps=[["A: 2"] * 3])]
    for arm in ("base", "theirs"):
        counts = bring_in(run, rows, arm, dataset="hard")
        assert (counts["benchmark"], counts["n_questions_made"]) == ("hard-pass@2", 2 if arm == "base" else 0)
    workspace = WorkspaceFolder(run.folder.parents[1])
    assert {q.split for q in workspace.dataset("hard").questions.values()} == {"test"}
    of = views.evaluations.evaluations(run, "hard-pass@2")
    assert of.shares.theirs.tolist() == pytest.approx(
        [2 / 3, 1.0]
    )  # 1 - C(2, 2) / C(3, 2), and all three right


def test_a_benchmark_that_no_setting_names_is_kept_under_its_datasets_name(run: RunFolder) -> None:
    for arm in ("base", "theirs"):
        bring_in(run, [a_sample(0), a_sample(1, exact_match=0.0)], arm, dataset="gsm")
    assert views.evaluations.benchmarks(run) == ["test", "gsm"]
    assert run.benchmark("gsm").dataset == "gsm"
    assert views.compare.compare(run, "gsm")["test_questions"] == 2
    assert views.differences.flips(run, "theirs", benchmark="gsm")["n_questions"] == 2


@pytest.mark.parametrize(
    ("rows", "given", "message"),
    [
        ([a_sample(0)], {"dataset": "gsm", "benchmark": "other"}, "--benchmark: found 'other', expected gsm or one of: test"),
        ([a_sample(0)], {"dataset": "gsm", "benchmark": "test"}, "benchmark test is on dataset small, found --dataset gsm"),
        ([a_sample(0)], {}, "field doc: found '0[+]1[?]', expected a question of the dataset"),
        (
            [a_sample(0, target=None, exact_match=None)],
            {"dataset": "gsm"},
            "expected target, or a metric for each response, to grade by",
        ),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused_and_nothing_is_written(
    run: RunFolder, rows: list[Any], given: dict[str, Any], message: str
) -> None:
    write_jsonl(run.folder.parent / "samples_x_2026.jsonl", rows)
    before = listing(run.folder.parents[1])
    with pytest.raises(StatError, match=message):
        bring_in(run, rows, **given)
    assert listing(run.folder.parents[1]) == before


def test_a_metric_that_the_grader_does_not_share_is_listed_and_overruled(run: RunFolder) -> None:
    said = [of_test(0, resps=[["A: 2"]], exact_match=0.0), of_test(1, resps=[["A: 3"]], exact_match=0.0)]
    bring_in(run, said, seed=2)
    found = views.verdicts.disagreements(run)
    assert (found["n_imported"], views.verdicts.n_imported(run)) == (2, 2)
    keys = ("question_id", "arm", "seed", "benchmark", "sample", "imported", "graded", "rule")
    assert [tuple(row[key] for key in keys) for row in found["rows"]] == [
        ("t0", "theirs", 2, "test", 0, False, True, "same text"),
    ]  # fmt: skip
    place = Place("theirs", 2, "test")
    response = views.verdicts.find(run, "t0", 0, place)
    review.overrule(run, review.Overruling(response, place, "correct"), "ada")
    assert views.compare.arm(run, "theirs")["accuracy"] == 0.5
    assert (views.verdicts.disagreements(run)["rows"][0]["overruled"] or "").startswith(
        "marked as correct by ada"
    )
