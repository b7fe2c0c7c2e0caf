"""Settings to start from: every preset is what its file says, and what a new run gets."""

import pytest

from stat_engine import config as configuration
from stat_engine.config import Preset
from stat_engine.config.training import PAPER_RATES
from stat_engine.errors import StatError

PRESETS = list(configuration.presets().values())


def test_the_presets_are_the_embedded_projects_own_and_the_shipped_files() -> None:
    assert [preset.name for preset in PRESETS] == [
        "demo", "llama-3.2-3b-math", "local-servers", "numeracy-grpo", "qwen2.5-1.5b-math", "self-teaching",
    ]  # fmt: skip


@pytest.mark.parametrize("preset", PRESETS, ids=lambda preset: preset.name)
def test_a_new_run_from_a_preset_has_just_the_files_settings(preset: Preset) -> None:
    assert configuration.compose(preset.path, None, []) == configuration.load(preset.path)


def test_settings_and_a_dataset_come_on_top_of_a_preset() -> None:
    made = configuration.compose(configuration.need_preset("self-teaching").path, "gsm8k", ["seeds=[1,2]"])
    assert (made.dataset, made.seeds, made.teacher.backend) == ("gsm8k", [1, 2], "student")


def test_a_preset_that_is_none_is_refused_with_those_there_are() -> None:
    with pytest.raises(StatError, match=r"^no preset llama; there are: demo, llama-3\.2-3b-math, local"):
        configuration.need_preset("llama")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.9, "0.9"), (None, "null"), (True, "true"), ("gpt-4o-mini", "gpt-4o-mini"), ("on", '"on"'),
        ("7", '"7"'), ("a: b", '"a: b"'), (["\n\n", "x"], '["\\n\\n", "x"]'), ("größer", "größer"),
        ({"m.1": {"input": 1.0, "output": 2.0}}, '{"m.1": {"input": 1.0, "output": 2.0}}'),
    ],
)  # fmt: skip
def test_a_setting_is_written_so_that_it_is_read_back(value: object, text: str) -> None:
    assert configuration.as_setting("student.model", value) == f"student.model={text}"
    assert configuration.override({}, [f"a={text}"]) == {"a": value}


@pytest.mark.parametrize("name", ["../out", "a b", " ", "*", "x" * 300])
def test_a_name_that_no_dataset_can_have_is_refused_in_a_sentence(name: str) -> None:
    with pytest.raises(StatError, match=r"^settings: setting dataset: found .*, expected 1 to 64 letters"):
        configuration.default_config(name)


def test_every_setting_has_its_line_from_the_sections_and_sections_are_none() -> None:
    fields = configuration.fields()
    assert fields["difficulty.tau1"].description == "On the final and the mean reward; 0 switches it off."
    assert fields["student.server.width"].description == "Calls in flight."
    assert set(fields) < set(configuration.known_keys())
    assert "student" not in fields and "student.server" not in fields


def test_yaml_keeps_the_prices_of_a_model_with_dots_in_its_name(tmp_path: object) -> None:
    config = configuration.load(None, ["prices.gpt-4.1.input=2", "prices.gpt-4.1.output=8"])
    path = configuration.need_preset("demo").path.__class__(f"{tmp_path}/run.yaml")
    path.write_text(configuration.as_yaml(config))
    assert configuration.load(path) == config
    path.write_text(configuration.as_yaml(config, full=True))
    assert configuration.load(path) == config


def test_the_paper_s_preset_is_the_paper() -> None:
    paper = configuration.presets()["llama-3.2-3b-math"]
    config = configuration.load(paper.path)
    found = [(one.name, one.metric, one.samples, one.temperature) for one in config.evaluation.benchmarks]
    assert found == [
        ("gsm8k", "pass@1", 1, 0.1),
        ("math2", "pass@1", 1, 0.1),
        ("math-perturb-simple", "pass@1", 1, 0.1),
        ("math-perturb-hard", "pass@1", 1, 0.1),
        ("amc23-average@64", "average@k", 64, 1.0),
        ("aime24-pass@64", "pass@k", 64, 1.0),
        ("aime25-pass@64", "pass@k", 64, 1.0),
    ]
    assert (config.student.temperature, config.evaluation.temperature) == (0.1, 0.1)
    assert {
        "math-train",
        "math-augment",
        "math-hard",
        "embed-sel",
        "embed-syn",
        "stat-sel",
        "stat-syn",
    } <= set(config.arms)
    sizes = config.training_set
    assert (sizes.pairs, sizes.equal, sizes.per_skill, sizes.rewrites) == (9500, "own", 5, 3)
    assert (sizes.references, sizes.proposals, sizes.solutions, sizes.min_agreeing) == (3, 2, 3, 2)
    assert (sizes.reference_draw, sizes.neighbours, sizes.neighbour_proposals) == ("shared", 5, 5)
    near = config.embeddings
    assert near.model == "Alibaba-NLP/gte-Qwen2-7B-instruct" and near.dtype == "bfloat16"
    assert near.instruction is not None and near.instruction.endswith("\nQuery: ")
    assert (config.sft.method, config.sft.pairs_a_step, tuple(config.sft.learning_rates)) == (
        "qlora",
        8,
        PAPER_RATES,
    )
