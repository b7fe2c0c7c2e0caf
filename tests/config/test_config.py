from pathlib import Path

import pytest

from stat_engine import config as configuration
from stat_engine.config import RunConfig
from stat_engine.config.shipped import ROOT
from stat_engine.errors import StatError


def test_a_file_holds_only_the_differences_and_overrides_come_on_top(tmp_path: Path) -> None:
    path = tmp_path / "run.yaml"
    path.write_text("difficulty:\n  tau1: 0.9\nseeds: [1, 2]\n")
    config = configuration.load(path, ["difficulty.tau2=0.5", "sft.epochs=1"])
    assert configuration.differences(config) == {
        "difficulty.tau1": (0.9, 0.85),
        "difficulty.tau2": (0.5, 0.7),
        "seeds": ([1, 2], [0]),
        "sft.epochs": (1.0, 3),
    }


def test_yaml_of_a_configuration_loads_back_equal(tmp_path: Path) -> None:
    config = configuration.load(None, ["difficulty.tau1=0.9", "arms=[uniform]", "teacher.noise=0.2"])
    path = tmp_path / "run.yaml"
    path.write_text(configuration.as_yaml(config))
    assert configuration.load(path) == config


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("difficulty.tau3=1", "configuration: unknown setting difficulty.tau3; did you mean difficulty.tau2?"),
        ("dificulty.tau1=1", "configuration: unknown setting dificulty; did you mean difficulty?"),
        ("difficulty.tau1=2", "configuration: setting difficulty.tau1: found 2, input should be less than or equal to 1"),
        ("difficulty.tau1", "setting 'difficulty.tau1': expected key=value, as in difficulty.tau1=0.9"),
        ("seeds=[", "setting seeds: found '[', expected a YAML value"),
        ("difficulty.filter=best", "configuration: setting difficulty.filter: found 'best', input should be "
         "'prm', 'consistency', 'length', 'orm' or 'ground-truth'"),
    ],
)  # fmt: skip
def test_a_setting_that_does_not_fit_is_named_in_one_sentence(override: str, message: str) -> None:
    with pytest.raises(StatError) as error:
        configuration.load(None, [override])
    assert str(error.value) == message


@pytest.mark.parametrize("content", [b"- a\n- b\n", b"a: [", b"\xff\xfe\x00"])
def test_a_file_that_is_no_configuration_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "run.yaml"
    path.write_bytes(content)
    with pytest.raises(StatError) as error:
        configuration.load(path)
    assert str(error.value).startswith(str(path)) and "\n" not in str(error.value)


def test_a_bare_word_for_a_section_is_its_backend_and_keeps_the_rest() -> None:
    tree = configuration.override(
        {"teacher": {"backend": "numeracy", "noise": 0.3}}, ["teacher=question-skills"]
    )
    assert configuration.validate(tree).teacher.model_dump(include={"backend", "noise"}) == {
        "backend": "question-skills",
        "noise": 0.3,
    }
    assert configuration.load(None, ["dataset=math"]).dataset == "math"


def test_items_of_a_list_can_be_overridden() -> None:
    tree = configuration.override(
        {"second_teachers": [{"name": "second", "noise": 0.1}]}, ["second_teachers.0.noise=0.4"]
    )
    assert configuration.validate(tree).second_teachers[0].noise == 0.4


def test_greedy_sampling_of_several_responses_is_refused() -> None:
    with pytest.raises(StatError, match="several samples need a temperature above 0"):
        configuration.load(None, ["student.n_samples=2", "student.temperature=0"])


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("arms=[best]", "configuration: setting arms: found ['best'], 'best' is none of random, uniform, "),
        ("seeds=[1,1]", "configuration: setting seeds: found [1, 1], expected at least one seed, each once"),
        ("second_teachers=[numeracy]", "configuration: every teacher needs a name of its own: set second_"),
    ],
)
def test_settings_that_contradict_each_other_are_refused(override: str, message: str) -> None:
    with pytest.raises(StatError) as error:
        configuration.load(None, [override])
    assert str(error.value).startswith(message)


def test_arms_are_kept_under_their_canonical_names() -> None:
    assert configuration.load(None, ["arms=[naive,hard,random]"]).arms == ["random", "math-hard"]


def test_the_defaults_are_the_papers() -> None:
    difficulty, sets, sft = RunConfig().difficulty, RunConfig().training_set, RunConfig().sft
    assert (difficulty.tau1, difficulty.tau2, difficulty.rule) == (0.85, 0.7, "paper")
    assert (sets.pairs, sets.per_skill, sets.answers_per_question, sets.min_agreeing) == (9500, 5, 3, 2)
    assert (sft.rank, sft.alpha, sft.dropout, sft.epochs, sft.batch_size) == (16, 32, 0.05, 3, 8)


def test_every_example_configuration_loads() -> None:
    examples = sorted((ROOT / "data").rglob("*.yaml"))
    assert len(examples) > 0
    for path in examples:
        configuration.load(path)


def test_a_shipped_file_is_found_from_any_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    shipped = configuration.load(Path("data/presets/self-teaching.yaml"))
    assert shipped == configuration.load(ROOT / "data" / "presets" / "self-teaching.yaml")
    own = tmp_path / "data" / "presets" / "self-teaching.yaml"
    own.parent.mkdir(parents=True)
    own.write_text("dataset: own\n")
    assert configuration.load(Path("data/presets/self-teaching.yaml")).dataset == "own"


def test_a_models_name_with_dots_has_its_price() -> None:
    config = configuration.load(None, ["prices.gpt-4.1-mini.input=0.4", "prices.gpt-4.1-mini.output=1.6"])
    assert config.prices["gpt-4.1-mini"].model_dump() == {"input": 0.4, "output": 1.6}


@pytest.mark.parametrize(
    "settings",
    [
        ["teacher.backend=openai", "teacher.model=m"],
        ["student.backend=openai", "student.model=m"],
        ["embeddings.backend=openai", "embeddings.model=m"],
    ],
)
def test_a_budget_needs_the_price_of_every_model_that_is_paid(settings: list[str]) -> None:
    order = sorted(settings, reverse=True)  # a model before its backend
    tree = configuration.override({}, [*order, "budget=1"])
    with pytest.raises(StatError, match="a budget needs the prices of m"):
        configuration.validate(tree)


@pytest.mark.parametrize(
    "setting",
    ["teacher.server.api_key_env=sk-planted", "teacher.server.base_url=http://me:sk-planted@host/v1"],
)
def test_a_pasted_secret_is_refused_and_not_repeated(setting: str) -> None:
    with pytest.raises(StatError) as error:
        configuration.load(None, [setting])
    assert "sk-planted" not in str(error.value)
