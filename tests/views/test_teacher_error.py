from pathlib import Path

import pytest

from stat_engine.records import SelfCheck
from stat_engine.review import Decision, decide
from stat_engine.stats import clopper_pearson, rogan_gladen
from stat_engine.store.run_folder import RunFolder
from stat_engine.views.agreement import COLUMNS, corrected, in_words, with_correction
from stat_engine.views.profile import profile
from tests.reviewing import TEACHER, labels_of, run_to_review


@pytest.fixture
def run(tmp_path: Path) -> RunFolder:
    """Forty questions that all lack area, says the teacher."""
    return run_to_review(tmp_path, labels_of(40))


def review(run: RunFolder, n: int) -> None:
    """People find slopes, too, missing in a third, and area not missing in another third."""
    for at in range(n):
        id = f"r{at:02d}"
        if at % 3 == 0:
            decide(run, Decision(id, "accept"), "ada")
        elif at % 3 == 1:
            decide(run, Decision(id, "discard"), "ada")
        else:
            decide(run, Decision(id, "edit", skills=["area", "slopes"]), "ada")


def test_nothing_is_corrected_before_people_decided_on_ten_labels(run: RunFolder) -> None:
    assert in_words(corrected(run)) == "Not corrected for teacher error: nobody has decided on a label yet."
    review(run, 9)
    found = corrected(run)
    assert (found["source"], found["skills"], found["n_decisions"]) == (None, {}, 9)
    assert "people decided on 9 labels, too few" in in_words(found)
    assert "people decided on 1 label, too few" in in_words(found | {"n_decisions": 1})
    assert list(with_correction(profile(run), found).columns) == list(profile(run).columns)


def test_what_people_decided_stays_and_the_rest_is_corrected_by_rogan_and_gladen(run: RunFolder) -> None:
    review(run, 12)
    found = corrected(run)
    assert (found["source"], found["n_decisions"]) == ("people", 12)
    # area is named in all 12 and right in 8; slopes is missing in 4 and never named; 4 skills a question
    assert [found[key] for key in ("detected", "n_present", "passed", "n_absent")] == [8, 12, 32, 36]
    share, low, high = rogan_gladen(28, 28, 8, 12, 32, 36) or (0, 0, 0)
    rate, *limits = found["skills"]["Algebra", "area"]
    assert rate == pytest.approx(8 / 40 + share * 28 / 40)
    of_settled = clopper_pearson(8, 40)
    assert limits[0] == pytest.approx(
        rate - ((8 / 40 - of_settled[0]) ** 2 + ((share - low) * 28 / 40) ** 2) ** 0.5
    )
    assert limits[1] == pytest.approx(
        min(1, rate + ((of_settled[1] - 8 / 40) ** 2 + ((high - share) * 28 / 40) ** 2) ** 0.5)
    )
    assert in_words(found) == (
        "Corrected for teacher error by 12 labels that people decided on: the teacher named 8 of 12 skills "
        "that people find missing, and 4 of 36 that they do not."
    )


def test_where_people_decided_on_every_label_the_profile_is_theirs(run: RunFolder) -> None:
    review(run, 40)
    frame = with_correction(profile(run), corrected(run))
    assert frame[COLUMNS].values.tolist() == frame[["failure_rate", "ci_low", "ci_high"]].values.tolist()


def test_a_teacher_no_better_than_chance_is_not_corrected(run: RunFolder) -> None:
    for at in range(12):
        decide(run, Decision(f"r{at:02d}", "edit", skills=["slopes"]), "ada")
    assert corrected(run)["source"] is None


def test_labels_that_the_teacher_did_not_uphold_are_left_out(run: RunFolder) -> None:
    checks = [
        SelfCheck(response_id=f"r{at:02d}", teacher=TEACHER, is_right=at >= 10, reason="", call="c")
        for at in range(40)
    ]
    run.self_checks(TEACHER).write("f", checks, {"teacher": TEACHER})
    decide(run, Decision("r00", "accept"), "ada")  # a person's word stands against the teacher's
    found = corrected(run)
    assert (found["source"], found["n_upheld"], found["n_checked"]) == ("self-check", 30, 40)
    assert found["skills"]["Algebra", "area"] == (31 / 40, *clopper_pearson(31, 40))
    assert "upheld 30 of 40 labels" in in_words(found)
