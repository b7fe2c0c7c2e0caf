"""A page asks the engine a short question: it gets the verb's object, or the verb's own sentence."""

import json

import pytest

from stat_engine import Workspace, jobs
from stat_engine.errors import StatError
from stat_engine.orders import SetOrder, WarningsOrder


def test_an_answer_is_what_the_verb_prints(finished: Workspace) -> None:
    found = jobs.answer(finished.root, WarningsOrder(run="small"))
    assert found == {"run": "small", "warnings": json.loads(json.dumps(finished.run("small").warnings()))}


def test_a_refusal_is_the_verbs_own_sentence(finished: Workspace) -> None:
    with pytest.raises(StatError, match=r"^no run other in .*\(there: small\)"):
        jobs.answer(finished.root, WarningsOrder(run="other"))


def test_a_dry_answer_changes_nothing(finished: Workspace) -> None:
    before = finished.run("small").config
    found = jobs.answer(finished.root, SetOrder(run="small", settings=("budget=5",)), is_dry=True)
    assert (found["saved"], found["changed"]) == (False, {"budget": [None, 5.0]})
    assert finished.run("small").config == before


def test_an_answer_that_takes_too_long_is_given_up(finished: Workspace) -> None:
    with pytest.raises(StatError, match="no answer within 0 s"):
        jobs.answer(finished.root, WarningsOrder(run="small"), patience=0.01)
