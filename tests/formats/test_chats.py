"""Chats of other tools: every form in which messages are stored, and the turns that are text."""

import json
from pathlib import Path
from typing import Any

import pytest

from stat_engine.errors import InputError
from stat_engine.formats.chats import as_messages, last_answer, last_question, messages, turns
from stat_engine.formats.row import Row

CHAT = [
    {"role": "developer", "content": "Think."},
    {"role": "user", "content": "1+1?"},
    {"role": "assistant", "content": None, "tool_calls": [{"id": "a"}]},
    {"role": "tool", "content": "2", "tool_call_id": "a"},
    {
        "role": "assistant",
        "content": [{"type": "thinking", "thinking": "?"}, {"type": "text", "text": "two"}],
    },
]
SPOKEN = [
    {"from": "human", "value": "1+1?"},
    {"from": "gpt", "value": "one"},
    {"from": "gpt", "value": "two"},
]
COLUMNS = {"role": ["user", "assistant"], "content": ["1+1?", "two"]}


def row(value: Any) -> Row:
    return Row(7, {"messages": value}, Path("f.jsonl"))


@pytest.mark.parametrize(
    "value", [CHAT, SPOKEN, COLUMNS, json.dumps(CHAT), json.dumps(COLUMNS), str(SPOKEN)], ids=str
)
def test_the_last_message_of_the_assistant_answers_the_last_of_the_user(value: Any) -> None:
    assert (last_question(row(value), "messages"), last_answer(row(value), "messages")) == ("1+1?", "two")


def test_one_message_alone_is_a_chat() -> None:
    assert last_answer(row({"role": "model", "content": "two"}), "messages") == "two"


@pytest.mark.parametrize(
    ("content", "text"),
    [(None, ""), ("", ""), (["a", "b"], "a\nb"), ([{"type": "output_text", "text": "a"}], "a"), ([], "")],
)
def test_an_answer_may_be_empty_or_in_parts(content: Any, text: str) -> None:
    chat = [{"role": "user", "content": "?"}, {"role": "assistant", "content": content}]
    assert last_answer(row(chat), "messages") == text


def test_a_refusal_is_the_answer() -> None:
    chat = [{"role": "assistant", "content": None, "refusal": "No."}]
    assert last_answer(row(chat), "messages") == "No."


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("hello", "found 'hello', expected a list of messages"),
        ([CHAT[1]], "found user, expected a message of the assistant, which is the response"),
        ([], "found no messages, expected a message of the assistant, which is the response"),
        ([{"role": 3, "content": "x"}], "field messages[0].role: found 3, expected text"),
        (
            [{"role": "assistant", "content": [{"type": "image_url"}]}],
            "field messages[0].content[0]: found {'type': 'image_url'}, expected a part of text {type, text}",
        ),
    ],
)
def test_what_holds_no_answer_is_refused(value: Any, message: str) -> None:
    with pytest.raises(InputError) as caught:
        last_answer(row(value), "messages")
    assert str(caught.value).endswith(message) and str(caught.value).startswith("f.jsonl, line 7, ")


def test_only_a_whole_text_is_messages() -> None:
    text = json.dumps(CHAT)
    assert as_messages(text) == CHAT
    for other in (
        f"So: {text}",
        '[{"role": "user"}]',
        '{"role": 1, "content": "x"}',
        "[1]",
        '["role"]',
        3,
        "{",
    ):
        assert as_messages(other) is None


def test_blank_turns_are_refused_where_all_of_a_chat_is_read() -> None:
    of = row([{"role": "user", "content": " "}])
    with pytest.raises(
        InputError, match=r"field messages\[0\].content: found ' ', expected text that is not"
    ):
        turns(of, "messages", messages(of, "messages"))
