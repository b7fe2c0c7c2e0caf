"""What servers say of errors, in their own wordings, and what follows for the other prompts."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from stat_engine.models.servers.faults import told
from stat_engine.models.servers.server import Reply
from tests.models.fault_server import FaultServer, Said, chat, echo
from tests.models.servers.test_server import answers, calls, client, collect


@pytest.fixture
def server() -> Iterator[FaultServer]:
    with FaultServer() as running:
        yield running


def sent(body: Any, status: int = 400) -> Said:
    return Said(json.dumps(body).encode(), status)


def openai(message: str, **other: Any) -> dict[str, Any]:
    return {
        "error": {"message": message, "type": "invalid_request_error", "param": None, "code": None} | other
    }


OF_THE_PROMPT = {
    "OpenAI, too long": sent(openai("This model's maximum context length is 128000 tokens. However, your messages resulted in 130001 tokens.", param="messages", code="context_length_exceeded")),
    "OpenAI, policy": sent(openai("Invalid prompt: your prompt was flagged as potentially violating our usage policy.", code="invalid_prompt")),
    "Azure": sent({"error": {"message": "The response was filtered", "type": None, "param": "prompt", "code": "content_filter", "status": 400, "innererror": {"code": "ResponsibleAIPolicyViolation"}}}),
    "DeepSeek": sent(openai("Content Exists Risk", code="invalid_request_error")),
    "vLLM": sent({"object": "error", "message": "'max_tokens' or 'max_completion_tokens' is too large: 2048. This model's maximum context length is 4096 tokens and your request has 3000 input tokens", "type": "BadRequestError", "param": None, "code": 400}),
    "vLLM, with a field": sent(openai("You passed 9001 input tokens and requested 512 output tokens. However, the model's context length is only 8192 tokens", param="input_tokens", code=400, type="BadRequestError")),
    "llama.cpp": sent({"error": {"code": 400, "message": "the request exceeds the available context size, try increasing it", "type": "exceed_context_size_error", "n_prompt_tokens": 5000, "n_ctx": 4096}}),
    "TGI": sent({"error": "Input validation error: `inputs` must have less than 1024 tokens. Given: 2000", "error_type": "validation"}, 422),
    "DashScope": sent({"error": {"code": "data_inspection_failed", "message": "Input data may contain inappropriate content.", "param": None, "type": "data_inspection_failed"}}),
    "Mistral": sent({"object": "error", "message": "Prompt contains 40000 tokens, too large for model with 32768 maximum context length", "type": "invalid_request_error", "code": "3051"}),
    "OpenRouter": sent({"error": {"message": "Provider returned error", "code": 400, "metadata": {"raw": '{"error":{"message":"prompt is too long: 210000 tokens > 200000 maximum"}}', "provider_name": "x"}}}),
    "OpenRouter, moderated": sent({"error": {"message": "openai/gpt-4o requires moderation. Your input was flagged for \"violence\"", "code": 403, "metadata": {"reasons": ["violence"]}}}, 403),
    "too large": sent({"message": "Payload Too Large"}, 413),
    "FastAPI, the messages": sent({"detail": [{"type": "string_too_long", "loc": ["body", "messages", 0, "content"], "msg": "String should have at most 100 characters"}]}, 422),
    "a reason that says nothing": sent({"error": {"message": "Bad Request"}}),
    "another language": sent({"error": {"code": "1301", "message": "\u7cfb\u7edf\u68c0\u6d4b\u5230\u8f93\u5165\u6216\u751f\u6210\u5185\u5bb9\u53ef\u80fd\u5305\u542b\u4e0d\u5b89\u5168"}}),
    "a server error": sent({"error": {"code": 500, "message": "context length exceeded"}}, 500),
    "an error as an answer": sent({"error": {"message": "This endpoint's maximum context length is 4096 tokens", "code": 400}}, 200),
    "a filtered answer": chat("", choices=[{"message": {"content": ""}, "finish_reason": "content_filter"}]),
    "half a filtered answer": chat("", choices=[{"message": {"content": "The first"}, "finish_reason": "content_filter"}]),
    "a refusal of the model": chat("", choices=[{"message": {"content": None, "refusal": "I cannot help with that."}, "finish_reason": "stop"}]),
}  # fmt: skip


@pytest.mark.parametrize("fault", OF_THE_PROMPT.values(), ids=OF_THE_PROMPT)
def test_an_error_of_one_prompt_is_its_refusal_and_the_others_are_answered(
    server: FaultServer, fault: Said
) -> None:
    server.script = lambda asked, before: fault if asked.text == "1" else echo(asked, before)
    came, ended = collect(client(server).run(calls(6)))
    refused = came.pop(1)
    assert (ended, server.n_asked("1")) == ("", 1)
    assert refused.text == "" and (refused.finish_reason or "").startswith("refused: ")
    assert came == {at: one for at, one in answers(6).items() if at != 1}


OF_ALL = {
    "OpenAI, a setting": sent(openai("Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.", param="max_tokens", code="unsupported_parameter")),
    "OpenAI, a value": sent(openai("Unsupported value: 'temperature' does not support 0 with this model.", param="temperature", code="unsupported_value")),
    "OpenAI, too long an answer": sent(openai("max_tokens is too large: 32768. This model supports at most 16384 completion tokens", param="max_tokens", code="invalid_value")),
    "FastAPI, a setting": sent({"detail": [{"type": "extra_forbidden", "loc": ["body", "seed"], "msg": "Extra inputs are not permitted", "input": 0}]}, 422),
    "Google, the key": sent([{"error": {"code": 400, "message": "API key not valid. Please pass a valid API key.", "status": "INVALID_ARGUMENT"}}]),
    "DashScope, the account": sent({"error": {"code": "Arrearage", "message": "Access denied, please make sure your account is in good standing.", "type": "Arrearage"}}),
    "no field": sent({"error": "unknown field `top_p`"}),
    "the model": sent(openai("Model Not Exist", code="model_not_exist")),
}  # fmt: skip


@pytest.mark.parametrize("fault", OF_ALL.values(), ids=OF_ALL)
def test_an_error_of_a_setting_ends_the_run_at_once(server: FaultServer, fault: Said) -> None:
    server.script = lambda asked, before: fault
    came, ended = collect(client(server, width=1).run(calls(50)))
    assert (came, len(server.asked)) == ({}, 1)
    assert ended.startswith(f"{server.url} refused a request (4")


def test_an_empty_answer_is_asked_for_once_more_and_then_is_a_refusal(server: FaultServer) -> None:
    server.script = lambda asked, before: chat("") if asked.text == "1" else echo(asked, before)
    came, ended = collect(client(server, retries=6).run(calls(4)))
    assert (ended, server.n_asked("1")) == ("", 2)
    assert came[1].text == "" and "an empty answer" in (came[1].finish_reason or "")
    assert len(came) == 4


def test_an_answer_that_an_error_cut_is_asked_again(server: FaultServer) -> None:
    cut = chat("", choices=[{"message": {"content": "half of"}, "finish_reason": "error"}])
    server.script = lambda asked, before: echo(asked, before) if before else cut
    assert collect(client(server).run(calls(2))) == (answers(2), "")


def test_thoughts_are_kept_under_every_name_that_servers_have_for_them(server: FaultServer) -> None:
    messages: list[dict[str, Any]] = [
        {"content": "4", "reasoning_content": "2+2"},
        {"content": "4", "reasoning": "2+2", "reasoning_details": [{"text": "2+2"}]},
        {"content": [{"type": "thinking", "thinking": [{"type": "text", "text": "2+2"}]}, {"type": "text", "text": "4"}]},
        {"content": None, "reasoning_content": "2+2"},
        {"content": "<think>2+2</think>4", "reasoning_content": "2+2"},
    ]  # fmt: skip
    server.script = lambda asked, before: chat(
        "", choices=[{"message": messages[int(asked.text)], "finish_reason": "stop"}]
    )
    came, ended = collect(client(server).run(calls(5)))
    whole = "<think>\n2+2\n</think>\n\n4"
    assert [came[at].text for at in range(5)] == [whole, whole, whole, "<think>\n2+2", "<think>2+2</think>4"]
    assert ended == ""


@pytest.mark.parametrize(
    ("usage", "expected"),
    [
        ({"prompt_tokens": 100, "completion_tokens": 20, "total_tokens": 1620}, (100, 1520)),
        ({"prompt_tokens": 100, "completion_tokens": 20, "total_tokens": 120}, (100, 20)),
        ({"prompt_tokens": 100, "completion_tokens": 20}, (100, 20)),
        ({"prompt_tokens": 100, "total_tokens": 130}, (100, 30)),
        ({"completion_tokens": 20, "total_tokens": 120}, (None, 20)),
    ],
)
def test_output_tokens_are_those_that_are_billed(
    server: FaultServer, usage: dict[str, int], expected: tuple[int | None, int | None]
) -> None:
    server.script = lambda asked, before: chat("x", usage=usage)
    came, _ = collect(client(server).run(calls(1)))
    assert (came[0].input_tokens, came[0].output_tokens) == expected


def test_only_what_was_set_is_sent_and_what_the_server_refuses_is_left_out(server: FaultServer) -> None:
    settings = {"omit": ["temperature", "stop"], "extra_body": {"reasoning_effort": "low"}}
    one = calls(1)[0]
    collect(client(server, **settings).run([one]))
    message = {"role": "user", "content": "0"}
    expected = {"model": "teacher", "top_p": 0.9, "max_tokens": 20, "messages": [message], "reasoning_effort": "low"}  # fmt: skip
    assert server.asked[0].body == expected


def test_what_an_error_says_is_found_wherever_it_stands() -> None:
    detail = [{"loc": ["body", "n"], "msg": "too many"}, {"loc": ["body", "seed"], "msg": "no"}]
    assert told({"detail": detail}).text == "n: too many seed: no"
    assert told({"detail": detail}).fields == ("n", "seed")
    assert told("plain").text == "plain" and told(None, "Bad Request").text == "Bad Request"
    assert told({"error": {"message": "a", "errors": [{"message": "b"}, {"message": "a"}]}}).text == "a b"


def test_a_reply_that_ends_by_itself_is_told_by_its_finish_reason(server: FaultServer) -> None:
    server.script = lambda asked, before: chat(
        "x", choices=[{"message": {"content": "x"}, "finish_reason": "STOP"}]
    )
    came, _ = collect(client(server).run(calls(1)))
    assert came == {0: Reply("x", 7, 3, "STOP", None)}
