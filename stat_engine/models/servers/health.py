"""Whether a server answers, and what it serves. Its key goes nowhere but to it."""

import time
from importlib import import_module
from typing import Any

from stat_engine.config import ServerConfig
from stat_engine.errors import StatError
from stat_engine.models.servers.server import Server

MANY = 20
"""Models named in a sentence at most."""


def ask(config: ServerConfig, part: str = "server", wanted: str | None = None) -> dict[str, Any]:
    """What a server says when asked for its models.

    part, url, is_up, models, wanted, has_wanted, seconds, sentence; `wanted` is the model that a run asks
    of it, and `has_wanted` null where it is not known."""
    import_module("openai")  # it takes longer than most servers, and is not their time
    begun = time.monotonic()
    try:
        models, fault = Server(config).models(), ""
    except StatError as error:
        models, fault = [], str(error)
    seconds = time.monotonic() - begun
    has_wanted = wanted in models if wanted is not None and not fault else None
    return {
        "part": part,
        "url": config.base_url,
        "is_up": not fault,
        "models": models,
        "wanted": wanted,
        "has_wanted": has_wanted,
        "seconds": round(seconds, 3),
        "sentence": fault or _sentence(models, wanted, has_wanted, seconds),
    }


def _sentence(models: list[str], wanted: str | None, has_wanted: bool | None, seconds: float) -> str:
    named = ", ".join(models[:MANY]) + (f" and {len(models) - MANY} more" if len(models) > MANY else "")
    missing = f"; {wanted} is not among them" if has_wanted is False else ""
    return f"answered in {seconds:.2f} s with {len(models)} models: {named or 'none'}{missing}"
