import os
import signal
import subprocess
import sys
from typing import get_args

import psutil

from stat_engine.config import RewardModelConfig, StudentConfig
from stat_engine.models.checkpoints import ROOT
from stat_engine.models.worker import LANGUAGE_MODELS, REWARD_MODELS


def test_the_worker_ends_when_its_parent_is_killed_even_with_its_input_open() -> None:
    answers, theirs = os.pipe()
    script = f'"{sys.executable}" -m stat_engine.models.worker {theirs} <&0 & echo $!; wait'
    with subprocess.Popen(
        ["/bin/sh", "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, pass_fds=[theirs], cwd=ROOT
    ) as shell:
        assert shell.stdout is not None
        worker = psutil.Process(int(shell.stdout.readline()))
        os.close(theirs)
        shell.send_signal(signal.SIGKILL)
        worker.wait(20)  # raises where it is still there
    os.close(answers)


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
