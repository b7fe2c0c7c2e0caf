"""Warnings of a run: known failures of the method, each with its figure.

The limits and their arithmetic are in `method.failure_signatures`. A part of the run that does not exist
yet, or whose data are not conclusive, gives no warning."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypedDict

import pandas as pd

from stat_engine.config import SYNTHESISED
from stat_engine.errors import Damaged, StatError
from stat_engine.method import computed
from stat_engine.method import failure_signatures as signs
from stat_engine.method.accuracy import Difference, difference
from stat_engine.method.difficulty import summarise
from stat_engine.method.profile import missed, too_sparse
from stat_engine.method.training_sets.neighbours import NearTo
from stat_engine.skills import Skill
from stat_engine.stats import corrected
from stat_engine.store.event_log import Decided, EventLog
from stat_engine.store.run_folder import RunFolder
from stat_engine.views import differences, training_sets
from stat_engine.views.difficult import asked_of_test
from stat_engine.views.evaluations import carried, difficult_part, evaluations, missed_skills
from stat_engine.views.labels import labels_in_force
from stat_engine.views.profile import misfit

STAT = ("stat-sel", "stat-syn")
"""Methods that promise to fit the profile; controls on permuted skills are meant not to."""
MOST_LINES = 5
"""Line numbers that a warning names."""


class RunWarning(TypedDict):
    """One warning about a run."""

    sign: str
    """Name of the failure signature."""
    page: str
    """Of the dashboard that shows it."""
    about: str
    """Part of the run."""
    found: str
    """A sentence with its figure."""
    way_out: str
    """What to do."""


def warnings(run: RunFolder, page: str | None = None, with_near: bool = False) -> list[RunWarning]:
    """The run's warnings in the order of the stages; of one page if it is named.

    `with_near` also compares the synthesised sets' questions with the evaluation's, which takes seconds on
    large sets and loads scikit-learn."""
    finders = {name: find for name, find in FINDERS.items() if page in (None, name)}
    found = [one for name, find in finders.items() for one in _or_none(find, run, name)]
    if with_near and page in (None, "training_sets"):
        at = next((i for i, one in enumerate(found) if one["page"] == "compare"), len(found))
        found[at:at] = _or_none(_near, run, "training_sets")
    once: dict[str, RunWarning] = {}  # several parts may be without the same damaged file
    for one in found:
        once.setdefault(in_words(one), one)
    return list(once.values())


def in_words(warning: RunWarning) -> str:
    """A warning as one paragraph."""
    return f"{warning['about']}: {warning['found']}. {warning['way_out']}"


def _or_none(
    find: Callable[[RunFolder], Iterator[RunWarning]], run: RunFolder, page: str
) -> list[RunWarning]:
    found: list[RunWarning] = []
    try:
        for one in find(run):
            found.append({**one, "page": page})
    except Damaged as error:
        found.append({**_damaged(error), "page": page})
    except StatError:  # the part is not there yet; its own page says so
        pass
    return found


def _settings(run: RunFolder) -> Iterator[RunWarning]:
    for fault in run.faults:
        found, _, way_out = fault.rpartition("; correct it with: ")
        yield _warning(
            "refused_setting",
            "Settings",
            found,
            f"No work on the run starts before it is corrected: {way_out}",
        )


def _damaged(error: Damaged) -> RunWarning:
    return _warning(
        "damaged_file", "Files of the run", str(error),
        "What this file holds is left out of the warnings; stat-studio verify lists all damaged tables.",
    )  # fmt: skip


def _label_log(run: RunFolder) -> Iterator[RunWarning]:
    yield from _unreadable("Decisions on labels", run.label_log)


def _verdict_log(run: RunFolder) -> Iterator[RunWarning]:
    yield from _unreadable("Decisions on correctness", run.verdict_log)
    yield from _test_questions(run)
    yield from _filter(run)


def _example_logs(run: RunFolder) -> Iterator[RunWarning]:
    for name in run.training_set_names():
        yield from _unreadable(f"Changes to training set {name}", run.example_log(name))
    yield from _sets(run)


def _unreadable(about: str, log: EventLog[Decided]) -> Iterator[RunWarning]:
    numbers, n_torn = log.unreadable()
    if numbers:
        lines = ", ".join(f"{number:,}" for number in numbers[:MOST_LINES])
        more = f" and {len(numbers) - MOST_LINES:,} more" if len(numbers) > MOST_LINES else ""
        n, s, are = len(numbers), "s" * (len(numbers) > 1), "are" if len(numbers) > 1 else "is"
        yield _warning(
            "unreadable_decisions", about,
            f"{log.path}: {n:,} line{s} cannot be read, so {n:,} decision{s} {are} not counted "
            f"(line {lines}{more})",
            "Restore these lines from a copy of the file, or decide again.",
        )  # fmt: skip
    if n_torn:
        yield _warning(
            "torn_decision", about,
            f"{log.path}: the last line is not complete, so 1 decision is not counted",
            "A process was stopped while it wrote this line; make that decision again.",
        )  # fmt: skip


def _test_questions(run: RunFolder) -> Iterator[RunWarning]:
    n_test, n = asked_of_test(run)
    if n_test:
        yield _warning(
            "profile_on_test", "Questions of the profile",
            f"{n_test:,} of the {n:,} questions with responses are of the test split of dataset "
            f"{run.config.dataset}",
            "Training aims at them, so evaluations on this split leave them out; import responses to "
            "validation questions for a result on the whole split.",
        )  # fmt: skip


def _filter(run: RunFolder) -> Iterator[RunWarning]:
    if found := signs.filter_near_chance(summarise(computed.difficulty(run))["confusion"]):
        yield _warning(
            "filter_near_chance", "Reward filter", found,
            "Look at the map of both thresholds and at other filters, or take another reward model: labels "
            "of questions that were flagged by chance aim at nothing.",
        )  # fmt: skip


def _profile(run: RunFolder) -> Iterator[RunWarning]:
    profile = computed.profile(run, labels_in_force(run))
    if found := too_sparse(profile):
        yield _warning(
            "profile_sparse", "Missing-Skill-Profile", found,
            "Ask more validation questions, label more responses a question (teacher.labels_per_question), "
            "or merge skills that are hard to tell apart.",
        )  # fmt: skip
    elif found := signs.too_flat(profile):
        yield _warning(
            "profile_flat", "Missing-Skill-Profile", found,
            "A set that aims at it is much like one drawn by the questions' own skills: ask more validation "
            "questions before you pay for one, and train the control uniform beside it.",
        )  # fmt: skip


def _sets(run: RunFolder) -> Iterator[RunWarning]:
    labels = labels_in_force(run)
    if too_sparse(computed.profile(run, labels)):
        return  # the profile itself is too uncertain to hold a set against
    profile: dict[Skill, int] = {}
    for _, subject, skill in missed(labels):
        profile[subject, skill] = profile.get((subject, skill), 0) + 1
    pool = _counts(misfit(run), "n_pool")
    for name in run.training_set_names():
        of = training_sets.summary(run, name)
        if of["method"] not in STAT:
            continue
        held = {(row["subject"], row["skill"]): int(row["n"]) for row in of["skills"]}
        if found := signs.set_misses_profile(profile, held, pool):
            yield _warning(
                "set_misses_profile", f"Training set {name}", found,
                "Build it again from the profile as it now is, with fewer pairs or from a pool that has more "
                "questions of the most missed skills; see Fit to profile.",
            )  # fmt: skip


def _near(run: RunFolder) -> Iterator[RunWarning]:
    held_out = [question.problem for _, question in run.held_out()]
    names = [name for name in run.training_set_names() if _is_synthesised(run, name)]
    if not names or not held_out:
        return
    nearest = NearTo(held_out)
    for name in names:
        near = float((_built(run, name).get("training_set") or {}).get("near", run.config.training_set.near))
        examples = run.examples(name)
        shown = {id for example in examples for id in example.reference_ids}
        own, _ = nearest.nearest(sorted({example.problem for example in examples}))
        of_pool, _ = nearest.nearest([q.problem for q in run.pool_dataset.split("train") if q.id in shown])
        found = signs.too_near(
            int((own >= signs.NEAR).sum()), len(own), int((of_pool >= signs.NEAR).sum()), len(of_pool),
            int((own >= near).sum()), near,
        )  # fmt: skip
        if found:
            yield _warning(
                "set_too_near", f"Training set {name} and the validation and test questions", found,
                "Look at the nearest pairs under Leakage and drop what copies: a gain on such questions is "
                "memory. A lower training_set.near builds a set that keeps farther away.",
            )  # fmt: skip


def _arms(run: RunFolder) -> Iterator[RunWarning]:
    of = evaluations(run)
    ours = [arm for arm in of.arms if arm != "base" and _aims(run, arm)]
    if not ours:
        return
    base, difficult = of.shares["base"], difficult_part(run, of.benchmark)
    missed = missed_skills(run)
    members = carried(run, of.benchmark)
    aimed = set(members.merge(pd.DataFrame(missed, columns=["subject", "skill"])).question_id)
    cells = differences.skill_gains(run, only_missed=False, correction="none") if missed else None
    for arm in ours:
        shares = of.shares[arm]
        hard = shares[shares.index.isin(difficult)]
        if found := signs.gains_on_easy_only(difference(shares, base), difference(hard, base)):
            yield _warning(
                "gain_on_easy_only", f"Arm {arm}", found,
                "It learned what the student nearly knew: look at which difficult questions stay wrong, and "
                "at a set with more pairs of their skills.",
            )  # fmt: skip
        if cells is None:
            continue
        drops, n_tested = _drops(cells[cells.arm == arm], missed)
        on_profile = difference(shares[shares.index.isin(aimed)], base)
        elsewhere = difference(shares[~shares.index.isin(aimed)], base)
        if found := signs.forgets(on_profile, elsewhere, drops, n_tested):
            yield _warning(
                "forgets_others", f"Arm {arm}", found,
                "Mix pairs of other skills into the set, train for fewer epochs or at a lower learning rate, "
                "and compare it with uniform.",
            )  # fmt: skip


def _drops(cells: pd.DataFrame, missed: list[Skill]) -> tuple[dict[Skill, Difference], int]:
    """{skill: loss} of the skills outside the profile that an arm lost beyond chance, of how many."""
    pairs = pd.Series(list(zip(cells.subject, cells.skill, strict=True)), index=cells.index, dtype=object)
    others = cells[~pairs.isin(missed)]
    adjusted = corrected(others.p_value, "holm")
    lost = others[(others.ci_high < 0) & (adjusted <= signs.LEVEL)]
    drops = {
        (row["subject"], row["skill"]): Difference(
            row["gain"], row["ci_low"], row["ci_high"], row["p_value"], row["n_gained"], row["n_lost"],
            row["n_questions"],
        )
        for row in lost.to_dict("records")
    }  # fmt: skip
    return drops, len(others)


def _aims(run: RunFolder, arm: str) -> bool:
    """Whether an arm, or the arm that it was reinforced from, aims at the profile.

    By its card; one that was evaluated elsewhere has its name alone."""
    card = run.arm_card(arm)
    if (card.get("method") or arm) in (*STAT, "skill-grpo"):
        return True
    return card.get("start", "base") != "base" and _aims(run, str(card["start"]))


def _built(run: RunFolder, name: str) -> Mapping[str, Any]:
    return run.need_training_set(name).need("").settings


def _is_synthesised(run: RunFolder, name: str) -> bool:
    return _built(run, name).get("method") in SYNTHESISED


def _counts(frame: pd.DataFrame, column: str) -> dict[Skill, int]:
    return {
        (row["subject"], row["skill"]): int(row[column]) for row in frame.to_dict("records") if row[column]
    }


def _warning(sign: str, about: str, found: str, way_out: str) -> RunWarning:
    return {"sign": sign, "page": "", "about": about, "found": found, "way_out": way_out}


FINDERS: dict[str, Callable[[RunFolder], Iterator[RunWarning]]] = {
    "run_stages": _settings,
    "difficult_questions": _verdict_log,
    "missing_skill_profile": _profile,
    "skill_labels": _label_log,
    "training_sets": _example_logs,
    "compare": _arms,
}
"""Page of the dashboard -> what finds the warnings that belong there, in the order of the stages."""
