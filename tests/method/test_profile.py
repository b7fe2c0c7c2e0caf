from stat_engine.method.profile import SkillFailure, build_profile, missed, too_sparse
from stat_engine.stats import clopper_pearson
from tests.factories import a_label, an_entry

SKILL_MAP = {
    "q1": an_entry("q1", "addition", "area"),
    "q2": an_entry("q2", "addition"),
    "q3": an_entry("q3", "addition"),
}


def test_a_question_counts_a_skill_once_however_many_responses_lack_it() -> None:
    labels = [a_label("r1", "q1", "addition"), a_label("r2", "q1", "addition"), a_label("r3", "q2", "powers")]
    assert build_profile(["q1", "q2", "q3"], SKILL_MAP, labels) == [
        SkillFailure("Algebra", "powers", 1, 1, 1.0, *clopper_pearson(1, 1)),
        SkillFailure("Algebra", "addition", 1, 3, 1 / 3, *clopper_pearson(1, 3)),
        SkillFailure("Algebra", "area", 0, 1, 0.0, *clopper_pearson(0, 1)),
    ]


def test_equal_names_in_two_subjects_are_two_skills() -> None:
    labels = [a_label("r1", "q1", "addition"), a_label("r2", "q2", "addition", subject="Geometry")]
    counts = {(f.subject, f.skill): f.n_missing for f in build_profile(["q1", "q2"], SKILL_MAP, labels)}
    assert counts[("Algebra", "addition")] == counts[("Geometry", "addition")] == 1


def test_missed_names_each_question_and_skill_once() -> None:
    labels = [a_label("r1", "q2", "b", "a"), a_label("r2", "q2", "a"), a_label("r3", "q1")]
    assert missed(labels) == [("q2", "Algebra", "a"), ("q2", "Algebra", "b")]


def test_a_sparse_profile_is_warned_about_with_its_figure() -> None:
    profile = build_profile(["q1"], SKILL_MAP, [a_label("r1", "q1", "addition", "area")])
    assert too_sparse(profile) == (
        "the profile is sparse: 2 missing skills over 2 skills, 1.0 a skill; "
        "below 3 the counts are mostly chance"
    )
    labels = [a_label(f"r{i}", f"q{i}", "addition") for i in range(3)]
    assert too_sparse(build_profile(["q0", "q1", "q2"], {}, labels)) is None
    assert too_sparse(build_profile(["q1"], SKILL_MAP, [])) == (
        "the profile is empty: no difficult question has a missing skill"
    )
