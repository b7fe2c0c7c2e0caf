"""Requests to an OpenAI-compatible server, and the parsing of its answers.

In: calls or texts. Out: jobs, each a path, a body, an upper bound of its tokens and a reader of the
answer. A server's answer may have any form; one that cannot be used raises `Unusable`."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from stat_engine.models.base import Prompt, Sampling

Value = TypeVar("Value")
Tokens = tuple[int, int]
"""Input and output tokens."""
PER_MESSAGE = 16
"""Tokens that a chat template puts around a message, at most."""


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


class Unusable(Exception):
    """An answer that arrived and holds nothing to hand over; another attempt may."""


def call_job(call: Call, max_tokens_field: str) -> Job[Reply]:
    """The request of a call."""
    body: dict[str, Any] = {
        "model": call.model,
        "temperature": call.sampling.temperature,
        "top_p": call.sampling.top_p,
    }
    if isinstance(call.prompt, str):
        # the completions endpoint never learned the limit's newer name
        body |= {"prompt": encodable(call.prompt), "max_tokens": call.sampling.max_tokens}
        bound = n_bytes(call.prompt) + PER_MESSAGE
    else:
        messages = [
            {"role": message["role"], "content": encodable(message["content"])} for message in call.prompt
        ]
        body |= {"messages": messages, max_tokens_field: call.sampling.max_tokens}
        bound = sum(n_bytes(message["content"]) + PER_MESSAGE for message in messages)
    if call.sampling.stop:
        body["stop"] = list(call.sampling.stop)
    if call.seed is not None:
        body["seed"] = call.seed
    path = "/completions" if isinstance(call.prompt, str) else "/chat/completions"
    return Job(
        path,
        body | dict(call.extra),
        (bound, call.sampling.max_tokens),
        lambda data: read_reply(call, data),
        lambda reason: Reply("", 0, 0, f"refused: {reason}", None),
    )


def read_reply(call: Call, data: Any) -> tuple[Reply, Tokens | None]:
    """The answer to a call. Raises Unusable without choices or, where it must have some, without text."""
    choices = data.get("choices") if isinstance(data, dict) else None
    if not isinstance(choices, list) or not choices or not isinstance(choices[0], dict):
        raise Unusable("an answer without choices")
    choice = choices[0]
    message = choice if isinstance(call.prompt, str) else choice.get("message")
    if not isinstance(message, dict):
        raise Unusable("a choice without a message")
    text = encodable(_text(message.get("text" if isinstance(call.prompt, str) else "content")))
    finish_reason = choice.get("finish_reason")
    if not (text or call.extra or call.may_be_empty):
        raise Unusable(f"an empty answer (finish_reason {finish_reason})"[:80])
    spent_in, spent_out = _usage(data, "prompt_tokens"), _usage(data, "completion_tokens")
    reply = Reply(
        text,
        spent_in,
        spent_out,
        finish_reason if isinstance(finish_reason, str) else None,
        data if call.extra else None,
    )
    return reply, None if spent_in is None or spent_out is None else (spent_in, spent_out)


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


def _usage(data: dict[str, Any], name: str) -> int | None:
    usage = data.get("usage")
    n = usage.get(name) if isinstance(usage, dict) else None
    return n if isinstance(n, int) and n >= 0 else None
