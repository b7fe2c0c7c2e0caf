"""The account of one endpoint: stored answers, counts, what was paid for nothing, and the run's budget."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from stat_engine.config import Price, RunConfig
from stat_engine.errors import StatError
from stat_engine.models.base import Answer
from stat_engine.models.paid_calls.account import HOPELESS, Account, Budget, open_account
from stat_engine.store.paid_answers import REFUSED, TeacherCalls, spending
from stat_engine.store.workspace import WorkspaceFolder
from tests.conftest import Notes
from tests.factories import a_call

PRICE = Price(input=1000.0, output=10_000.0)
Batches = Iterator[Sequence[tuple[int, Answer]]]


class Told(Notes):
    """A report that remembers progress too."""

    def __init__(self) -> None:
        super().__init__()
        self.steps: list[tuple[str, int, int]] = []
        self.tokens: list[tuple[str, int]] = []

    def progress(self, stage: str, done: int, total: int) -> None:
        self.steps.append((stage, done, total))

    def wrote(self, stage: str, n_tokens: int) -> None:
        self.tokens.append((stage, n_tokens))


def an_account(folder: Path, price: Price | None = PRICE, report: Notes | None = None) -> Account:
    budget = Budget(price, None, 0.5, "")
    return Account(TeacherCalls(folder, "t"), "t", "m", price, budget, "small", report or Notes())


def answers(account: Account, keys: Sequence[str], given: Sequence[Answer], label: str = "") -> list[str]:
    """What is kept after every unknown key got its answer, one a batch."""

    def ask(unknown: list[int]) -> Batches:
        for at, i in enumerate(unknown):
            account.budget.settle((0, 0), (given[i].input_tokens or 0, given[i].output_tokens or 0))
            yield [(at, given[i])]

    return [
        call.answer for call in account.answers("solve", keys, [f"sent {key}" for key in keys], ask, label)
    ]


def test_only_unknown_answers_are_asked_for_and_told(tmp_path: Path) -> None:
    told = Told()
    account = an_account(tmp_path, report=told)
    given = [Answer("one", 10, 1), Answer("two", 20, 2), Answer("three", None, 3)]
    assert answers(account, ["a"], given) == ["one"]
    assert (told.said, told.steps) == ([], [])  # no label
    assert answers(account, ["a", "c", "b"], given, "labels by t") == ["one", "two", "three"]
    assert told.steps == [("labels by t", 1, 2), ("labels by t", 2, 2)]
    assert told.said == ["labels by t: 2 calls, 25 tokens, $0.0700"]
    assert told.tokens == [("solve by t", 1), ("labels by t", 2), ("labels by t", 3)]
    kept = {call.key: call for call in TeacherCalls(tmp_path, "t").kept(["a", "b", "c"], lambda _: iter([]))}
    assert [(kept[key].cost, kept[key].run, kept[key].model) for key in "abc"] == [
        (0.02, "small", "m"), (0.03, "small", "m"), (0.04, "small", "m"),
    ]  # fmt: skip
    assert [(spent.calls, spent.cost) for spent in spending(tmp_path).values()] == [(3, pytest.approx(0.09))]


def test_without_a_price_only_calls_and_tokens_are_told(tmp_path: Path) -> None:
    told = Told()
    answers(an_account(tmp_path, None, told), ["a"], [Answer("one", 10, 1)], "labels")
    assert told.said == ["labels: 1 call, 11 tokens"]


@pytest.mark.parametrize(
    ("n_refused", "n_answered", "fails"),
    [(HOPELESS, 0, True), (HOPELESS - 1, 0, False), (HOPELESS, 1, False)],
)
def test_many_prompts_that_are_all_refused_are_an_error(
    tmp_path: Path, n_refused: int, n_answered: int, fails: bool
) -> None:
    refusals = [Answer("", None, None, f"{REFUSED} reason {at}") for at in range(n_refused)]
    given = refusals + [Answer("fine", None, None, "stop")] * n_answered
    keys = [str(at) for at in range(len(given))]
    if fails:
        with pytest.raises(StatError) as error:
            answers(an_account(tmp_path), keys, given)
        assert str(error.value) == "all 5 prompts were refused, the last because: reason 4"
    else:
        assert answers(an_account(tmp_path), keys, given) == [""] * n_refused + ["fine"] * n_answered


def test_attempts_that_brought_nothing_are_recorded_at_their_cost(tmp_path: Path) -> None:
    account = an_account(tmp_path)
    with pytest.raises(ConnectionError), account.tally("judge") as tally:
        account.budget.settle((0, 0), (10, 1))
        tally.add([a_call("a", cost=0.02)])
        account.budget.settle((0, 0), (5, 0))  # an empty answer
        raise ConnectionError
    (lost,) = spending(tmp_path).items()
    assert lost[0] == ("small", "t", "judge") and lost[1].cost == pytest.approx(0.005)
    with account.tally("judge") as tally:
        account.budget.settle((0, 0), (10, 1))
        tally.add([a_call("b", cost=0.02)])
    assert spending(tmp_path)["small", "t", "judge"].calls == 1  # nothing lost, nothing recorded


def test_an_account_has_its_models_price_and_what_the_run_spent_before(tmp_path: Path) -> None:
    workspace = WorkspaceFolder(tmp_path)
    workspace.teacher_calls("t").record(
        a_call("a", run="small", cost=0.75), a_call("b", run="other", cost=3.0)
    )
    config = RunConfig.model_validate({"prices": {"m": PRICE.model_dump()}, "budget": 1.0})
    opened = open_account(workspace, config, "t", "m", "small", Notes())
    assert (opened.price, opened.budget.spent, "a" in opened.calls) == (PRICE, 0.75, True)
    with pytest.raises(StatError, match=r"\$0.7500 is spent .*: stat-studio run small budget=USD$"):
        opened.budget.reserve(300, 0, in_flight=0)
    assert open_account(workspace, config, "t", None, "small", Notes()).price is None
    assert open_account(workspace, config, "t", "unpriced", "small", Notes()).price is None
    of_nobody = open_account(workspace, config, "t", "m", None, Notes())
    with pytest.raises(StatError, match="raise it to go on: set budget=USD$"):
        of_nobody.budget.reserve(10**6, 0, in_flight=0)
