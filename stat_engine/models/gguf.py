"""Students from GGUF files: converted once into a safetensors checkpoint of the workspace.

A GGUF file holds quantised weights, the tokenizer and the configuration. transformers reads it but neither
trains nor saves such a model, so its weights are de-quantised into a plain model of the same configuration,
in float32. The checkpoint's folder is named by the file's SHA-256, which is its identity everywhere else."""

import contextlib
import copy
import hashlib
import importlib.util
import io
import json
import re
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from stat_engine.config import StudentConfig
from stat_engine.config.shipped import ROOT
from stat_engine.errors import StatError, shown
from stat_engine.models.checkpoints import GGUF_CARD as CARD

FOLDER = "checkpoints"
"""Folder of a workspace that holds converted checkpoints."""
MAGIC = b"GGUF"
Say = Callable[[str], None]


def with_checkpoint(config: StudentConfig, root: Path, say: Say = lambda _: None) -> StudentConfig:
    """The student with a checkpoint that loads: its GGUF file's conversion in the workspace `root`, or the
    folder of that workspace that it names; else as it is.

    The first call for a file converts it and says so. Raises StatError as `convert` does."""
    if not config.is_local():
        return config
    source = _source(config)
    if source is not None:
        folder = convert(source, root / FOLDER, say)
        return config.model_copy(update={"model": str(folder.resolve()), "gguf_file": None})
    within = root / config.model
    if not Path(config.model).is_absolute() and within.is_dir() and not _is_elsewhere(config.model):
        return config.model_copy(update={"model": str(within.resolve())})
    return config


def _is_elsewhere(model: str) -> bool:
    return Path(model).expanduser().is_dir() or (ROOT / model).is_dir()


def _source(config: StudentConfig) -> Path | None:
    """The student's GGUF file; None where it has none. Raises StatError where it is nowhere."""
    if config.gguf_file is None:
        if not config.model.lower().endswith(".gguf"):
            return None
        found = [path for path in (Path(config.model).expanduser(), ROOT / config.model) if path.is_file()]
        if not found:
            raise StatError(f"student.model {config.model}: no such file, expected a GGUF file")
        return found[0]
    for folder in (Path(config.model).expanduser(), ROOT / config.model):
        if folder.is_dir():
            if not (folder / config.gguf_file).is_file():
                there = ", ".join(sorted(path.name for path in folder.glob("*.gguf"))) or "none"
                raise StatError(
                    f"student.gguf_file {config.gguf_file}: not in {folder} (GGUF there: {there})"
                )
            return folder / config.gguf_file
    return _from_hub(config.model, config.gguf_file)


def _from_hub(model: str, name: str) -> Path:
    if model.count("/") != 1 or model.startswith((".", "/", "~")):
        raise StatError(f"student.model {model}: no such folder, and not a hub id of the form owner/name")
    from huggingface_hub import hf_hub_download  # loads an HTTP client

    try:
        return Path(hf_hub_download(model, name))
    except (OSError, ValueError) as error:
        raise StatError(f"student {model}: {name} could not be fetched ({shown(str(error), 300)})") from None


def convert(source: Path, folder: Path, say: Say = lambda _: None) -> Path:
    """The checkpoint that the GGUF file becomes, in a folder of its own inside `folder`, made at the first
    call; a killed conversion leaves nothing that is used.

    Raises StatError for a file that is no GGUF, an architecture that transformers cannot read from one, and
    where the package gguf is missing."""
    digest = _digest(source, folder)
    made = folder / f"{_plain(source.stem)}-{digest[:12]}"
    if (made / CARD).is_file():
        return made
    with source.open("rb") as file:
        if file.read(len(MAGIC)) != MAGIC:
            raise StatError(f"{source}: not a GGUF file, whose first four bytes are GGUF")
    if importlib.util.find_spec("gguf") is None:
        raise StatError(
            f"{source}: reading it needs the package gguf; install it with: pip install 'stat-studio[gguf]'"
        )
    say(f"{source.name} is converted into a safetensors checkpoint, once")
    folder.mkdir(parents=True, exist_ok=True)
    temporary = Path(tempfile.mkdtemp(prefix=".converting-", dir=folder))
    try:
        _write(source, temporary)
        stat = source.stat()
        card = {
            "file": source.name, "path": str(source.resolve()), "sha256": digest, "size": stat.st_size,
            "mtime_ns": stat.st_mtime_ns,
        }  # fmt: skip
        (temporary / CARD).write_text(json.dumps(card, indent=2) + "\n", encoding="utf-8")
        temporary.chmod(0o755)
        if made.exists():  # an interrupted deletion, or another process that was faster
            shutil.rmtree(temporary if (made / CARD).is_file() else made)
        if temporary.exists():
            temporary.replace(made)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
    return made


def _plain(name: str) -> str:
    """A file's name as a folder's: letters, digits, '.', '_' and '-' only."""
    return re.sub(r"[^A-Za-z0-9._-]", "-", name).lstrip(".") or "gguf"


def _digest(source: Path, folder: Path) -> str:
    """The file's SHA-256; that of a converted file is not computed again while size and time are the same."""
    stat = source.stat()
    for path in folder.glob(f"*/{CARD}"):
        card = _card(path)
        if card.get("path") == str(source.resolve()) and (card.get("size"), card.get("mtime_ns")) == (
            stat.st_size, stat.st_mtime_ns,
        ):  # fmt: skip
            return str(card["sha256"])
    with source.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _card(path: Path) -> dict[str, Any]:
    try:
        card = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return card if isinstance(card, dict) else {}


def _write(source: Path, folder: Path) -> None:
    """Weights, configuration and tokenizer of the GGUF file, as safetensors and JSON."""
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    from stat_engine.models.local.loading import keep_quiet

    keep_quiet()
    place = {"pretrained_model_name_or_path": str(source.parent), "gguf_file": source.name}
    try:
        with contextlib.redirect_stderr(io.StringIO()):  # a bar that no setting of transformers switches off
            tokenizer = AutoTokenizer.from_pretrained(**place)
            read = AutoModelForCausalLM.from_pretrained(**place, dtype=torch.float32)
    except Exception as error:  # tokenizers raises no narrower one
        reason = shown(" ".join(f"{type(error).__name__}: {error}".split()), 300)
        raise StatError(f"{source}: transformers cannot read this GGUF file ({reason})") from error
    config = copy.deepcopy(read.config)
    del config.quantization_config
    with torch.device("meta"):  # no memory for weights that are replaced at once
        plain = AutoModelForCausalLM.from_config(config)
    plain.load_state_dict(read.state_dict(), assign=True)
    plain.tie_weights()
    plain.generation_config = read.generation_config
    plain.save_pretrained(str(folder))
    tokenizer.save_pretrained(str(folder))
