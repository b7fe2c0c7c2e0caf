"""GRPO after every arm of a study, in each of the ways that the profile may weigh it."""

from types import SimpleNamespace
from typing import Any

from stat_engine import Workspace
from stat_engine.orders import GrpoOrder
from stat_engine.studies import STUDIES, Design
from stat_engine.views.training_plan import config_of


class Recorder:
    """A run that notes what it is asked to train."""

    def __init__(self) -> None:
        self.name = "small"
        self.config = SimpleNamespace(seeds=[0, 1])
        self.orders: list[GrpoOrder] = []

    def reinforce_arms(self, order: GrpoOrder) -> None:
        self.orders.append(order)


def test_every_start_goes_on_in_every_way_and_is_evaluated(finished: Workspace) -> None:
    (variant,) = STUDIES["rl"].variants(finished.run("small"), Design(seeds=(0, 1), arms=("random",)))
    made: Any = Recorder()
    assert variant.then is not None
    variant.then(made)
    asked = [(order.start, order.arm, order.seeds, order.settings) for order in made.orders]
    assert asked == [
        (start, f"{start}-{ending}", (0, 1), (f"grpo.profile_weighs={weighs}",))
        for start in ("base", "random")
        for ending, weighs in (
            ("grpo", "nothing"),
            ("skill-grpo", "reward"),
            ("skill-grpo-sampling", "sampling"),
        )
    ]
    assert all(order.evaluate for order in made.orders)
    assert variant.reinforced == tuple(arm for _, arm, _, _ in asked)
    run = finished.run("small").folder
    for order in made.orders:
        expected = "grpo" if order.settings[0].endswith("nothing") else "skill-grpo"
        assert config_of(run, order).grpo.method == expected
