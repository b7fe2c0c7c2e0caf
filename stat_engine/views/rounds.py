"""Rounds: the chain of runs from a first run to those made from it, and how the profile moved (figure 3).

A run made from another one (`parent` on its card) is the next round where its card has a `round`: its
student is then an arm of the run before, as in the paper's continual learning. Others are copies, of the
same round."""

import contextlib
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import pandas as pd

from stat_engine.errors import NotThereYet, StatError
from stat_engine.method import computed
from stat_engine.method.accuracy import accuracy
from stat_engine.store.run_folder import RunFolder
from stat_engine.store.workspace import WorkspaceFolder
from stat_engine.views import profile
from stat_engine.views.evaluations import evaluations

TABLE = [
    "number", "run", "made_from", "dataset", "n_difficult", "n_questions", "accuracy", "ci_low", "ci_high",
    "n_test", "best_arm", "best_accuracy", "best_ci_low", "best_ci_high",
]  # fmt: skip
ACCURACIES = ["run", "benchmark", "arm", "accuracy", "ci_low", "ci_high", "n_questions"]


def chain(run: RunFolder) -> list[str]:
    """Names of the runs that this one came from, first one first, itself, and the runs made from it.

    A parent that is gone ends the chain; runs made from one run stand in the order of their names."""
    workspace = WorkspaceFolder(run.folder.parent.parent)
    parents = {name: workspace.run_folder(name).card.get("parent") for name in workspace.run_names()}
    before: list[str] = []
    at = parents.get(run.name)
    while at in parents and at not in before and at != run.name:
        before.insert(0, str(at))
        at = parents[at]
    after = [run.name]
    for name in after:  # grows while it is read: children of children too
        after += sorted(c for c, of in parents.items() if of == name and c not in (*before, *after))
    return [*before, *after]


def number(run: RunFolder) -> int:
    """Which round a run is of: 1 for a first run and its copies. A parent that is gone counts as a first."""
    workspace, seen, at = WorkspaceFolder(run.folder.parent.parent), set[str](), run
    while at.name not in seen:
        seen.add(at.name)
        card = at.card
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


def row(run: RunFolder) -> dict[str, Any]:
    """One round with the keys of TABLE: its student and its best arm on the round's own benchmark (fractions
    with 95% intervals), and how many of its validation questions are difficult; null where not there yet."""
    found: dict[str, Any] = dict.fromkeys(TABLE)
    found |= {
        "number": number(run),
        "run": run.name,
        "made_from": made_from(run),
        "dataset": run.config.dataset,
    }
    with contextlib.suppress(StatError):
        flags = computed.difficulty(run).questions.is_difficult
        found |= {"n_difficult": int(flags.sum()), "n_questions": len(flags)}
    rows = accuracies(run)
    if rows.empty:
        return found
    keys = ("accuracy", "ci_low", "ci_high")
    base, arms = rows[rows.arm == "base"].iloc[0], rows[rows.arm != "base"]
    found |= {key: float(base[key]) for key in keys} | {"n_test": int(base.n_questions)}
    if len(arms):
        best = arms.sort_values("accuracy", ascending=False, kind="stable").iloc[0]
        found |= {"best_arm": best.arm} | {f"best_{key}": float(best[key]) for key in keys}
    return found


def accuracies(run: RunFolder) -> pd.DataFrame:
    """One row an evaluated arm of one round: run, benchmark, arm (base: the student that the round began
    with), accuracy, ci_low, ci_high, n_questions; none before the base is evaluated."""
    try:
        of = evaluations(run)
    except NotThereYet:
        return pd.DataFrame(columns=ACCURACIES)
    rows = [
        {"run": run.name, "benchmark": of.benchmark, "arm": arm, **asdict(accuracy(shares))}
        for arm, shares in of.shares.items()
    ]
    return pd.DataFrame(rows, columns=ACCURACIES)


def failures(run: RunFolder) -> pd.DataFrame:
    """The profile of one round with its name in column `run`; no row where it has none in force."""
    try:
        found = profile.profile(run)
    except StatError:
        found = pd.DataFrame(columns=profile.COLUMNS)
    return found.assign(run=run.name)


def drift(rounds: Sequence[pd.DataFrame], top: int = 10) -> pd.DataFrame:
    """How the most missed skills' failure rates moved over rounds, each given as `failures` gives it.

    The `top` skills of the first round that has a profile, in its order, a row a skill and round, with
    `moved`: the rate less that of the first round (fractions)."""
    there = [frame for frame in rounds if len(frame)]
    if not there:
        return pd.DataFrame(columns=[*profile.COLUMNS, "run", "moved"])
    first = there[0].head(top)
    order = first[["subject", "skill", "failure_rate"]].rename(columns={"failure_rate": "first_rate"})
    rows = pd.concat([order.merge(frame, on=["subject", "skill"], how="inner") for frame in there])
    place = {(subject, skill): at for at, (subject, skill, _) in enumerate(order.itertuples(index=False))}
    rows["place"] = [place[skill] for skill in zip(rows.subject, rows.skill, strict=True)]
    rows = rows.assign(moved=rows.failure_rate - rows.first_rate).sort_values("place", kind="stable")
    return rows[[*profile.COLUMNS, "run", "moved"]].reset_index(drop=True)


def rounds(run: RunFolder) -> dict[str, Any]:
    """{"rounds": names in order, "table" (a `row` each), "accuracies", "drift": rows}.

    As `stat-studio rounds --json` prints it."""
    workspace = WorkspaceFolder(run.folder.parent.parent)
    folders = [workspace.run_folder(name) for name in chain(run)]
    return {
        "rounds": [folder.name for folder in folders],
        "table": [row(folder) for folder in folders],
        "accuracies": [one for folder in folders for one in accuracies(folder).to_dict("records")],
        "drift": drift([failures(folder) for folder in folders]).to_dict("records"),
    }
