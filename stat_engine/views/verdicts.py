"""Why a response is correct or not, where the grader and an imported verdict differ, and who overruled it.

The grader of the run's domain says why: for what is shown, one response at a time; for the list of
disagreements, for every response whose file said whether it is correct. Grader `judge` is not asked again,
since each question to it costs a call, and no page runs the programs of grader `command`."""

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import TypedDict

from stat_engine.config.method import REWARDS
from stat_engine.errors import NotThereYet, StatError, shown
from stat_engine.grading import Grader, answers, open_grader
from stat_engine.records import Question, Response, VerdictEvent
from stat_engine.store import query
from stat_engine.store.event_log import decisions, event_words, newest_events
from stat_engine.store.run_folder import RunFolder
from stat_engine.store.tables import StageTable
from stat_engine.store.verdict_log import Place

BATCH = 2048
"""Responses graded at a time."""


class Why(TypedDict):
    """What the run's grader says of one response now."""

    answer: str | None
    """As read; null: none found."""
    reference: str | None
    """As read; null: none known."""
    is_correct: bool | None
    """The grader's verdict; null: not decided."""
    rule: str
    """The comparison that decided."""


class Standing(TypedDict):
    """What people said of one response."""

    verdict: VerdictEvent | None
    """The one in force; null: the stored verdict stands."""
    newest: str | None
    """Id of the last event, whatever it is; null: none."""


class Disagreement(TypedDict):
    """A response of which its file and the run's grader say different things."""

    question_id: str
    arm: str | None
    """Null, as `seed` and `benchmark`: a validation response."""
    seed: int | None
    benchmark: str | None
    model: str
    sample: int
    response_id: str
    response: str
    answer: str | None
    """As the grader reads it; null: none found."""
    reference: str | None
    imported: bool
    """The file's verdict: is it correct?"""
    graded: bool
    """The grader's."""
    rule: str
    overruled: str | None
    """Who called it what and when; null: nobody, so the file's verdict is in force."""


class Disagreements(TypedDict):
    """The comparison of imported verdicts with the grader's."""

    n_imported: int
    """Responses whose file says whether they are correct."""
    n_undecided: int
    """Those of them on which the grader gives no verdict: no reference answer, or its time limit."""
    rows: list[Disagreement]
    """Validation responses first, then evaluations by arm, seed and benchmark."""


def why(run: RunFolder, text: str, reference: str | None) -> Why | None:
    """What the run's grader reads in a response and which rule decides.

    None for graders `judge` and `command`, which are not run to show a page, and for a reference that the
    grader cannot use."""
    config = run.config.domain.grader
    if config.backend in ("judge", "command"):
        return None
    question = Question.model_construct(None, id="shown", problem="", answer=reference)
    try:
        (found,) = open_grader(config).grade([(text, question)])
    except StatError:
        return None
    read = answers.reference(reference) if config.backend == "mathematical" else reference
    return {"answer": found.answer, "reference": read, "is_correct": found.is_correct, "rule": found.rule}


def why_in_words(found: Why) -> str:
    """The reason as a sentence: Read as 5-2t; differs from 5-3t (rule: differs as an expression)."""
    if found["answer"] is None:
        return "No answer found in the response."
    read = f"Read as {found['answer']}"
    if found["reference"] is None:
        return f"{read}; there is no reference answer."
    verb = {True: "equals", False: "differs from", None: "could not be compared with"}[found["is_correct"]]
    return f"{read}; {verb} {found['reference']} (rule: {found['rule']})."


def standing(run: RunFolder, response_id: str) -> Standing:
    """The verdict of a person that is in force for a response, and the last event of it."""
    events = run.verdict_log.events()
    newest = newest_events(events).get(response_id)
    return {
        "verdict": decisions(events).get(response_id),
        "newest": newest.event_id if newest else None,
    }


def events(run: RunFolder) -> Sequence[VerdictEvent]:
    """Every decision on a verdict, oldest first."""
    return run.verdict_log.events()


def in_force_in_words(run: RunFolder) -> dict[str, str]:
    """{response id: who called it what and when} of people's current verdicts."""
    return {id: event_words(event) for id, event in decisions(run.verdict_log.events()).items()}


def n_imported(run: RunFolder) -> int:
    """How many responses came with a verdict; of tables made before that was kept, all graded ones."""
    n = 0
    for table in (_table(run, place) for place in _places(run)):
        column = _verdict_column(table)
        if column is not None:
            sql = f"select count({column}) as n from responses"
            n += int(query.rows(sql, {"responses": (table.files(), Response)})[0]["n"])
    return n


def find(run: RunFolder, question_id: str, sample: int, place: Place, model: str | None = None) -> Response:
    """One stored response, with its stored verdict.

    Raises StatError for one that is not there, and where several students wrote a sample of that number."""
    found = query.records(Response, _table(run, place).files(), "question_id", question_id)
    if not found:
        where = "no response" if place.arm is None else f"no response of arm {place.arm} on {place.benchmark}"
        raise NotThereYet(f"run {run.name} has {where} to question {shown(question_id)}")
    of = [one for one in found if one.sample == sample and model in (None, one.model)]
    if not of:
        there = ", ".join(f"{one.sample} of {one.model}" for one in found[:10])
        raise StatError(f"question {shown(question_id)}: found sample {sample}, expected one of: {there}")
    if len(of) > 1:
        models = ", ".join(one.model for one in of)
        raise StatError(f"question {shown(question_id)}: sample {sample} is of {models}; choose with --model")
    return of[0]


def disagreements(run: RunFolder) -> Disagreements:
    """Where the run's grader and an imported verdict differ, over all responses that came with one.

    Every one of them is graded, about 1,000 a second. Raises StatError where the grader is the teacher as
    judge, since each verdict would cost a call, and NotThereYet where no response came with a verdict."""
    if run.config.domain.grader.backend == "judge":
        raise StatError(
            f"run {run.name}: grader judge asks the teacher about every response, so its verdicts are not "
            "compared with imported ones; compare under another grader: "
            f"stat-studio run {run.name} --fork NEW domain.grader.backend=mathematical"
        )
    grader, people = open_grader(run.config.domain.grader), decisions(run.verdict_log.events())
    n = n_undecided = 0
    rows: list[Disagreement] = []
    for place in _places(run):
        questions = run.dataset.questions if place.arm is None else _asked(run, place)
        left = _with_verdicts(_table(run, place))
        while batch := list(islice(left, BATCH)):
            for response, said, found in _graded(grader, batch, questions):
                n += 1
                if found["is_correct"] is None:
                    n_undecided += 1
                elif found["is_correct"] is not said:
                    event = people.get(response.response_id)
                    rows.append(_row(place, response, said, found, event))
    if not n:
        raise NotThereYet(
            f"run {run.name} has no imported verdict; responses come with one in the field correct: "
            f"stat-studio import responses FILE --run {run.name}"
        )
    return {"n_imported": n, "n_undecided": n_undecided, "rows": rows}


def _asked(run: RunFolder, place: Place) -> dict[str, Question]:
    return dict(run.dataset_of(str(place.benchmark)).questions)


def _places(run: RunFolder) -> Iterator[Place]:
    """The validation responses, then every finished evaluation."""
    yield Place()
    for manifest in sorted((run.folder / "evaluations").glob("*/seed-*/*/manifest.json")):
        arm, seed, benchmark = manifest.parts[-4:-1]
        if not benchmark.endswith(REWARDS):
            yield Place(arm, int(seed.removeprefix("seed-")), benchmark)


def _table(run: RunFolder, place: Place) -> StageTable:
    if place.arm is None:
        return run.responses
    return run.evaluation(place.arm, place.seed or 0, place.benchmark or run.config.evaluation.split)


def _verdict_column(table: StageTable) -> str | None:
    """Where a table's imported verdicts are: versions before 0.3 kept only the verdict, not its source."""
    manifest = table.manifest()
    if manifest is None or "source" not in manifest.settings:
        return None
    return "imported_verdict" if table.has_column("imported_verdict") else "is_correct"


def _with_verdicts(table: StageTable) -> Iterator[tuple[Response, bool]]:
    column = _verdict_column(table)
    if column is None:
        return
    for response in table.read():
        said = getattr(response, column)
        if said is not None:
            yield response, said


def _graded(
    grader: Grader, batch: Sequence[tuple[Response, bool]], questions: dict[str, Question]
) -> Iterator[tuple[Response, bool, Why]]:
    known = [(response, said) for response, said in batch if response.question_id in questions]
    asked = [(response.response, questions[response.question_id]) for response, _ in known]
    for (response, said), (_, question), found in zip(known, asked, grader.grade(asked), strict=True):
        yield response, said, {
            "answer": found.answer, "reference": question.answer, "is_correct": found.is_correct,
            "rule": found.rule,
        }  # fmt: skip


def _row(
    place: Place, response: Response, said: bool, found: Why, event: VerdictEvent | None
) -> Disagreement:
    return {
        "question_id": response.question_id, "arm": place.arm, "seed": place.seed,
        "benchmark": place.benchmark, "model": response.model, "sample": response.sample,
        "response_id": response.response_id, "response": response.response, "answer": found["answer"],
        "reference": found["reference"], "imported": said, "graded": not said, "rule": found["rule"],
        "overruled": event_words(event) if event else None,
    }  # fmt: skip
