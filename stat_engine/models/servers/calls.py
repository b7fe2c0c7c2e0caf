"""Requests to an OpenAI-compatible server, and the parsing of its answers.

In: calls or texts. Out: jobs, each a path, a body, an upper bound of its tokens and a reader of the
answer. A server's answer may have any form; one that cannot be used raises `Unusable`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from stat_engine.config import ServerConfig
from stat_engine.models.base import Prompt, Sampling
from stat_engine.models.servers.faults import Unusable, told

Value = TypeVar("Value")
Tokens = tuple[int, int]
"""Input and output tokens."""
PER_MESSAGE = 16
"""Tokens that a chat template puts around a message, at most."""
WHOLE = frozenset({"", "stop", "eos", "eos_token", "end_turn", "stop_sequence", "complete", "finish"})
"""Finish reasons, in lower case, of an answer that ended by itself; none given is one of them."""
REFUSING = frozenset({"content_filter", "safety", "prohibited_content", "blocklist", "recitation", "refusal",
                      "sensitive"})  # fmt: skip
"""Finish reasons of a prompt, or an answer, that the server's rules forbid."""


def is_whole(finish_reason: str | None) -> bool:
    """Whether an answer with this finish reason ended by itself: a cut one is not used."""
    return (finish_reason or "").lower() in WHOLE


@dataclass(frozen=True)
class Call:
    """One answer asked of a server."""

    prompt: Prompt
    """A conversation goes to chat/completions, a text to completions."""
    model: str
    sampling: Sampling
    """Its `n_samples` is not used: one answer a call."""
    seed: int | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)
    """Further fields of the request's body; a call with some gets the whole answer in `Reply.raw`."""
    omit: frozenset[str] = frozenset()
    """Fields of the body that are not sent."""
    may_be_empty: bool = False
    """An empty answer is an answer, as a student's may be; else it is asked again, then fails."""


@dataclass(frozen=True)
class Reply:
    """One answer of a server."""

    text: str
    input_tokens: int | None
    """As the server counted them; null: it did not say."""
    output_tokens: int | None
    finish_reason: str | None
    """As the server says; `refused: ...` for a prompt that it will not answer, whose text is empty."""
    raw: dict[str, Any] | None
    """The answer's JSON where the call has `extra`, else null."""
    share_of_price: float = 1.0
    """What it cost of the price of a direct call."""


@dataclass(frozen=True)
class Job(Generic[Value]):
    """One request, ready to be sent as often as it takes."""

    path: str
    body: dict[str, Any]
    bound: Tokens
    """The most tokens it can take."""
    read: Callable[[Any], tuple[Value, Tokens | None]]
    """From the answer's JSON to what is handed over and the tokens it took; raises Unusable."""
    refused: Callable[[str], Value] | None = None
    """What is handed over where the server will not answer this very request; null: it fails."""


def call_job(call: Call, server: ServerConfig) -> Job[Reply]:
    """The request of a call: only what was set, so that neutral values meet no server that knows no other."""
    body: dict[str, Any] = {"model": call.model, "temperature": call.sampling.temperature}
    if call.sampling.top_p != 1.0:
        body["top_p"] = call.sampling.top_p
    if isinstance(call.prompt, str):
        # the completions endpoint never learned the limit's newer name
        body |= {"prompt": encodable(call.prompt), "max_tokens": call.sampling.max_tokens}
        bound = n_bytes(call.prompt) + PER_MESSAGE
    else:
        messages = [
            {"role": message["role"], "content": encodable(message["content"])} for message in call.prompt
        ]
        body |= {"messages": messages, server.max_tokens_field: call.sampling.max_tokens}
        bound = sum(n_bytes(message["content"]) + PER_MESSAGE for message in messages)
    if call.sampling.stop:
        body["stop"] = list(call.sampling.stop)
    if call.seed is not None:
        body["seed"] = call.seed
    omitted = call.omit | set(server.omit)
    return Job(
        "/completions" if isinstance(call.prompt, str) else "/chat/completions",
        {name: value for name, value in body.items() if name not in omitted}
        | dict(call.extra)
        | server.extra_body,
        (bound, call.sampling.max_tokens),
        lambda data: read_reply(call, data),
        lambda reason: Reply("", 0, 0, f"refused: {reason}", None),
    )


def read_reply(call: Call, data: Any) -> tuple[Reply, Tokens | None]:
    """The answer to a call. Raises Unusable where there is none, where the server says that an error cut it,
    and without text where it must have some."""
    choices = data.get("choices") if isinstance(data, dict) else None
    if not isinstance(choices, list) or not choices or not isinstance(choices[0], dict):
        error = data.get("error") if isinstance(data, dict) else None
        code = error.get("code") if isinstance(error, dict) else None
        status = code if isinstance(code, int) and 400 <= code < 600 else 500
        raise Unusable("an answer without choices", error=error, status=status)
    choice = choices[0]
    message = choice if isinstance(call.prompt, str) else choice.get("message")
    reason = choice.get("finish_reason")
    finish_reason = reason if isinstance(reason, str) else None
    spent = _spent(data)
    if (finish_reason or "").lower() == "error" or choice.get("error"):
        said = told(choice.get("error")).text or "no reason given"
        raise Unusable(f"an answer that an error cut: {said}", spent=_known(spent))
    if not isinstance(message, dict):
        raise Unusable("a choice without a message")
    text = encodable(_text(message.get("text" if isinstance(call.prompt, str) else "content")))
    thought = encodable(_thought(message))
    if (finish_reason or "").lower() in REFUSING or (message.get("refusal") and not text):
        said = message.get("refusal") or f"finish_reason {finish_reason}"
        raise Unusable(f"no answer to a prompt ({said})"[:200], is_refusal=True, spent=_known(spent))
    if not (text or thought or call.extra or call.may_be_empty):
        raise Unusable(
            f"an empty answer (finish_reason {finish_reason})"[:80], is_empty=True, spent=_known(spent)
        )
    if thought and thought.strip() not in text:
        text = f"<think>\n{thought.strip()}\n</think>\n\n{text}" if text else f"<think>\n{thought.strip()}"
    reply = Reply(text, *spent, finish_reason, data if call.extra else None)
    return reply, _known(spent)


def embedding_job(texts: Sequence[str], model: str) -> Job[list[list[float]]]:
    """The request for the vectors of some texts."""
    body = {"model": model, "input": [encodable(text) for text in texts]}

    def read(data: Any) -> tuple[list[list[float]], Tokens | None]:
        try:
            rows = sorted(data["data"], key=lambda row: row["index"])
            vectors = [[float(number) for number in row["embedding"]] for row in rows]
        except (KeyError, TypeError, ValueError):
            raise Unusable("an answer without embeddings") from None
        if len(vectors) != len(texts) or not all(vectors):
            raise Unusable(f"{len(vectors)} embeddings for {len(texts)} texts")
        spent = _usage(data, "prompt_tokens")
        return vectors, None if spent is None else (spent, 0)

    return Job("/embeddings", body, (sum(n_bytes(text) + PER_MESSAGE for text in texts), 0), read)


def encodable(text: str) -> str:
    """The text with half characters (lone surrogates, which JSON can spell and no file can hold) replaced."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


def n_bytes(text: str) -> int:
    """Bytes in UTF-8: no byte-level tokenizer makes more tokens of it."""
    return len(encodable(text).encode())


def _text(content: Any) -> str:
    if isinstance(content, list):
        parts = [part.get("text") for part in content if isinstance(part, dict)]
        return "".join(part for part in parts if isinstance(part, str))
    return content if isinstance(content, str) else ""


def _thought(message: dict[str, Any]) -> str:
    """What a reasoning model thought, under the names that servers have for it; empty without any."""
    for name in ("reasoning_content", "reasoning", "thinking", "reasoning_text"):
        if isinstance(message.get(name), str) and message[name].strip():
            return str(message[name])
    parts = message.get("content")
    thoughts = [part for part in parts if isinstance(part, dict)] if isinstance(parts, list) else []
    texts = [part.get(name) for part in thoughts for name in ("thinking", "reasoning")]
    return "".join(_text(text) for text in texts if text)


def _spent(data: dict[str, Any]) -> tuple[int | None, int | None]:
    """Input and output tokens as billed: some servers leave a thought out of `completion_tokens` and count
    it in `total_tokens` alone, so the greater of the two is taken."""
    n_in, n_out, total = (_usage(data, f"{part}_tokens") for part in ("prompt", "completion", "total"))
    if total is not None and n_in is not None:
        n_out = max(n_out or 0, total - n_in)
    return n_in, n_out


def _known(spent: tuple[int | None, int | None]) -> Tokens | None:
    n_in, n_out = spent
    return None if n_in is None or n_out is None else (n_in, n_out)


def _usage(data: dict[str, Any], name: str) -> int | None:
    usage = data.get("usage")
    n = usage.get(name) if isinstance(usage, dict) else None
    return n if isinstance(n, int) and n >= 0 else None
