import signal
import sys
from collections.abc import Iterator
from io import StringIO
from pathlib import Path

import psutil
import pytest

from stat_engine.config import RewardModelConfig, StudentConfig
from stat_engine.errors import StatError
from stat_engine.models import process
from stat_engine.models.base import Message, Sampling
from stat_engine.models.process import RewardModelProcess, StudentProcess, has_card, in_own_process
from stat_engine.models.worker import make_language_model, make_reward_model

PROMPTS = [
    [Message(role="user", content=text)] for text in ("What is 3+4?", "Compute 12*3 and add 45.", "ä☃")
]
GREEDY = Sampling(temperature=0, top_p=1, max_tokens=12)
SAMPLED = Sampling(temperature=1, top_p=0.9, max_tokens=12, n_samples=2)


def a_student(model: Path | str, **fields: object) -> StudentConfig:
    return StudentConfig.model_validate({"model": str(model), "name": "tiny", **fields})


def an_interpreter(folder: Path, script: str) -> str:
    """A program that can be named as `python:`; `"$REAL"` in it is the interpreter of the tests."""
    path = folder / "python"
    path.write_text(f'#!/bin/sh\nREAL="{sys.executable}"\n{script}\n')
    path.chmod(0o755)
    return str(path)


class Interrupting(StringIO):
    """What Ctrl-C makes of waiting for an answer."""

    def readline(self, size: int | None = -1, /) -> str:
        raise KeyboardInterrupt


def refused(python: str, model: Path | str = "data/numeracy/student") -> str:
    with pytest.raises(StatError) as caught:
        StudentProcess(a_student(model, python=python))
    return str(caught.value)


@pytest.fixture(scope="module")
def student(tiny_checkpoint: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[StudentProcess]:
    """Under an interpreter whose environment prints to standard output before anything runs."""
    noisy = an_interpreter(tmp_path_factory.mktemp("noisy"), 'echo "loading modules"; exec "$REAL" "$@"')
    running = StudentProcess(a_student(tiny_checkpoint, python=noisy))
    yield running
    running.close()


def test_a_student_answers_from_its_process_as_it_does_here(
    student: StudentProcess, tiny_checkpoint: Path
) -> None:
    here = make_language_model(a_student(tiny_checkpoint))
    assert student.name == here.name
    assert student.complete(PROMPTS, GREEDY, 0) == here.complete(PROMPTS, GREEDY, 0)
    assert student.complete(PROMPTS, SAMPLED, 7) == here.complete(PROMPTS, SAMPLED, 7)


def test_a_reward_model_scores_from_its_process_as_it_does_here() -> None:
    items = [("What is 3+4?", ["3+4=7", "Answer: 7"]), ("What is 2*2?", [])]
    config = RewardModelConfig()
    there = RewardModelProcess(config, threads=1)
    try:
        assert there.score(items) == make_reward_model(config, 1).score(items)
    finally:
        there.close()


def test_what_the_worker_refuses_comes_through_as_its_sentence() -> None:
    with pytest.raises(StatError) as caught:
        StudentProcess(a_student("tiny", backend="vllm", adapter="first"), Path("second"))
    assert str(caught.value) == (
        "student tiny: vLLM takes one adapter, found first and second; merge the first into the checkpoint, or "
        "set student.backend=transformers"
    )


def test_an_environment_that_lacks_a_package_says_which(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)  # so that this package is found by its place alone
    python = an_interpreter(tmp_path, 'exec "$REAL" -S "$@"')  # no site-packages
    assert refused(python) == (
        f"student: its process under {python} ended with exit status 1; its last message: "
        "ModuleNotFoundError: No module named 'pydantic'"
    )


def test_another_interpreter_keeps_its_own_search_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The folder that this package is installed in holds libraries of another environment."""
    monkeypatch.setenv("PYTHONPATH", "/their/own")
    refused(an_interpreter(tmp_path, f'echo "$PYTHONPATH" >{tmp_path}/path; exit 3'))
    assert (tmp_path / "path").read_text() == "/their/own\n"


def test_an_interpreter_that_ends_without_a_word_says_so(tmp_path: Path) -> None:
    python = an_interpreter(tmp_path, "exit 3")
    assert refused(python) == f"student: its process under {python} ended with exit status 3; it said nothing"


def test_an_interpreter_that_is_not_there_is_named() -> None:
    assert refused("/nowhere/python") == (
        "student.python: found '/nowhere/python', expected an interpreter that can be started "
        "(No such file or directory)"
    )


def test_a_killed_worker_is_one_error_with_its_signal(tmp_path: Path) -> None:
    python = an_interpreter(tmp_path, "echo reading weights >&2; kill -KILL $$")
    assert refused(python) == (
        f"student: its process under {python} ended with SIGKILL, as the system does to what takes too much "
        "memory; its last message: reading weights"
    )


def test_an_answer_cut_short_is_the_worker_s_death(tmp_path: Path) -> None:
    python = an_interpreter(tmp_path, """read -r first; printf '{"result": nu' >"/dev/fd/$3"; exit 1""")
    assert "ended with exit status 1" in refused(python)


def test_the_last_words_are_the_exception_and_not_what_follows_it(tmp_path: Path) -> None:
    python = an_interpreter(
        tmp_path, "echo 'ValueError: no such thing' >&2; echo '  see the manual' >&2; exit 1"
    )
    assert refused(python).endswith("its last message: ValueError: no such thing")


def test_a_worker_that_dies_between_calls_is_one_error_and_closing_it_is_none(
    tiny_checkpoint: Path, tmp_path: Path
) -> None:
    python = an_interpreter(
        tmp_path, """read -r first; printf '{"result": null}\\n' >"/dev/fd/$3"; exec 0<&-; exit 5"""
    )
    model = StudentProcess(a_student(tiny_checkpoint, python=python))
    with pytest.raises(StatError, match="ended with exit status 5; it said nothing"):
        model.complete(PROMPTS, GREEDY, 0)
    model.close()


def test_closing_ends_a_worker_that_does_not_end_by_itself(
    tiny_checkpoint: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process, "GRACE_S", 0.1)
    python = an_interpreter(
        tmp_path,
        f"""echo $$ >{tmp_path}/pid; read -r first; printf '{{"result": null}}\\n' >"/dev/fd/$3"; exec sleep 60""",
    )
    model = StudentProcess(a_student(tiny_checkpoint, python=python))
    model.close()
    assert not psutil.pid_exists(int((tmp_path / "pid").read_text()))


def test_an_interrupted_call_ends_the_worker_so_that_no_answer_is_taken_for_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    python = an_interpreter(
        tmp_path, """read -r first; printf '{"result": null}\\n' >"/dev/fd/$3"; exec sleep 60"""
    )
    model = StudentProcess(a_student("tiny", python=python))
    monkeypatch.setattr(model._process, "_answers", Interrupting())
    with pytest.raises(KeyboardInterrupt):
        model.complete(PROMPTS, GREEDY, 0)
    assert model._process._child.wait(10) == -signal.SIGKILL
    model.close()


def test_no_secret_and_no_setting_is_on_the_command_line(student: StudentProcess) -> None:
    command = psutil.Process(student._process._child.pid).cmdline()
    assert command[1:-1] == ["-c", process.WORKER]
    assert command[-1].isdigit()


def test_another_interpreter_and_vllm_get_a_process_and_a_cpu_model_none(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(process, "has_card", lambda: False)
    assert not in_own_process(StudentConfig())
    assert not in_own_process(RewardModelConfig())
    assert in_own_process(StudentConfig(backend="vllm"))
    assert in_own_process(StudentConfig(python="/elsewhere/python"))
    assert in_own_process(RewardModelConfig(python="/elsewhere/python"))


def test_where_there_is_a_card_every_model_gets_a_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "has_card", lambda: True)
    assert in_own_process(StudentConfig())
    assert in_own_process(RewardModelConfig())


@pytest.mark.parametrize(
    ("visible", "script", "expected"),
    [
        (None, 'echo "GPU 0: Some Card (UUID: x)"', True),
        ("1", 'echo "GPU 0: Some Card (UUID: x)"', True),
        ("", 'echo "GPU 0: Some Card (UUID: x)"', False),
        ("-1", 'echo "GPU 0: Some Card (UUID: x)"', False),
        (None, 'echo "No devices were found"; exit 6', False),
    ],
)
def test_a_card_is_found_without_torch(
    visible: str | None, script: str, expected: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "nvidia-smi"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    if visible is not None:
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", visible)
    monkeypatch.delitem(sys.modules, "torch", raising=False)
    assert has_card() is expected
