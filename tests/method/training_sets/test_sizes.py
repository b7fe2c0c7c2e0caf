"""Sizes of a run's arms: counted before anything is bought, as `training_set.equal` asks for."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from stat_engine.api import Workspace
from stat_engine.method.context import RunContext, Silent
from stat_engine.method.training_sets import build
from stat_engine.method.training_sets.build import most_pairs
from stat_engine.models.base import TeacherRequest

REWRITTEN = ["training_set.rewrites=3", "training_set.answers_per_question=8"]


class Bought:
    """Counts what the teacher is asked while sets are made."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.tasks: Counter[str] = Counter()
        ask = RunContext.ask

        def counted(context: RunContext, *given: Any) -> Any:
            asked = ask(context, *given)

            def one(requests: Sequence[TeacherRequest]) -> list[tuple[str, str]]:
                self.tasks.update(request.task for request in requests)
                return asked(requests)

            return one

        monkeypatch.setattr(RunContext, "ask", counted)


def sizes(run: Any) -> dict[str, int]:
    return {arm: run.folder.training_set(arm).need("").n_rows for arm in run.folder.config.arms}


def test_no_rewrite_is_bought_that_the_smallest_arm_has_no_room_for(
    profiled: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Many more rewrites than the synthesised set has pairs could be drawn for `random`."""
    run = profiled.run("small")
    run.configure(
        [*REWRITTEN, "training_set.pairs=100000", "training_set.proposals=1", "arms=[random,stat-syn]"]
    )
    bought = Bought(monkeypatch)
    run.run(last="training_sets")
    found = sizes(run)
    assert found["random"] == found["stat-syn"]
    context = RunContext(profiled, run.folder, Silent())
    assert most_pairs(context, "random", context.config.training_set) > 2 * found["random"]
    assert bought.tasks["propose_question"] > 0
    assert bought.tasks["rewrite"] <= found["random"]


def test_each_arm_may_have_its_own_size(profiled: Workspace) -> None:
    run = profiled.run("small")
    run.configure(
        [
            "training_set.pairs=300",
            "training_set.equal=own",
            "training_set.per_skill=1",
            "arms=[random,stat-sel]",
        ]
    )
    run.run(last="training_sets")
    found = sizes(run)
    assert found["random"] == 300 > found["stat-sel"] > 0


def test_a_number_is_the_size_of_every_arm_that_has_room_for_it(profiled: Workspace) -> None:
    run = profiled.run("small")
    run.configure(["training_set.equal=25", "arms=[random,stat-sel]"])
    run.run(last="training_sets")
    assert sizes(run) == {"random": 25, "stat-sel": 25}
    run.run(last="training_sets")  # a second time there is nothing to do


def test_an_old_run_draws_references_as_it_did(fresh: Workspace) -> None:
    import json

    card = Path(fresh.run("small").folder.folder / "run.json")
    tree = json.loads(card.read_text())
    del tree["config"]["training_set"]["reference_draw"], tree["config"]["training_set"]["equal"]
    card.write_text(json.dumps(tree))
    settings = fresh.run("small").folder.config.training_set
    assert (settings.reference_draw, settings.equal) == ("each", "smallest")
    assert not {"reference_draw", "equal"} & settings.decides().keys()


def test_the_count_of_a_selecting_method_is_what_it_then_has(profiled: Workspace) -> None:
    run = profiled.run("small")
    run.configure(["training_set.pairs=100000", "arms=[random]"])
    context = RunContext(profiled, run.folder, Silent())
    for method in ("random", "uniform", "stat-sel", "math-hard", "embed-sel"):
        settings = context.config.training_set
        assert most_pairs(context, method, settings) == len(build._recipe(context, method, settings).examples)
