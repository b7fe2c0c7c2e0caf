"""The verb `agreement`: how far teachers agree with one another, and people with the teacher."""

from collections.abc import Mapping
from typing import Any

from stat_engine.api import Workspace
from stat_engine.cli.options import RunArgument
from stat_engine.cli.terminal import table
from stat_engine.cli.verbs import Shown, Verbs

app = Verbs()
INTERVAL = {"ci_low": "95% from", "ci_high": "to"}
PAIRS = {"first": "first", "second": "second", "agreement": "agreement"} | INTERVAL | {
    "n_questions": "questions", "n_first_named_none": "first named none", "n_unread": "unread",
}  # fmt: skip
SKILLS = {
    "first": "first", "second": "second", "subject": "subject", "skill": "skill", "kappa": "kappa",
    "n": "responses", "n_both": "both", "n_first_only": "first only", "n_second_only": "second only",
}  # fmt: skip
CHECKS = {"teacher": "self-check by", "share": "right"} | INTERVAL | {
    "n_right": "right", "n_wrong": "wrong", "n_unreadable": "unreadable",
}  # fmt: skip


@app.verb("agreement")
def agreement(place: Workspace, run: RunArgument) -> Shown:
    """Show how far a run's teachers agree, and people with the teacher: shares of skills, kappa a skill."""
    result = place.run(run).labels.agreement()
    people = result["people"]
    tables = [
        *_table(result["pairs"], PAIRS),
        *_table(result["skills"], SKILLS),
        *_table(result["self_checks"], CHECKS),
    ]
    if result["teachers"]:
        n = len(result["disagreements"])
        tables += [f"{n:,} responses on which the teachers disagree (--json lists them)", ""]
    reviewed = [*_table(people["pairs"], PAIRS), *_table(people["skills"], SKILLS)]
    by_people = [_unchanged(people), *(["", *reviewed[:-1]] if people["n_reviewed"] else [])]
    return Shown(result, [*result["notes"], *tables, *by_people])


def _unchanged(people: Mapping[str, Any]) -> str:
    n = people["n_reviewed"]
    if not n:
        return f"no label of {people['teacher']} is reviewed yet"
    interval = f"95% {people['ci_low']:.1%} to {people['ci_high']:.1%}"
    share = f"{people['share']:.1%}, {interval}"
    return f"{people['n_unchanged']:,} of {n:,} reviewed labels unchanged ({share})"


def _table(rows: list[dict[str, Any]], columns: dict[str, str]) -> list[str]:
    """The rows and an empty line; nothing where there is no row."""
    return [*table(rows, columns), ""] if rows else []
