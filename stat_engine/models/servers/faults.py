"""Errors of a server, and their consequence: for the call, for its prompt, or for every other call.

Servers word errors in many ways. What they say is gathered from wherever in the body it stands (`told`);
an error that concerns one prompt is that prompt's refusal, one that concerns a setting ends the run."""

import json
import math
import re
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from stat_engine.config.keys import is_loopback
from stat_engine.errors import StatError, shown

if TYPE_CHECKING:
    pass

PASSING = (408, 409, 429)
"""Statuses below 500 that another attempt may mend."""
_OF_THE_PROMPT = re.compile(
    r"context|too (?:long|large|many)|exceed|maximum|input length|prompt is|"
    r"content.?(?:filter|polic|management|exists)|inappropriate|moderat|flagged|safety|risk|prohibited|"
    r"blocked|violat|inspection",
    re.IGNORECASE,
)
"""What servers write when a prompt is too long for them or offends their rules."""
_OF_A_SETTING = re.compile(
    r"\b(?:temperature|top_[pk]|max_(?:completion_|new_|output_)?tokens|seed|response_format|tool_choice|"
    r"logprobs|top_logprobs|frequency_penalty|presence_penalty|reasoning_effort|enable_thinking|"
    r"chat_template_kwargs|stream_options|logit_bias|parallel_tool_calls|best_of|min_p)\b|['`\"](?:model|stop|n)['`\"]",
    re.IGNORECASE,
)
"""Fields of a request that every call sends alike, as servers name them in a sentence."""
_OF_ALL = re.compile(
    r"unsupported_(?:parameter|value|model)|unknown_parameter|model_not_found|invalid_model|model_not_exist|"
    r"api.?key|billing|arrearage|access.?denied|permission|"
    r"(?:unexpected|unrecogni[sz]ed|unknown|unsupported) (?:request )?"
    r"(?:fields?|parameters?|arguments?|keys?)|"
    r"extra (?:inputs|fields)",
    re.IGNORECASE,
)
"""Codes and words of errors that no other prompt would escape."""
_OF_WORDS = ("messages", "prompt", "input", "content", "contents")
"""Fields that hold what is asked; every other one is a setting."""
_MODERATED = re.compile(r"moderat|flagged|content.?(?:filter|polic)|safety", re.IGNORECASE)
_TOO_LONG = re.compile(
    r"context.?(?:length|size|window|limit)|exceed_context|"
    r"(?:prompt|input|request).{0,40}too (?:long|large|many)|too many (?:input )?tokens|"
    r"maximum (?:input|prompt|sequence)",
    re.IGNORECASE | re.DOTALL,
)
OF_ONE_PROMPT = (400, 413, 422, 451)
"""Statuses that may concern the one prompt and not the others."""
PATIENCE_S = 3600.0
"""A server that asks for a longer wait is not waited for."""


SHORTEST_KEY = 8
"""Characters from which a text in an answer is taken for the key; `none` or `test` are words."""


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
    is_empty: bool = False
    """An answer without text; a second one is the prompt's refusal."""
    is_free: bool = False
    """The server has surely not worked on it; else it may have charged for it."""
    spent: tuple[int, int] | None = None
    """Input and output tokens that the server says it took; null: it does not say."""


class Unusable(Exception):
    """An answer that arrived and holds nothing to hand over; another attempt may."""

    def __init__(
        self,
        reason: str,
        *,
        is_empty: bool = False,
        is_refusal: bool = False,
        error: object = None,
        status: int = 200,
        spent: tuple[int, int] | None = None,
    ) -> None:
        super().__init__(reason)
        self.is_empty, self.is_refusal, self.spent = is_empty, is_refusal, spent
        self.error, self.status = error, status
        """An error that the server sent as an answer, and the status that it names in it."""


@dataclass(frozen=True)
class Told:
    """What a server says of an error."""

    text: str
    """Its sentences, empty where it says nothing."""
    names: str
    """Its codes and types."""
    fields: tuple[str, ...]
    """Fields of the request that it names as wrong."""


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
    return address.rstrip("/"), is_loopback(parts.hostname)


def fault_of(error: Exception, place: Place, model: str | None) -> Fault | None:
    """What an attempt's exception means; None: nothing that a server can bring about."""
    import openai

    if isinstance(error, Unusable):
        return _unusable(error, place, model)
    if isinstance(error, openai.APIStatusError):
        said = told(error.body, error.response.reason_phrase)
        return _status(error.status_code, said, error.response.headers, place, model)
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


def is_too_long(reason: str) -> bool:
    """Whether a refusal says that the prompt is longer than the model's context."""
    return bool(_TOO_LONG.search(reason))


def told(body: object, otherwise: str = "") -> Told:
    """What the body of an error says, in the forms that servers give it.

    OpenAI, Azure and vLLM: an object with message, code, type and param. FastAPI: `detail` as a text or as a
    list of {loc, msg}. Ollama: `error` as a text. OpenRouter: the provider's own error as JSON in a text."""
    texts: list[str] = []
    names: list[str] = []
    fields: list[str] = []
    for name, value in _leaves(body):
        if name in ("message", "msg", "detail", "error", "raw", ""):
            texts.append(value)
        elif name in ("code", "type", "status", "reason", "reasons"):
            names.append(value)
        elif name == "param":
            fields.append(value)
        elif name == "loc":
            fields.append(value)
            texts.append(f"{value}:")
    return Told(" ".join(dict.fromkeys(texts)) or otherwise, " ".join(names), tuple(fields))


def _leaves(value: object, name: str = "", depth: int = 0) -> Iterator[tuple[str, str]]:
    """(field, text) of every text in an error's body; a location's parts come as one text."""
    if depth > 6:
        return
    if isinstance(value, dict):
        for field_name in sorted(value, key=lambda one: one != "loc"):
            yield from _leaves(value[field_name], str(field_name), depth + 1)
    elif isinstance(value, list) and name == "loc":
        yield "loc", ".".join(str(part) for part in value if part != "body")
    elif isinstance(value, list):
        for part in value[:20]:
            yield from _leaves(part, name, depth + 1)
    elif isinstance(value, str) and value.strip():
        nested = _json(value) if name in ("raw", "message", "detail") and value.lstrip()[:1] == "{" else None
        if isinstance(nested, dict):
            yield from _leaves(nested, name, depth + 1)
        else:
            yield name, value.strip()
    elif isinstance(value, int) and name in ("code", "status"):
        yield name, str(value)


def _json(text: str) -> object:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _unusable(error: Unusable, place: Place, model: str | None) -> Fault:
    """The consequence of an answer that cannot be used; an error sent as an answer counts as that error."""
    if error.error is not None:
        return _status(error.status, told(error.error), {}, place, model)
    reason = f"{place.address} sent {place.quoted(str(error)).strip(chr(39))}"
    return Fault(reason, is_refusal=error.is_refusal, is_empty=error.is_empty, spent=error.spent)


def _status(status: int, said_: Told, headers: Mapping[str, str], place: Place, model: str | None) -> Fault:
    at, said = place.address, place.quoted(said_.text)
    words = f"{said_.text} {said_.names}"
    if status == 403 and _MODERATED.search(words):
        return Fault(f"{at} refused a prompt (403): {said}", is_refusal=True, is_free=True)
    if status in (401, 403):
        return _end(
            f"{at} did not accept the key in {place.key_env} ({status}); set it to one that it accepts"
        )
    if status == 402 or (status == 429 and "insufficient_quota" in said_.names):
        return _end(f"{at} says that the quota of the key in {place.key_env} is used up ({status}): {said}")
    if status == 404:
        return _end(f"{at} has {f'no model {shown(model)} or ' if model else ''}no such path (404): {said}")
    if status in OF_ONE_PROMPT and not _concerns_all(said_):
        return Fault(f"{at} refused a prompt ({status}): {said}", is_refusal=True, is_free=True)
    if status not in PASSING and 400 <= status < 500:
        return _end(f"{at} refused a request ({status}): {said}")
    if status >= 500 and _TOO_LONG.search(words):
        return Fault(f"{at} refused a prompt ({status}): {said}", is_refusal=True, is_free=True)
    wait_s = asked_wait_s(headers, time.time()) if status in (429, 503) else None
    return Fault(f"{at} answered with status {status}: {said}", wait_s, is_free=status >= 400)


def _concerns_all(said_: Told) -> bool:
    """Whether a refused request would be refused with any other prompt too: a setting is at fault."""
    words = f"{said_.text} {said_.names}"
    is_long = bool(_TOO_LONG.search(words))
    settings = [field for field in said_.fields if not field.lower().startswith(_OF_WORDS)]
    if settings and not is_long:
        return True
    if _OF_ALL.search(words) and not _MODERATED.search(words):
        return True
    return not _OF_THE_PROMPT.search(words) and bool(_OF_A_SETTING.search(said_.text))


def _end(reason: str) -> Fault:
    return Fault(reason, ends_run=True, is_free=True)


def _never_connected(error: BaseException) -> bool:
    import httpx2

    return isinstance(error.__cause__, (httpx2.ConnectError, httpx2.ConnectTimeout))


def _seconds_until(date: str, now: float) -> float:
    try:
        return parsedate_to_datetime(date).timestamp() - now
    except ValueError:
        return math.nan
