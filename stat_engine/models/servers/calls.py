"""Requests to an OpenAI-compatible server, its answers, and the consequence of its errors for other calls.

In: calls or texts. Out: jobs, each a path, a body, an upper bound of its tokens and a reader of the
answer. A server's answer may have any form; one that cannot be used raises `Unusable`.
"""

import math
import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any, Generic, TypeVar
from urllib.parse import urlsplit

from stat_engine.errors import StatError, shown
from stat_engine.models.base import Prompt, Sampling

if TYPE_CHECKING:
    import openai

PASSING = (408, 409, 429)
"""Statuses below 500 that another attempt may mend."""
_OF_THE_PROMPT = re.compile(
    r"context|too (?:long|large)|maximum|content.?(?:filter|polic|management)|safety", re.IGNORECASE
)
"""What servers write when a prompt is too long for them or offends their rules."""
SHORTEST_KEY = 8
"""Characters from which a text in an answer is taken for the key; `none` or `test` are words."""
PATIENCE_S = 3600.0
"""A server that asks for a longer wait is not waited for."""


@dataclass(frozen=True)
class Fault:
    """Why an attempt brought nothing."""

    reason: str
    wait_s: float | None = None
    """The wait that the server asked for; null: none."""
    ends_run: bool = False
    """Every other call would meet the same."""
    is_refusal: bool = False
    """The server will not answer this very prompt; it may answer the others."""
    is_free: bool = False
    """The server has surely not worked on it; else it may have charged for it."""


@dataclass(frozen=True)
class Place:
    """Where a server is and under which name its key is kept: what its errors name."""

    address: str
    is_loopback: bool
    key_env: str
    key: str = field(repr=False)
    """Only so that it can be taken out of what a server says."""

    def without_key(self, data: Any) -> Any:
        """A server's JSON with the key taken out of every text: some proxies repeat what they were sent."""
        if isinstance(data, str):
            return data.replace(self.key, "[key]") if len(self.key) >= SHORTEST_KEY else data
        if isinstance(data, list):
            return [self.without_key(one) for one in data]
        if isinstance(data, dict):
            return {name: self.without_key(one) for name, one in data.items()}
        return data

    def quoted(self, text: str, limit: int = 200) -> str:
        """Foreign text for a sentence: short, control characters escaped, the key taken out."""
        return shown(text.replace(self.key, "[key]") if self.key else text, limit)


def locate(base_url: str) -> tuple[str, bool]:
    """An address without user name and password, and whether it is on this machine. Raises StatError."""
    address = base_url
    try:
        parts = urlsplit(base_url)
        address = parts._replace(netloc=parts.netloc.rpartition("@")[2], query="", fragment="").geturl()
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.port == 0:
            raise ValueError
    except ValueError:
        found = shown(address.rpartition("@")[2])
        raise StatError(f"base_url {found}: expected an address as in http://127.0.0.1:8000/v1") from None
    return address.rstrip("/"), _is_loopback(parts.hostname)


def fault_of(error: Exception, place: Place, model: str | None) -> Fault | None:
    """What an attempt's exception means; None: nothing that a server can bring about."""
    import openai

    if isinstance(error, Unusable):
        return Fault(f"{place.address} sent {place.quoted(str(error)).strip(chr(39))}")
    if isinstance(error, openai.APIStatusError):
        return _status(error, place, model)
    if isinstance(error, (TimeoutError, openai.APITimeoutError)):
        return Fault(f"no answer from {place.address} in time", is_free=_never_connected(error))
    if isinstance(error, openai.APIConnectionError):
        is_free, cause = _never_connected(error), str(error.__cause__) or type(error.__cause__).__name__
        what = "no connection to" if is_free else "the connection broke to"
        return Fault(f"{what} {place.address}: {place.quoted(cause, 100)}", is_free=is_free)
    return None


def asked_wait_s(headers: Mapping[str, str], now: float) -> float | None:
    """Seconds that retry-after-ms or Retry-After (seconds or an HTTP date) ask for; None: they do not."""
    for name, unit in (("retry-after-ms", 0.001), ("retry-after", 1.0)):
        value = headers.get(name, "")
        try:
            wait_s = float(value) * unit
        except ValueError:
            wait_s = _seconds_until(value, now)
        if math.isfinite(wait_s):
            return max(0.0, wait_s)
    return None


def _status(error: "openai.APIStatusError", place: Place, model: str | None) -> Fault:
    status, at = error.status_code, place.address
    said = place.quoted(_message(error))
    if status in (401, 403):
        return _end(
            f"{at} did not accept the key in {place.key_env} ({status}); set it to one that it accepts"
        )
    if status == 402 or (status == 429 and "insufficient_quota" in (error.code, error.type)):
        return _end(f"{at} says that the quota of the key in {place.key_env} is used up ({status}): {said}")
    if status == 404:
        return _end(f"{at} has {f'no model {shown(model)} or ' if model else ''}no such path (404): {said}")
    if status in (400, 413, 422) and _OF_THE_PROMPT.search(_message(error)):
        return Fault(f"{at} refused a prompt ({status}): {said}", is_refusal=True, is_free=True)
    if status not in PASSING and status < 500:
        return _end(f"{at} refused a request ({status}): {said}")
    wait_s = asked_wait_s(error.response.headers, time.time()) if status in (429, 503) else None
    return Fault(f"{at} answered with status {status}: {said}", wait_s, is_free=True)


def _end(reason: str) -> Fault:
    return Fault(reason, ends_run=True, is_free=True)


def _message(error: "openai.APIStatusError") -> str:
    body = error.body
    if isinstance(body, dict):
        body = next((body[name] for name in ("message", "detail") if isinstance(body.get(name), str)), None)
    return body if isinstance(body, str) else error.response.reason_phrase


def _never_connected(error: BaseException) -> bool:
    import httpx2

    return isinstance(error.__cause__, (httpx2.ConnectError, httpx2.ConnectTimeout))


def _seconds_until(date: str, now: float) -> float:
    try:
        return parsedate_to_datetime(date).timestamp() - now
    except ValueError:
        return math.nan


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


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
