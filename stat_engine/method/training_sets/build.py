"""Stage 3a: build a training set for every arm, all of equal size."""

import shutil
from collections.abc import Sequence
from contextlib import closing
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from stat_engine.config import EMBEDDED, SYNTHESISED, TARGETED, TrainingSetConfig
from stat_engine.errors import StatError
from stat_engine.method import computed
from stat_engine.method.context import RunContext, opened
from stat_engine.method.keeping import Keeping, StageProgress
from stat_engine.method.profile import missed
from stat_engine.method.stage import grader_settings
from stat_engine.method.training_sets import synthesize as synthesis
from stat_engine.method.training_sets.allocate import allocate, check_numbers, person_numbers
from stat_engine.method.training_sets.neighbours import nearest
from stat_engine.method.training_sets.rewrite import Planned, Solutions
from stat_engine.method.training_sets.select import (
    Missing,
    Neighbours,
    canonical,
    permutation,
    select,
    shuffled_skills,
    take_shares,
)
from stat_engine.method.training_sets.synthesize import first_requests, up_to_numbers
from stat_engine.models.base import Completion, Sampling
from stat_engine.models.open import student_identity
from stat_engine.records import DroppedQuestion, Question, TrainingExample, content_hash
from stat_engine.skills import Skill
from stat_engine.store.journal import Journal
from stat_engine.store.tables import Manifest

WRITING = ("rewrite", "propose_question", "solve")
ANSWERS = "training_sets/parts-answers"
"""Folder of a run that holds the student's answers to synthesised questions while sets are built; named as
other unfinished work, so that `clean` and copies of a run know it."""
SHUFFLED = ("skill-shuffled", "syn-shuffled")


@dataclass(frozen=True)
class Recipe:
    """What a method made."""

    method: str
    examples: list[TrainingExample]
    notes: list[str]
    dropped: list[DroppedQuestion] = field(default_factory=list)


def make_training_sets(context: RunContext) -> None:
    """One set a configured arm, named as its method, of the sizes that `training_set.equal` asks for.

    What an arm could hold is counted before anything is bought. Synthesis comes first, because no count
    says how many new questions pass; then each arm in the order of what it could hold, so that no more
    rewrites are bought than fit."""
    settings = context.config.training_set.of_arms()
    methods = [canonical(arm) for arm in context.config.arms]
    if all(_is_done(context, method, settings) for method in methods):
        _forget_answers(context)
        return
    for method in methods:
        check_method(context, method, settings)
        _refuse_another(context, method, settings)
    is_equal = settings.equal == "smallest"
    recipes, smallest = _recipes(context, methods, settings)
    if empty := ", ".join(method for method, recipe in recipes.items() if not recipe.examples):
        raise StatError(f"method {empty}: it gave no pair, so there is nothing to compare at equal size")
    equal = settings.model_copy(update={"pairs": smallest}) if is_equal else settings
    for at, method in enumerate(methods):
        recipe = recipes[method]
        if is_equal and len(recipe.examples) > smallest:
            # drawn again rather than cut: the first pairs of a larger `uniform` would not be uniform
            recipe = _recipe(context, method, equal)
        if is_equal and not any(note.startswith(f"{smallest:,} pairs, not") for note in recipe.notes):
            note = f"{smallest:,} pairs, not {settings.pairs:,}: the size of the smallest arm"
            said = [note] if smallest < settings.pairs else []
            recipe = replace(recipe, notes=[*said, *recipe.notes])
        for note in recipe.notes:
            context.report.say("training_sets", f"{method}: {note}")
        _keep(context, method, recipe, equal, settings)
        context.report.progress("training_sets", at + 1, len(methods))
    _forget_answers(context)


def _recipes(
    context: RunContext, methods: Sequence[str], settings: TrainingSetConfig
) -> tuple[dict[str, Recipe], int]:
    """{method: what it made}, and the size of the smallest; with `equal=smallest` none is bought larger
    than the smallest that was known by then."""
    room = {method: most_pairs(context, method, settings) for method in methods}
    limit = min(room.values())
    recipes: dict[str, Recipe] = {}
    for method in sorted(room, key=lambda method: (method not in SYNTHESISED, room[method])):
        # a synthesised set, and one that has no room for more, is made as asked: it says itself what it lacks
        is_free = settings.equal != "smallest" or method in SYNTHESISED or room[method] <= limit
        asked = settings if is_free else settings.model_copy(update={"pairs": limit})
        recipes[method] = _recipe(context, method, asked)
        limit = min(limit, len(recipes[method].examples)) or 1
    return recipes, min(len(recipe.examples) for recipe in recipes.values())


def most_pairs(context: RunContext, method: str, settings: TrainingSetConfig) -> int:
    """Pairs that a method could have if every rewrite and every new question were used; `pairs` at most.

    Nothing is asked of a teacher."""
    missing = aimed_at(context, settings) if method in TARGETED else []
    neighbours = neighbours_of(context, settings) if method in EMBEDDED else []
    if method in SYNTHESISED:
        if settings.allow_repeats or numbers_of(context, method, settings) is not None:
            return settings.pairs
        n_asked = len(synthesis_requests(context, method, missing, neighbours, settings))
        return min(settings.pairs, n_asked * settings.solutions)
    pool, _ = context.clean_pool(settings.near)
    numbers = numbers_of(context, method, settings)
    planned = Planned(settings, context.grader)
    return len(select(method, pool, missing, settings, planned, neighbours, numbers)[0])


def build_training_set(context: RunContext, method: str, name: str, settings: TrainingSetConfig) -> Manifest:
    """One set under a name of its own, as many distinct pairs as its recipe gives up to `pairs`."""
    context.run.new_set_name(name)
    with context.run.lock():
        check_method(context, canonical(method), settings)
        made = _keep(context, name, _recipe(context, canonical(method), settings), settings, settings)
        _forget_answers(context)
        return made


def _is_done(context: RunContext, method: str, settings: TrainingSetConfig) -> bool:
    """Whether the arm's set was made under just these settings, from what is there now."""
    manifest = context.run.training_set(method).manifest()
    if manifest is None or "asked" not in manifest.settings:
        return False
    now = _frozen(context, method, settings, settings)
    passing = ("label_events", "training_set")  # a note decides nothing; arms are cut to equal size
    return all(manifest.settings.get(key) == now.get(key) for key in now.keys() - set(passing))


def _refuse_another(context: RunContext, method: str, settings: TrainingSetConfig) -> None:
    """Raise for an arm's set that another recipe made, before a teacher is paid for one in vain."""
    manifest = context.run.training_set(method).manifest()
    is_arm_s = manifest is not None and "asked" in manifest.settings
    if is_arm_s and not _is_done(context, method, settings):
        raise _another(context, method, method)


def check_method(context: RunContext, method: str, settings: TrainingSetConfig) -> None:
    """Raise what would stop the method half way before a teacher is paid for the first half."""
    if method in TARGETED and settings.pairs_by_skill is not None:
        check_numbers(context.clean_pool(settings.near)[0], settings)
    elif method in TARGETED and not aimed_at(context, settings):
        raise StatError(f"method {method}: the profile is empty, so there is nothing to aim at")
    if method in SYNTHESISED and settings.drop_solved and context.config.student.backend == "imported":
        raise StatError("training_set.drop_solved asks the student, and this run's responses were imported")


def numbers_of(context: RunContext, method: str, settings: TrainingSetConfig) -> dict[Skill, int] | None:
    """{skill: pairs} that a person set, for a control on its permuted skills; None where nobody did."""
    numbers = person_numbers(settings) if method in TARGETED else None
    if numbers is None or method not in SHUFFLED:
        return numbers
    pool, _ = context.clean_pool(settings.near)
    after = permutation(pool, settings.seed)
    return {after[skill]: n for skill, n in numbers.items()}


def _recipe(context: RunContext, method: str, settings: TrainingSetConfig) -> Recipe:
    missing = aimed_at(context, settings) if method in TARGETED else []
    neighbours = neighbours_of(context, settings) if method in EMBEDDED else []
    if method in SYNTHESISED:
        return _synthesised(context, method, missing, neighbours, settings)
    solutions = Solutions(settings, context.grader, context.ask() if settings.rewrites else None)
    pool, n_left_out = context.clean_pool(settings.near)
    numbers = numbers_of(context, method, settings)
    examples, notes = select(method, pool, missing, settings, solutions, neighbours, numbers)
    if n_left_out:
        notes.append(
            f"{n_left_out:,} pool questions are left out: near-copies of validation or test questions"
        )
    return Recipe(method, examples, notes)


def aimed_at(context: RunContext, settings: TrainingSetConfig) -> list[Missing]:
    """The (difficult question, missing skill) pairs of the effective labels, as the allocation has them."""
    return allocate(missed(context.run.labels()), computed.profile(context.run), settings)


def neighbours_of(context: RunContext, settings: TrainingSetConfig) -> list[Neighbours]:
    """Every difficult question's nearest pool questions."""
    pool, _ = context.clean_pool(settings.near)
    ids = computed.difficulty(context.run).difficult_ids()
    problems = [context.dataset.questions[id].problem for id in ids]
    corpus = [question.problem for question in pool.questions]
    found = nearest(context.config.embeddings, problems, corpus, settings.neighbours, context.embed)
    return [(id, [pool.questions[at] for at in near]) for id, near in zip(ids, found, strict=True)]


def _synthesised(
    context: RunContext,
    method: str,
    missing: Sequence[Missing],
    neighbours: Sequence[Neighbours],
    settings: TrainingSetConfig,
) -> Recipe:
    numbers = numbers_of(context, method, settings)
    around = synthesis.Around(
        questions=context.dataset.questions | context.pool_dataset.questions,
        evaluation=context.evaluation_questions,
        ask=context.ask(),
        grader=context.grader,
        n_solved=_n_solved(context, settings.drop_solved) if settings.drop_solved else None,
    )
    if numbers is not None:
        pool, _ = context.clean_pool(settings.near)
        callers = shuffled_skills(missing, pool, settings.seed) if method in SHUFFLED else missing
        requests, examples, dropped = up_to_numbers(method, numbers, callers, pool, settings, around)
    else:
        requests = synthesis_requests(context, method, missing, neighbours, settings)
        examples, dropped = synthesis.synthesize(method, requests, settings, around)
    notes = synthesis.in_words(dropped, len(requests))
    examples.sort(key=lambda example: content_hash(settings.seed, example.example_id))
    shares = [("", examples, settings.pairs)]
    if numbers is not None:
        shares = [(skill[1], _for(examples, skill), n) for skill, n in sorted(numbers.items())]
    taken, short = take_shares(
        shares, lambda e: e.example_id, lambda e: e.question_id, settings, lambda chosen: list(chosen)
    )
    kept = [one.model_copy(update={"is_repeat": True}) if is_repeat else one for one, _, is_repeat in taken]
    return Recipe(method, kept, [*short, *notes], dropped)


def _for(examples: Sequence[TrainingExample], skill: Skill) -> list[TrainingExample]:
    return [example for example in examples if (example.subject, example.missing_skill) == skill]


def synthesis_requests(
    context: RunContext,
    method: str,
    missing: Sequence[Missing],
    neighbours: Sequence[Neighbours],
    settings: TrainingSetConfig,
) -> list[synthesis.Request]:
    """What a synthesising method asks its teacher for."""
    pool, _ = context.clean_pool(settings.near)
    if method == "embed-syn":
        return synthesis.for_neighbours(neighbours, settings, settings.seed)
    if method == "syn-shuffled":
        missing = shuffled_skills(missing, pool, settings.seed)
    numbers = numbers_of(context, method, settings)
    if numbers is not None:
        return first_requests(numbers, missing, pool, settings)
    return synthesis.for_skills(missing, pool, settings, settings.seed)


def _n_solved(context: RunContext, k: int) -> synthesis.NSolved:
    """Asks the student each question k times and grades its answers."""
    config = context.config.student
    # k samples at temperature 0 would be one sample
    sampling = Sampling(config.temperature or 1.0, config.top_p, config.max_tokens, k, config.stops())

    def n_solved(questions: Sequence[Question]) -> list[int]:
        problems = [question.problem for question in questions]
        answered = _answers(context, problems, sampling) if problems else []
        samples = [(one.text, q) for q, of in zip(questions, answered, strict=True) for one in of]
        matches = context.grader.matches(samples)
        return [sum(matches[at * k : (at + 1) * k]) for at in range(len(questions))]

    return n_solved


def _answers(context: RunContext, problems: Sequence[str], sampling: Sampling) -> list[list[Completion]]:
    """The student's answers to new questions, kept one by one until the sets are written."""
    config = context.config.student
    asked = content_hash(student_identity(config), config.framing, asdict(sampling), config.seed, problems)
    progress = StageProgress(context.report, "answers to new questions", len(problems) * sampling.n_samples)
    with (
        closing(Journal(context.run.folder / ANSWERS / f"{asked}.jsonl")) as journal,
        opened(context.student) as student,
    ):
        keeping = Keeping(journal, progress)
        answered = student().respond(problems, sampling, config.seed, keeping.answers())
    progress.batches(len(problems) * sampling.n_samples)
    return answered


def _forget_answers(context: RunContext) -> None:
    """Remove what was kept for sets that are written now."""
    shutil.rmtree(context.run.folder / ANSWERS, ignore_errors=True)


def _keep(
    context: RunContext, name: str, recipe: Recipe, settings: TrainingSetConfig, asked: TrainingSetConfig
) -> Manifest:
    """Write a set once, with all that it was built from frozen in its manifest."""
    method, run, table = recipe.method, context.run, context.run.training_set(name)
    frozen = _frozen(context, method, settings, asked)
    decided = {key: value for key, value in frozen.items() if key != "label_events"}  # a note decides nothing
    fingerprint = content_hash(decided, [example.model_dump() for example in recipe.examples])
    manifest = table.manifest()
    if manifest is None:
        run.dropped_questions(name).write(fingerprint, recipe.dropped, {"set": name})
        return table.write(fingerprint, recipe.examples, frozen, recipe.notes)
    if manifest.fingerprint != fingerprint:
        raise _another(context, name, method)
    return manifest


def _another(context: RunContext, name: str, method: str) -> StatError:
    run = context.run.name
    return StatError(
        f"run {run} has a training set {name} built from another profile or other settings; build "
        f"under another name (stat-studio build {run} --method {method} --name NAME) or in a copy "
        f"(stat-studio run {run} --fork NEW)"
    )


def _frozen(
    context: RunContext, method: str, settings: TrainingSetConfig, asked: TrainingSetConfig
) -> dict[str, Any]:
    """Everything that decides a set, as its manifest keeps it; `asked` is the size before arms were cut."""
    run, config = context.run, context.config
    frozen: dict[str, Any] = {
        "method": method,
        "training_set": settings.decides(),
        "asked": asked.decides(),
        "dataset": [context.pool_dataset.digest("train"), context.pool_dataset.skill_map_digest()],
    }
    if method in TARGETED or method in EMBEDDED:
        frozen["difficulty"] = config.difficulty.decides()
    if method in EMBEDDED:
        frozen["embeddings"] = config.embeddings.decides()
    if method in TARGETED:
        frozen |= {
            "label_events": len(run.label_log.events()),
            "profile": [[f.subject, f.skill, f.n_missing] for f in computed.profile(run) if f.n_missing],
        }
    if method in TARGETED or method in SYNTHESISED or settings.rewrites:
        frozen["teacher"] = config.teacher.decides()
    if config.teacher.is_prompted() and (method in SYNTHESISED or settings.rewrites):
        is_told = method in SYNTHESISED and method not in EMBEDDED and settings.reference_draw == "shared"
        tasks = (*WRITING, "propose_another") if is_told and settings.proposals > 1 else WRITING
        frozen["prompts"] = config.domain.prompt_versions(tasks)
    # whose word decides what of a teacher's text is used; answers are compared as before
    if config.domain.grader.backend in ("command", "judge") and (method in SYNTHESISED or settings.rewrites):
        frozen |= grader_settings(config)
    return frozen
