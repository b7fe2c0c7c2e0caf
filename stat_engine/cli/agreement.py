"""The verb that shows what a run's teachers agree on."""

from stat_engine.api import Workspace
from stat_engine.cli.runs import RunArgument
from stat_engine.cli.terminal import JsonOption, WorkspaceOption, show, table
from stat_engine.views.agreement import agreement as view_agreement


def agreement(run: RunArgument, workspace: WorkspaceOption = None, json: JsonOption = False) -> None:
    """Show what a run's teachers agree on: shares of skills, kappa a skill, disagreements, self-checks."""
    result = view_agreement(Workspace(workspace).run_folder(run))
    interval = {"ci_low": "95% from", "ci_high": "to"}
    both = {"first": "first", "second": "second"}
    pairs = both | {"agreement": "agreement"} | interval | {
        "n_questions": "questions", "n_first_named_none": "first named none", "n_unread": "unread",
    }  # fmt: skip
    skills = both | {"subject": "subject"} | {
        "skill": "skill", "kappa": "kappa", "n": "responses", "n_both": "both", "n_first_only": "first only",
        "n_second_only": "second only",
    }  # fmt: skip
    checks = {"teacher": "self-check by", "share": "right"} | interval | {
        "n_right": "right", "n_wrong": "wrong", "n_unreadable": "unreadable",
    }  # fmt: skip
    lines = [
        *(table(result["pairs"], pairs) if result["pairs"] else []),
        *(["", *table(result["skills"], skills)] if result["skills"] else []),
        *(["", *table(result["self_checks"], checks)] if result["self_checks"] else []),
        "",
        f"{len(result['disagreements']):,} responses on which the teachers disagree (--json lists them)",
    ]
    show(result, json, lines)


VERBS = [agreement]
