"""Merge adapters into the model that they were made for, and into no other, and compare the result.

A merged model must write what the model with its adapter beside it writes. Weights that are tied to others,
or held in 4 bits, cannot take an adapter in without changing it.
"""

import json
import warnings
from pathlib import Path
from typing import Any

from stat_engine.config.shipped import ROOT
from stat_engine.errors import StatError, shown
from stat_engine.models.checkpoints import surely_differ
from stat_engine.models.local.abilities import LONG, N_TRIES, Probe, difference, in_eval, is_rounding

LOST = 0.1
"""Part of an adapter's effect that merging into quantised weights may change."""


def merge_adapter(model: Any, adapter: Path | str, name: str) -> Any:
    """The model with a peft adapter's weights merged in; the folder may stand beside the package.

    `name` is the model's. Raises StatError for a folder that is no adapter, for one of other shapes or of
    another checkpoint of the same shapes, and where the merged model's logits are others than those of the
    model with the adapter beside it."""
    from peft import PeftModel, get_peft_model_state_dict
    from safetensors import safe_open

    folder = next((path for path in (Path(adapter).expanduser(), ROOT / adapter) if path.is_dir()), None)
    weights = folder / "adapter_model.safetensors" if folder else None
    if not folder or not weights or not weights.is_file() or not (folder / "adapter_config.json").is_file():
        raise StatError(
            f"adapter {adapter}: expected a folder with adapter_config.json and adapter_model.safetensors"
        )
    base = _base_of(folder)
    if base not in ("", name) and surely_differ(base, name):
        raise StatError(
            f"adapter {adapter}: found one that was made for {shown(base, 200)}, whose weights are others "
            f"than those of {name}, expected an adapter that was made for it"
        )
    # peft drops weights that it finds no place for, and starts from nothing where it misses some.
    try:
        with warnings.catch_warnings(action="ignore"):
            adapted = PeftModel.from_pretrained(model, str(folder))
        with safe_open(weights, "pt") as file:
            strangers = set(file.keys()) ^ set(get_peft_model_state_dict(adapted))
    except (RuntimeError, ValueError, TypeError, OSError) as error:
        raise _other_base(adapter, name, str(error)) from None
    if strangers:
        raise _other_base(adapter, name, f"{len(strangers)} weights have no counterpart, as {min(strangers)}")
    with in_eval(adapted):
        expected, alone = _logits(adapted), None
        if getattr(model, "is_quantized", False):
            with adapted.disable_adapter():
                alone = _logits(adapted)
    with warnings.catch_warnings(action="ignore"):  # what they warn of is compared
        merged = adapted.merge_and_unload()
    with in_eval(merged):
        _compare(merged, expected, alone, f"adapter {adapter}", name)
    return merged


def _logits(model: Any) -> list[Any]:
    """Logits of a few tokens, for each draw of them."""
    probes = [Probe(model, seed) for seed in range(N_TRIES)]
    return [probe.whole(probe.long) for probe in probes]


def _off(found: list[Any], expected: list[Any]) -> float:
    """How far logits typically are apart: experts that rounding exchanges change those of some tokens."""
    return min(
        sorted(difference(*pair) for pair in zip(*pairs, strict=True))[LONG // 2]
        for pairs in zip(found, expected, strict=True)
    )


def _compare(merged: Any, expected: list[Any], alone: list[Any] | None, what: str, name: str) -> None:
    """Raise StatError where merging changed more than rounding does, or than a part of the adapter's effect.

    `alone`: logits without the adapter, for weights whose rounding may be as large as the adapter."""
    error = _off(_logits(merged), expected)
    effect = None if alone is None else _off(expected, alone)
    if is_rounding(merged, error) and (effect is None or error <= LOST * effect):
        return
    beside = "" if effect is None else f", where the adapter itself changes them by {effect:.2g}"
    raise StatError(
        f"{what}: merged into {name} it gives other logits than beside it (off by {error:.2g} standard "
        f"deviations{beside}): its targets are tied to other weights, or held in few bits; train it without "
        "embeddings and the output layer, on weights of 16 or 32 bits, or export it without --merge"
    )


def _base_of(folder: Path) -> str:
    """The checkpoint that an adapter says it was made for; empty where it says none."""
    try:
        config = json.loads((folder / "adapter_config.json").read_text(encoding="utf-8"))
    except ValueError:  # peft then says what is wrong with it
        return ""
    return str(config.get("base_model_name_or_path") or "") if isinstance(config, dict) else ""


def _other_base(adapter: Path | str, name: str, found: str) -> StatError:
    return StatError(
        f"adapter {adapter}: found weights that do not fit {name} ({shown(found, 200)}), expected an "
        "adapter that was made for it"
    )
