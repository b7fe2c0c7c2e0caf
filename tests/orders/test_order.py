from functools import wraps
from importlib import import_module
from inspect import signature
from pathlib import Path
from typing import Any

import pytest
import typer.testing

from stat_engine import Workspace, cli
from stat_engine.cli import verbs
from stat_engine.cli.verbs import Shown
from stat_engine.errors import StatError
from stat_engine.orders import (
    AuditSkillMapOrder,
    BuildOrder,
    DemoOrder,
    DisagreementsOrder,
    DiscoverSkillsOrder,
    DoctorOrder,
    EvaluateOrder,
    ExportModelOrder,
    ExportOrder,
    ForkOrder,
    GrpoOrder,
    ImportHubOrder,
    ImportLmEvalOrder,
    ImportOrder,
    LabelSkillsOrder,
    LeakageOrder,
    MergeSkillsOrder,
    ModelsOrder,
    MoveSkillOrder,
    NewOrder,
    Order,
    PropagateSkillsOrder,
    RenameSkillOrder,
    RestoreVocabularyOrder,
    RoundOrder,
    RunOrder,
    SetOrder,
    SplitOrder,
    SplitSkillOrder,
    StudyOrder,
    TrainOrder,
    TryOrder,
    WarningsOrder,
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


FULL = [
    RunOrder(run="r", first="sft", until="sft", fork="c", settings=("a=1",)),
    BuildOrder(
        run="r", method="m", name="n", pairs=1, answers_per_question=1, per_skill=1, rewrites=1, allocation="a",
        allocation_file=Path("f"), seed=1, allow_repeats=True,
    ),
    TrainOrder(
        run="r", sets=("s",), methods=("m",), seeds=(1,), arm="a", pairs="smallest", suffix="-x", evaluate=True,
        settings=("sft.rank=2",),
    ),
    GrpoOrder(run="r", start="s", seeds=(1,), arm="a", evaluate=True, settings=("grpo.epochs=1",)),
    EvaluateOrder(run="r", arm="a", benchmarks=("b",)),
    ExportModelOrder(run="r", arm="a", to=Path("f"), seed=1, merge=True),
    StudyOrder(
        kind="arms", run="r", name="n", seeds=(1,), pairs=1, arms=("a",), values=("v",), students=("s",),
        settings=("a=1",),
    ),
    LabelSkillsOrder(dataset="d", config=Path("c"), split="test", seed=1, per_subject=1, check=True),
    DiscoverSkillsOrder(
        dataset="d", config=Path("c"), split="test", seed=1, per_subject=1, clusters="spelling", distance=0.5,
        relabel="test", drop=True, out=Path("o"),
    ),
    PropagateSkillsOrder(
        dataset="d", config=Path("c"), split="test", seed=1, per_subject=1, threshold=0.5, doubtful="teacher"
    ),
    ImportOrder(kind="questions", file=Path("f"), dataset="d", split="test", columns=("a=b",)),
    ImportOrder(
        kind="skill-map", file=Path("f"), dataset="d", vocabulary=Path("v"), skip_unknown=True, columns=("a=b",)
    ),
    ImportOrder(
        kind="responses", file=Path("f"), run="r", skip_unknown=True, reward_scale="logit", columns=("a=b",)
    ),
    ImportOrder(
        kind="step-rewards", file=Path("f"), run="r", skip_unknown=True, reward_scale="logit", columns=("a=b",)
    ),
    ImportHubOrder(name="gsm8k", file=Path("f"), dataset="d", split="test"),
    ImportLmEvalOrder(
        file=Path("f"), dataset="d", run="r", model="m", filter="f", metric="exact_match", skip_unknown=True
    ),
    AuditSkillMapOrder(dataset="d", seed=1),
    DemoOrder(),
    NewOrder(run="r", dataset="d", preset="p", settings=("a=1",)),
    ForkOrder(run="r", copy_name="c", settings=("a=1",)),
    SetOrder(run="r", settings=("a=1",)),
    RoundOrder(run="r", arm="a", seed=1, dataset="d", name="n", settings=("a=1",)),
    TryOrder(run="r", arms=("a",), question="q", id="i", seed=1),
    WarningsOrder(run="r"),
    DisagreementsOrder(run="r"),
    LeakageOrder(run="r", set_name="s"),
    ExportOrder(run="r", set_name="s", format="openai", out=Path("o")),
    DoctorOrder(),
    ModelsOrder(url="u", key_env="K"),
    SplitOrder(dataset="d", validation=1, of="validation", seed=1),
    RenameSkillOrder(dataset="d", skill="s", to="t", subject="u", note="n"),
    MergeSkillsOrder(dataset="d", skills=("s", "t"), into="t", subject="u", note="n"),
    SplitSkillOrder(dataset="d", skill="s", to="t", questions=("q",), matching="m", subject="u", note="n"),
    MoveSkillOrder(dataset="d", skill="s", to_subject="t", subject="u", note="n"),
    RestoreVocabularyOrder(dataset="d", version=1, with_map=True, drop=True),
]  # fmt: skip
"""Every order with every field it has."""


def test_every_kind_of_order_is_among_those_that_are_tried() -> None:
    shipped = {verb for verb, kind in Order.kinds.items() if kind.__module__.startswith("stat_engine")}
    assert {order.verb for order in FULL} == shipped


@pytest.mark.parametrize("order", FULL, ids=lambda order: " ".join(order.path))
def test_the_verb_of_an_order_gets_what_its_words_would_give_it(
    order: Order, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    called: list[dict[str, Any]] = []
    app = import_module(f"stat_engine.cli.{cli.FILES[order.path[0]]}").app
    function = app.functions[order.path[-1]]

    @wraps(function)
    def recording(place: Workspace, *arguments: Any, **options: Any) -> Shown:
        bound = signature(function).bind(place, *arguments, **options)
        bound.apply_defaults()
        called.append({name: value or None for name, value in list(bound.arguments.items())[1:]})
        return Shown({}, [])

    monkeypatch.setitem(app.functions, order.path[-1], recording)
    performing.perform(order, Workspace(tmp_path))
    again = verbs.Verbs()
    again.verb(order.path[-1])(recording)
    again.verb("another")(recording)
    typer.testing.CliRunner().invoke(again, [*order.words()[len(order.path) - 1 :]], catch_exceptions=False)
    assert len(called) == 2 and called[0] == called[1]


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
