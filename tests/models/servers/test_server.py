"""The client against a server that misbehaves: nothing lost, nothing asked twice without need."""

import io
import json
import logging
import threading
import time
import traceback
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest

from stat_engine.config import ServerConfig
from stat_engine.errors import StatError
from stat_engine.models.base import Message, Sampling
from stat_engine.models.servers.faults import asked_wait_s
from stat_engine.models.servers.server import Call, Reply, Server
from stat_engine.models.servers.server_run import RateLimit, Taken
from tests.models.fault_server import Asked, FaultServer, Said, chat, echo, error

SECRET = "sk-planted-0123456789"
SAMPLING = Sampling(0.2, 0.9, 20, stop=("END",))
QUICK = (0.005, 0.02)
HTML = b"<html><body>Bad gateway\x1b[31m</body></html>"


@pytest.fixture
def server() -> Iterator[FaultServer]:
    with FaultServer() as running:
        yield running


def client(server: FaultServer, minute_s: float = 60.0, **settings: Any) -> Server:
    config = ServerConfig(**{"base_url": server.url, "width": 4, "retries": 3, "timeout_s": 5} | settings)
    return Server(config, {"OPENAI_API_KEY": SECRET}.get, backoff_s=QUICK, minute_s=minute_s)


def call(text: str, **other: Any) -> Call:
    return Call([Message(role="user", content=text)], "teacher", SAMPLING, **other)


def calls(n: int) -> list[Call]:
    return [call(str(at)) for at in range(n)]


def reply(text: str, **other: Any) -> Reply:
    return Reply(
        **{"text": text, "input_tokens": 7, "output_tokens": 3, "finish_reason": "stop", "raw": None} | other
    )


def answers(n: int) -> dict[int, Reply]:
    return {at: reply(f"answer to {at}") for at in range(n)}


def collect(batches: Iterator[list[tuple[int, Reply]]]) -> tuple[dict[int, Reply], str]:
    """Everything that came, each position once, and the sentence that it ended with."""
    came: dict[int, Reply] = {}
    try:
        for batch in batches:
            assert not came.keys() & dict(batch).keys()
            came |= batch
    except StatError as failure:
        shown_text = "".join(traceback.format_exception(failure))
        assert SECRET not in f"{failure!r} {failure} {shown_text}"
        assert "\n" not in str(failure)
        return came, str(failure)
    return came, ""


class Books:
    """A meter that keeps what it was told, with room for so many tokens."""

    def __init__(self, room: int = 10**9) -> None:
        self.room, self.open, self.spent = room, 0, 0
        self.refused = 0
        self.settled: list[tuple[tuple[int, int], tuple[int, int]]] = []
        self.threads: set[str] = set()

    def reserve(self, input_tokens: int, output_tokens: int, in_flight: int) -> bool:
        self.threads.add(threading.current_thread().name)
        if self.spent + self.open + input_tokens + output_tokens > self.room:
            if not in_flight:
                raise StatError(f"the budget of {self.room} tokens is used up")
            self.refused += 1
            return False
        self.open += input_tokens + output_tokens
        return True

    def settle(self, reserved: tuple[int, int], spent: tuple[int, int]) -> None:
        self.open -= sum(reserved)
        self.spent += sum(spent)
        self.settled.append((reserved, spent))


def test_every_call_is_answered_once_and_never_more_than_the_width_at_a_time(server: FaultServer) -> None:
    server.script = lambda asked, _before: chat(f"answer to {asked.text}", delay_s=0.01)
    assert collect(client(server).run(calls(40))) == (answers(40), "")
    assert (len(server.asked), server.most_open, server.n_connections) == (40, 4, 4)


def test_no_calls_need_no_server() -> None:
    assert list(Server(ServerConfig(base_url="http://127.0.0.1:9/v1"), {}.get).run([])) == []


def test_what_is_sent(server: FaultServer) -> None:
    sent = [call("ü", seed=3, extra={"response_format": {"type": "json_object"}}), call("x")]
    came, _ = collect(client(server, max_tokens_field="max_completion_tokens", width=1).run(sent))
    common = {
        "model": "teacher",
        "temperature": 0.2,
        "top_p": 0.9,
        "max_completion_tokens": 20,
        "stop": ["END"],
    }
    message = {"role": "user", "content": "ü"}
    assert server.asked[0].body == common | {
        "messages": [message], "seed": 3, "response_format": {"type": "json_object"}
    }  # fmt: skip
    assert server.asked[1].body == common | {"messages": [message | {"content": "x"}]}
    assert (server.asked[0].path, server.asked[0].headers["authorization"]) == (
        "/v1/chat/completions",
        f"Bearer {SECRET}",
    )
    assert (came[0].raw, came[1].raw) == (json.loads(chat("answer to ü").body), None)


def test_a_text_goes_to_completions_with_the_field_that_it_knows(server: FaultServer) -> None:
    server.script = lambda asked, _before: chat(None, choices=[{"text": " b", "finish_reason": "length"}])
    sent = Call("a", "base", Sampling(0.0, 1.0, 4))
    came, _ = collect(client(server, max_tokens_field="max_completion_tokens").run([sent]))
    assert came == {0: reply(" b", finish_reason="length")}
    assert (server.asked[0].path, server.asked[0].body) == (
        "/v1/completions",
        {"model": "base", "prompt": "a", "temperature": 0.0, "max_tokens": 4},
    )


PASSING = {
    "429": error(429),
    "429 with a wait": error(429, retry_after="0.02"),
    "429 with a wait in ms": error(429, retry_after_ms="20"),
    "408": error(408),
    "409": error(409),
    "500": error(500),
    "502 in HTML": Said(HTML, 502, {"content-type": "text/html"}),
    "503": error(503, retry_after="0.02"),
    "529": error(529),
    "cut before the answer": Said(b"", cut_at=0),
    "cut within the answer": Said(chat("x").body, cut_at=30),
    "half JSON": Said(chat("x").body[:40]),
    "HTML as JSON": Said(HTML),
    "HTML": Said(HTML, headers={"content-type": "text/html"}),
    "plain text": Said(b"ok", headers={"content-type": "text/plain"}),
    "nothing": Said(b""),
    "JSON of another kind": Said(b'["choices"]'),
    "deep JSON": Said(b"[" * 200_000),
    "no gzip": Said(b"xx", headers={"content-type": "application/json", "content-encoding": "gzip"}),
    "an error as an answer": Said(b'{"error": {"message": "overloaded"}}'),
    "no choices": chat("x", choices=[]),
    "choices of another kind": chat("x", choices=["x"]),
    "no message": chat("x", choices=[{"finish_reason": "stop"}]),
}


@pytest.mark.parametrize("fault", PASSING.values(), ids=PASSING)
def test_what_another_attempt_mends_is_asked_again_and_nothing_else_is(
    server: FaultServer, fault: Said
) -> None:
    server.script = lambda asked, before: fault if asked.text == "1" and before < 2 else echo(asked, before)
    assert collect(client(server).run(calls(6))) == (answers(6), "")
    assert [server.n_asked(str(at)) for at in range(6)] == [1, 3, 1, 1, 1, 1]


@pytest.mark.parametrize("fault", PASSING.values(), ids=PASSING)
def test_what_no_attempt_mends_leaves_the_others_alone_and_is_named_at_the_end(
    server: FaultServer, fault: Said
) -> None:
    server.script = lambda asked, before: fault if asked.text == "1" else echo(asked, before)
    came, sentence = collect(client(server, retries=2).run(calls(6)))
    assert came == {at: answer for at, answer in answers(6).items() if at != 1}
    assert [server.n_asked(str(at)) for at in range(6)] == [1, 3, 1, 1, 1, 1]
    assert sentence.startswith("1 of 6 calls failed, the last because: ")
    assert sentence.endswith("; start again to ask only for what is missing")
    assert sentence.isprintable() and len(sentence) < 400


def test_a_call_that_takes_too_long_is_cut_off_and_asked_again(server: FaultServer) -> None:
    server.script = lambda asked, before: chat("late", delay_s=0.5 if before == 0 else 0.0)
    came, sentence = collect(client(server, timeout_s=0.1).run(calls(1)))
    assert (came, sentence, len(server.asked)) == ({0: reply("late")}, "", 2)


def test_a_server_that_is_not_there_is_given_up(server: FaultServer) -> None:
    books = Books()
    config = ServerConfig(base_url="http://127.0.0.1:9/v1", width=2, retries=1)
    came, sentence = collect(Server(config, {}.get, backoff_s=QUICK).run(calls(1000), books))
    assert came == {}
    assert sentence.startswith(
        "16 of 1000 calls failed, 16 of them in a row, so no other was asked, the last because: "
        "no connection to http://127.0.0.1:9/v1: "
    )
    assert (books.open, books.spent) == (0, 0)


def test_many_failures_with_answers_between_end_no_run(server: FaultServer) -> None:
    server.script = lambda asked, before: error(500) if int(asked.text) % 2 else echo(asked, before)
    came, sentence = collect(client(server, width=1, retries=0).run(calls(50)))
    assert came == {at: answer for at, answer in answers(50).items() if at % 2 == 0}
    assert sentence.startswith("25 of 50 calls failed, the last because: ")


def test_a_mistake_of_ours_surfaces_as_itself(server: FaultServer) -> None:
    class Torn(Books):
        def settle(self, reserved: tuple[int, int], spent: tuple[int, int]) -> None:
            raise RuntimeError("the disk is full")

    came = []
    with pytest.raises(RuntimeError, match="the disk is full"):
        for batch in client(server, width=1).run(calls(3), Torn()):
            came += batch
    assert came == [(0, reply("answer to 0"))]


def test_a_waiting_call_leaves_its_place_to_another(server: FaultServer) -> None:
    """One place; the first five calls are told to wait, and all the others are answered meanwhile."""
    server.script = lambda asked, before: (
        error(429, retry_after="2") if int(asked.text) < 5 and before == 0 else echo(asked, before)
    )
    came, sentence = collect(client(server, width=1).run(calls(20)))
    assert (came, sentence, server.most_open) == (answers(20), "", 1)
    assert list(came)[:15] == list(range(5, 20))
    first_wait = next(asked.at for asked in server.asked[5:] if int(asked.text) < 5) - server.asked[0].at
    assert first_wait >= 2


ENDING = {
    "401": (error(401, f"Incorrect API key provided: {SECRET}"), "did not accept the key in OPENAI_API_KEY (401); set it to one that it accepts"),
    "403": (error(403), "did not accept the key in OPENAI_API_KEY (403); set it to one that it accepts"),
    "402": (error(402, "pay"), "says that the quota of the key in OPENAI_API_KEY is used up (402): 'pay'"),
    "quota": (error(429, "pay", code="insufficient_quota"), "says that the quota of the key in OPENAI_API_KEY is used up (429): 'pay'"),
    "404": (error(404, "which?"), "has no model 'teacher' or no such path (404): 'which?'"),
    "400": (error(400, f"bad\ntop_p\x1b[31m {SECRET}"), r"refused a request (400): 'bad\ntop_p\x1b[31m [key]'"),
    "422": (Said(b'{"detail": "no top_p"}', 422), "refused a request (422): 'no top_p'"),
    "422 with places": (
        Said(b'{"detail": [{"loc": ["body", "seed"], "msg": "Extra inputs are not permitted"}]}', 422),
        "refused a request (422): 'seed: Extra inputs are not permitted'",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("fault", "expected"), ENDING.values(), ids=ENDING)
def test_what_every_call_would_meet_ends_the_run_after_those_in_flight(
    server: FaultServer, fault: Said, expected: str
) -> None:
    """Two places: the second call fails at once, while the first takes its time."""
    server.script = lambda asked, before: (
        fault if asked.text == "1" else chat(f"answer to {asked.text}", 0.05)
    )
    came, sentence = collect(client(server, width=2).run(calls(50)))
    assert (came, sentence) == ({0: reply("answer to 0")}, f"{server.url} {expected}")
    assert len(server.asked) == 2


def test_a_long_message_of_the_server_is_shortened(server: FaultServer) -> None:
    server.script = lambda asked, before: error(401, "x" * 100_000)
    _, sentence = collect(client(server).run(calls(1)))
    assert len(sentence) < 300


def test_answers_are_passed_on_as_they_are(server: FaultServer) -> None:
    texts = ["<b>" + "x" * 2_000_000, "\x00\x1b[31m\r\n\u2028\u202e", "  spaced \n", "𝄞 é"]
    server.script = lambda asked, before: chat(texts[int(asked.text)])
    assert collect(client(server).run(calls(4))) == ({at: reply(text) for at, text in enumerate(texts)}, "")


def test_a_half_character_is_replaced_both_ways(server: FaultServer) -> None:
    server.script = lambda asked, before: chat("a\ud83db")
    came, _ = collect(client(server).run([call("c\udc00d")]))
    assert (came, server.asked[0].text) == ({0: reply("a\ufffdb")}, "c\ufffdd")


ODD = {
    "no usage": (chat("x", usage=None), reply("x", input_tokens=None, output_tokens=None)),
    "usage of another kind": (chat("x", usage={"prompt_tokens": "7", "completion_tokens": -1}), reply("x", input_tokens=None, output_tokens=None)),
    "cut by length": (chat("x", choices=[{"message": {"content": "x"}, "finish_reason": "length"}]), reply("x", finish_reason="length")),
    "no reason": (chat("x", choices=[{"message": {"content": "x"}}]), reply("x", finish_reason=None)),
    "parts": (chat([{"type": "text", "text": "a"}, {"type": "image"}, {"type": "text", "text": "b"}]), reply("ab")),
    "JSON by another name": (Said(chat("x").body, headers={"content-type": "text/plain"}), reply("x")),
}  # fmt: skip


@pytest.mark.parametrize(("said", "expected"), ODD.values(), ids=ODD)
def test_a_usable_answer_is_taken_as_it_comes(server: FaultServer, said: Said, expected: Reply) -> None:
    server.script = lambda asked, before: said
    assert collect(client(server).run(calls(1))) == ({0: expected}, "")
    assert len(server.asked) == 1


@pytest.mark.parametrize("asked_for", [{"extra": {"prompt_logprobs": 0}}, {"may_be_empty": True}])
def test_an_empty_text_is_an_answer_where_the_call_says_so(
    server: FaultServer, asked_for: Mapping[str, Any]
) -> None:
    server.script = lambda asked, before: chat(None)
    came, sentence = collect(client(server).run([call("x", **asked_for)]))
    assert (came[0].text, sentence, len(server.asked)) == ("", "", 1)


def test_a_slow_caller_does_not_slow_the_calls_down(server: FaultServer) -> None:
    server.script = lambda asked, before: chat(f"answer to {asked.text}", delay_s=0.01)
    batches = client(server).run(calls(20))
    first = next(batches)
    deadline = time.monotonic() + 5
    while len(server.asked) < 20 and time.monotonic() < deadline:
        time.sleep(0.01)
    time.sleep(0.1)
    rest = list(batches)
    assert (len(server.asked), len(rest), dict(first + rest[0])) == (20, 1, answers(20))


def test_closing_early_cancels_what_is_in_flight_and_asks_nothing_more(server: FaultServer) -> None:
    server.script = lambda asked, before: chat("x", delay_s=0.0 if asked.text == "0" else 30.0)
    books = Books()
    batches = client(server).run(calls(50), books)
    assert dict(next(batches)) == {0: reply("x")}
    begun = time.monotonic()
    batches.close()  # type: ignore[attr-defined]
    assert time.monotonic() - begun < 5
    assert books.open == 0
    assert len(server.asked) <= 6
    assert "server-calls" not in {thread.name for thread in threading.enumerate()}


def test_the_meter_is_told_the_bound_first_and_the_truth_later(server: FaultServer) -> None:
    server.script = lambda asked, before: error(500) if before == 0 else echo(asked, before)
    books = Books()
    conversation = [Message(role="system", content="é"), Message(role="user", content="abc")]
    collect(client(server).run([Call(conversation, "teacher", SAMPLING)], books))
    bound = (2 + 3 + 2 * 16, 20)
    assert books.settled == [(bound, (0, 0)), (bound, (7, 3))]
    assert books.threads == {"server-calls"}


def test_what_an_answer_cost_is_the_most_it_can_be_where_nobody_says(server: FaultServer) -> None:
    server.script = lambda asked, before: chat("x", usage=None) if before else Said(b"half")
    books = Books()
    collect(client(server).run(calls(1), books))
    assert books.settled == [((17, 20), (17, 20))] * 2


def test_calls_wait_for_room_in_the_budget_and_the_run_ends_when_there_is_none(server: FaultServer) -> None:
    """A call is bounded by 37 tokens and takes 10: after six there are 40 left, after seven 30."""
    server.script = lambda asked, before: chat(f"answer to {asked.text}", delay_s=0.01)
    books = Books(room=100)
    came, sentence = collect(client(server).run([call("a") for _ in range(20)], books))
    assert (sorted(came), sentence) == (list(range(7)), "the budget of 100 tokens is used up")
    assert books.refused > 0 and (books.open, books.spent, len(server.asked)) == (0, 70, 7)


def test_requests_a_minute_are_kept_also_by_retries_and_across_runs(
    server: FaultServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the client's clock: when a request arrives depends on what else the machine does."""
    at: list[float] = []
    take = RateLimit.take

    def noted(limit: RateLimit, tokens: int, now: float) -> Taken:
        at.append(now)
        return take(limit, tokens, now)

    monkeypatch.setattr(RateLimit, "take", noted)
    server.script = lambda asked, before: error(500) if before == 0 else echo(asked, before)
    asking = client(server, requests_per_minute=4, minute_s=0.4)
    assert collect(asking.run(calls(3))) == (answers(3), "")
    assert collect(asking.run([call("9")])) == ({0: reply("answer to 9")}, "")
    assert len(at) == len(server.asked) == 8
    assert all(later - earlier >= 0.4 for earlier, later in zip(at, at[4:], strict=False))


def test_tokens_a_minute_are_counted_by_the_bound_until_the_answer_is_there(server: FaultServer) -> None:
    """Bound 37, truth 10, 80 a minute: two at first, then as answers come, five a minute at most."""
    server.script = lambda asked, before: chat(f"answer to {asked.text}", delay_s=0.02)
    came, sentence = collect(client(server, tokens_per_minute=80, minute_s=2).run(calls(8)))
    assert (came, sentence, server.most_open) == (answers(8), "", 2)
    assert server.asked[4].at - server.asked[0].at < 2 <= server.asked[7].at - server.asked[0].at


def test_a_wait_is_read_in_every_form() -> None:
    now = datetime(2030, 1, 1, tzinfo=UTC)
    date = format_datetime(now + timedelta(seconds=90), usegmt=True)
    read = [
        asked_wait_s(headers, now.timestamp())
        for headers in (
            {}, {"retry-after": "2"}, {"retry-after": "0.5"}, {"retry-after": date}, {"retry-after": "soon"},
            {"retry-after": "-3"}, {"retry-after": "nan"}, {"retry-after-ms": "1500", "retry-after": "9"},
        )
    ]  # fmt: skip
    assert read == [None, 2.0, 0.5, 90.0, None, 0.0, None, 1.5]


def test_a_server_that_asks_for_a_day_is_not_waited_for(server: FaultServer) -> None:
    server.script = lambda asked, before: error(429, "tomorrow", retry_after="86400")
    came, sentence = collect(client(server).run(calls(1)))
    assert (came, len(server.asked)) == ({}, 1)
    assert "429: 'tomorrow'; start again" in sentence


def test_a_key_is_needed_elsewhere_and_not_on_this_machine(
    server: FaultServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert collect(Server(ServerConfig(base_url=server.url), {}.get).run(calls(1))) == (answers(1), "")
    assert server.asked[0].headers["authorization"] == "Bearer none"
    # a configuration holds no password, but OPENAI_BASE_URL may
    monkeypatch.setenv("OPENAI_BASE_URL", "https://me:pw@api.test/v1?x=1")
    elsewhere = Server(ServerConfig(api_key_env="MY_KEY"), {}.get)
    assert collect(elsewhere.run(calls(1)))[1] == (
        "https://api.test/v1 needs a key and MY_KEY is not set; set it: export MY_KEY=..."
    )


def test_a_key_that_cannot_be_one_is_not_shown() -> None:
    odd = Server(ServerConfig(base_url="http://127.0.0.1:9/v1"), {"OPENAI_API_KEY": f"{SECRET}\nx"}.get)
    assert collect(odd.run(calls(1)))[1] == (
        "OPENAI_API_KEY holds characters that no key has; set it again: export OPENAI_API_KEY=..."
    )


@pytest.mark.parametrize("address", ["127.0.0.1:8000", "ftp://x/v1", "http://", "http://x:port/"])
def test_an_address_that_is_none_is_named(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", address)  # one of the settings was looked at before
    _, sentence = collect(Server(ServerConfig(), {}.get).run(calls(1)))
    assert sentence.startswith("base_url '") and "pw" not in sentence


def test_a_proxy_is_not_asked_for_this_machine(server: FaultServer, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    assert collect(client(server, retries=0).run(calls(1))) == (answers(1), "")


def test_without_an_address_the_package_finds_it(
    server: FaultServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", server.url)
    assert collect(client(server, base_url=None).run(calls(1))) == (answers(1), "")


def test_embeddings_come_in_the_order_of_the_texts_in_few_calls(server: FaultServer) -> None:
    def vectors(asked: Asked, before: int) -> Said:
        rows = [{"index": at, "embedding": [float(text)]} for at, text in enumerate(asked.body["input"])]
        if "0" in asked.body["input"] and before == 0:
            return Said(json.dumps({"data": rows[1:]}).encode())
        return Said(json.dumps({"data": rows[::-1], "usage": {"prompt_tokens": 5}}).encode())

    server.script = vectors
    assert client(server).embed([str(at) for at in range(150)], "small") == [[float(at)] for at in range(150)]
    assert sorted(len(asked.body["input"]) for asked in server.asked) == [22, 64, 64, 64]
    assert {asked.path for asked in server.asked} == {"/v1/embeddings"}


def test_the_models_of_a_server_are_listed(server: FaultServer) -> None:
    server.script = lambda asked, before: Said(b'{"object": "list", "data": [{"id": "b"}, {"id": "a"}]}')
    assert (client(server).models(), server.asked[0].path) == (["a", "b"], "/v1/models")


NO_MODELS = {
    "HTML": (Said(HTML), "sent something that is no list of models"),
    "401": (
        error(401, SECRET),
        "did not accept the key in OPENAI_API_KEY (401); set it to one that it accepts",
    ),
    "404": (error(404, "what?"), "has no such path (404): 'what?'"),
    "500": (error(500, "hm"), "answered with status 500: 'hm'"),
}


@pytest.mark.parametrize(("said", "expected"), NO_MODELS.values(), ids=NO_MODELS)
def test_a_server_without_models_is_named_in_one_sentence(
    server: FaultServer, said: Said, expected: str
) -> None:
    server.script = lambda asked, before: said
    with pytest.raises(StatError) as failure:
        client(server).models()
    assert str(failure.value) == f"{server.url} {expected}"
    assert SECRET not in "".join(traceback.format_exception(failure.value))


def test_a_server_that_cannot_be_reached_is_named() -> None:
    with pytest.raises(StatError, match="no connection to http://127.0.0.1:9/v1: "):
        Server(ServerConfig(base_url="http://127.0.0.1:9/v1"), {}.get).models()


def test_the_key_is_in_no_log(server: FaultServer) -> None:
    log = io.StringIO()
    root, stream = logging.getLogger(), logging.StreamHandler(log)
    before = root.level
    root.addHandler(stream)
    root.setLevel(logging.DEBUG)
    try:
        server.script = lambda asked, before: error(401, SECRET) if before else error(500, SECRET)
        _, sentence = collect(client(server).run(calls(1)))
    finally:
        root.removeHandler(stream)
        root.setLevel(before)
    assert "did not accept the key" in sentence
    assert "POST" in log.getvalue() and SECRET not in log.getvalue()
    assert SECRET not in repr(vars(client(server)))


@pytest.mark.parametrize(
    "message",
    ["This model's maximum context length is 4096 tokens", "blocked by content_filter", "Prompt too long"],
)
def test_a_prompt_that_the_server_will_not_answer_is_an_answer_of_its_own(
    server: FaultServer, message: str
) -> None:
    server.script = lambda asked, before: error(400, message) if asked.text == "1" else echo(asked, before)
    found, ended = collect(client(server).run(calls(4)))
    assert ended == "" and server.n_asked("1") == 1
    refused = found.pop(1)
    assert (refused.text, refused.input_tokens, refused.output_tokens) == ("", 0, 0)
    assert (refused.finish_reason or "").startswith("refused: ") and message in (refused.finish_reason or "")
    assert found == {at: one for at, one in answers(4).items() if at != 1}


def test_an_answer_that_repeats_the_key_is_kept_without_it(server: FaultServer) -> None:
    text = f"You sent Bearer {SECRET}."
    server.script = lambda _asked, _before: chat(text)
    came, ended = collect(client(server).run([call("x", extra={"logprobs": True})]))
    assert ended == "" and came[0].text == "You sent Bearer [key]."
    assert SECRET not in repr(came[0].raw)
