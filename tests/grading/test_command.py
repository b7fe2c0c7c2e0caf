"""A grading program gets what it needs and nothing else, and is stopped whatever it does.

The programs here are hostile on purpose; each is Python, run by the interpreter of the tests."""

import os
import socket
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from stat_engine.config import GraderConfig
from stat_engine.errors import StatError
from stat_engine.grading import Graded, notice, open_grader
from stat_engine.grading import isolation as isolating
from stat_engine.grading.command import CommandGrader
from stat_engine.grading.isolation import Isolation, isolation
from tests.factories import a_question

is_isolated = pytest.mark.skipif(not isolation().is_whole, reason="no user namespaces on this machine")


def grader(program: str, **settings: object) -> CommandGrader:
    values = {"backend": "command", "command": [sys.executable, "-c", program], **settings}
    made = open_grader(GraderConfig.model_validate(values))
    assert isinstance(made, CommandGrader)
    return made


def is_correct(
    program: str, response: str = "", reference: str | None = "4", **settings: object
) -> bool | None:
    (grade,) = grader(program, **settings).grade([(response, a_question(answer=reference))])
    return grade.is_correct


def test_exit_status_zero_is_right_and_several_come_back_in_order() -> None:
    program = "import sys, os; sys.exit(sys.stdin.read().strip() != os.environ['STAT_REFERENCE'])"
    items = [
        (f" {n}\n", a_question(f"q{n}", answer=None if n == 3 else str(n % 2))) for n in range(6)
    ]  # fmt: skip
    assert grader(program).grade(items) == [
        Graded("0", True), Graded("1", True), Graded("2", False), Graded("3", None), Graded("4", False),
        Graded("5", False),
    ]  # fmt: skip


def test_the_problem_is_told_and_the_folder_is_empty_its_home_and_gone_afterwards(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = """
import os
assert os.environ["STAT_PROBLEM"] == "What is q1?"
assert os.listdir() == [] and os.path.samefile(os.environ["HOME"], ".")
assert os.path.samefile(os.environ["TMPDIR"], ".")
open("left", "w").write("x")
"""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    assert is_correct(program)
    assert list(tmp_path.iterdir()) == []


def test_the_environment_holds_no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")
    program = """
import os
told = {"PATH", "LANG", "HOME", "TMPDIR", "STAT_REFERENCE", "STAT_PROBLEM"}
assert set(os.environ) - {"LC_CTYPE"} == told, os.environ  # python itself may set LC_CTYPE
"""
    assert is_correct(program)


@is_isolated
def test_no_other_process_gives_its_environment_away() -> None:
    program = f"""
import glob
for path in ["/proc/{os.getpid()}/environ", *glob.glob("/proc/[0-9]*/environ")]:
    try:
        assert b"STAT_REFERENCE" in (found := open(path, "rb").read()) or not found
    except OSError:
        pass
try:
    open("/proc/{os.getpid()}/environ", "rb").read()
except OSError:
    raise SystemExit(0)
raise SystemExit(1)
"""
    assert is_correct(program)


@is_isolated
def test_there_is_no_network() -> None:
    program = """
import os, socket, sys
try:
    socket.create_connection(("127.0.0.1", int(os.environ["STAT_REFERENCE"])), timeout=2)
except OSError:
    sys.exit(0)
sys.exit(1)
"""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        assert is_correct(program, reference=str(listening.getsockname()[1]))


@pytest.mark.parametrize(
    "escape",
    ["", pytest.param("os.setsid()", marks=is_isolated)],
    ids=["in its group", "in a session of its own"],
)
@pytest.mark.parametrize("end", ["raise SystemExit(0)", "time.sleep(60)"], ids=["ends", "hangs"])
def test_a_child_that_would_outlive_its_parent_is_killed(escape: str, end: str) -> None:
    mark = f"outlives-{os.getpid()}-{time.monotonic_ns()}"
    program = f"""
import os, time
for _ in range(10):
    if os.fork() == 0:
        {escape or "pass"}
        os.execv({sys.executable!r}, ["{mark}", "-c", "import time; time.sleep(60)"])
time.sleep(0.2)
{end}
"""
    began = time.monotonic()
    hangs = end == "time.sleep(60)"
    assert is_correct(program, timeout_s=1 if hangs else 10) is not hangs
    assert time.monotonic() - began < 20
    while any(mark in (process.info["cmdline"] or []) for process in psutil.process_iter(["cmdline"])):
        assert time.monotonic() - began < 30, "killed processes are gone in an instant"


@pytest.mark.parametrize(
    "program",
    [
        "x = bytearray(400 * 2**20)",
        "open('big', 'wb').truncate(2**30)",
        "raise SystemExit(3)",
        "import os, signal; os.kill(os.getpid(), signal.SIGKILL)",
        "print('x' * 10**7); raise SystemExit(1)",
    ],
    ids=["memory", "disk", "status", "signal", "output"],
)
def test_a_program_that_fails_or_takes_too_much_is_wrong(program: str) -> None:
    assert is_correct(program, memory_mb=200) is False


def test_memory_below_the_limit_is_given() -> None:
    assert is_correct("x = bytearray(100 * 2**20)", memory_mb=400)


def test_a_busy_program_is_stopped_in_time() -> None:
    began = time.monotonic()
    assert is_correct("while True: pass", timeout_s=0.5) is False
    assert time.monotonic() - began < 10


@pytest.mark.parametrize("reads", [True, False])
def test_a_megabyte_arrives_whole_and_need_not_be_read(reads: bool) -> None:
    size = 2**20
    program = f"import sys; assert len(sys.stdin.read()) == {size}" if reads else "print('x' * 10**6)"
    assert is_correct(program, "y" * size)


def test_hostile_text_is_handed_over() -> None:
    program = "import sys; assert sys.stdin.buffer.read() == b'\\0?; rm -rf / $(x)'"
    assert is_correct(program, "\0\ud800; rm -rf / $(x)", "$(touch x); `y`")


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"answer": "a\0b"}, "found a NUL character in its reference"),
        ({"problem": "é" * 60_000}, "found 120,000 bytes in its problem"),
    ],
)
def test_what_fits_into_no_variable_is_one_sentence(fields: dict[str, str], message: str) -> None:
    with pytest.raises(StatError) as caught:
        grader("").grade([("", a_question(**fields))])
    assert str(caught.value) == (
        f"question 'q1': {message}, expected at most 100,000 bytes of text, as grader command hands it to "
        "a program"
    )


def test_a_missing_program_is_one_sentence() -> None:
    with pytest.raises(StatError) as caught:
        open_grader(GraderConfig(backend="command", command=["no-such-program", "-x"]))
    assert str(caught.value) == (
        "grader command: found no program 'no-such-program', expected one that can be run"
    )


def test_files_are_found_from_where_the_grader_is_opened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "check.py").write_text("import sys; sys.exit(sys.argv[1:] != ['-', 'x' * 5000])")
    monkeypatch.chdir(tmp_path)
    made = open_grader(GraderConfig(backend="command", command=[sys.executable, "check.py", "-", "x" * 5000]))
    monkeypatch.chdir("/")
    assert made.grade([("", a_question())])[0].is_correct


def unisolated(monkeypatch: pytest.MonkeyPatch, way: Isolation) -> None:
    """Grade as a machine does on which this is the strongest way."""
    monkeypatch.setattr("stat_engine.grading.command.isolation", lambda: way)


WRITES = """
import os, sys
beside = os.environ["STAT_REFERENCE"]
def refused(change):
    try:
        change()
    except OSError:
        return True
os.mkdir("made"); open("made/own", "w").write("x"); os.rename("made/own", "own"); os.remove("own"); os.rmdir("made")
open("/dev/null", "w").write("x")
os.symlink(os.path.dirname(beside), "link")
os.symlink(beside, "file")
changes = [
    lambda: open(beside, "w"), lambda: open(beside, "a"), lambda: os.truncate(beside, 0),
    lambda: os.remove(beside), lambda: os.rename(beside, beside + "2"), lambda: os.rename(beside, "taken"),
    lambda: os.link(beside, beside + "2"), lambda: os.symlink("x", beside + "2"),
    lambda: os.mkdir(beside + "2"), lambda: os.mkfifo(beside + "2"),
    lambda: os.rmdir(os.path.join(os.path.dirname(beside), "folder")),
    lambda: open("link/new", "w"), lambda: open("file", "a"),
]
if sys.argv[1:] == ["modes"]:
    changes += [lambda: os.chmod(beside, 0), lambda: os.utime(beside)]
sys.exit(not all([refused(change) for change in changes]))
"""

REMOUNTS = """
import ctypes, os, sys
libc = ctypes.CDLL(None)
beside = os.environ["STAT_REFERENCE"].encode()
libc.unshare(0x10020000)  # a user and a mount namespace
libc.mount(b"none", b"/", None, 4096 | 32, None)
libc.umount2(os.getcwd().encode(), 2)
try:
    open(beside, "a")
except OSError:
    sys.exit(0)
sys.exit(1)
"""


def ways() -> list[object]:
    """Every way of isolation that keeps files read-only, skipped where this machine has not got it."""
    every = [way for way in isolating._ways() if way.files]
    return [
        pytest.param(
            way,
            id=f"{way.files}-{'whole' if way.is_whole else len(way.prefix)}",
            marks=pytest.mark.skipif(not isolating._works(way), reason="not on this machine"),
        )
        for way in every
    ]


@pytest.mark.parametrize("way", ways())
def test_a_program_writes_in_its_folder_and_nowhere_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, way: Isolation
) -> None:
    unisolated(monkeypatch, way)
    beside = tmp_path / "beside"
    beside.write_text("kept")
    (tmp_path / "folder").mkdir()
    before = {path: path.stat() for path in [beside, tmp_path / "folder"]}
    modes = [] if way.files == "landlock" else ["modes"]
    command = [sys.executable, "-c", WRITES, *modes]
    assert is_correct(WRITES, reference=str(beside), command=command)
    assert is_correct(REMOUNTS, reference=str(beside))
    assert sorted(tmp_path.iterdir()) == [beside, tmp_path / "folder"] and beside.read_text() == "kept"
    assert {path: path.stat().st_mtime_ns for path in before} == {
        path: found.st_mtime_ns for path, found in before.items()
    }


def test_the_folder_may_have_any_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    odd = tmp_path / "{scratch} -- of 'me'"
    odd.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(odd))
    assert is_correct("open('own', 'w').write('x')")


def test_where_files_cannot_be_shut_it_refuses_until_a_setting_allows_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(isolating.shutil, "which", lambda name: None)
    monkeypatch.setattr(isolating, "_works", lambda way: way == Isolation())
    found = isolating.isolation.__wrapped__()
    assert found == Isolation() and not found.is_read_only
    assert found.notice == (
        "grader command: programs are not shut off from the network and other processes and the files that you "
        "may change on this machine; install bubblewrap, or grade code that you do not trust in a container"
    )
    monkeypatch.undo()
    unisolated(monkeypatch, found)
    with pytest.raises(StatError) as caught:
        grader("")
    assert str(caught.value) == (
        "grader command: on this machine nothing prevents programs from changing and deleting files outside "
        "their scratch folder (found no bwrap, mount namespaces or Landlock 3 that work); install bubblewrap, "
        "or set grader.allow_writes=true for code that you trust"
    )
    assert is_correct("import sys; sys.exit(sys.stdin.read() != 'x')", "x", allow_writes=True)
    assert grader("", allow_writes=True).notice == found.notice


@pytest.mark.parametrize(
    ("works", "expected"),
    [
        (lambda way: way.files == "bwrap", ("/bin/bwrap", "bwrap", True)),
        (lambda way: way.files == "landlock", ("/bin/unshare", "landlock", True)),
        (lambda way: "--user" not in way.prefix and way.files == "mounts", ("/bin/unshare", "mounts", False)),
        (lambda way: way.files == "landlock" and not way.prefix, (None, "landlock", False)),
        (lambda way: way == Isolation(("/bin/unshare", "--net", "--")), ("/bin/unshare", "", False)),
    ],
)
def test_a_probe_that_fails_leaves_the_next_weaker_isolation(
    monkeypatch: pytest.MonkeyPatch,
    works: Callable[[Isolation], bool],
    expected: tuple[str | None, str, bool],
) -> None:
    monkeypatch.setattr(isolating, "_works", works)
    monkeypatch.setattr(isolating.shutil, "which", lambda name: f"/bin/{name}")
    found = isolating.isolation.__wrapped__()
    assert (next(iter(found.prefix), None), found.files, found.is_whole) == expected


def test_a_way_that_lets_a_program_write_elsewhere_does_not_count() -> None:
    assert not isolating._works(Isolation((), False, "bwrap"))


def test_answers_of_programs_agree_as_texts() -> None:
    made = grader("")
    assert made.extract(" def f():\n  pass\n") == "def f():\n  pass"
    assert made.extract(" ") is None
    assert made.agree("a  b", "A b") and not made.agree(None, None)
    assert notice(GraderConfig(backend="command", command=["true"])) == isolation().notice
