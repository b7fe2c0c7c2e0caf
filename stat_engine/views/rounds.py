"""Rounds: the chain of runs that a run belongs to, and the change of the profile over it (figure 3).

A run made from another one (`parent` on its card) is the next round where its card has a `round`: its
student is then an arm of the run before, as in the paper's continual learning. Others are copies of the
same round."""

from collections.abc import Sequence
from typing import TypedDict

import pandas as pd

from stat_engine.errors import NotThereYet, StatError, pass_over
from stat_engine.method import computed
from stat_engine.method.accuracy import accuracy
from stat_engine.store.run_folder import RunFolder
from stat_engine.store.workspace import WorkspaceFolder
from stat_engine.views import profile
from stat_engine.views.evaluations import evaluations

ACCURACIES = ["run", "benchmark", "arm", "accuracy", "ci_low", "ci_high", "n_questions"]
"""As in ArmAccuracy."""
DRIFT = [*profile.COLUMNS, "run", "moved"]
"""A skill's line of one round's profile; `moved` is its failure rate less that of the first round
(fractions)."""


class Round(TypedDict):
    """One run of the chain; null where something is not there yet."""

    number: int
    """1 for a first run and its copies."""
    run: str
    made_from: str | None
    """In words; null: a first run."""
    dataset: str
    n_difficult: int | None
    n_questions: int | None
    """Validation questions."""
    accuracy: float | None
    """Of the student, on the round's own benchmark, a fraction."""
    ci_low: float | None
    ci_high: float | None
    """95%."""
    n_test: int | None
    """Questions of the benchmark."""
    best_arm: str | None
    best_accuracy: float | None
    best_ci_low: float | None
    best_ci_high: float | None


class ArmAccuracy(TypedDict):
    """An evaluated arm of one round."""

    run: str
    benchmark: str
    arm: str
    """`base`: the student that the round began with."""
    accuracy: float
    """Fraction."""
    ci_low: float
    ci_high: float
    """95%, over questions."""
    n_questions: int


class Drift(TypedDict):
    """DRIFT as a row."""

    subject: str
    skill: str
    n_missing: int
    n_questions: int
    failure_rate: float
    ci_low: float
    ci_high: float
    run: str
    moved: float


class Rounds(TypedDict):
    """A chain of rounds."""

    rounds: list[str]
    """Names of the runs, first one first, without copies."""
    table: list[Round]
    """Every run of the chain, copies too."""
    accuracies: list[ArmAccuracy]
    drift: list[Drift]


def chain(run: RunFolder) -> list[str]:
    """Names of the runs that this one came from, first one first, itself, and the runs made from it.

    A parent that is gone ends the chain; runs made from one run are ordered by name."""
    workspace = WorkspaceFolder(run.folder.parent.parent)
    parents = {name: workspace.run_folder(name).parent for name in workspace.run_names()}
    before: list[str] = []
    at = parents.get(run.name)
    while at in parents and at not in before and at != run.name:
        before.insert(0, str(at))
        at = parents[at]
    after = [run.name]
    for name in after:  # grows while it is read: children of children too
        after += sorted(c for c, of in parents.items() if of == name and c not in (*before, *after))
    return [*before, *after]


def in_turn(run: RunFolder) -> list[str]:
    """The chain without copies that are no round of their own: one run a round up to this one's, then those
    that were made from its arms. A copy stands for its round where the chain goes on from it."""
    workspace, names = WorkspaceFolder(run.folder.parent.parent), chain(run)
    at = names.index(run.name)
    before = {number(workspace.run_folder(name)): name for name in names[: at + 1]}
    after = [name for name in names[at + 1 :] if workspace.run_folder(name).card.get("round")]
    return [*before.values(), *after]


def number(run: RunFolder) -> int:
    """Which round a run is of: 1 for a first run and its copies. A parent that is gone counts as a first."""
    workspace, seen, at = WorkspaceFolder(run.folder.parent.parent), set[str](), run
    while at.name not in seen:
        seen.add(at.name)
        try:
            card = at.card
        except StatError as error:
            pass_over(error)
            return 1  # an ancestor with a damaged card counts as a first, as one that is gone does
        if card.get("round"):
            return int(card["round"]["number"])
        if card.get("parent") not in workspace.run_names():
            return 1
        at = workspace.run_folder(str(card["parent"]))
    return 1


def made_from(run: RunFolder) -> str | None:
    """Where a run came from in words; None for a first one."""
    card = run.card
    parent, made = card.get("parent"), card.get("round")
    if parent is None:
        return None
    return f"arm {made['arm']}, seed {made['seed']}, of {parent}" if made else f"copy of {parent}"


def row(run: RunFolder) -> Round:
    """One round: its difficult questions, its student and its best arm."""
    flags = None
    try:
        flags = computed.difficulty(run).questions.is_difficult
    except StatError as error:
        pass_over(error)
    rows = _accuracies(run)
    base = next((one for one in rows if one["arm"] == "base"), None)
    arms = [one for one in rows if one["arm"] != "base"]
    best = max(arms, key=lambda one: one["accuracy"], default=None)
    return {
        "number": number(run),
        "run": run.name,
        "made_from": made_from(run),
        "dataset": run.config.dataset,
        "n_difficult": None if flags is None else int(flags.sum()),
        "n_questions": None if flags is None else len(flags),
        "accuracy": base["accuracy"] if base else None,
        "ci_low": base["ci_low"] if base else None,
        "ci_high": base["ci_high"] if base else None,
        "n_test": base["n_questions"] if base else None,
        "best_arm": best["arm"] if best else None,
        "best_accuracy": best["accuracy"] if best else None,
        "best_ci_low": best["ci_low"] if best else None,
        "best_ci_high": best["ci_high"] if best else None,
    }


def accuracies(run: RunFolder) -> pd.DataFrame:
    """One row an evaluated arm of one round, with ACCURACIES; none before the base is evaluated."""
    return pd.DataFrame(_accuracies(run), columns=ACCURACIES)


def failures(run: RunFolder) -> pd.DataFrame:
    """The profile of one round with its name in column `run`; no row where it has none up to date."""
    try:
        found = profile.profile(run)
    except StatError as error:
        pass_over(error)
        found = pd.DataFrame(columns=profile.COLUMNS)
    return found.assign(run=run.name)


def drift(rounds: Sequence[pd.DataFrame], top: int = 10) -> pd.DataFrame:
    """How the most missed skills' failure rates moved over rounds, each given as `failures` gives it.

    The `top` skills of the first round that has a profile, in its order, one row a skill and round; DRIFT."""
    there = [frame for frame in rounds if len(frame)]
    if not there:
        return pd.DataFrame(columns=DRIFT)
    first = there[0].head(top)
    order = first[["subject", "skill", "failure_rate"]].rename(columns={"failure_rate": "first_rate"})
    rows = pd.concat([order.merge(frame, on=["subject", "skill"], how="inner") for frame in there])
    place = {(subject, skill): at for at, (subject, skill, _) in enumerate(order.itertuples(index=False))}
    rows["place"] = [place[skill] for skill in zip(rows.subject, rows.skill, strict=True)]
    rows = rows.assign(moved=rows.failure_rate - rows.first_rate).sort_values("place", kind="stable")
    return rows[DRIFT].reset_index(drop=True)


def rounds(run: RunFolder) -> Rounds:
    """The chain of rounds that a run belongs to, as `stat-studio rounds --json` prints it."""
    workspace = WorkspaceFolder(run.folder.parent.parent)
    every = [workspace.run_folder(name) for name in chain(run)]
    folders = [workspace.run_folder(name) for name in in_turn(run)]
    moved = drift([failures(folder) for folder in folders])
    return {
        "rounds": [folder.name for folder in folders],
        "table": [row(folder) for folder in every],
        "accuracies": [one for folder in folders for one in _accuracies(folder)],
        "drift": [
            {
                "subject": one["subject"], "skill": one["skill"], "n_missing": one["n_missing"],
                "n_questions": one["n_questions"], "failure_rate": one["failure_rate"],
                "ci_low": one["ci_low"], "ci_high": one["ci_high"], "run": one["run"], "moved": one["moved"],
            }
            for one in moved.to_dict("records")
        ],
    }  # fmt: skip


def _accuracies(run: RunFolder) -> list[ArmAccuracy]:
    try:
        of = evaluations(run)
    except NotThereYet:
        return []
    found = {str(arm): accuracy(shares) for arm, shares in of.shares.items()}
    return [
        {
            "run": run.name, "benchmark": of.benchmark, "arm": arm, "accuracy": at.accuracy,
            "ci_low": at.ci_low, "ci_high": at.ci_high, "n_questions": at.n_questions,
        }
        for arm, at in found.items()
    ]  # fmt: skip
