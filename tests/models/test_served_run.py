"""The whole run with everything behind real servers: the loop closes as it does with local models."""

from pathlib import Path

import pytest

from stat_engine import Workspace, views
from stat_engine.config.shipped import ROOT
from tests.conftest import small_workspace
from tests.models.fault_server import FaultServer
from tests.models.running_servers import RunningServer
from tests.teaching import settings_for, teach

STUDENT = ROOT / "data" / "numeracy" / "student"


def test_a_student_behind_a_server_gives_the_profile_of_the_same_student_here(
    transformers_server: RunningServer, tmp_path: Path
) -> None:
    workspace = small_workspace(tmp_path, n_validation=40)
    greedy = [
        "student.n_samples=1",
        "student.temperature=0",
        "student.max_tokens=96",
        "teacher.noise=0",
        "second_teachers=[]",
    ]
    small = workspace.run("small")
    small.configure(greedy)
    small.run(last="profile")
    served = [
        "student.backend=openai", f"student.model={STUDENT}", "student.name=served",
        f"student.server.base_url={transformers_server.base_url}", "student.server.width=4",
    ]  # fmt: skip
    with FaultServer(teach) as teacher:
        small.fork("served", [*greedy, *served, *settings_for(teacher.url)])
        run = workspace.run("served")
        run.run(last="training_sets")
    assert run.profile().to_dict("records") == small.profile().to_dict("records")
    assert [row.response for row in run.folder.responses.read()] == [
        row.response for row in small.folder.responses.read()
    ]
    assert set(run.folder.training_set_names()) == {"random", "stat-sel", "stat-syn"}
    assert views.status.summary(workspace, run.folder)["n_calls"] >= 40 + 10


@pytest.mark.slow
def test_a_student_a_reward_model_and_a_teacher_behind_one_vllm_server(
    vllm_server: RunningServer, tmp_path: Path
) -> None:
    """A random model's text means nothing; what counts is that every stage comes through and says so."""
    workspace = small_workspace(tmp_path, n_validation=12)
    place = f"server.base_url={vllm_server.base_url}"
    run = workspace.run("small")
    run.configure(
        [
            "student.backend=openai", f"student.model={vllm_server.model}", "student.name=served",
            f"student.{place}", "student.max_tokens=32", "student.n_samples=1",
            "reward_model.backend=rlhflow-server", f"reward_model.model={vllm_server.model}",
            f"reward_model.{place}",
            "teacher.backend=openai", f"teacher.model={vllm_server.model}", "teacher.name=vllm",
            "teacher.max_tokens=64", f"teacher.{place}", "second_teachers=[]",
        ]
    )  # fmt: skip
    run.run(last="missing_skills")
    rewards = list(run.folder.step_rewards.read())
    assert len(rewards) == 12 and all(0 <= reward <= 1 for row in rewards for reward in row.step_rewards)
    labels = list(run.folder.missing_skills().read())
    assert len(labels) == run.difficult()["n_difficult"] > 0
    assert {label.status for label in labels} <= {"ok", "parse_failed", "off_vocabulary"}


def test_self_teaching_is_a_setting(served_checkpoint: Path, tmp_path: Path) -> None:
    workspace = small_workspace(tmp_path, n_validation=10)
    run = workspace.run("small")
    # a random model heeds no prompt, so each of its labels goes to review
    run.configure(
        [
            "teacher.backend=student", "teacher.name=self", "teacher.max_tokens=8", "second_teachers=[]",
            f"student.model={served_checkpoint}", "student.max_tokens=16",
        ]
    )  # fmt: skip
    run.run(last="missing_skills")
    assert {label.status for label in run.folder.labels()} == {"parse_failed"}
    assert {label.teacher for label in run.folder.labels()} == {"self"}
    assert (Workspace(tmp_path).root / "teacher_calls" / "self.jsonl").exists()
