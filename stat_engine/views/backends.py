"""What a run's models stand on: its servers, this machine's cores, memory and GPUs, the datasets' splits."""

import contextlib
import os
import shutil
import subprocess
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
from stat_engine.records import Question
from stat_engine.store import query
from stat_engine.store.dataset import SPLITS
from stat_engine.store.files import read_json
from stat_engine.store.workspace import WorkspaceFolder

ON_A_SERVER = ("openai", "rlhflow-server")
"""Backends that ask a server."""
GPU_PATIENCE_S = 5.0
NVIDIA = ["nvidia-smi", "--query-gpu=name,memory.free,memory.total", "--format=csv,noheader,nounits"]


def servers(config: RunConfig) -> dict[str, tuple[ServerConfig, str | None]]:
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
