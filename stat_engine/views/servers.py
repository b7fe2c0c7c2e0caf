"""Where a workspace's models run: its settings, the servers that it names with their keys, this machine."""

import contextlib
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import TypedDict

import psutil

from stat_engine.config import (
    EmbeddingsConfig,
    RewardModelConfig,
    RunConfig,
    ServerConfig,
    StudentConfig,
    TeacherConfig,
)
from stat_engine.config.backends import secret
from stat_engine.errors import StatError
from stat_engine.store.settings import WorkspaceSettings, compose, usable_settings, where_thresholds_are_from
from stat_engine.store.workspace import WorkspaceFolder

__all__ = ["WorkspaceSettings", "new_run", "settings", "settings_fault", "thresholds_from"]


def settings(workspace: WorkspaceFolder) -> WorkspaceSettings:
    """The current settings: the defaults where their file is damaged."""
    return usable_settings(workspace.root)[0]


def settings_fault(workspace: WorkspaceFolder) -> str | None:
    """What is wrong with the file of settings, with the way out; None where nothing is."""
    return usable_settings(workspace.root)[1]


def new_run(workspace: WorkspaceFolder, file: Path | None, dataset: str, overrides: list[str]) -> RunConfig:
    """The configuration that `stat-studio new` would make of a file and `key=value` settings.

    Raises StatError in one sentence where they make none."""
    return compose(workspace.root, file, dataset, overrides)


def thresholds_from(workspace: WorkspaceFolder, config: RunConfig) -> str | None:
    """A sentence where a run's thresholds are those saved for its reward model, else None."""
    return where_thresholds_are_from(workspace.root, config)


ALWAYS = {"OPENAI_API_KEY": "servers without a key variable of their own", "HF_TOKEN": "gated checkpoints"}
"""Variables that are always looked for, and what they are for."""
ON_A_SERVER = ("openai", "rlhflow-server")
"""Backends that ask a server."""
GPU_PATIENCE_S = 5.0
NVIDIA = ["nvidia-smi", "--query-gpu=name,memory.free,memory.total", "--format=csv,noheader,nounits"]
Uses = dict[str, tuple[ServerConfig, str | None]]
"""{section of a configuration: (its server, the model asked of it)}"""


class Server(TypedDict):
    """A server that the settings or a run name."""

    name: str | None
    """In the settings; null: only runs name it."""
    base_url: str | None
    """Null: the default of the client's library."""
    api_key_env: str
    """Variable that holds its key."""
    is_key_set: bool
    used_by: list[str]
    """"RUN teacher" and the like."""


class Key(TypedDict):
    """A variable that some server, or a gated checkpoint, takes its key from; never its value."""

    variable: str
    is_set: bool
    used_by: list[str]


class Gpu(TypedDict):
    """A GPU that the NVIDIA driver names."""

    name: str
    memory_free: int
    memory_total: int
    """Bytes."""


class Machine(TypedDict):
    """This machine."""

    n_cpus: int | None
    """That this process may use; null: not known."""
    memory_free: int
    memory_total: int
    """Bytes."""
    gpus: list[Gpu]


def servers(workspace: WorkspaceFolder) -> list[Server]:
    """One row a server, those of the settings first."""
    named = settings(workspace).servers.items()
    rows = [_row(name, server) for name, server in named]
    by_address: dict[tuple[str | None, str], Server] = {}
    for (_, server), row in zip(named, rows, strict=True):
        by_address.setdefault(_address(server), row)
    for use, server in _used(workspace):
        if _address(server) not in by_address:
            by_address[_address(server)] = _row(None, server)
            rows.append(by_address[_address(server)])
        by_address[_address(server)]["used_by"].append(use)
    return rows


def keys(workspace: WorkspaceFolder) -> list[Key]:
    """One row a variable; raises StatError for a file of secrets that cannot be read."""
    uses: dict[str, list[str]] = {name: [] for name in ALWAYS}
    for row in servers(workspace):
        name = [f"server {row['name']}"] if row["name"] else []
        uses.setdefault(row["api_key_env"], []).extend([*name, *row["used_by"]])
    return [
        {"variable": name, "is_set": is_set(name), "used_by": of or [ALWAYS[name]]}
        for name, of in uses.items()
    ]


def is_set(variable: str) -> bool:
    """Whether the environment, or Streamlit's file of secrets, has a value for it."""
    return bool((secret(variable) or "").strip())


def asked(workspace: WorkspaceFolder) -> dict[str, ServerConfig]:
    """{its name in the settings, else what uses it: the server}, each address once."""
    named = [*settings(workspace).servers.items(), *_used(workspace)]
    found: dict[tuple[str | None, str], tuple[str, ServerConfig]] = {}
    for use, server in named:
        found.setdefault(_address(server), (use, server))
    return dict(found.values())


def run_servers(config: RunConfig) -> Uses:
    """The servers of a configuration's parts."""
    parts: dict[str, StudentConfig | RewardModelConfig | TeacherConfig | EmbeddingsConfig] = {
        "student": config.student, "reward_model": config.reward_model, "teacher": config.teacher,
        **{f"second_teachers.{at}": teacher for at, teacher in enumerate(config.second_teachers)},
        "embeddings": config.embeddings,
    }  # fmt: skip
    return {name: (part.server, part.model) for name, part in parts.items() if part.backend in ON_A_SERVER}


def machine() -> Machine:
    """This machine, without loading torch."""
    memory = psutil.virtual_memory()
    n_cpus = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return {
        "n_cpus": n_cpus,
        "memory_free": memory.available,
        "memory_total": memory.total,
        "gpus": _gpus(),
    }


def _row(name: str | None, server: ServerConfig) -> Server:
    return {
        "name": name,
        "base_url": server.base_url,
        "api_key_env": server.api_key_env,
        "is_key_set": is_set(server.api_key_env),
        "used_by": [],
    }


def _address(server: ServerConfig) -> tuple[str | None, str]:
    return server.base_url, server.api_key_env


def _used(workspace: WorkspaceFolder) -> Iterator[tuple[str, ServerConfig]]:
    for name in workspace.run_names():
        try:
            config = workspace.run_folder(name).config
        except StatError:
            continue  # a run of another version; `stat-studio status` says what is wrong
        for part, (server, _) in run_servers(config).items():
            yield f"{name} {part.replace('_', ' ')}", server


def _gpus() -> list[Gpu]:
    if not shutil.which(NVIDIA[0]):
        return []
    with contextlib.suppress(OSError, subprocess.SubprocessError, ValueError):
        said = subprocess.run(NVIDIA, capture_output=True, text=True, timeout=GPU_PATIENCE_S, check=True)
        return [_gpu(line) for line in said.stdout.splitlines() if line.strip()]
    return []


def _gpu(line: str) -> Gpu:
    name, free, total = (part.strip() for part in line.rsplit(",", 2))
    return {"name": name, "memory_free": int(free) * 2**20, "memory_total": int(total) * 2**20}
