"""Adapters: a peft folder's weights merged into the model they were made for, and into no other."""

import json
import warnings
from pathlib import Path
from typing import Any

from stat_engine.config.shipped import ROOT
from stat_engine.errors import StatError, shown
from stat_engine.models.checkpoints import surely_differ


def merge_adapter(model: Any, adapter: Path | str, name: str) -> Any:
    """The model with a peft adapter's weights merged in; the folder may be one of the shipped files.

    `name` is the model's. Raises StatError for a folder that is no adapter, or one for other shapes or
    for another checkpoint of the same shapes."""
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
    return adapted.merge_and_unload()


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
