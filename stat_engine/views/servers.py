"""The servers that runs and the workspace's settings name, and whether the keys they need are set.

What a run's models stand on: its servers, this machine's cores, memory and GPUs, the datasets' splits.
"""

import contextlib
import os
import shutil
import subprocess
from collections.abc import Iterator
from typing import Any

import psutil

from stat_engine.config import (
    EmbeddingsConfig,
    RewardModelConfig,
    RunConfig,
    ServerConfig,
    StudentConfig,
    TeacherConfig,
)
from stat_engine.config.secrets import secret
from stat_engine.errors import StatError
from stat_engine.records import Question
from stat_engine.store import query
from stat_engine.store.dataset import SPLITS
from stat_engine.store.files import read_json
from stat_engine.store.settings import read_settings
from stat_engine.store.workspace import WorkspaceFolder

ALWAYS = {"OPENAI_API_KEY": "servers without a key variable of their own", "HF_TOKEN": "gated checkpoints"}
"""Variables that are looked for whatever the settings say, and what they are for."""


def servers(workspace: WorkspaceFolder) -> list[dict[str, Any]]:
    """One a server: name (null: only runs name it), base_url, api_key_env, is_key_set and used_by.

    `used_by` lists "RUN teacher" and the like. Those of the settings come first."""
    named = read_settings(workspace.root).servers.items()
    rows = [_row(name, server) for name, server in named]
    by_address: dict[tuple[str | None, str], dict[str, Any]] = {}
    for (_, server), row in zip(named, rows, strict=True):
        by_address.setdefault(_address(server), row)
    for use, server in _used(workspace):
        if _address(server) not in by_address:
            by_address[_address(server)] = _row(None, server)
            rows.append(by_address[_address(server)])
        by_address[_address(server)]["used_by"].append(use)
    return rows


def keys(workspace: WorkspaceFolder) -> list[dict[str, Any]]:
    """One a variable that some server, or a gated checkpoint, takes its key from: variable, is_set, used_by.

    Never its value. Raises StatError for a file of secrets that cannot be read."""
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


def _row(name: str | None, server: ServerConfig) -> dict[str, Any]:
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


ON_A_SERVER = ("openai", "rlhflow-server")
"""Backends that ask a server."""
GPU_PATIENCE_S = 5.0
NVIDIA = ["nvidia-smi", "--query-gpu=name,memory.free,memory.total", "--format=csv,noheader,nounits"]


def run_servers(config: RunConfig) -> dict[str, tuple[ServerConfig, str | None]]:
    """{setting's section: (server, the model asked of it)} for every part that asks one."""
    parts: dict[str, StudentConfig | RewardModelConfig | TeacherConfig | EmbeddingsConfig] = {
        "student": config.student, "reward_model": config.reward_model, "teacher": config.teacher,
        **{f"second_teachers.{at}": teacher for at, teacher in enumerate(config.second_teachers)},
        "embeddings": config.embeddings,
    }  # fmt: skip
    return {name: (part.server, part.model) for name, part in parts.items() if part.backend in ON_A_SERVER}


def machine() -> dict[str, Any]:
    """This machine without loading torch: n_cpus, memory_free, memory_total (bytes), and gpus, each with
    name, memory_free, memory_total (bytes). GPUs are those that the NVIDIA driver tells of."""
    memory = psutil.virtual_memory()
    n_cpus = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return {
        "n_cpus": n_cpus,
        "memory_free": memory.available,
        "memory_total": memory.total,
        "gpus": _gpus(),
    }


def datasets(workspace: WorkspaceFolder) -> dict[str, dict[str, int]]:
    """{dataset: {split: questions}} of train, validation and test, as a run would meet them."""
    return {name: splits(workspace, name) for name in workspace.dataset_names()}


def splits(workspace: WorkspaceFolder, name: str) -> dict[str, int]:
    """Questions of a dataset's splits: those stored for it, else as its own rows are split."""
    dataset = workspace.dataset(name)
    stored = {split: read_json(dataset.folder / "splits" / f"{split}.json") for split in SPLITS}
    drawn = {split: list(found["ids"]) for split, found in stored.items() if found}
    taken = [id for ids in drawn.values() for id in ids]
    rows = query.rows(
        "select split, count(*) as n from questions where not list_contains($1::varchar[], id) "
        "group by split",
        {"questions": (dataset.question_table.files(), Question)},
        [taken],
    )
    own = {row["split"]: row["n"] for row in rows}
    counts = {split: len(drawn[split]) if split in drawn else own.get(split, 0) for split in SPLITS}
    return {"train": own.get("train", 0)} | {split: counts[split] for split in ("validation", "test")}


def _gpus() -> list[dict[str, Any]]:
    if not shutil.which(NVIDIA[0]):
        return []
    with contextlib.suppress(OSError, subprocess.SubprocessError, ValueError):
        said = subprocess.run(NVIDIA, capture_output=True, text=True, timeout=GPU_PATIENCE_S, check=True)
        return [_gpu(line) for line in said.stdout.splitlines() if line.strip()]
    return []


def _gpu(line: str) -> dict[str, Any]:
    name, free, total = (part.strip() for part in line.rsplit(",", 2))
    return {"name": name, "memory_free": int(free) * 2**20, "memory_total": int(total) * 2**20}
