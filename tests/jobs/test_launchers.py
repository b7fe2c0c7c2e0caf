import sys
from pathlib import Path

import pytest

from stat_engine import jobs
from stat_engine.errors import StatError
from stat_engine.jobs.events import host
from stat_engine.jobs.launchers import command
from tests.jobs.conftest import until
from tests.jobs.counting import ordered

WORKER = ["python", "-m", "worker", "/a b/jobs/x"]
TEXT = "python -m worker '/a b/jobs/x'"


@pytest.mark.parametrize(
    ("template", "words"),
    [
        ("srun --gres=gpu:1 {command}", ["srun", "--gres=gpu:1", *WORKER]),
        ("nice -n 5 {command} --and more", ["nice", "-n", "5", *WORKER, "--and", "more"]),
        ("ssh gpu-box {command}", ["ssh", "gpu-box", TEXT]),
        ("/usr/bin/ssh -p 22 'gpu box' {command}", ["/usr/bin/ssh", "-p", "22", "gpu box", TEXT]),
        ("ssh box 'cd /x && exec {command}'", ["ssh", "box", f"cd /x && exec {TEXT}"]),
        ("bash -lc '{command}'", ["bash", "-lc", TEXT]),
        ("srun --exec {command}", ["srun", "--exec", *WORKER]),
    ],
)
def test_the_command_takes_its_place_as_words_or_as_one_text(template: str, words: list[str]) -> None:
    assert command(template, WORKER) == words


@pytest.mark.parametrize(
    ("template", "sentence"),
    [
        ("srun", "launcher 'srun': expected a command with {command} in it, once"),
        ("a {command} {command}", "launcher 'a {command} {command}': expected a command with {command} in it, once"),
        ("{command}", "launcher '{command}': expected a program before {command}, as in srun {command}"),
        ("srun '{command}", "launcher \"srun '{command}\": no closing quotation, expected a shell command"),
    ],
)  # fmt: skip
def test_a_template_that_is_none_is_refused(tmp_path: Path, template: str, sentence: str) -> None:
    with pytest.raises(StatError) as caught:
        jobs.set_launcher(tmp_path, "gpu", template)
    assert str(caught.value) == sentence
    assert jobs.launchers(tmp_path) == {}


def test_launchers_are_kept_changed_and_forgotten(tmp_path: Path) -> None:
    jobs.set_launcher(tmp_path, "gpu", "srun {command}")
    jobs.set_launcher(tmp_path, "box", "ssh box {command}")
    assert jobs.set_launcher(tmp_path, "gpu", "srun -G1 {command}") == {
        "box": "ssh box {command}", "gpu": "srun -G1 {command}",
    }  # fmt: skip
    assert (
        jobs.set_launcher(tmp_path, "gpu", None) == jobs.launchers(tmp_path) == {"box": "ssh box {command}"}
    )
    with pytest.raises(StatError, match=r"^no launcher gpu \(there: box\); make one with: stat-studio jobs"):
        jobs.set_launcher(tmp_path, "gpu", None)
    with pytest.raises(StatError, match="^launcher device: device and teacher are lanes of this machine"):
        jobs.set_launcher(tmp_path, "device", "srun {command}")


@pytest.fixture
def launched(tmp_path: Path) -> str:
    """A template whose program notes that it was called and runs its arguments."""
    program = tmp_path / "launch.py"
    program.write_text(
        "import pathlib, subprocess, sys\n"
        f"pathlib.Path({str(tmp_path / 'called')!r}).write_text(sys.argv[1])\n"
        "print('launched', flush=True)\n"
        "sys.exit(subprocess.run(sys.argv[2:]).returncode)\n"
    )
    return f"{sys.executable} {program} --gres=gpu:1 {{command}}"


def test_a_job_runs_through_its_launcher_in_the_launchers_lane(root: Path, launched: str) -> None:
    jobs.set_launcher(root, "gpu", launched)
    jobs.submit(root, ordered("count", "500"), launcher="gpu")
    job = until(root, "count-1", "running")
    assert (job["lane"], job["launcher"], job["host"]) == ("gpu", "gpu", host())
    assert (root / "called").read_text() == "--gres=gpu:1"
    assert "launched\n" in job["log"]
    jobs.stop(root, "count-1")
    until(root, "count-1", "stopped")
    jobs.resume(root, "count-1")
    (root / "called").unlink()
    until(root, "count-1", "running")
    assert (root / "called").exists()


def test_a_launcher_that_gives_up_is_a_lost_job_with_its_words(root: Path) -> None:
    jobs.set_launcher(root, "box", "bash -c 'echo connection refused >&2; false {command}'")
    jobs.submit(root, ordered("count", "5"), launcher="box")
    assert until(root, "count-1", "lost")["last_words"] == "connection refused"


def test_a_launcher_whose_program_is_not_here_starts_nothing(root: Path) -> None:
    jobs.set_launcher(root, "gpu", "no-such-program {command}")
    with pytest.raises(StatError, match="^launcher gpu: no program 'no-such-program' on this machine$"):
        jobs.submit(root, ordered("count", "5"), launcher="gpu")
    with pytest.raises(StatError, match=r"^no launcher box \(there: gpu\); make one with"):
        jobs.submit(root, ordered("count", "5"), launcher="box")
    assert jobs.listed(root) == []
