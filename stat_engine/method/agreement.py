"""Agreement between teachers, and a teacher's check of its own labels (paper, section 3 and appendix).

Labels of the same responses by two teachers in, figures out. Agreement is the paper's: the mean over
questions of (skills both named / skills the first teacher named). What counts:

- A question with several responses counts once, as the mean over its responses.
- The first teacher named no skill: there is no denominator; the response is left out and counted.
- The second teacher named no skill: it agrees on nothing; the share is 0.
- A label of either teacher that could not be parsed completely (`status` is not ok): the response is left
  out and counted. It is not a disagreement."""

from collections.abc import Mapping, Sequence
from itertools import permutations
from typing import TypedDict

from stat_engine.models.base import Ask, TeacherRequest
from stat_engine.models.teacher_answers import Reading, ask_twice, tag, word
from stat_engine.records import Judge, LabelStatus, MissingSkill, Question, Response, SelfCheck
from stat_engine.skill_map.skill_map import overlap
from stat_engine.stats import wilson

Labels = Mapping[str, Sequence[MissingSkill]]
"""Teacher -> its labels, one a response."""


class PairAgreement(TypedDict):
    """How far a second teacher names what a first one names. Shares are fractions, intervals 95% Wilson."""

    first: str
    second: str
    agreement: float | None
    """Mean over questions; null: no question to compare."""
    ci_low: float
    ci_high: float
    n_questions: int
    """Questions in the mean."""
    n_first_named_none: int
    """Jointly labelled responses left out because the first teacher named no skill."""
    n_unread: int
    """Jointly labelled responses left out because a label could not be read whole."""


class SkillKappa(TypedDict):
    """Cohen's kappa of two teachers on whether a response lacks one skill."""

    first: str
    second: str
    subject: str
    skill: str
    kappa: float | None
    """In [-1, 1], 0 is chance; null: undefined, both teachers say the same of every response."""
    n: int
    """Jointly labelled responses of the subject."""
    n_both: int
    n_first_only: int
    n_second_only: int


class Verdict(TypedDict):
    """What one teacher says of one response."""

    judge: Judge | None
    """Whether the response is correct; null: not parsed."""
    skills: list[str]
    """The missing skills it names; may be empty."""
    status: LabelStatus


class Disagreement(TypedDict):
    """A response of which two teachers say different things."""

    question_id: str
    response_id: str
    teachers: dict[str, Verdict]
    """By teacher."""


class SelfCheckRate(TypedDict):
    """How often a teacher upholds its own labels when it is asked again."""

    teacher: str
    share: float | None
    """Fraction of the readable answers that say "right"; null: no answer could be read."""
    ci_low: float
    ci_high: float
    """95% Wilson."""
    n_right: int
    n_wrong: int
    n_unreadable: int


def pair_agreements(labels: Labels) -> list[PairAgreement]:
    """Every ordered pair of teachers: who is named first decides the denominator."""
    return [pair_agreement(labels, first, second) for first, second in permutations(labels, 2)]


def pair_agreement(labels: Labels, first: str, second: str) -> PairAgreement:
    """Agreement of one ordered pair of teachers over the responses that both labelled."""
    joint = _joint(labels, first, second)
    read = [pair for pair in joint if _read(pair)]
    by_question: dict[str, list[float]] = {}
    for mine, theirs in read:
        if mine.skills:
            by_question.setdefault(mine.question_id, []).append(overlap(mine.skills, theirs.skills))
    total, n = sum(sum(shares) / len(shares) for shares in by_question.values()), len(by_question)
    low, high = wilson(total, n)
    return {
        "first": first,
        "second": second,
        "agreement": total / n if n else None,
        "ci_low": low,
        "ci_high": high,
        "n_questions": n,
        "n_first_named_none": sum(not mine.skills for mine, _ in read),
        "n_unread": len(joint) - len(read),
    }


def skill_kappas(labels: Labels) -> list[SkillKappa]:
    """A row a pair of teachers and skill that either named, in the order of subject and skill."""
    names = list(labels)
    return [
        kappa
        for at, first in enumerate(names)
        for second in names[at + 1 :]
        for kappa in _kappas(first, second, [pair for pair in _joint(labels, first, second) if _read(pair)])
    ]


def disagreements(labels: Labels) -> list[Disagreement]:
    """Responses of which two teachers say different things, in order of question and response."""
    said: dict[tuple[str, str], dict[str, MissingSkill]] = {}
    for teacher, of in labels.items():
        for label in of:
            said.setdefault((label.question_id, label.response_id), {})[teacher] = label
    return [
        {
            "question_id": question,
            "response_id": response,
            "teachers": {
                teacher: {"judge": label.judge, "skills": label.skills, "status": label.status}
                for teacher, label in by.items()
            },
        }
        for (question, response), by in sorted(said.items())
        if len({(label.judge, frozenset(label.skills), label.status) for label in by.values()}) > 1
    ]


def self_check(
    labels: Sequence[MissingSkill],
    questions: Mapping[str, Question],
    responses: Mapping[str, Response],
    ask: Ask,
) -> list[SelfCheck]:
    """Ask a teacher of each of its labels whether it holds; labels that were not read whole are passed over.

    `questions` and `responses` are by id; `ask` must ask the teacher that made the labels."""
    checked = [label for label in labels if label.status == "ok"]
    requests = [
        TeacherRequest(
            task="self_check",
            problem=questions[label.question_id].problem,
            steps=tuple(responses[label.response_id].steps),
            skills=tuple(label.skills),
            subject=label.subject,
        )
        for label in checked
    ]
    return [
        SelfCheck(
            response_id=label.response_id,
            teacher=label.teacher,
            is_right=reading.value[0],
            reason=reading.value[1],
            call=reading.call,
        )
        for label, reading in zip(
            checked, ask_twice(requests, ask, lambda _, raw: _verdict(raw)), strict=True
        )
    ]


def self_check_rate(teacher: str, checks: Sequence[SelfCheck]) -> SelfCheckRate:
    """Counts of right, wrong and unreadable, and the share right with its interval."""
    n_right = sum(check.is_right is True for check in checks)
    n_wrong = sum(check.is_right is False for check in checks)
    n = n_right + n_wrong
    low, high = wilson(n_right, n)
    return {
        "teacher": teacher,
        "share": n_right / n if n else None,
        "ci_low": low,
        "ci_high": high,
        "n_right": n_right,
        "n_wrong": n_wrong,
        "n_unreadable": len(checks) - n,
    }


def self_check_words(rate: SelfCheckRate) -> str:
    """The rate as a sentence."""
    n = rate["n_right"] + rate["n_wrong"]
    unread = f"; {rate['n_unreadable']:,} answers could not be read"
    if rate["share"] is None:
        return f"self-check by {rate['teacher']}: no readable answer{unread}"
    interval = f"95% {rate['ci_low']:.1%} to {rate['ci_high']:.1%}"
    return (
        f"self-check by {rate['teacher']}: {rate['n_right']:,} of {n:,} labels upheld ({rate['share']:.1%}, "
        f"{interval}){unread if rate['n_unreadable'] else ''}"
    )


def _verdict(raw: str) -> Reading[tuple[bool | None, str]]:
    said, reason = word(tag(raw, "judge") or ""), tag(raw, "reason") or ""
    if said not in ("right", "wrong"):
        complaint = "its <judge> tag is missing or says neither right nor wrong"
        return Reading((None, reason), complaint, "parse_failed")
    return Reading((said == "right", reason))


def _joint(labels: Labels, first: str, second: str) -> list[tuple[MissingSkill, MissingSkill]]:
    """The two teachers' labels of each response that both labelled, in the first one's order."""
    theirs = {label.response_id: label for label in labels[second]}
    return [(label, theirs[label.response_id]) for label in labels[first] if label.response_id in theirs]


def _read(pair: tuple[MissingSkill, MissingSkill]) -> bool:
    return pair[0].status == pair[1].status == "ok"


def _kappas(first: str, second: str, joint: Sequence[tuple[MissingSkill, MissingSkill]]) -> list[SkillKappa]:
    by_subject: dict[str, list[tuple[set[str], set[str]]]] = {}
    for mine, theirs in joint:
        by_subject.setdefault(mine.subject, []).append((set(mine.skills), set(theirs.skills)))
    return [
        _kappa(first, second, subject, skill, [(skill in a, skill in b) for a, b in pairs])
        for subject, pairs in sorted(by_subject.items())
        for skill in sorted(set().union(*(a | b for a, b in pairs)))
    ]


def _kappa(
    first: str, second: str, subject: str, skill: str, said: Sequence[tuple[bool, bool]]
) -> SkillKappa:
    from sklearn.metrics import cohen_kappa_score  # a second to load; only this view pays

    mine, theirs = [a for a, _ in said], [b for _, b in said]
    # where both say the same of everything, chance agrees as often as they do: 0 / 0
    is_defined = len({*mine, *theirs}) > 1
    kappa = float(cohen_kappa_score(mine, theirs)) if is_defined else None
    return {
        "first": first,
        "second": second,
        "subject": subject,
        "skill": skill,
        "kappa": kappa,
        "n": len(said),
        "n_both": said.count((True, True)),
        "n_first_only": said.count((True, False)),
        "n_second_only": said.count((False, True)),
    }
