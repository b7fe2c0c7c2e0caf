"""Train one adapter in several processes, one for each GPU, through accelerate (data parallel).

The caller's process starts them with torch's own launcher, which `accelerate launch` wraps, follows the
metrics that the first of them writes, and alone holds the run and records the result. As a program,
`python -m stat_engine.method.sft.processes ORDER`, this file is one of them."""

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from stat_engine.config.shipped import PACKAGE
from stat_engine.errors import StatError, shown
from stat_engine.method.sft import fine_tuning
from stat_engine.method.sft.fine_tuning import Progress, Training
from stat_engine.method.sft.metrics import METRICS, read_metrics

ORDER, RESULT, LOG = "together.json", "together_result.json", "together.txt"
LOOK_S, GRACE_S = 0.5, 20.0
"""Between two looks at the metrics; for the processes to end when they are told to."""


@dataclass(frozen=True)
class ProcessOrder:
    """What one of the processes is to do."""

    training: Training
    parent: int
    """Process that asked for it, and without which it ends."""


WRITTEN = TypeAdapter(ProcessOrder)


def fine_tune(training: Training, progress: Progress | None = None) -> dict[str, float]:
    """`sft.fine_tune` in this process, or as many as the configuration asks for."""
    by = fine_tune_together if training.config.processes > 1 else fine_tuning.fine_tune
    return by(training, progress)


def fine_tune_together(training: Training, progress: Progress | None = None) -> dict[str, float]:
    """As `sft.fine_tune`, by `config.processes` processes; raises as it does, with their last output.

    They end with this process, and when `progress` raises."""
    folder = training.folder
    folder.mkdir(parents=True, exist_ok=True)
    (folder / RESULT).unlink(missing_ok=True)
    (folder / ORDER).write_bytes(WRITTEN.dump_json(ProcessOrder(training, os.getpid())))
    n = f"--nproc_per_node={training.config.processes}"
    launcher = ["torch.distributed.run", "--standalone", n, "-m", "stat_engine.method.sft.processes"]
    path = os.pathsep.join(filter(None, [str(PACKAGE.parent), os.environ.get("PYTHONPATH")]))
    with (folder / LOG).open("wb") as log:
        child = subprocess.Popen(
            [sys.executable, "-m", *launcher, str(folder.resolve() / ORDER)],
            stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT, start_new_session=True,
            env=os.environ | {"PYTHONPATH": path, "PYTHONSAFEPATH": "1"},
        )  # fmt: skip
        try:
            _follow(child, folder, progress)
        finally:
            _end(child)
    result = _result(folder)
    for name in (ORDER, RESULT, LOG):
        (folder / name).unlink(missing_ok=True)
    return result


def _follow(child: "subprocess.Popen[bytes]", folder: Path, progress: Progress | None) -> None:
    told = 0
    while child.poll() is None:
        time.sleep(LOOK_S)
        for line in read_metrics(folder / METRICS)[-1:]:
            if progress and line["step"] != told:
                told = line["step"]
                progress(told, line["max_steps"])


def _end(child: "subprocess.Popen[bytes]") -> None:
    if child.poll() is not None:
        return
    os.killpg(child.pid, signal.SIGTERM)
    try:
        child.wait(GRACE_S)
    except subprocess.TimeoutExpired:
        os.killpg(child.pid, signal.SIGKILL)
        child.wait()


def _result(folder: Path) -> dict[str, float]:
    path = folder / RESULT
    said = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    if "error" in said:
        raise StatError(said["error"])
    if "outcome" not in said:
        lines = (folder / LOG).read_text(encoding="utf-8", errors="replace").strip().splitlines()
        words = next((line for line in reversed(lines) if "Error" in line), lines[-1] if lines else "nothing")
        raise StatError(
            f"training: one of the processes ended before its time; it said: {shown(words.strip(), 300)}; "
            f"all they said is in {folder / LOG}"
        )
    return dict(said["outcome"])


def work(path: Path) -> None:
    """Be one of the processes: train, and say how it went where nobody has said it yet."""
    order = WRITTEN.validate_json(path.read_bytes())
    folder = path.parent

    def with_parent(*_: int) -> None:
        os.kill(order.parent, 0)  # raises where the one who asked is gone

    said: dict[str, Any] = {}
    try:
        said["outcome"] = fine_tuning.fine_tune(replace(order.training, folder=folder), with_parent)
    except StatError as error:
        said["error"] = str(error)
    if fine_tuning.is_first() or ("error" in said and not (folder / RESULT).exists()):
        temporary = folder / f"{RESULT}.{os.getpid()}.tmp"
        temporary.write_text(json.dumps(said), encoding="utf-8")
        temporary.replace(folder / RESULT)
    if "error" in said:
        sys.exit(1)  # the others wait for this one: the launcher ends them


if __name__ == "__main__":
    work(Path(sys.argv[1]))
