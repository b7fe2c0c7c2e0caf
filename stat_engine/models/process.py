"""A model in a separate process, which frees the card when it ends and may use another interpreter.

The other end is `worker`. Requests and answers are JSON lines on two pipes; the child's own output is
kept and is part of the error if the child dies."""

import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Generator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from stat_engine.config import RewardModelConfig, StudentConfig
from stat_engine.config.shipped import PACKAGE
from stat_engine.errors import StatError, shown
from stat_engine.models.base import (
    Completion,
    Partial,
    PartialScores,
    Scored,
    Step,
    StreamingModel,
    Wanted,
)

GRACE_S = 30.0
"""How long a child may take to end by itself."""
TAIL = 8192
"""Bytes of the child's output in which its last lines are searched."""
WORKER = f"""
import sys
from importlib.util import module_from_spec, spec_from_file_location

spec = spec_from_file_location("stat_engine", {str(PACKAGE / "__init__.py")!r})
sys.modules["stat_engine"] = package = module_from_spec(spec)
spec.loader.exec_module(package)
from stat_engine.models.worker import main

main()
"""
"""Imports this package from its folder, without a search path: where the package is installed, that would
be a whole environment, whose libraries another interpreter cannot use."""
_EXCEPTION = re.compile(r"^[A-Za-z_][\w.]*(?:Error|Exception|Interrupt|Exit)\b")


def in_own_process(config: StudentConfig | RewardModelConfig) -> bool:
    """Whether a model that runs on this machine gets a process of its own.

    It does where another interpreter is named, with vLLM, whose engine lets go of a card only by ending,
    and wherever there is a card to free. On a CPU it does not: torch would be imported once a stage."""
    return config.python is not None or config.backend == "vllm" or has_card()


def has_card() -> bool:
    """Whether there is an NVIDIA card to use; torch is asked only where it is imported already."""
    torch = sys.modules.get("torch")
    if torch is not None:
        return bool(torch.cuda.is_available())
    program = shutil.which("nvidia-smi")
    if program is None or os.environ.get("CUDA_VISIBLE_DEVICES") in ("", "-1"):
        return False
    return b"GPU " in subprocess.run([program, "-L"], capture_output=True, check=False).stdout


class ModelProcess:
    """A running worker; the caller closes it."""

    def __init__(self, what: str, python: str | None, **first: Any) -> None:
        self._what = what
        self._python = str(Path(python).expanduser()) if python else sys.executable
        self._printed = tempfile.TemporaryFile()  # noqa: SIM115 (open as long as the child)
        answers, theirs = os.pipe()
        self._answers = os.fdopen(answers, encoding="utf-8")
        try:
            self._child = self._start(theirs)
        finally:
            os.close(theirs)
        try:
            self.ask(open=what, **first)
        except BaseException:
            self.close()
            raise

    def ask(self, **request: Any) -> Any:
        """The worker's last message; raises StatError with its sentence, or with its last output where it
        died."""
        *_, said = self.messages(**request)
        return said["result"]

    def messages(self, **request: Any) -> Generator[dict[str, Any]]:
        """What the worker says as it works, then its `result`; raises as `ask` does.

        A reader that does not wait for the result ends the worker."""
        said: dict[str, Any] = {}
        try:
            self._send(request)
            while "result" not in said:
                line = self._line()
                if not line.endswith("\n"):
                    raise self._death()
                said = json.loads(line)
                if "error" in said:
                    break
                yield said
        except StatError:
            raise
        except BaseException:
            if "result" not in said:
                self._child.kill()  # half an answer would be taken for the next one's
            raise
        if "error" in said:
            raise StatError(said["error"])

    def _send(self, request: dict[str, Any]) -> None:
        assert self._child.stdin is not None
        with contextlib.suppress(BrokenPipeError):  # its death is seen where its answer is read
            self._child.stdin.write(json.dumps(request).encode() + b"\n")
            self._child.stdin.flush()

    def _line(self) -> str:
        return self._answers.readline()

    def close(self) -> None:
        """End the worker and wait until it is gone, with all it held."""
        assert self._child.stdin is not None
        with contextlib.suppress(BrokenPipeError):
            self._child.stdin.close()
        try:
            self._child.wait(GRACE_S)
        except subprocess.TimeoutExpired:
            self._child.kill()
            self._child.wait()
        self._answers.close()
        self._printed.close()

    def _start(self, answers: int) -> "subprocess.Popen[bytes]":
        try:
            return subprocess.Popen(
                [self._python, "-c", WORKER, str(answers)],
                stdin=subprocess.PIPE,
                stdout=self._printed,
                stderr=self._printed,
                pass_fds=[answers],
            )
        except OSError as error:
            raise StatError(
                f"{self._what}.python: found {shown(self._python)}, expected an interpreter that can be "
                f"started ({error.strerror})"
            ) from None

    def _death(self) -> StatError:
        try:
            status = self._child.wait(GRACE_S)
        except subprocess.TimeoutExpired:
            self._child.kill()
            status = self._child.wait()
        ended = f"exit status {status}"
        if status < 0:
            ended = signal.Signals(-status).name
            ended += ", as the system does to what takes too much memory" if status == -signal.SIGKILL else ""
        return StatError(
            f"{self._what}: its process under {self._python} ended with {ended}; {self._last_words()}"
        )

    def _last_words(self) -> str:
        end = self._printed.seek(0, os.SEEK_END)
        self._printed.seek(max(0, end - TAIL))
        text = self._printed.read().decode(errors="replace")
        lines = [line.strip() for line in text.splitlines() if line.strip()]
        raised = [line for line in lines if _EXCEPTION.match(line)]
        words = raised or lines
        return f"its last message: {shown(words[-1], 300)[1:-1]}" if words else "it said nothing"


class StudentProcess(StreamingModel):
    """A language model in a process of its own, under the interpreter that the configuration names."""

    def __init__(self, config: StudentConfig, adapter: Path | None = None) -> None:
        self.name = config.model
        self._process = ModelProcess(
            "student",
            config.python,
            config=config.model_dump(mode="json"),
            adapter=str(adapter) if adapter else None,
        )

    def stream(self, wanted: Wanted) -> Generator[Step]:
        """`n_samples` completions a prompt, each as the model there hands it over."""
        with contextlib.closing(
            self._process.messages(
                prompts=list(wanted.prompts),
                sampling=asdict(wanted.sampling),
                seed=wanted.seed,
                known=sorted(wanted.known),
                numbers=None if wanted.numbers is None else list(wanted.numbers),
            )
        ) as messages:
            for said in messages:
                if "step" in said:
                    n_tokens, finished = said["step"]
                    yield Step(n_tokens, {(at, sample): Completion(**one) for at, sample, one in finished})

    def close(self) -> None:
        """End the process."""
        self._process.close()


class RewardModelProcess:
    """A reward model in a process of its own, under the interpreter that the configuration names."""

    def __init__(self, config: RewardModelConfig, threads: int = 1) -> None:
        self._process = ModelProcess(
            "reward_model", config.python, config=config.model_dump(mode="json"), threads=threads
        )

    def score(
        self, items: Sequence[tuple[str, Sequence[str]]], partial: PartialScores | None = None
    ) -> list[Scored]:
        """Scores of (problem, steps) items, as the model there gives them; those in `partial` are not made
        again."""
        partial = partial or Partial()
        sent = [(problem, list(steps)) for problem, steps in items]
        known = [(at, asdict(one)) for at, one in partial.known.items()]
        with contextlib.closing(self._process.messages(items=sent, known=known)) as messages:
            for said in messages:
                if "scored" in said:
                    partial.add({at: Scored(**one) for at, one in said["scored"]})
        return [Scored(**scored) for scored in said["result"]]

    def close(self) -> None:
        """End the process."""
        self._process.close()
