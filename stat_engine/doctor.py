"""Checks of this machine (Python, packages, devices, disk, keys) and of the workspace's files, with remedies.

Keys are never shown."""

import importlib.util
import os
import re
import shutil
import sys
from importlib import metadata
from pathlib import Path
from typing import Any

import psutil

from stat_engine.config.shipped import PACKAGE, ROOT
from stat_engine.store.damage import damages
from stat_engine.store.workspace import WorkspaceFolder

NEEDED = ("torch", "transformers", "peft", "trl", "streamlit", "plotly", "pandas", "duckdb", "pyarrow")
OPTIONAL = {"vllm": "vllm", "bitsandbytes": "quant", "sentence_transformers": "embed"}
KEYS = ("OPENAI_API_KEY", "HF_TOKEN")
IS_CHECKOUT = PACKAGE.parent == ROOT
LITTLE_DISK = 2 * 2**30


def examine(workspace: Path) -> list[dict[str, Any]]:
    """One row a check: what, state (ok, missing, optional, damaged), found, fix (empty where all is well)."""
    return [
        _python(),
        *map(_package, NEEDED),
        *(_extra(module, extra) for module, extra in OPTIONAL.items()),
        _gpu(),
        _memory(),
        _disk(workspace),
        _checkpoints(),
        *map(_key, KEYS),
        *_files(workspace),
    ]


def _files(workspace: Path) -> list[dict[str, Any]]:
    found = [_row(one.file, "damaged", one.found, one.fix) for one in damages(WorkspaceFolder(workspace))]
    return found or [_row("workspace", "ok", "no damaged file")]


def _row(what: str, state: str, found: str, fix: str = "") -> dict[str, Any]:
    return {"what": what, "state": state, "found": found, "fix": fix}


def _python() -> dict[str, Any]:
    found = ".".join(map(str, sys.version_info[:3]))
    is_new = sys.version_info >= (3, 11)
    return _row(
        "python", "ok" if is_new else "missing", found, "" if is_new else "install Python 3.11 or newer"
    )


def _package(name: str) -> dict[str, Any]:
    try:
        return _row(name, "ok", metadata.version(name))
    except metadata.PackageNotFoundError:
        return _row(name, "missing", "not installed", "make install" if IS_CHECKOUT else _pip_install(name))


def _extra(module: str, extra: str) -> dict[str, Any]:
    if importlib.util.find_spec(module):
        return _row(module, "ok", "installed")
    fix = f".venv/bin/pip install -c constraints.txt -e '.[{extra}]'"
    return _row(
        module, "optional", "not installed", fix if IS_CHECKOUT else _pip_install(module.replace("_", "-"))
    )


def _pip_install(package: str) -> str:
    """The command that brings a package, in the version that this program asks for."""
    asked = [line.partition(";")[0].strip() for line in metadata.requires("stat-studio") or []]
    wanted = next(one for one in asked if re.split(r"[^\w-]", one)[0] == package)
    return f"{sys.executable} -m pip install '{wanted}'"


def _gpu() -> dict[str, Any]:
    import torch  # a second or two; asked for here only

    if torch.cuda.is_available():
        return _row("gpu", "ok", "; ".join(map(_card, range(torch.cuda.device_count()))))
    return _row("gpu", "optional", "none", "small students train on the CPU; larger ones need a GPU")


def _card(at: int) -> str:
    import torch  # loaded already

    free, total = torch.cuda.mem_get_info(at)
    return f"{torch.cuda.get_device_name(at)}, {free / 2**30:.1f} of {total / 2**30:.1f} GiB free"


def _memory() -> dict[str, Any]:
    memory = psutil.virtual_memory()
    return _row("memory", "ok", f"{memory.available / 2**30:.1f} of {memory.total / 2**30:.1f} GiB free")


def _disk(workspace: Path) -> dict[str, Any]:
    there = next(path for path in (workspace.resolve(), *workspace.resolve().parents) if path.exists())
    free = shutil.disk_usage(there).free
    is_little = free < LITTLE_DISK
    fix = "free some space, or choose another --workspace" if is_little else ""
    return _row("disk", "missing" if is_little else "ok", f"{free / 2**30:.1f} GiB free at {there}", fix)


def _checkpoints() -> dict[str, Any]:
    folder = ROOT / "data" / "numeracy"
    there = all((folder / name / "model.safetensors").exists() for name in ("student", "reward_model"))
    if there:
        return _row("embedded checkpoints", "ok", str(folder))
    return _row("embedded checkpoints", "missing", "not there", "install STAT Studio again")


def _key(name: str) -> dict[str, Any]:
    if os.environ.get(name):
        return _row(name, "ok", "set")
    return _row(name, "optional", "not set", f"export {name}=... where a hosted model needs it")
