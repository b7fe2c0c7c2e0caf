import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import get_args

import psutil
import pytest

from stat_engine.config import RewardModelConfig, StudentConfig
from stat_engine.config.shipped import ROOT
from stat_engine.errors import StatError
from stat_engine.models.worker import LANGUAGE_MODELS, REWARD_MODELS, make_language_model


def test_the_worker_ends_when_its_parent_is_killed_even_with_its_input_open() -> None:
    answers, theirs = os.pipe()
    # a shell's background job has no input unless it is given one by another number
    script = f'exec 8<&0; "{sys.executable}" -m stat_engine.models.worker {theirs} <&8 & echo $!; wait'
    refused = {"open": "student", "config": {"backend": "vllm", "adapter": "first"}, "adapter": "second"}
    with (
        os.fdopen(answers) as said,
        subprocess.Popen(
            ["/bin/sh", "-c", script],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            pass_fds=[theirs],
            cwd=ROOT,
        ) as shell,
    ):
        os.close(theirs)
        assert shell.stdin is not None and shell.stdout is not None
        worker = psutil.Process(int(shell.stdout.readline()))
        shell.stdin.write(json.dumps(refused).encode() + b"\n")
        shell.stdin.flush()
        assert "vLLM takes one adapter" in said.readline()
        shell.send_signal(signal.SIGKILL)
        worker.wait(20)  # raises where it is still there


def test_the_worker_needs_little_before_it_loads_a_model() -> None:
    heavy = "{'torch', 'transformers', 'vllm', 'openai', 'pandas', 'duckdb', 'sklearn', 'streamlit', 'typer', 'psutil'}"
    code = f"import sys, stat_engine.models.worker as w; print(sorted({heavy} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)
    assert done.stdout == "[]\n"


def test_every_backend_that_runs_on_this_machine_can_be_made() -> None:
    students = set(get_args(StudentConfig.model_fields["backend"].annotation))
    reward_models = set(get_args(RewardModelConfig.model_fields["backend"].annotation))
    assert set(LANGUAGE_MODELS) == students - {"openai", "imported"}
    assert set(REWARD_MODELS) == reward_models - {"rlhflow-server", "imported"}


@pytest.mark.parametrize("damage", ["config.json", "tokenizer.json", "model.safetensors"])
def test_a_damaged_checkpoint_is_one_sentence_that_names_it(
    tiny_checkpoint: Path, tmp_path: Path, damage: str
) -> None:
    folder = tmp_path / "damaged"
    shutil.copytree(tiny_checkpoint, folder)
    (folder / damage).write_bytes(b"{")
    with pytest.raises(StatError, match="student .*damaged: could not be loaded") as error:
        make_language_model(StudentConfig(model=str(folder)))
    assert "\n" not in str(error.value)
