"""Errors of a server, and their consequence for the other calls.

In: an exception of the openai package. Out: a `Fault` with a reason that can be shown: no key, no control
characters, one sentence at most."""

import math
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from ipaddress import ip_address
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from stat_engine.errors import StatError, shown
from stat_engine.models.servers.calls import Unusable

if TYPE_CHECKING:
    import openai

PASSING = (408, 409, 429)
"""Statuses below 500 that another attempt may mend."""
_OF_THE_PROMPT = re.compile(
    r"context|too (?:long|large)|maximum|content.?(?:filter|polic|management)|safety", re.IGNORECASE
)
"""What servers write when a prompt is too long for them or offends their rules."""
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
