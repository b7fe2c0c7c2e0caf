"""A page asks the engine a short question: it gets the verb's object, or the verb's own sentence."""

import json

import pytest

from stat_engine import Workspace, jobs
from stat_engine.errors import StatError


def test_an_answer_is_what_the_verb_prints(finished: Workspace) -> None:
    counts = jobs.answer(finished.root, ["difficult", "small"])
    assert counts == json.loads(json.dumps(finished.run("small").difficult()))


def test_a_refusal_is_the_verbs_own_sentence(finished: Workspace) -> None:
    with pytest.raises(StatError, match=r"^no run other in .*\(there: small\)"):
        jobs.answer(finished.root, ["difficult", "other"])


def test_an_answer_that_takes_too_long_is_given_up(finished: Workspace) -> None:
    with pytest.raises(StatError, match="no answer within 0 s"):
        jobs.answer(finished.root, ["difficult", "small"], patience=0.01)
