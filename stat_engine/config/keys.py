"""Rules about keys in settings: what looks like a key, which variables may hold one, and where one may go."""

import os
import re
from ipaddress import ip_address
from itertools import pairwise
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

PUBLIC = "https://api.openai.com/v1"
"""Where the openai package goes when nothing says otherwise."""

_PREFIXED = re.compile(
    r"(?<![A-Za-z0-9])(?:(?:sk|pk|rk|gsk|xai|pplx|nvapi|fw|tgp|r8|co)[-_][A-Za-z0-9_-]{12,}"
    r"|(?:hf|ghp|gho|glpat|github_pat|xox[a-z])[-_][A-Za-z0-9_-]{12,}"
    r"|AIza[A-Za-z0-9_-]{20,}|AKIA[A-Z0-9]{12,}|eyJ[A-Za-z0-9_-]{20,}\.[A-Za-z0-9_-]+)"
)
"""Beginnings that providers give their keys, and JSON web tokens."""
_LONG = re.compile(r"[A-Za-z0-9+_=-]{40,}")
_KEY_FIELD = re.compile(
    r"(?:.*[-_.])?(?:api|access|auth|secret|private|subscription)[-_]?(?:key|token)|key|token|password|passwd|"
    r"pwd|secret|signature|sig|auth|authorization|bearer|credentials?",
    re.IGNORECASE,
)
"""Names of fields that hold a key; not max_tokens, stop_token or prompt_cache_key."""
_NAME = re.compile(r"[A-Z][A-Z0-9_]{0,63}")
_KEY_NAME = re.compile(r"(?:.*_)?(?:KEY|TOKEN)")
_UNRELATED = re.compile(
    r"(?:^|_)(?:AWS|SECRET|PRIVATE|PASSWORD|SSH|GPG|GIT|GITHUB|GH|GITLAB|BITBUCKET|CI|NPM|PYPI|TWINE|CARGO|"
    r"DOCKER|KUBE|VAULT|SLACK|DISCORD|TELEGRAM|STRIPE|TWILIO|SENDGRID|DATABASE|DB|DJANGO|FLASK|SESSION|COOKIE|"
    r"CSRF|JWT|SIGNING|ENCRYPTION|MASTER|STORAGE|WANDB|SENTRY|DATADOG)(?:_|$)"
)


def holds_known_key(text: str) -> bool:
    """Whether a text holds a key as a provider gives them."""
    return _PREFIXED.search(text) is not None


def looks_like_key(text: str) -> bool:
    """Whether a text holds a key of a provider, or is a long run of letters and digits as keys are."""
    return holds_known_key(text) or any(map(_is_random, _LONG.findall(text)))


def _is_random(text: str) -> bool:
    """Digits, and letters, in many changes from one to the other: no words, no number."""
    kinds = [char.isdigit() for char in text if char.isalnum()]
    return sum(a != b for a, b in pairwise(kinds)) >= len(kinds) / 8


def is_name(text: str) -> bool:
    """Whether a text is the name of an environment variable in capitals, and not a key in capitals."""
    is_run = "_" not in text and len(text) >= 20 and any(map(str.isdigit, text))
    return _NAME.fullmatch(text) is not None and not is_run and not looks_like_key(text)


def may_hold_key(name: str, allowed: list[str]) -> bool:
    """Whether a variable may hold a server's key: it is allowed, or its name ends in KEY or TOKEN as a word
    and names nothing else that needs one, as in AWS_SECRET_ACCESS_KEY."""
    return name in allowed or (_KEY_NAME.fullmatch(name) is not None and _UNRELATED.search(name) is None)


def fault_of_address(url: str) -> str | None:
    """What an address holds that belongs in a variable, in words; None: nothing."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return None  # no address; its own check says so
    if "@" in unquote(parts.netloc):
        return "user name or password"
    path = unquote(parts.path)
    fields = parse_qsl(f"{parts.query}&{parts.fragment}".replace(";", "&"), keep_blank_values=True)
    fields += [(name, value) for name, _, value in (part.partition("=") for part in path.split(";"))]
    if any(_KEY_FIELD.fullmatch(name) or looks_like_key(f"{name} {value}") for name, value in fields):
        return "a key in its path or parameters"
    return None


def field_with_key(value: Any, name: str = "") -> str | None:
    """The name of a field, at any depth, that holds a key as text; None: none does."""
    if isinstance(value, dict):
        return next((at for key, one in value.items() if (at := field_with_key(one, str(key)))), None)
    if isinstance(value, list):
        return next((at for one in value if (at := field_with_key(one, name))), None)
    is_key = isinstance(value, str) and value and (_KEY_FIELD.fullmatch(name) or looks_like_key(value))
    return name if is_key else None


def is_loopback(host: str) -> bool:
    """Whether a host is this machine."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def origin(url: str | None) -> tuple[str, str, int | None]:
    """Scheme, host and port of an address: what a key is confirmed for. None: the address that is asked then.

    Raises ValueError for what is no address."""
    parts = urlsplit(url or os.environ.get("OPENAI_BASE_URL") or PUBLIC)
    default = {"http": 80, "https": 443}.get(parts.scheme)
    return parts.scheme, parts.hostname or "", parts.port or default
