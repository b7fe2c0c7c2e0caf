"""Agreement of solutions that a program checks: each runs against the question's tests and the others'.

A new question carries tests as its `answer`, and each of its solutions may come with tests of its own. All of
them are text that a teacher wrote: they reach nothing but the grader's command, in its isolation. Tests that
accept an empty response check nothing and do not count."""

from collections.abc import Callable, Sequence
from functools import partial

from stat_engine.grading.grader import Solved
from stat_engine.records import Question

Run = tuple[str, str, str]
"""(response, problem, tests)"""
Accepts = Callable[[Sequence[Run]], list[bool]]
"""Whether each response passes its tests, in order."""


def faults(questions: Sequence[Question], accepts: Accepts) -> list[str | None]:
    """Why the tests of each question check nothing, in words; None where they may check something."""
    tested = [question for question in questions if (question.answer or "").strip()]
    is_vacuous = accepts([("", question.problem, question.answer or "") for question in tested])
    accepting = {id(question) for question, vacuous in zip(tested, is_vacuous, strict=True) if vacuous}
    return [
        "no tests in the teacher's answer"
        if not (question.answer or "").strip()
        else "its tests accept an empty response"
        if id(question) in accepting
        else None
        for question in questions
    ]


def agreeing(items: Sequence[Solved], accepts: Accepts) -> list[list[list[int]]]:
    """Groups of each question's solutions that pass the question's tests, their own and one another's.

    A group is as large as it can be, and two may overlap; of those of one size only the ones that pass most
    tests count. A solution that fails the question's tests or its own is in no group; one without tests of
    its own must pass the others'."""
    sound = _passing(items, accepts)
    tests = _counting(items, sound, accepts)
    crossed = [
        (q, one, other) for q, of in enumerate(sound) for one in of for other in of if tests[q].get(other)
    ]
    runs = [(items[q][1][one].text, items[q][0].problem, tests[q][other]) for q, one, other in crossed]
    passes = dict(zip(crossed, accepts(runs), strict=True))

    def agree(q: int, one: int, other: int) -> bool:
        return passes.get((q, one, other), True) and passes.get((q, other, one), True)

    def n_passed(q: int, group: Sequence[int]) -> int:
        return sum(all(passes[q, one, holder] for one in group) for holder in tests[q])

    own = [[one for one in of if agree(q, one, one)] for q, of in enumerate(sound)]
    groups = [_cliques(of, partial(agree, q)) for q, of in enumerate(own)]
    return [_ahead(of, partial(n_passed, q)) for q, of in enumerate(groups)]


def _cliques(members: Sequence[int], agree: Callable[[int, int], bool]) -> list[list[int]]:
    """The largest groups in which each agrees with each: none is part of another."""
    found: list[list[int]] = []
    for one in members:
        joined = [[*(other for other in group if agree(one, other)), one] for group in found] or [[one]]
        every = [*found, *joined]
        found = [
            group
            for at, group in enumerate(every)
            if not any(set(group) < set(other) for other in every) and group not in every[:at]
        ]
    return sorted(found)


def _ahead(groups: list[list[int]], n_passed: Callable[[Sequence[int]], int]) -> list[list[int]]:
    """The groups without those that pass fewer of all the solutions' tests than another of their size."""
    most: dict[int, int] = {}
    for group in groups:
        most[len(group)] = max(n_passed(group), most.get(len(group), 0))
    return [group for group in groups if n_passed(group) == most[len(group)]]


def _passing(items: Sequence[Solved], accepts: Accepts) -> list[list[int]]:
    """The positions of each question's solutions that pass its tests."""
    asked = [
        (q, at)
        for q, (question, solutions) in enumerate(items)
        for at, solution in enumerate(solutions)
        if question.answer and solution.text.strip()
    ]
    runs = [(items[q][1][at].text, items[q][0].problem, items[q][0].answer or "") for q, at in asked]
    found: list[list[int]] = [[] for _ in items]
    for (q, at), is_passed in zip(asked, accepts(runs), strict=True):
        if is_passed:
            found[q].append(at)
    return found


def _counting(
    items: Sequence[Solved], sound: Sequence[Sequence[int]], accepts: Accepts
) -> list[dict[int, str]]:
    """{position: tests} of the solutions whose tests check something, a question at a time."""
    asked = [
        (q, at, tests)
        for q, of in enumerate(sound)
        for at in of
        if (tests := items[q][1][at].tests) is not None
    ]
    is_vacuous = accepts([("", items[q][0].problem, tests) for q, _, tests in asked])
    found: list[dict[int, str]] = [{} for _ in items]
    for (q, at, tests), vacuous in zip(asked, is_vacuous, strict=True):
        if not vacuous:
            found[q][at] = tests
    return found
