"""Skill-Maps made without the true one, compared with it: discovered vocabularies and propagated labels.

Discovery baseline: every freely written name a skill of its own. Propagation baseline: every question
gets its subject's most frequent skills. Numeracy's uniform questions, whose skills are known; the
embedded teacher, exact and with its noise dial at 0.1."""

from collections import Counter
from collections.abc import Mapping, Sequence

from sklearn.metrics import adjusted_rand_score

from stat_engine.models.base import Ask, TeacherRequest
from stat_engine.numeracy.dataset import generate
from stat_engine.numeracy.problem import Problem
from stat_engine.numeracy.skills import skill_meant
from stat_engine.numeracy.teacher import NumeracyTeacher
from stat_engine.records import Question
from stat_engine.skill_map.discovery import (
    cluster_by_spelling,
    cluster_by_teacher,
    free_names,
    tally,
    vocabulary_of,
)
from stat_engine.skill_map.propagation import propagate_labels
from stat_engine.skill_map.skill_map import label_skills

N_QUESTIONS, SAMPLES, SURE = 2100, (25, 50, 100, 200), 0.8
Clusters = dict[str, dict[str, str]]


def asking(noise: float) -> Ask:
    """The embedded teacher without a store."""
    teacher = NumeracyTeacher(noise=noise)

    def ask(requests: Sequence[TeacherRequest]) -> list[tuple[str, str]]:
        given = {at: answer.text for batch in teacher.answer(requests) for at, answer in batch}
        return [(str(at), given[at]) for at in range(len(requests))]

    return ask


def question(at: int, problem: Problem) -> Question:
    """A problem as a dataset holds it."""
    return Question(id=f"{at:05d}", subject=problem.subject, problem=problem.problem)


def grouped(questions: Sequence[Question]) -> dict[str, list[Question]]:
    """Questions by subject."""
    subjects = sorted({question.subject or "" for question in questions})
    return {subject: [one for one in questions if one.subject == subject] for subject in subjects}


def share_equal(given: Mapping[str, Sequence[str]], truth: Mapping[str, set[str]]) -> float:
    """Share of questions whose skills, each read as the one it is a wording of, are just the true ones."""
    return sum({skill_meant(name) for name in given.get(id, [])} == of for id, of in truth.items()) / len(
        truth
    )


def discovery(questions: Sequence[Question], truth: Mapping[str, set[str]], noise: float) -> None:
    """Print how near the clusters are to the true skills, and the relabelled questions to theirs."""
    ask = asking(noise)
    names = {subject: tally(free_names(of, ask, subject)) for subject, of in grouped(questions).items()}
    found: dict[str, Clusters] = {
        "baseline, every name a skill": {s: {name: name for name in of} for s, of in names.items()},
        "clusters by spelling": {s: cluster_by_spelling(of) for s, of in names.items()},
        "clusters by teacher": {s: cluster_by_teacher(s, of, ask) for s, of in names.items()},
    }
    for label, clusters in found.items():
        pairs = [(s, name, head) for s, of in clusters.items() for name, head in of.items()]
        true = [f"{s}/{skill_meant(name)}" for s, name, _ in pairs]
        rand = adjusted_rand_score(true, [f"{s}/{head}" for s, _, head in pairs])
        entries = label_skills(questions, vocabulary_of(clusters), ask).entries
        equal = share_equal({entry.question_id: entry.skills for entry in entries}, truth)
        n_skills = len({(s, head) for s, _, head in pairs})
        print(
            f"noise {noise}, {label}: {len(pairs)} names, {n_skills} skills, adjusted Rand {rand:.3f}, "
            f"questions relabelled as in truth {equal:.3f}"
        )


def propagation(questions: Sequence[Question], truth: Mapping[str, set[str]], noise: float, n: int) -> None:
    """Print how many questions beside the sample get just their true skills."""
    ask, rest, given, sure, usual = asking(noise), set[str](), {}, set[str](), {}
    for subject, of in grouped(questions).items():
        of = sorted(of, key=lambda one: hash_of(one.id))
        skills = {entry.question_id: entry.skills for entry in label_skills(of[:n], VOCABULARY, ask).entries}
        entries = [(one, skills[one.id]) for one in of[:n] if one.id in skills]
        common = Counter(tuple(sorted(of)) for of in skills.values()).most_common(1)[0][0]
        for entry in propagate_labels(subject, entries, of[n:]).entries:
            rest.add(entry.question_id)
            given[entry.question_id], usual[entry.question_id] = entry.skills, common
            sure |= {entry.question_id} if (entry.probability or 0) >= SURE else set()
    beside = {id: truth[id] for id in rest}
    exact, baseline = share_equal(given, beside), share_equal(usual, beside)
    certain = share_equal(given, {id: truth[id] for id in sure}) if sure else float("nan")
    print(
        f"noise {noise}, {n} labelled a subject, {len(rest)} propagated: as in truth {exact:.3f}, most frequent "
        f"skills {baseline:.3f}, ratio {exact / baseline:.1f}; {len(sure) / len(rest):.2f} are sure "
        f"(probability {SURE} or more), of those {certain:.3f}"
    )


def hash_of(id: str) -> int:
    """A fixed order that has nothing to do with how the questions were made."""
    return int(id) * 7919 % 2101


PROBLEMS = list(generate(N_QUESTIONS, 0, "uniform"))
VOCABULARY = vocabulary_of(
    {
        subject: {skill: skill for p in PROBLEMS if p.subject == subject for skill in p.skills}
        for subject in sorted({p.subject for p in PROBLEMS})
    }
)


def main() -> None:
    """Print every figure."""
    questions = [question(at, problem) for at, problem in enumerate(PROBLEMS)]
    truth = {one.id: set(problem.skills) for one, problem in zip(questions, PROBLEMS, strict=True)}
    for noise in (0.0, 0.1):
        discovery(questions, truth, noise)
    for noise in (0.0, 0.1):
        for n in SAMPLES:
            propagation(questions, truth, noise, n)


if __name__ == "__main__":
    main()
