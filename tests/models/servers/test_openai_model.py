"""The language model behind a server: samples, seeds, order, and what a server leaves out."""

import pytest

from stat_engine.config import ServerConfig, StudentConfig
from stat_engine.errors import StatError
from stat_engine.models.base import Completion, Message, Sampling
from stat_engine.models.servers.server import OpenAIModel
from tests.models.fault_server import Asked, FaultServer, Said, chat, error

SAMPLING = Sampling(temperature=0.7, top_p=0.9, max_tokens=20, n_samples=2)


def model_at(server: FaultServer) -> OpenAIModel:
    config = StudentConfig(
        backend="openai", model="small", server=ServerConfig(base_url=server.url, width=2, retries=0)
    )
    return OpenAIModel(config, {}.get)


def asked_of(name: str) -> list[Message]:
    return [Message(role="user", content=name)]


def by_seed(asked: Asked, _before: int) -> Said:
    """Later calls are answered first."""
    return chat(f" {asked.text} {asked.body['seed']}\n", delay_s=0.05 if asked.body["seed"] == 10 else 0.0)


def test_samples_come_prompt_by_prompt_each_from_a_seed_of_its_own() -> None:
    with FaultServer(by_seed) as server:
        done = model_at(server).complete([asked_of("a"), asked_of("b")], SAMPLING, 10)
        assert done == [
            [Completion("a 10", 3, "stop"), Completion("a 11", 3, "stop")],
            [Completion("b 12", 3, "stop"), Completion("b 13", 3, "stop")],
        ]
        assert [asked.body["n"] for asked in server.asked if "n" in asked.body] == []


def test_a_text_is_continued_and_cut_by_length() -> None:
    def continued(asked: Asked, _before: int) -> Said:
        return chat(None, choices=[{"text": asked.body["prompt"] + "!", "finish_reason": "length"}])

    with FaultServer(continued) as server:
        done = model_at(server).complete(["once"], Sampling(0.0, 1.0, 5), 0)
    assert done == [[Completion("once!", 3, "length")]]


def test_tokens_that_a_server_does_not_count_are_estimated_from_bytes() -> None:
    with FaultServer(lambda asked, _before: chat("123456789", usage=None)) as server:
        done = model_at(server).complete([asked_of("a")], Sampling(0.0, 1.0, 5), 0)
    assert done == [[Completion("123456789", 3, "stop")]]


def test_a_student_may_say_nothing() -> None:
    with FaultServer(lambda asked, _before: chat("")) as server:
        done = model_at(server).complete([asked_of("a")], Sampling(0.0, 1.0, 5), 0)
        assert (done, len(server.asked)) == ([[Completion("", 3, "stop")]], 1)


def test_what_came_before_a_failure_is_streamed() -> None:
    def one_fails(asked: Asked, _before: int) -> Said:
        return error(500) if asked.text == "b" else by_seed(asked, 0)

    with FaultServer(one_fails) as server:
        stream = model_at(server).stream([asked_of("a"), asked_of("b")], Sampling(0.0, 1.0, 5), 1)
        came = []
        with pytest.raises(StatError, match="1 of 2 calls failed"):
            for batch in stream:
                came += batch
    assert came == [(0, 0, Completion("a 1", 3, "stop"))]
