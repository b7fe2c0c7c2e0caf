"""Jobs as processes of their own: what is seen of them, and how they end."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from stat_engine import jobs
from stat_engine.errors import StatError, WriteFailed
from stat_engine.jobs.folder import JobFolder
from stat_engine.store.files import read_json, write_json
from tests.jobs.conftest import kill, until
from tests.jobs.counting import ordered


def counted(root: Path) -> int:
    return len(list((root / "counted").glob("*")))


def is_counting(job: dict[str, object]) -> bool:
    return job["state"] == "running" and job["done"] is not None


def test_a_job_says_how_far_it_is_stops_at_a_boundary_and_goes_on_from_there(root: Path) -> None:
    card = jobs.submit(root, ordered("count", "40", "0.05"))
    assert (card["id"], card["state"], card["lane"], card["run"]) == ("count-1", "queued", "device", None)
    seen = until(root, "count-1", lambda job: job["rate"] is not None)
    assert (seen["state"], seen["stage"], seen["total"]) == ("running", "counting", 40)
    assert 2 < seen["rate"] <= 20
    assert seen["seconds_left"] == pytest.approx((40 - seen["done"]) / seen["rate"])
    assert jobs.stop(root, "count-1")["state"] in ("stopping", "stopped")
    stopped = until(root, "count-1", "stopped")
    assert stopped["done"] == counted(root) < 40
    assert (stopped["is_running"], stopped["rate"], stopped["last_words"]) == (False, None, None)
    assert jobs.resume(root, "count-1")["state"] == "queued"
    done = until(root, "count-1", "done")
    assert (done["done"], counted(root), done["said"]) == (40, 40, [["counting", "40 counted"]])
    log = done["log"]
    assert [log.count(f"counted {at}\n") for at in range(40)] == [1] * 40
    assert log.count("$ stat-studio count 40 0.05") == 2


def test_sigterm_stops_it_like_the_file(root: Path) -> None:
    jobs.submit(root, ordered("count", "1000"))
    os.kill(until(root, "count-1", is_counting)["pid"], signal.SIGTERM)
    assert until(root, "count-1", "stopped")["done"] == counted(root)


def test_a_killed_worker_is_lost_at_once_with_its_last_words_and_can_go_on(root: Path) -> None:
    jobs.submit(root, ordered("count", "40", "0.03"))
    kill(until(root, "count-1", is_counting))
    lost = jobs.job(root, "count-1")
    n = counted(root)
    assert (lost["state"], lost["is_running"], lost["ended"]) == ("lost", False, None)
    assert lost["last_words"].splitlines()[-1] in (f"counted {n - 1}", f"counted {n - 2}")
    jobs.resume(root, "count-1")
    assert until(root, "count-1", "done")["done"] == 40


@pytest.mark.slow
def test_a_worker_elsewhere_is_known_by_its_heartbeat_and_lost_within_ten_seconds(root: Path) -> None:
    jobs.submit(root, ordered("count", "1000"))
    job = until(root, "count-1", is_counting)
    card = root / "jobs" / "count-1" / "process.json"
    write_json(card, {**read_json(card), "host": "elsewhere", "pid": 1})
    time.sleep(2.5)  # longer than a heartbeat: it must not look dead between two of them
    assert jobs.job(root, "count-1")["state"] == "running"
    kill(job)
    begun = time.monotonic()
    until(root, "count-1", "lost", 10)
    assert 5 < time.monotonic() - begun < 10


def test_a_reused_process_id_is_not_taken_for_the_worker(root: Path) -> None:
    jobs.submit(root, ordered("count", "1000"))
    kill(until(root, "count-1", is_counting))
    card = root / "jobs" / "count-1" / "process.json"
    write_json(card, {**read_json(card), "pid": os.getpid()})
    assert jobs.job(root, "count-1")["state"] == "lost"


def test_a_failed_job_tells_its_sentence(root: Path) -> None:
    jobs.submit(root, ordered("fail"))
    failed = until(root, "fail-1", "failed")
    assert failed["last_words"] == "the numbers ran out"
    assert failed["log"] == "$ stat-studio fail\nstat-studio: the numbers ran out\n"
    jobs.submit(root, ordered("crash"))
    crashed = until(root, "crash-1", "failed")
    assert crashed["last_words"] == "by nothing" and "Traceback" in crashed["log"]


def test_a_worker_that_cannot_begin_is_lost_with_what_it_printed(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs.jobs, "WORKER", [sys.executable, "-c", "raise SystemExit('no such house')"])
    jobs.submit(root, ordered("count", "1"))
    lost = until(root, "count-1", "lost")
    assert (lost["last_words"], lost["log"], lost["pid"]) == ("no such house", "no such house\n", None)


def test_the_same_arguments_are_refused_while_they_are_worked_off_and_allowed_after(root: Path) -> None:
    jobs.submit(root, ordered("count", "1000"))
    with pytest.raises(
        StatError, match="^job count-1 is doing just that; see: stat-studio jobs log count-1$"
    ):
        jobs.submit(root, ordered("count", "1000"))
    jobs.stop(root, "count-1")
    until(root, "count-1", "stopped")
    assert jobs.submit(root, ordered("count", "1000"))["id"] == "count-2"
    with pytest.raises(StatError, match="^job count-2 is doing just that"):
        jobs.resume(root, "count-1")
    assert [job["id"] for job in jobs.listed(root)] == ["count-2", "count-1"]


def test_a_name_is_kept_for_the_same_arguments(root: Path) -> None:
    assert jobs.submit(root, ordered("count", "2", "0"), name="demo")["id"] == "demo"
    until(root, "demo", "done")
    assert jobs.submit(root, ordered("count", "2", "0"), name="demo")["state"] == "queued"
    assert until(root, "demo", "done")["log"].count("$ stat-studio") == 2
    with pytest.raises(StatError, match=r"^job demo is there already \(done\); choose another name$"):
        jobs.submit(root, ordered("count", "3", "0"), name="demo")


def test_what_cannot_be_is_refused_in_a_sentence(root: Path) -> None:
    jobs.submit(root, ordered("count", "1", "0"))
    until(root, "count-1", "done")
    cases = [
        (lambda: jobs.stop(root, "count-1"), "job count-1 is done; there is nothing to stop"),
        (lambda: jobs.resume(root, "count-1"), "job count-1 is done; to bring it up to date again: stat-studio count 1 0"),
        (lambda: jobs.job(root, "none"), f"no job none in {root} (there: count-1); start one with: stat-studio run RUN --detach"),
        (lambda: jobs.submit(root, ordered("run", "none")), f"no run none in {root} (there: small); make one with: stat-studio new none --dataset NAME"),
        (lambda: jobs.submit(root, ordered("run", "small", "--until", "x")), "stage x: expected one of split, responses, step_rewards, difficulty, missing_skills, profile, training_sets, sft, evaluation"),
        (lambda: jobs.submit(root, ordered("count", "1"), name="../x"), "job name '../x': expected 1 to 64 letters, digits, '.', '_' or '-', the first a letter or digit"),
        (lambda: jobs.submit(root, ordered("count", "1"), name="lanes"), "job name lanes: the folder of the locks has it; choose another"),
    ]  # fmt: skip
    for call, sentence in cases:
        with pytest.raises(StatError) as caught:
            call()
        assert str(caught.value) == sentence
    assert [job["id"] for job in jobs.listed(root)] == ["count-1"]


def test_a_job_outlives_who_submitted_it(root: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from stat_engine.jobs import jobs; "
        "from tests.jobs.counting import CountOrder; "
        f"jobs.WORKER = {jobs.jobs.WORKER!r}; jobs.submit(Path(sys.argv[1]), CountOrder(total=20))"
    )
    subprocess.run([sys.executable, "-c", code, str(root)], check=True, start_new_session=True)
    assert until(root, "count-1", "done")["done"] == 20


def test_a_job_that_has_not_begun_is_stopped_for_good(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs.jobs, "WORKER", [sys.executable, "-c", "import time; time.sleep(60)"])
    jobs.submit(root, ordered("count", "1"))
    jobs.stop(root, "count-1")
    assert until(root, "count-1", "stopped", 5)["started"] is None


def test_what_a_killed_submission_left_is_no_job_and_its_name_is_free(root: Path) -> None:
    left = root / "jobs" / "count-1"
    left.mkdir(parents=True)
    write_json(left / "launch.json", {"pid": 1, "host": "h"})
    assert jobs.submit(root, ordered("count", "1"))["id"] == "count-1"
    assert until(root, "count-1", "done")["done"] == 1
    assert jobs.submit(root, ordered("count", "1"))["id"] == "count-2"
    until(root, "count-2", "done")


@pytest.mark.parametrize("full_at", ["launch.json", "job.json", "events.jsonl"])
def test_a_full_disk_leaves_no_job_that_was_never_started(
    root: Path, monkeypatch: pytest.MonkeyPatch, full_at: str
) -> None:
    def fails(path: Path, *_: object) -> None:
        if path.name == full_at:
            raise WriteFailed(f"{path}: could not be written")
        write_json(path, {})

    monkeypatch.setattr(jobs.jobs, "write_json", fails)
    monkeypatch.setattr("stat_engine.jobs.events.append_lines", fails)
    with pytest.raises(WriteFailed, match=full_at):
        jobs.submit(root, ordered("count", "1"))
    assert jobs.listed(root) == [] and not (root / "jobs" / "count-1").exists()


def test_a_second_worker_leaves_the_first_ones_job_alone(root: Path) -> None:
    jobs.submit(root, ordered("count", "1000"))
    first = until(root, "count-1", is_counting)
    second = subprocess.run(
        [*jobs.jobs.WORKER, str(root / "jobs" / "count-1")], capture_output=True, text=True, check=False
    )
    assert second.returncode == 1
    assert "job count-1 is being worked on by another process" in second.stderr
    assert jobs.job(root, "count-1")["pid"] == first["pid"]


def test_the_files_are_what_the_documentation_says(root: Path) -> None:
    jobs.submit(root, ordered("count", "3", "0"))
    until(root, "count-1", "done")
    folder = JobFolder(root / "jobs" / "count-1")
    assert set(folder.card) == {"id", "order", "arguments", "run", "lane", "launcher", "cwd", "created"}
    lines = [json.loads(line) for line in folder.events.read_text().splitlines()]
    kinds = [(line["state"], line["kind"], line.get("done")) for line in lines]
    assert kinds == [
        ("queued", "state", None),
        ("running", "state", None),
        ("running", "progress", 1),
        ("running", "progress", 3),
        ("running", "say", None),
        ("done", "state", None),
    ]


def test_a_job_submitted_again_counts_what_it_takes_anew(root: Path) -> None:
    jobs.submit(root, ordered("count", "1", "0"), name="demo")
    until(root, "demo", "done")
    heartbeat = root / "jobs" / "demo" / "heartbeat.json"
    spent = {"calls": 9, "input_tokens": 1, "output_tokens": 1, "cost": 1.0}
    write_json(heartbeat, {"spent": spent, "offsets": {}})
    jobs.submit(root, ordered("count", "1", "0"), name="demo")
    assert until(root, "demo", "done")["calls"] == 0
