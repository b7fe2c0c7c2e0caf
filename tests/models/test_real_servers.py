"""The client against real servers: what they answer is what transformers says of the same checkpoint."""

from dataclasses import replace
from tempfile import TemporaryDirectory

import pytest
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

from stat_engine.config import (
    DomainConfig,
    RewardModelConfig,
    RunConfig,
    ServerConfig,
    StudentConfig,
    TeacherConfig,
)
from stat_engine.config.shipped import ROOT
from stat_engine.errors import StatError
from stat_engine.method.context import Silent
from stat_engine.models.base import Answer, Completion, Message, Prompt, Sampling, TeacherRequest
from stat_engine.models.local.transformers_model import TransformersModel
from stat_engine.models.paid_calls.student import PaidStudent
from stat_engine.models.rewards.plus_minus import RlhflowRewardModel
from stat_engine.models.rewards.rlhflow_server import RlhflowServer
from stat_engine.models.servers.server import Call, Server
from stat_engine.models.teachers import ChatTeacher, on_server
from stat_engine.store.workspace import WorkspaceFolder
from tests.models.running_servers import RunningServer

pytestmark = pytest.mark.slow
PROBLEMS = ["What is 3+4?", "Compute 12*3 and then add 45.", "7"]
PROMPTS: list[Prompt] = [[Message(role="user", content=problem)] for problem in PROBLEMS]
GREEDY = Sampling(temperature=0, top_p=1, max_tokens=24)
SAMPLED = Sampling(temperature=1, top_p=1, max_tokens=16, n_samples=3)
ITEMS = [("What is 3+4?", ["3+4=7", "so 7 - 0 = 7", "Answer: 7"]), ("Compute 12*3.", ["12*3=36"]), ("1", [])]
REQUEST = TeacherRequest("missing_skills", "What is 3+4?", ("3+4=8", "Answer: 8"), ("addition", "counting"))


def at(server: RunningServer) -> ServerConfig:
    return ServerConfig(base_url=server.base_url, width=4, retries=0)


def a_student(server: RunningServer) -> StudentConfig:
    return StudentConfig(backend="openai", model=server.model, name="served", server=at(server))


def asked(student: StudentConfig, sampling: Sampling, seed: int) -> list[list[Completion]]:
    """The student's completions in a workspace of its own, so that no answer is there already."""
    with TemporaryDirectory() as folder:
        paid = PaidStudent(WorkspaceFolder(folder), RunConfig(student=student), "run", Silent())
        return paid.complete(PROMPTS, sampling, seed)


def counted_by_the_server(completion: Completion) -> Completion:
    """Both servers count the end token too."""
    return replace(completion, n_tokens=completion.n_tokens + (completion.finish_reason == "stop"))


def assert_student_is_as_in_transformers(server: RunningServer, model: str) -> None:
    config = a_student(server).model_copy(update={"model": model})
    here = TransformersModel(StudentConfig(model=model, dtype="float32"))
    expected = [
        [counted_by_the_server(one) for one in samples] for samples in here.complete(PROMPTS, GREEDY, 0)
    ]
    assert asked(config, GREEDY, 0) == expected


def assert_teacher_is_as_in_transformers(server: RunningServer) -> None:
    config = TeacherConfig(backend="openai", model=server.model, max_tokens=16, server=at(server))
    teacher = ChatTeacher(server.model, {}, config, DomainConfig(), on_server(Server(config.server)))
    messages = teacher._messages(REQUEST)
    here = TransformersModel(StudentConfig(model=server.model, dtype="float32"))
    expected = counted_by_the_server(here.complete([messages], Sampling(0, 1, 16), 0)[0][0])
    n_input = len(here._tokenizer.apply_chat_template(messages, add_generation_prompt=True)["input_ids"])
    answers = [pair for batch in teacher.answer([REQUEST]) for pair in batch]
    assert [(at, replace(answer, text=answer.text.strip())) for at, answer in answers] == [
        (0, Answer(expected.text, n_input, expected.n_tokens, expected.finish_reason))
    ]


def test_a_student_behind_transformers_serve_answers_as_in_transformers(
    transformers_server: RunningServer,
) -> None:
    assert_student_is_as_in_transformers(transformers_server, transformers_server.model)


def test_the_embedded_student_behind_transformers_serve_answers_as_in_transformers(
    transformers_server: RunningServer,
) -> None:
    assert_student_is_as_in_transformers(transformers_server, str(ROOT / "data/numeracy/student"))


def test_a_teacher_behind_transformers_serve_answers_as_in_transformers(
    transformers_server: RunningServer,
) -> None:
    assert_teacher_is_as_in_transformers(transformers_server)


def test_several_samples_come_from_a_server_that_gives_one(transformers_server: RunningServer) -> None:
    samples = asked(a_student(transformers_server), SAMPLED, 0)
    assert [len(completions) for completions in samples] == [3, 3, 3]


def test_a_server_without_prompt_logprobs_is_refused_as_a_reward_model(
    transformers_server: RunningServer,
) -> None:
    config = RewardModelConfig(
        backend="rlhflow-server", model=transformers_server.model, server=at(transformers_server)
    )
    with pytest.raises(StatError, match="prompt_logprobs|needs a vLLM server"):
        RlhflowServer(config).score(ITEMS)


def test_a_student_behind_vllm_answers_as_in_transformers(vllm_server: RunningServer) -> None:
    assert_student_is_as_in_transformers(vllm_server, vllm_server.model)


def test_samples_behind_vllm_differ_and_their_seed_fixes_them(vllm_server: RunningServer) -> None:
    student = a_student(vllm_server)
    first = asked(student, SAMPLED, 0)
    assert all(len({completion.text for completion in completions}) > 1 for completions in first)
    assert first == asked(student, SAMPLED, 0)
    assert first != asked(student, SAMPLED, 1)


def test_a_teacher_behind_vllm_answers_as_in_transformers(vllm_server: RunningServer) -> None:
    assert_teacher_is_as_in_transformers(vllm_server)


def test_a_reward_model_behind_vllm_scores_as_in_transformers(vllm_server: RunningServer) -> None:
    config = RewardModelConfig(model=vllm_server.model, server=at(vllm_server), dtype="float32")
    here, there = RlhflowRewardModel(config).score(ITEMS), RlhflowServer(config).score(ITEMS)
    assert [len(scored.step_rewards) for scored in there] == [3, 1, 0]
    for expected, found in zip(here, there, strict=True):
        assert found.step_rewards == pytest.approx(expected.step_rewards, abs=1e-4)


def test_prompt_logprobs_of_vllm_are_those_of_transformers(vllm_server: RunningServer) -> None:
    text = "What is 3+4? 3+4=7"
    tokens = AutoTokenizer.from_pretrained(vllm_server.checkpoint)(text, return_tensors="pt")["input_ids"]
    with torch.inference_mode():
        logits = AutoModelForCausalLM.from_pretrained(vllm_server.checkpoint)(tokens).logits[0]
    expected = logits.log_softmax(-1)[:-1].gather(1, tokens[0, 1:, None])[:, 0].tolist()
    call = Call(text, vllm_server.model, Sampling(0, 1, 1), extra={"prompt_logprobs": 1})
    ((_, reply),) = [pair for batch in Server(at(vllm_server)).run([call]) for pair in batch]
    assert reply.raw is not None
    listed = reply.raw["choices"][0]["prompt_logprobs"][1:]
    found = [row[str(token)]["logprob"] for row, token in zip(listed, tokens[0, 1:].tolist(), strict=True)]
    assert found == pytest.approx(expected, abs=1e-3)


def test_vllm_says_which_models_it_has(vllm_server: RunningServer) -> None:
    assert Server(at(vllm_server)).models() == [vllm_server.model]
