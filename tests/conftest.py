"""Fixtures that several folders share: a small embedded dataset, and one real run of the whole pipeline."""

import gc
import gzip
import os
import shutil
import sys
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory

# Before anything loads torch: on these small models a second thread costs more than it brings, and a worker
# has a core of its own.
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")

import pytest

from stat_engine import Workspace
from stat_engine.method.context import Silent
from stat_engine.numeracy import demo
from tests.kept import copy_of

SMALL = (
    "training_set.pairs=40",
    "sft.epochs=1",
    "sft.learning_rate=0.01",
    "arms=[random,stat-sel,stat-syn]",
    "student.batch_size=20",
    "reward_model.batch_size=30",
    "evaluation.batch_size=50",
)
"""Settings of a run that takes the whole loop in seconds, and whose arms answer otherwise than the student."""
n_frozen = 0
"""Modules that were loaded when garbage collection was last told to leave them out."""


class Notes(Silent):
    """A report that remembers what was said."""

    def __init__(self) -> None:
        self.said: list[str] = []

    def say(self, stage: str, sentence: str) -> None:
        self.said.append(f"{stage}: {sentence}")


def pytest_runtest_setup() -> None:
    """Leave what is loaded out of garbage collection: Streamlit, Trainer and the engine ask for a full one often."""
    global n_frozen
    if len(sys.modules) > n_frozen + 100:
        gc.collect()
        gc.freeze()
        n_frozen = len(sys.modules)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """With `--dist loadgroup`, one worker has all tests in a browser: two browsers at once make each other slow."""
    for item in items:
        if item.path.stem.endswith("_browser"):
            item.add_marker(pytest.mark.xdist_group("browser"))


def pytest_sessionfinish() -> None:
    gc.unfreeze()


def quarter_of(data: Path, folder: Path) -> Path:
    """The embedded dataset's files with every fourth question: tests read them thousands of times."""
    for name in ("questions.jsonl.gz", "skill_map.jsonl.gz"):
        with gzip.open(data / name, "rt") as whole, gzip.open(folder / name, "wt") as quarter:
            quarter.writelines(islice(whole, 0, None, 4))
    for name in ("skills.json", "demo.yaml"):
        shutil.copy(data / name, folder)
    return folder


def small_workspace(root: Path, n_validation: int = 60, n_test: int = 100) -> Workspace:
    """A quarter of the embedded dataset with a few validation and test questions, and a run `small`."""

    def make(at: Path) -> None:
        workspace = Workspace(at)
        with pytest.MonkeyPatch.context() as patch, TemporaryDirectory() as folder:
            patch.setattr(demo, "DATA", quarter_of(demo.DATA, Path(folder)))
            patch.setattr(demo, "N_VALIDATION", n_validation)
            demo.prepare(workspace, "small", SMALL)
        dataset = workspace.dataset("numeracy")
        ids = [question.id for question in dataset.split("test")]
        dataset.save_split("test", ids[:n_test], {"from": "test", "seed": 0})

    return Workspace(copy_of(f"fresh-{n_validation}-{n_test}", make, root))


def worked_workspace(root: Path, last: str | None = None, n_validation: int = 60) -> Workspace:
    """A small workspace whose run went through the stages up to this one, or through all."""

    def make(at: Path) -> None:
        start = small_workspace(at, n_validation) if last else worked_workspace(at, "profile", n_validation)
        start.run("small").run(last=last)

    return Workspace(copy_of(f"{last or 'finished'}-{n_validation}", make, root))


def copied(workspace: Workspace, folder: Path) -> Workspace:
    """A copy of a workspace that a test may change."""
    return Workspace(shutil.copytree(workspace.root, folder / "w"))


def with_an_empty_copy(workspace: Workspace, folder: Path) -> Workspace:
    """A copy of a finished workspace whose run `empty`, a copy of `small`, lacks no skill."""
    made = copied(workspace, folder)
    run = made.run("small").fork("empty").folder
    none = [label.model_copy(update={"skills": []}) for label in run.own_labels()]
    run.missing_skills().write("none", none, run.stage_settings("missing_skills"))
    return made


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """A workspace whose run `small` went through every stage; tests read it and change nothing."""
    return worked_workspace(tmp_path_factory.mktemp("finished"))


@pytest.fixture
def profiled(tmp_path: Path) -> Workspace:
    """A workspace whose run `small` went as far as its profile, to change."""
    return worked_workspace(tmp_path / "workspace", "profile")


@pytest.fixture
def copy(finished: Workspace, tmp_path: Path) -> Workspace:
    """The finished workspace, to be changed."""
    return copied(finished, tmp_path)


@pytest.fixture(scope="session")
def mapped(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """A workspace with the small numeracy dataset and its true Skill-Map; tests change nothing in it."""
    # here, so that workers whose tests do not need the problems do not generate them
    from tests.skill_map.small import mapped_workspace

    return mapped_workspace(tmp_path_factory.mktemp("mapped"))


@pytest.fixture(scope="session")
def mapped_and_split(mapped: Workspace, tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """The mapped dataset with 50 of its test questions for validation; tests change nothing in it."""
    made = copied(mapped, tmp_path_factory.mktemp("split"))
    made.split("numeracy", 50, "test", 0)
    return made


@pytest.fixture
def fresh(tmp_path: Path) -> Workspace:
    """A workspace with the small run, nothing of it done."""
    return small_workspace(tmp_path / "workspace")


@pytest.fixture(scope="session")
def tiny_checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A random Llama of 20 thousand weights with the numeracy tokenizer: the real loading code runs on it."""
    # here, so that a room that needs no model starts without torch
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    from stat_engine.numeracy.pretrain import build_tokenizer

    folder = tmp_path_factory.mktemp("tiny")
    tokenizer = build_tokenizer()
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=len(tokenizer), hidden_size=32, intermediate_size=48, num_hidden_layers=2,
        num_attention_heads=2, max_position_embeddings=256, tie_word_embeddings=True,
        bos_token_id=tokenizer.bos_token_id, eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id, initializer_range=0.3,
    )  # fmt: skip
    LlamaForCausalLM(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Folder of the real data files; skips where there is none."""
    beside = Path(__file__).parents[1].parent / "shared" / "data"
    folder = Path(os.environ.get("STAT_SHARED_DATA") or beside)
    if not (folder / "math" / "problems.jsonl.gz").exists():
        pytest.skip(f"no real data in {folder}; set STAT_SHARED_DATA to its folder")
    return folder
