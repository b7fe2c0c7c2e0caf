"""Calls foretold before anything is sent: whole rows for a run as it stands."""

from dataclasses import replace

import pytest

from stat_engine import Run, Workspace
from stat_engine.method import computed
from stat_engine.method.estimate import ASKED_AGAIN, SKILLS_A_QUESTION, Estimate
from tests.teaching import settings_for

NOWHERE = "http://127.0.0.1:9/v1"
FULL_SET = "a full set of the pool's mean length; a rewrite that several sets draw counts once"


def served(workspace: Workspace, *settings: str) -> Run:
    workspace.run("small").fork("served", [*settings_for(NOWHERE), "second_teachers=[]", *settings])
    return workspace.run("served")


def counts(rows: list[Estimate]) -> dict[tuple[str, str], int]:
    return {(row.purpose, row.task): row.n_calls for row in rows}


def test_labels_and_their_checks_are_foretold_from_the_difficult_responses(copy: Workspace) -> None:
    run = served(copy, "teacher.self_check=true")
    n = len(copy.run("small").folder.labels())
    n_again = round(n * ASKED_AGAIN)
    labels, checks = (row for row in run.estimate() if row.purpose == "missing_skills")
    assert labels == Estimate(
        "missing_skills", "missing_skills", "served", n + n_again, 0, labels.input_tokens,
        round(160 * n * (1 + ASKED_AGAIN)), (labels.input_tokens + labels.output_tokens) / 1000,
        f"the difficult responses there are; {n_again} of them asked again",
    )  # fmt: skip
    assert checks == replace(
        labels, task="self_check", input_tokens=checks.input_tokens, output_tokens=round(60 * n * 1.05),
        cost=(checks.input_tokens + checks.output_tokens) / 1000,
        basis=f"the difficult responses there are; every label checked; {n_again} of them asked again",
    )  # fmt: skip
    assert 200 * n < checks.input_tokens < labels.input_tokens < 400 * n


def test_synthesis_is_foretold_by_the_profile_or_the_papers_skills_a_question(copy: Workspace) -> None:
    n_difficult = len(computed.difficulty(copy.run("small").folder).difficult_ids())
    rows = served(copy, "arms=[stat-syn]", "training_set.solutions=2").estimate()
    n = counts(rows)
    assert n["stat-syn", "propose_question"] == round(n_difficult * SKILLS_A_QUESTION) * 2
    assert n["stat-syn", "solve"] == 2 * n["stat-syn", "propose_question"]
    bases = {row.task: row.basis for row in rows if row.purpose == "stat-syn"}
    assert bases == {
        "propose_question": "no labels yet: 2.5 skills a difficult question",
        "solve": "no labels yet: 2.5 skills a difficult question; as long as the examples",
    }


def test_rewrites_are_foretold_for_the_room_that_own_solutions_leave(copy: Workspace) -> None:
    """Each question of the pool has 4 solutions; one is begun from in math-augment."""
    run = served(
        copy, "arms=[random,math-augment]", "training_set.rewrites=1", "training_set.answers_per_question=9"
    )
    rows = [row for row in run.estimate() if row.task == "rewrite"]
    assert [(row.purpose, row.n_calls, row.n_known, row.basis) for row in rows] == [
        ("random", round(40 / 5), 0, FULL_SET),
        ("math-augment", round(40 / 4), 0, FULL_SET),
    ]
    assert [row.output_tokens for row in rows] == [350 * row.n_calls for row in rows]
    assert [row.cost for row in rows] == pytest.approx(
        [(r.input_tokens + r.output_tokens) / 1000 for r in rows], rel=1e-3
    )


@pytest.mark.parametrize("equal", ["own", "smallest"])
def test_the_arms_are_foretold_at_their_equal_size(copy: Workspace, equal: str) -> None:
    run = served(
        copy, "arms=[math-hard,random]", "training_set.rewrites=1", "training_set.answers_per_question=9",
        "training_set.pairs=20000", f"training_set.equal={equal}",
    )  # fmt: skip
    n_pool, n_slots = 1500, 1500 * 5
    n_hard = {"own": n_pool, "smallest": 50}[equal]  # 50 pool questions are of the hardest level
    n = counts(run.estimate())
    assert n["math-hard", "rewrite"] == n_hard
    assert n["random", "rewrite"] == round(n_hard * (1 - n_hard / n_slots))
