"""Save a model as a checkpoint that every loader reads.

transformers loads generation settings that contradict each other and refuses to save them; it saves numbers
out of their range, with which nothing can be generated. Such settings are dropped, all others stay.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

IN_RANGE: dict[str, Callable[[Any], bool]] = {
    "temperature": lambda value: value > 0,
    "top_p": lambda value: 0 < value <= 1,
    "top_k": lambda value: value >= 0,
    "min_p": lambda value: 0 <= value <= 1,
    "typical_p": lambda value: 0 < value <= 1,
    "repetition_penalty": lambda value: value > 0,
}
"""Sampling settings, and which of their numbers sampling can be done with."""


def save_model(model: Any, folder: Path) -> None:
    """Write weights, configuration and generation settings, those that are invalid left out."""
    drop_invalid(model.generation_config)
    model.save_pretrained(str(folder))


def drop_invalid(settings: Any) -> None:
    """Unset generation settings that are out of range, or that are refused beside the others."""
    stated = settings.to_diff_dict()
    for name, is_valid in IN_RANGE.items():
        if stated.get(name) is not None and not _holds(is_valid, stated[name]):
            setattr(settings, name, None)
    if _is_valid(settings):
        return
    kept = {"do_sample", "transformers_version", "_from_model_config"}
    for name in [name for name in settings.to_diff_dict() if name not in kept]:
        value = getattr(settings, name)
        setattr(settings, name, None)
        if _is_valid(settings):  # the last that was in the way; those before it may not have been
            break
        if not _is_refused(settings, name, value):
            setattr(settings, name, value)


def _is_refused(settings: Any, name: str, value: Any) -> bool:
    """Whether a setting is invalid with none of the others but `do_sample` beside it."""
    return not _is_valid(type(settings)(do_sample=settings.do_sample, **{name: value}))


def _is_valid(settings: Any) -> bool:
    try:
        settings.validate(strict=True)
    except (ValueError, TypeError):
        return False
    return True


def _holds(is_valid: Callable[[Any], bool], value: Any) -> bool:
    try:
        return is_valid(value)
    except TypeError:  # no number
        return False
