from collections import Counter

from stat_engine.models.base import TeacherRequest
from stat_engine.skill_map.discovery import (
    cluster_by_spelling,
    cluster_by_teacher,
    free_names,
    tally,
    vocabulary_of,
)
from stat_engine.skills import Vocabulary
from tests.factories import a_question
from tests.skill_map.small import scripted


def by_first_letter(request: TeacherRequest) -> str:
    groups: dict[str, list[str]] = {}
    for name in request.skills:
        groups.setdefault(name[0], []).append(name)
    return (
        "<cluster>\n" + "\n".join(f"{head}: {'; '.join(of)}" for head, of in groups.items()) + "\n</cluster>"
    )


def test_free_names_keep_the_first_five_and_an_unreadable_answer_is_an_empty_list() -> None:
    answers = {"What is q1?": "<skill>a; b; c; d; e; f</skill>", "What is q2?": "no tag"}
    named = free_names(
        [a_question("q1"), a_question("q2")], scripted(lambda r: answers[r.problem]), "Algebra"
    )
    assert named == {"q1": list("abcde"), "q2": []}


def test_a_tally_counts_questions_and_takes_spellings_that_mean_the_same_together() -> None:
    named = {"q1": ["Long division", "sums"], "q2": ["long_division skills"], "q3": ["sums", "sums"]}
    assert tally(named) == Counter({"Long division": 2, "sums": 2})


def test_the_teachers_clusters_are_read_line_by_line_with_bullets_and_commas() -> None:
    raw = (
        "<cluster>\n- **Sums**: adding, totals\n2. Slopes: rise, over run\nnoise without a colon\n</cluster>"
    )
    names = Counter({"adding": 1, "totals": 1, "rise, over run": 1})
    assert cluster_by_teacher("s", names, scripted(lambda _: raw)) == {
        "adding": "Sums", "totals": "Sums", "rise, over run": "Slopes",
    }  # fmt: skip


def test_names_left_out_are_asked_about_once_more_and_then_stay_on_their_own() -> None:
    seen: list[TeacherRequest] = []
    raw = "<cluster>x: a; b; invented\ny: b</cluster>"
    clusters = cluster_by_teacher("s", Counter({"a": 1, "b": 1, "c": 1}), scripted(lambda _: raw, seen))
    assert clusters == {"a": "x", "b": "x", "c": "c"}
    assert [request.complaint for request in seen] == ["", "in no group: 'c'"]


def test_a_long_list_is_clustered_in_chunks_and_then_over_the_chunks() -> None:
    seen: list[TeacherRequest] = []
    names = Counter(dict.fromkeys(("ab", "ac", "ad", "ba", "bb", "bc"), 1))
    clusters = cluster_by_teacher("s", names, scripted(by_first_letter, seen), chunk=2)
    assert clusters == {"ab": "a", "ac": "a", "ad": "a", "ba": "b", "bb": "b", "bc": "b"}
    assert [request.skills for request in seen] == [("ab", "ac"), ("ad", "ba"), ("bb", "bc"), ("a", "b")]


def test_spelling_puts_like_names_together_under_the_most_frequent_one() -> None:
    names = Counter({"adding fractions": 1, "fraction adding": 3, "slope of a line": 2, "slope of lines": 1})
    assert cluster_by_spelling(names) == {
        "adding fractions": "fraction adding", "fraction adding": "fraction adding",
        "slope of a line": "slope of a line", "slope of lines": "slope of a line",
    }  # fmt: skip
    assert cluster_by_spelling(names, distance=0.01) == {name: name for name in names}
    assert cluster_by_spelling(Counter({"alone": 1})) == {"alone": "alone"}


def test_the_vocabulary_is_the_clusters_by_subject() -> None:
    found = vocabulary_of({"s": {"a": "x", "b": "x", "c": "y"}, "t": {"a": "x"}, "empty": {}})
    assert found.as_lists() == Vocabulary({"s": ["x", "y"], "t": ["x"]}).as_lists()
