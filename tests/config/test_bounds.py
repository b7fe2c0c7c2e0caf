"""Names, numbers and YAML that a configuration refuses, so that no setting locks a run."""

import pytest
import yaml

from stat_engine import config as configuration
from stat_engine.config import yaml_text
from stat_engine.config.yaml_text import read_yaml
from stat_engine.errors import StatError

BAD_NAMES = ("../x", "a/b", ".hidden", "-x", "a b", "ä", "a" * 65, "..", "a\n")


@pytest.mark.parametrize("key", ["teacher.name", "dataset", "pool_dataset"])
@pytest.mark.parametrize("name", [*BAD_NAMES, ""])
def test_a_name_that_could_leave_its_folder_is_refused(key: str, name: str) -> None:
    with pytest.raises(StatError, match=rf"setting {key}: found .*expected 1 to 64 letters"):
        configuration.load(None, [configuration.as_setting(key, name)])


@pytest.mark.parametrize("name", BAD_NAMES)
def test_names_in_lists_are_checked_too(name: str) -> None:
    for tree in (
        {"second_teachers": [{"backend": "numeracy", "name": name}]},
        {"evaluation": {"benchmarks": [{"dataset": name}]}},
    ):
        with pytest.raises(StatError, match="expected 1 to 64 letters"):
            configuration.validate(tree)


@pytest.mark.parametrize(
    "setting",
    [
        "training_set.pairs=true", "training_set.pairs=100000000000000000000000", "difficulty.tau1=true",
        "sft.learning_rate=.inf", "sft.learning_rate=.nan", "sft.epochs=.inf", "sft.epochs=1e400",
        "budget=.inf", "budget=true", "seeds=[true]", "seeds=[-1]", "seeds=[4294967296]", "student.seed=-1",
        "training_set.seed=4294967296", "student.n_samples=1000001", "student.name=''", "student.name='  '",
        "student.model=''", "teacher.model=''", "domain.name=''", "student.server.width=.inf",
        "prices.m.input=.nan", "training_set.pairs_by_skill={a: {b: true}}", "grpo.rollouts=1e9",
        "student.max_tokens=99999999999", "sft.learning_rates=[.inf]", "student.temperature=-.inf",
    ],
)  # fmt: skip
def test_a_number_that_is_none_or_far_out_of_range_is_refused(setting: str) -> None:
    with pytest.raises(StatError, match="configuration: setting "):
        configuration.load(None, [setting])


def test_true_and_false_stay_where_they_are_meant() -> None:
    made = configuration.load(None, ["training_set.allow_repeats=true", "seeds=[0, 4294967295]"])
    assert (made.training_set.allow_repeats, made.seeds) == (True, [0, 4294967295])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: 1\nb: 2\na: 3\n", "line 3: key a is given twice"),
        ("t:\n  a: 1\n  a: 2\n", "line 3: key a is given twice"),
        ("[" * 60 + "]" * 60, "nested more than 50 deep"),
        ("[" * 5000, "nested more than 50 deep"),
        ("a: &a [*a]\n", "alias *a stands for no earlier value"),
        ("x" * 1_000_001, "found 1,000,001 characters, expected at most 1,000,000"),
    ],
)
def test_yaml_out_of_bounds_is_refused(text: str, message: str) -> None:
    with pytest.raises(yaml.YAMLError) as caught:
        read_yaml(text)
    assert message in str(caught.value)


def test_aliases_that_multiply_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(yaml_text, "MOST_NODES", 20)
    with pytest.raises(yaml.YAMLError, match="line 3: more than 20 values, aliases put in full"):
        read_yaml("a: &a [1, 2, 3, 4]\nb: &b [*a, *a]\nc: [*b, *b]\n")


def test_plain_yaml_with_an_alias_and_a_merge_is_read() -> None:
    read = read_yaml("a: &a {x: 1}\nb: *a\nc:\n  <<: *a\n  y: 2\n")
    assert read == {"a": {"x": 1}, "b": {"x": 1}, "c": {"x": 1, "y": 2}}
    assert read_yaml("") is None


@pytest.mark.parametrize("value", ["2026-13-45", "a: b: c", "[1", "9" * 5000])
def test_a_value_that_is_no_yaml_is_one_sentence(value: str) -> None:
    with pytest.raises(StatError, match="setting difficulty.tau1: found"):
        configuration.load(None, [f"difficulty.tau1={value}"])
