import pytest

from stat_engine.errors import StatError
from stat_engine.models.base import TeacherRequest
from stat_engine.models.teacher_answers import Reading
from stat_engine.records import SkillMapEntry, SkillMapReview
from stat_engine.skill_map.skill_map import Labelled, Named, label_skills, overlap, read_skills, subject_of
from stat_engine.skills import Vocabulary
from tests.factories import a_question
from tests.skill_map.small import scripted

VOCABULARY = Vocabulary({"Algebra": ["addition", "factoring_skills", *"abcde"], "Geometry": ["area"]})


def labelled(*answers: str) -> tuple[Labelled, list[TeacherRequest]]:
    """What comes of one question whose first, then second answer is given."""
    seen: list[TeacherRequest] = []
    ask = scripted(lambda request: answers[1 if request.complaint else 0], seen)
    return label_skills([a_question("q1")], VOCABULARY, ask), seen


def test_an_entry_holds_the_vocabularys_own_spelling_and_its_source() -> None:
    found, seen = labelled("<reason>r</reason><skill>Factoring Skills; ADDITION</skill>")
    entry = SkillMapEntry(
        question_id="q1", subject="Algebra", skills=["factoring_skills", "addition"], source="teacher"
    )
    assert found == Labelled([entry], [])
    assert seen == [
        TeacherRequest(
            "label_skills", "What is q1?", skills=("a", "addition", "b", "c", "d", "e", "factoring_skills"),
            subject="Algebra", solution="1+1=2\nAnswer: 2",
        )
    ]  # fmt: skip


def test_more_than_five_skills_keep_the_first_five_and_say_so() -> None:
    found, seen = labelled("<skill>e; d; c; b; a; addition</skill>")
    assert (found.entries[0].skills, len(seen)) == (list("edcba"), 1)
    assert found.reviews == [
        SkillMapReview(
            question_id="q1", subject="Algebra", status="too_many", skills=list("edcba"),
            detail="named beyond 5: addition", call="call0",
        )
    ]  # fmt: skip


def test_a_name_outside_the_list_is_named_when_asking_again() -> None:
    found, seen = labelled("<skill>addition; area</skill>", "<skill>addition</skill>")
    assert (found.entries[0].skills, found.reviews) == (["addition"], [])
    assert (seen[1].complaint, seen[1].previous) == (
        "'area': not in the list of skills", "<skill>addition; area</skill>",
    )  # fmt: skip


def test_names_still_outside_the_list_are_left_out_of_the_entry_and_said() -> None:
    found, _ = labelled("<skill>addition; area</skill>", "no tag")
    assert found.entries[0].skills == ["addition"]
    assert [(one.status, one.detail) for one in found.reviews] == [
        ("off_vocabulary", "'area': not in the list of skills")
    ]


@pytest.mark.parametrize("raw", ["no tag", "<skill></skill>", "<skill>none</skill>", "<skill>addition"])
def test_a_question_without_a_readable_answer_gets_no_entry_and_is_said(raw: str) -> None:
    found, _ = labelled(raw, raw)
    assert found.entries == []
    assert [(one.question_id, one.status, one.skills) for one in found.reviews] == [
        ("q1", "parse_failed", [])
    ]


def test_the_last_well_formed_tag_counts_and_a_name_may_hold_a_comma() -> None:
    vocabulary = Vocabulary({"s": ["sums, series", "area"]})
    assert read_skills("<skill>area</skill> no: <skill>sums, series</skill>", "s", vocabulary) == Reading(
        Named(["sums, series"], [], [])
    )


def test_one_list_for_all_serves_every_subject_and_an_unknown_subject_is_refused() -> None:
    assert subject_of(a_question(), Vocabulary({"": ["x"]})) == ""
    assert subject_of(a_question(), VOCABULARY) == "Algebra"
    with pytest.raises(StatError, match="found subject 'Logic', expected one with a list"):
        subject_of(a_question(subject="Logic"), VOCABULARY)


def test_overlap_is_a_share_of_the_skills_named_first() -> None:
    assert (overlap(["a", "b"], ["b", "c", "d"]), overlap(["a"], ["a", "b"])) == (0.5, 1.0)
