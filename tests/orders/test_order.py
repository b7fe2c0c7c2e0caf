from pathlib import Path

import pytest

from stat_engine import cli
from stat_engine.errors import StatError
from stat_engine.orders import (
    BuildOrder,
    DemoOrder,
    ImportOrder,
    LabelSkillsOrder,
    Order,
    RunOrder,
    StudyOrder,
    TrainOrder,
    read_order,
)
from stat_engine.orders import perform as performing

ORDERS = [
    DemoOrder(),
    RunOrder(run="small", first="sft", until="evaluation", fork="other", settings=("budget=5",)),
    BuildOrder(run="small", method="stat-sel", allocation_file=Path("numbers.json"), allow_repeats=True),
    TrainOrder(run="small", sets=("a b",), suffix="-long", pairs="smallest"),
    StudyOrder(kind="set-size", run="small", seeds=(3,), values=("125", "250")),
    ImportOrder(kind="questions", file=Path("a file.jsonl"), dataset="math", columns=("problem=q",)),
    LabelSkillsOrder(dataset="math", settings=("domain.name=number theory",)),
]


@pytest.mark.parametrize("order", ORDERS, ids=lambda order: order.verb)
def test_an_order_is_read_back_from_its_record(order: Order) -> None:
    assert read_order(order.record()) == order


def test_the_words_of_an_order_leave_defaults_out_and_keep_each_value_whole() -> None:
    assert [order.words() for order in ORDERS] == [
        ["demo"],
        ["run", "small", "--from", "sft", "--until", "evaluation", "--fork", "other", "budget=5"],
        ["build", "small", "--method", "stat-sel", "--allocation-file", "numbers.json", "--allow-repeats"],
        ["train", "small", "--set", "a b", "--pairs", "smallest", "--suffix=-long"],
        ["study", "set-size", "small", "--seed", "3", "--value", "125", "--value", "250"],
        ["import", "questions", "a file.jsonl", "--dataset", "math", "--column", "problem=q"],
        ["skills", "label", "math", "domain.name=number theory"],
    ]


@pytest.mark.parametrize("verb", sorted(Order.kinds))
def test_every_order_is_carried_out_and_has_its_verb(verb: str) -> None:
    kind = Order.kinds[verb]
    if kind.__module__.startswith("stat_engine"):
        is_a_base = any(other.__base__ is kind for other in Order.kinds.values())
        assert is_a_base or performing.perform.dispatch(kind) is not performing.perform.dispatch(Order)
        assert cli.execute([*verb.split(), "--help"]) == 0, verb


@pytest.mark.parametrize(
    ("record", "sentence"),
    [
        ({"verb": "knit"}, "order: field verb: found 'knit', expected one of"),
        ({}, "order: field verb: found 'None', expected one of"),
        (
            {"verb": "run", "run": "small", "colour": "red"},
            "order run: field colour: found 'red', extra inputs",
        ),
        (
            {"verb": "study", "kind": "arms", "run": "r", "pairs": 0},
            "order study: field pairs: found '0', input",
        ),
    ],
)
def test_a_bad_record_is_refused_in_one_sentence(record: dict[str, object], sentence: str) -> None:
    with pytest.raises(StatError, match=sentence):
        read_order(record)
