"""vLLM's offline engine. What needs the engine runs it from the environment of `make vllm-cpu`."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from stat_engine.config import StudentConfig
from stat_engine.errors import StatError
from stat_engine.models.base import NO_ROOM, Message, Prompt, Sampling
from stat_engine.models.local.transformers_model import TransformersModel
from stat_engine.models.local.vllm_model import VllmModel, _only_adapter, _rank, _wishes
from stat_engine.models.process import StudentProcess
from stat_engine.numeracy.pretrain import build_tokenizer
from tests.models.running_servers import VLLM_ENVIRONMENT

PROMPTS: list[Prompt] = [
    [Message(role="user", content=text)] for text in ("What is 3+4?", "Compute 12*3 and then add 45.", "7")
]
TEXTS: list[Prompt] = ["Problem: What is 3+4?\n\nSolution:", "3+4="]
GREEDY = Sampling(temperature=0, top_p=1, max_tokens=24)


def a_student(model: Path, **fields: object) -> StudentConfig:
    return StudentConfig.model_validate({"model": str(model), "dtype": "float32", **fields})


@pytest.fixture(scope="module")
def in_vllm(vllm_python: str, served_checkpoint: Path) -> Iterator[StudentProcess]:
    with pytest.MonkeyPatch.context() as patch:
        for name, value in VLLM_ENVIRONMENT.items():
            patch.setenv(name, value)
        model = StudentProcess(a_student(served_checkpoint, backend="vllm", python=vllm_python))
    yield model
    model.close()


@pytest.fixture(scope="module")
def here(served_checkpoint: Path) -> TransformersModel:
    return TransformersModel(a_student(served_checkpoint))


def test_an_environment_without_vllm_says_how_to_get_one(
    served_checkpoint: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(StatError) as caught:
        VllmModel(a_student(served_checkpoint, backend="vllm"))
    assert str(caught.value) == (
        "student.backend=vllm: this environment has no vllm; install it with pip install 'stat-studio[vllm]', or "
        "name an environment that has it with student.python=PATH"
    )


def test_two_adapters_are_refused(served_adapter: Path, served_checkpoint: Path) -> None:
    config = a_student(served_checkpoint, adapter=str(served_adapter))
    assert _only_adapter(config, None) == served_adapter
    assert _only_adapter(a_student(served_checkpoint), served_adapter) == served_adapter
    assert _only_adapter(a_student(served_checkpoint), None) is None
    with pytest.raises(
        StatError, match=f"takes one adapter, found {served_adapter} and {served_adapter}; merge"
    ):
        _only_adapter(config, served_adapter)


@pytest.mark.parametrize("name", ["adapter_config.json", "adapter_model.safetensors"])
def test_an_adapter_that_is_not_in_peft_s_form_is_refused(
    name: str, served_adapter: Path, served_checkpoint: Path, tmp_path: Path
) -> None:
    folder = shutil.copytree(served_adapter, tmp_path / "adapter")
    (folder / name).unlink()
    with pytest.raises(StatError, match=f"adapter {folder}: expected a folder with adapter_config.json and"):
        VllmModel(a_student(served_checkpoint, backend="vllm"), folder)


@pytest.mark.parametrize(("rank", "room"), [(1, 1), (2, 8), (16, 16), (17, 32), (257, 320), (512, 512)])
def test_the_engine_makes_room_for_the_adapter_s_rank(rank: int, room: int, tmp_path: Path) -> None:
    (tmp_path / "adapter_config.json").write_text(json.dumps({"r": rank}))
    assert _rank(tmp_path) == room


def test_a_rank_that_vllm_cannot_hold_is_refused(tmp_path: Path) -> None:
    (tmp_path / "adapter_config.json").write_text(json.dumps({"r": 513}))
    with pytest.raises(StatError, match="found rank 513, expected at most the 512 of vLLM"):
        _rank(tmp_path)


def test_a_stop_text_that_is_a_special_token_is_asked_for_by_its_number() -> None:
    sampling = Sampling(temperature=0.5, top_p=0.9, max_tokens=7, n_samples=2, stop=("\n\n", "<sep>", ""))
    assert _wishes(sampling, build_tokenizer()) == {
        "temperature": 0.5, "top_p": 0.9, "max_tokens": 7, "stop": ["\n\n"], "stop_token_ids": [2, 3],
    }  # fmt: skip


@pytest.mark.slow
def test_greedy_answers_are_those_of_transformers(in_vllm: StudentProcess, here: TransformersModel) -> None:
    assert in_vllm.name == here.name
    answers = in_vllm.complete(PROMPTS, GREEDY, 0)
    assert answers == here.complete(PROMPTS, GREEDY, 0)
    assert {one.finish_reason for (one,) in answers} == {"stop", "length"}
    assert in_vllm.complete(TEXTS, GREEDY, 0) == here.complete(TEXTS, GREEDY, 0)
    assert in_vllm.complete([], GREEDY, 0) == []


@pytest.mark.slow
def test_a_prompt_s_samples_hang_on_the_seed_and_its_place_and_not_on_its_neighbours(
    in_vllm: StudentProcess,
) -> None:
    sampling = Sampling(temperature=1, top_p=0.95, max_tokens=10, n_samples=3)
    first = in_vllm.complete(PROMPTS, sampling, 4)
    assert [len({one.text for one in samples}) for samples in first] == [3, 3, 3]
    assert in_vllm.complete(PROMPTS, sampling, 4) == first
    assert in_vllm.complete(PROMPTS[:1], sampling, 4) == first[:1]
    assert in_vllm.complete(PROMPTS, sampling, 5) != first
    twice = in_vllm.complete([PROMPTS[0], PROMPTS[0]], sampling, 4)
    assert twice[0] != twice[1]


@pytest.mark.slow
def test_a_stop_text_ends_an_answer_as_in_transformers(
    in_vllm: StudentProcess, here: TransformersModel
) -> None:
    ((whole,),) = in_vllm.complete(PROMPTS[:1], GREEDY, 0)
    stopped = Sampling(temperature=0, top_p=1, max_tokens=24, stop=(whole.text[5:8],))
    answers = in_vllm.complete(PROMPTS[:1], stopped, 0)
    assert answers == here.complete(PROMPTS[:1], stopped, 0)
    assert len(answers[0][0].text) < len(whole.text)


@pytest.mark.slow
def test_a_prompt_without_room_has_an_empty_answer_and_stops_no_other(in_vllm: StudentProcess) -> None:
    endless: Prompt = [Message(role="user", content="7" * 5000)]
    answers = in_vllm.complete([PROMPTS[0], endless, PROMPTS[1]], GREEDY, 0)
    first, second, _ = in_vllm.complete(PROMPTS, GREEDY, 0)
    assert answers == [first, [NO_ROOM], second]


@pytest.mark.slow
def test_an_adapter_changes_answers_as_in_transformers_and_closing_leaves_nothing_behind(
    vllm_python: str, served_checkpoint: Path, served_adapter: Path, here: TransformersModel,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    for name, value in VLLM_ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    with_adapter = StudentProcess(
        a_student(served_checkpoint, backend="vllm", python=vllm_python), served_adapter
    )
    child = psutil.Process(with_adapter._process._child.pid)
    there = [child, *child.children(recursive=True)]
    answers = with_adapter.complete(PROMPTS, GREEDY, 0)
    with_adapter.close()
    assert [process for process in there if process.is_running()] == []
    assert answers == TransformersModel(a_student(served_checkpoint), served_adapter).complete(
        PROMPTS, GREEDY, 0
    )
    assert answers != here.complete(PROMPTS, GREEDY, 0)
