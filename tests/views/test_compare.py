"""The comparison of arms, against plain recomputation from what was written."""

from pathlib import Path

import pytest

from stat_engine.errors import NotThereYet, StatError
from stat_engine.stats import clustered, mcnemar, paired_bootstrap, paired_difference, wilson
from stat_engine.store.run_folder import RunFolder
from stat_engine.views import benchmarks, compare, evaluations
from tests.evaluating import ARMS, evaluate, run_with_arms
from tests.factories import a_response

SHARES = {
    "base": [0, 0, 0, 0, 0, 0, 1, 1],
    "random": [1, 0, 0, 0, 0, 0, 1, 1],
    "stat-sel": [1, 1, 1, 1, 1, 1, 0.5, 1],
    "stat-syn": [1, 1, 1, 0, 0, 0, 1, 1],
}
"""Share right by question, of `evaluating.ARMS`."""


@pytest.fixture
def run(tmp_path: Path) -> RunFolder:
    return run_with_arms(tmp_path, difficult="dddeeeee")


def test_the_grid_holds_each_questions_share_over_seeds(run: RunFolder) -> None:
    of = evaluations.evaluations(run)
    assert of.seeds == {"base": [0], "random": [0], "stat-sel": [0, 1], "stat-syn": [0]}
    assert of.shares.to_dict("list") == SHARES
    assert list(of.shares.index) == [f"t{at}" for at in range(8)]


def test_arms_stand_best_first_with_intervals_and_paired_tests(run: RunFolder) -> None:
    result = compare.compare(run)
    assert [arm["arm"] for arm in result["arms"]] == ["stat-sel", "stat-syn", "random"]
    best = result["arms"][0]
    gain, low, high = paired_difference(SHARES["stat-sel"], SHARES["base"])
    assert (best["accuracy"], best["seeds"], best["method"], best["n_pairs"]) == (
        7.5 / 8,
        [0, 1],
        "stat-sel",
        100,
    )
    assert (best["ci_low"], best["ci_high"]) == wilson(7.5, 8)
    assert (best["gain"], best["gain_low"], best["gain_high"]) == pytest.approx((gain, low, high))
    assert best["p_vs_base"] == mcnemar(SHARES["stat-sel"], SHARES["base"])
    assert best["p_vs_random"] == mcnemar(SHARES["stat-sel"], SHARES["random"])
    assert best["difficult_accuracy"] == 1.0
    assert (result["test_questions"], result["profile_questions"], result["difficult_questions"]) == (8, 4, 3)
    # t0, t2 carry addition and t5, t7 carry area of geometry, the two skills that were missed
    assert best["profile_skills_accuracy"] == 1.0
    assert best["other_skills_accuracy"] == 0.875


def test_differences_are_paired_with_the_chosen_arm(run: RunFolder) -> None:
    rows = compare.differences(run, "random").set_index("arm")
    assert list(rows.index) == ["stat-sel", "stat-syn", "base"]
    expected = paired_difference(SHARES["base"], SHARES["random"])
    assert tuple(rows.loc["base", ["difference", "ci_low", "ci_high"]]) == pytest.approx(expected)
    assert rows[["n_gained", "n_lost", "n_questions"]].values.tolist() == [[5, 1, 8], [2, 0, 8], [0, 1, 8]]
    with pytest.raises(
        StatError, match="found arm 'mine', expected one of: base, random, stat-sel, stat-syn"
    ):
        compare.differences(run, "mine")


def test_the_table_takes_every_benchmark_and_its_difficult_part(run: RunFolder) -> None:
    evaluate(run, "base", 0, "rwrw", "extra")
    evaluate(run, "random", 0, "rrr", "extra")
    cells = benchmarks.benchmark_table(run).set_index(["arm", "benchmark", "part"])
    assert benchmarks.benchmarks(run) == ["test", "extra"]
    base = cells.loc["base"].accuracy.to_dict()
    assert base == {("test", ""): 0.25, ("test", "difficult"): 0.0, ("extra", ""): 0.5, ("mean", ""): 0.25}
    assert cells.n_questions["random", "extra", ""] == 3
    assert cells.n_questions["stat-sel", "extra", ""] == 0
    assert cells.accuracy["stat-sel", "mean", ""] == pytest.approx((7.5 / 8 + 1) / 2)
    assert (cells.ci_low["base", "extra", ""], cells.ci_high["base", "extra", ""]) == wilson(2, 4)


def test_groups_have_the_accuracy_of_their_questions(run: RunFolder) -> None:
    rows = compare.by_group(run, "subject").set_index(["subject", "arm"])
    assert rows.accuracy["Algebra", "stat-syn"] == 0.75
    assert rows.gain["Geometry", "stat-sel"] == pytest.approx(3.5 / 4 - 0.5)
    skills = compare.by_group(run, "skill")
    assert [tuple(row) for row in skills[["subject", "skill"]].drop_duplicates().to_numpy()] == [
        ("Algebra", "addition"), ("Algebra", "area"), ("Geometry", "angles"), ("Geometry", "area"),
    ]  # fmt: skip
    assert set(skills.n_questions) == {2}


def test_one_arm_is_measured_without_the_base(tmp_path: Path) -> None:
    run = run_with_arms(tmp_path, {"random": ["rrw"]})
    found = compare.arm(run, "random")
    assert (found["arm"], found["seeds"], found["test_questions"]) == ("random", [0], 3)
    assert (found["accuracy"], found["ci_low"], found["ci_high"]) == (2 / 3, *wilson(2, 3))


def test_without_the_base_the_way_out_is_said(tmp_path: Path) -> None:
    run = run_with_arms(tmp_path, {"random": ["rr"]})
    with pytest.raises(NotThereYet, match="stat-studio evaluate small --arm base"):
        compare.compare(run)
    evaluate(run, "base", 0, "rw")
    with pytest.raises(StatError, match="found benchmark 'gsm', expected one of: test"):
        evaluations.evaluations(run, "gsm")


@pytest.mark.parametrize(
    ("arms", "sentences"),
    [
        ({"base": ["wr"]}, ["Only the student itself is evaluated: 0.500. Train an arm to compare it with."]),
        (
            {"base": ["wr"], "random": ["rr"]},
            [
                "Best arm: random with 1.000, against 0.500 for the student itself: +0.500 (-0.563 to +1.000), "
                "which may be chance.",
                "No arm here was trained by STAT-Sel or STAT-Syn.",
            ],
        ),
        (
            {"base": ["w" * 40], "random": ["w" * 40], "uniform": ["r" * 40], "stat-sel": ["r" * 39 + "w"]},
            [
                "Best arm: uniform with 1.000, against 0.000 for the student itself: +1.000 (+0.860 to +1.000).",
                "Control ahead of stat-sel within chance: uniform, +0.025 (-0.057 to +0.104).",
                "stat-sel stands out from random, +0.975 (+0.826 to +1.000).",
            ],
        ),
        (
            {"base": ["w" * 40], "uniform": ["r" * 40], "stat-sel": ["r" * 20 + "w" * 20]},
            [
                "Best arm: uniform with 1.000, against 0.000 for the student itself: +1.000 (+0.860 to +1.000).",
                "Control ahead of stat-sel beyond chance: uniform, +0.500 (+0.311 to +0.641).",
            ],
        ),
        (
            {"base": ARMS["base"], "stat-syn": ARMS["stat-syn"], "random": ARMS["random"]},
            [
                "Best arm: stat-syn with 0.625, against 0.250 for the student itself: +0.375 (-0.097 to +0.697), "
                "which may be chance.",
                "stat-syn does not stand out from random, +0.250 (-0.172 to +0.572).",
            ],
        ),
    ],
)  # fmt: skip
def test_the_verdict_names_the_best_arm_and_the_controls_it_does_not_beat(
    tmp_path: Path, arms: dict[str, list[str]], sentences: list[str]
) -> None:
    assert compare.compare(run_with_arms(tmp_path, arms))["verdict"] == sentences


def test_levels_stand_in_their_order_and_other_groups_are_refused(run: RunFolder) -> None:
    rows = compare.by_group(run, "level")
    assert list(dict.fromkeys(zip(rows.subject, rows["skill"], rows.level, strict=True))) == [
        ("", "", "1"),
        ("", "", "2"),
    ]
    for level, half in (("1", slice(0, 4)), ("2", slice(4, 8))):
        assert rows[rows.level == level].set_index("arm").accuracy.to_dict() == {
            arm: sum(shares[half]) / 4 for arm, shares in SHARES.items()
        }
    with pytest.raises(StatError, match="found group 'topic', expected one of: skill, subject, level"):
        compare.by_group(run, "topic")  # type: ignore[arg-type]


def test_the_interval_over_seeds_is_there_where_there_are_seeds(run: RunFolder) -> None:
    rows = compare.differences(run, "random").set_index("arm")
    ours = [[1, 1, 1, 1, 1, 1, 1, 1], [1, 1, 1, 1, 1, 1, 0, 1]]
    expected = paired_bootstrap(ours, [SHARES["random"]])
    assert tuple(rows.loc["stat-sel", ["seed_low", "seed_high"]]) == pytest.approx(expected)
    assert rows.loc["base", ["seed_low", "seed_high"]].tolist() == [None, None]


def test_several_samples_count_for_what_they_are_worth(run: RunFolder) -> None:
    rows = [
        a_response(f"s-{at}-{sample}", f"t{at}", sample=sample, is_correct=sample < at, answer="2")
        for at in range(4)
        for sample in range(4)
    ]
    run.evaluation("sampled", 0, "test").write("f", rows, {})
    arm = next(arm for arm in compare.compare(run)["arms"] if arm["arm"] == "sampled")
    assert (arm["accuracy"], arm["n_responses"]) == (0.375, 16)
    assert (arm["ci_low"], arm["ci_high"]) == pytest.approx(clustered([0, 0.25, 0.5, 0.75], 4))
    assert arm["ci_high"] - arm["ci_low"] < wilson(1.5, 4)[1] - wilson(1.5, 4)[0]


def test_what_cannot_be_read_is_counted_apart(run: RunFolder) -> None:
    rows = [
        a_response("u-0", "t0", is_correct=False, answer=None),
        a_response("u-1", "t1", is_correct=None, answer="2"),
        a_response("u-2", "t2", is_correct=True, answer=None),
        a_response("u-3", "t3", is_correct=False, answer="3"),
    ]
    run.evaluation("mute", 0, "test").write("f", rows, {})
    arm = next(arm for arm in compare.compare(run)["arms"] if arm["arm"] == "mute")
    assert (arm["accuracy"], arm["n_unreadable"], arm["n_responses"]) == (0.25, 2, 4)
    (sentence,) = benchmarks.unreadable_sentences(run)
    assert sentence.startswith("mute on test: 2 of 4 responses could not be graded")
