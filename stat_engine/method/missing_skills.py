"""Stage 2a: a teacher names the skills that a difficult question's response lacks (paper, section 3).

Difficult responses in, MissingSkill labels out. Where the paper gives no detail: with several samples for
a question, its difficult responses with the lowest mean reward are labelled, `labels_per_question` of
them. An answer that cannot be parsed, or names a skill outside the subject's vocabulary, is marked for
review; it is never read as "correct" and never dropped."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from random import Random

from stat_engine.config import RunConfig, TeacherConfig
from stat_engine.errors import shown
from stat_engine.method import computed
from stat_engine.method.agreement import self_check, self_check_rate, self_check_words
from stat_engine.method.context import RunContext, batched
from stat_engine.method.difficulty import Difficulty, first_failing_step
from stat_engine.models.base import Ask, TeacherRequest
from stat_engine.models.teacher_answers import Reading, ask_twice, listed, tag, word
from stat_engine.records import (
    Judge,
    LabelStatus,
    MissingSkill,
    Question,
    Response,
    SkillMapEntry,
    content_hash,
)
from stat_engine.skills import Vocabulary, distort
from stat_engine.store.tables import Manifest

BATCH = 1000
"""Labels written together; the raw answers they are read from are stored one by one."""


def make_missing_skills(context: RunContext) -> None:
    """The stage: the run's teacher, then every second teacher, labels the difficult responses."""
    for teacher in (context.config.teacher, *context.config.second_teachers):
        items = to_label_by(context, teacher)
        labels = _label(context, teacher, items)
        if teacher.self_check:
            _check(context, teacher, items, labels)


def _label(context: RunContext, teacher: TeacherConfig, items: Sequence["ToLabel"]) -> Manifest:
    vocabulary, ask = context.pool_dataset.need_skill_map(), context.ask(teacher)
    endpoint = teacher.endpoint()
    return context.complete(
        context.run.missing_skills(endpoint),
        f"missing_skills by {endpoint}",
        context.run.stage_settings("missing_skills", teacher),
        [[item.identity() for item in items], *context.skill_map_digests()],
        batched(items, BATCH),
        lambda _, batch, __: with_noise(
            label_missing_skills(batch, vocabulary, ask, endpoint), vocabulary, teacher
        ),
        for_review,
    )


def _check(context: RunContext, teacher: TeacherConfig, items: Sequence["ToLabel"], labels: Manifest) -> None:
    """Ask the teacher of each of its labels whether it holds, and report the share that does."""
    run, endpoint, ask = context.run, teacher.endpoint(), context.ask(teacher)
    questions = context.dataset.questions
    responses = {item.response.response_id: item.response for item in items}
    context.complete(
        run.self_checks(endpoint),
        f"self_check by {endpoint}",
        {"teacher": endpoint},
        [labels.digest],
        batched(list(run.missing_skills(endpoint).read()), BATCH),
        lambda _, batch, __: self_check(batch, questions, responses, ask),
    )
    rate = self_check_rate(endpoint, list(run.self_checks(endpoint).read()))
    context.report.say("missing_skills", self_check_words(rate))


def to_label_by(context: RunContext, teacher: TeacherConfig) -> list["ToLabel"]:
    """The difficult responses that this teacher is to label, in question order."""
    chosen = responses_to_label(computed.difficulty(context.run), teacher.labels_per_question)
    wanted, dataset = set(chosen), context.dataset
    responses = {row.response_id: row for row in context.run.responses.read() if row.response_id in wanted}
    rewards = {row.response_id: row.step_rewards for row in context.run.step_rewards.read()}
    questions = [responses[id].question_id for id in chosen]
    return [
        to_label(
            responses[id],
            dataset.questions[at],
            dataset.skill_map.get(at),
            rewards.get(id, []),
            context.config,
        )
        for id, at in zip(chosen, questions, strict=True)
    ]


@dataclass(frozen=True)
class ToLabel:
    """One difficult response with all that a teacher is shown."""

    response: Response
    question: Question
    subject: str
    mapped_skills: tuple[str, ...]
    failing_step: int | None

    def identity(self) -> list[object]:
        """What decides the label, beside teacher and vocabulary."""
        return [self.response.response_id, self.response.steps, self.failing_step]


def responses_to_label(difficulty: Difficulty, labels_per_question: int) -> list[str]:
    """Response ids to label: of each difficult question the lowest by mean reward, in question order."""
    difficult = difficulty.questions.loc[difficulty.questions.is_difficult, "question_id"]
    rows = difficulty.responses
    rows = rows[rows.question_id.isin(set(difficult)) & rows.is_difficult]
    rows = rows.sort_values(["question_id", "mean", "sample", "response_id"], kind="stable")
    return list(rows.groupby("question_id", sort=True).head(labels_per_question).response_id)


def to_label(
    response: Response,
    question: Question,
    entry: SkillMapEntry | None,
    step_rewards: Sequence[float],
    config: RunConfig,
) -> ToLabel:
    """Gather what a teacher is shown of one response."""
    return ToLabel(
        response,
        question,
        entry.subject if entry else question.subject or "",
        tuple(entry.skills) if entry else (),
        first_failing_step(step_rewards, config.difficulty.tau1, config.difficulty.tau2),
    )


def label_missing_skills(
    items: Sequence[ToLabel], vocabulary: Vocabulary, ask: Ask, teacher: str
) -> list[MissingSkill]:
    """One label a response, in order; asks once more, naming what was wrong, where it could not be read."""
    requests = label_requests(items, vocabulary)

    def read(at: int, raw: str) -> Reading[MissingSkill]:
        label, complaint = parse(items[at], teacher, raw, vocabulary)
        return Reading(label, complaint, label.status)

    readings = ask_twice(requests, ask, read)
    return [reading.value.model_copy(update={"call": reading.call}) for reading in readings]


def with_noise(
    labels: Sequence[MissingSkill], vocabulary: Vocabulary, teacher: TeacherConfig
) -> list[MissingSkill]:
    """The labels with a wrong, missing or extra skill in a share `teacher.noise` of those that could be read.

    Which ones is drawn from `teacher.seed` and the response, so that every start draws the same. The stored
    answers stay as they are. The embedded teacher makes its errors itself."""
    if not teacher.noise or teacher.backend == "numeracy":
        return list(labels)

    def drawn(label: MissingSkill) -> MissingSkill:
        rng = Random(content_hash("label noise", teacher.seed, label.response_id))
        if label.status != "ok" or rng.random() >= teacher.noise:
            return label
        skills = distort(label.skills, vocabulary.of_subject(label.subject), rng)
        return label.model_copy(update={"skills": skills})

    return [drawn(label) for label in labels]


def for_review(labels: Iterable[MissingSkill]) -> list[str]:
    """A sentence on the labels that a person should review before they count, if there are any."""
    counts = Counter(label.status for label in labels)
    words = {"parse_failed": "could not be read", "off_vocabulary": "name skills outside the vocabulary"}
    open_ones = [f"{counts[status]:,} {what}" for status, what in words.items() if counts[status]]  # type: ignore[index]
    return (
        [f"of {counts.total():,} labels {' and '.join(open_ones)}: they are for review"] if open_ones else []
    )


def parse(
    item: ToLabel, teacher: str, raw: str, vocabulary: Vocabulary, call: str = ""
) -> tuple[MissingSkill, str]:
    """Read a raw answer; returns the label and what is wrong with the answer, empty where nothing is.

    Its status says whether judge and skill were there and in the vocabulary."""
    verdict, named = word(tag(raw, "judge") or ""), tag(raw, "skill")
    judge: Judge | None = (
        "incorrect" if verdict == "incorrect" else "correct" if verdict == "correct" else None
    )
    whole = vocabulary.find(item.subject, named or "")  # a name may hold a comma
    found = {whole: whole} if whole else {n: vocabulary.find(item.subject, n) for n in listed(named or "")}
    status: LabelStatus = "ok"
    complaint = ""
    if judge is None or named is None:
        status = "parse_failed"
        complaint = "the <judge> tag must say correct or incorrect, and the <skill> tag must be there"
    elif None in found.values():
        status = "off_vocabulary"
        unknown = ", ".join(shown(name) for name, skill in found.items() if skill is None)
        complaint = f"{unknown}: no skill of the list"
    step, quote = _evidence(raw, item.response)
    label = MissingSkill(
        response_id=item.response.response_id,
        question_id=item.question.id,
        subject=item.subject,
        teacher=teacher,
        judge=judge,
        reason=tag(raw, "reason") or "",
        skills=list(dict.fromkeys(skill for skill in found.values() if skill)),
        evidence_step=step,
        evidence_quote=quote,
        status=status,
        call=call,
    )
    return label, complaint


def label_requests(items: Sequence[ToLabel], vocabulary: Vocabulary) -> list[TeacherRequest]:
    """What the teacher is asked of each response."""
    return [_request(item, vocabulary) for item in items]


def _request(item: ToLabel, vocabulary: Vocabulary) -> TeacherRequest:
    return TeacherRequest(
        task="missing_skills",
        problem=item.question.problem,
        steps=tuple(item.response.steps),
        skills=tuple(vocabulary.of_subject(item.subject)),
        subject=item.subject,
        mapped_skills=item.mapped_skills,
        failing_step=item.failing_step,
    )


def _evidence(raw: str, response: Response) -> tuple[int | None, str | None]:
    """Step and quote where the quote stands in that step, but for white space; (None, None) otherwise.

    The quote is kept as the step has it, so that it can be found there again."""
    number, quote = re.search(r"\d{1,5}", tag(raw, "step") or "", re.ASCII), (tag(raw, "quote") or "").split()
    step = int(number[0]) if number else None
    if step is None or step >= len(response.steps) or not quote:
        return None, None
    for words in (quote, " ".join(quote).strip("\"'`\u201c\u201d").split()):
        found = re.search(r"\s+".join(map(re.escape, words)), response.steps[step]) if words else None
        if found:
            return step, found[0]
    return None, None
