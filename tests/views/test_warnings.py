"""A run's warnings: from its own files, where they belong, and none where the data do not tell."""

import shutil
from pathlib import Path

import pytest

from stat_engine import Workspace
from stat_engine.method import computed
from stat_engine.store.files import write_json
from stat_engine.store.run_folder import RunFolder
from stat_engine.views import difficult, warnings
from tests.evaluating import run_with_arms
from tests.factories import a_response, an_example

EASY, HARD = "e" * 60, "d" * 60
BASE = "w" * 60 + "w" * 60


def signs_of(run: RunFolder, page: str | None = None, with_near: bool = False) -> list[tuple[str, str]]:
    return [(one["sign"], one["page"]) for one in warnings.warnings(run, page, with_near)]


def test_a_gain_that_the_difficult_part_does_not_share_is_told(tmp_path: Path) -> None:
    arms = {"base": [BASE], "stat-sel": ["r" * 60 + "w" * 60], "random": ["r" * 60 + "w" * 60]}
    run = run_with_arms(tmp_path, arms, difficult=EASY + HARD)
    (found,) = warnings.warnings(run, "compare")
    assert (found["sign"], found["about"]) == ("gain_on_easy_only", "Arm stat-sel")  # random promises nothing
    assert found["found"].startswith("gains +0.5") and "on the 60 difficult ones" in found["found"]


def test_reinforced_arms_promise_what_their_start_does(tmp_path: Path) -> None:
    gain = ["r" * 60 + "w" * 60]
    arms = dict.fromkeys(("stat-syn", "random", "after-stat", "after-random", "skilled"), gain)
    run = run_with_arms(tmp_path, {"base": [BASE], **arms}, difficult=EASY + HARD)
    for arm, start, method in (
        ("after-stat", "stat-syn", "grpo"),
        ("after-random", "random", "grpo"),
        ("skilled", "base", "skill-grpo"),
    ):
        write_json(run.arm_folder(arm, 0) / "manifest.json", {"method": method, "start": start})
    about = {found["about"] for found in warnings.warnings(run, "compare")}
    assert about == {"Arm stat-syn", "Arm after-stat", "Arm skilled"}


def test_a_gain_that_is_shared_is_not_told(tmp_path: Path) -> None:
    arms = {"base": [BASE], "stat-sel": ["r" * 30 + "w" * 30 + "r" * 30 + "w" * 30]}
    assert signs_of(run_with_arms(tmp_path, arms, difficult=EASY + HARD), "compare") == []


def test_skills_lost_beside_a_gain_on_the_profiles_are_told(tmp_path: Path) -> None:
    # questions carry addition and area (Algebra), then angles and area (Geometry), in turn
    arms = {"base": ["wr" * 30 + "ww" * 30], "stat-sel": ["rw" * 30 + "ww" * 30]}
    run = run_with_arms(tmp_path, arms, missed=[("Algebra", "addition")])
    (found,) = warnings.warnings(run, "compare")
    assert found["sign"] == "forgets_others"
    assert "loses on 1 of 3 others (Holm's correction): area -1.000 (-1.000 to -0.8" in found["found"]


def test_nothing_lost_is_nothing_told(tmp_path: Path) -> None:
    arms = {"base": ["wr" * 30 + "ww" * 30], "stat-sel": ["rr" * 30 + "ww" * 30]}
    assert signs_of(run_with_arms(tmp_path, arms, missed=[("Algebra", "addition")]), "compare") == []


def test_a_sparse_profile_is_told_on_its_page_and_holds_no_set_up(tmp_path: Path) -> None:
    run = run_with_arms(tmp_path)
    examples = [an_example(f"t{at}", subject="Geometry", skills=["angles"]) for at in range(5)]
    run.training_set("stat-sel").write("f", examples, {"method": "stat-sel"})
    assert signs_of(run, "missing_skill_profile") == [("profile_sparse", "missing_skill_profile")]
    assert signs_of(run, "training_sets") == []


@pytest.fixture
def real(finished: Workspace, tmp_path: Path) -> RunFolder:
    shutil.copytree(finished.root, tmp_path / "w")
    return Workspace(tmp_path / "w").run_folder("small")


def test_a_set_off_the_profile_is_told_and_a_control_is_not(
    real: RunFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("stat_engine.views.warnings.too_sparse", lambda _: None)  # few questions were asked
    before = signs_of(real, "training_sets")
    subject, skill = min(((f.subject, f.skill) for f in computed.profile(real) if not f.n_missing), key=str)
    wrong = [an_example(f"p{at}", subject=subject, skills=[skill], method="stat-sel") for at in range(30)]
    real.training_set("off").write("f", wrong, {"method": "stat-sel"})
    real.training_set("control").write("f", wrong, {"method": "skill-shuffled"})
    found = [one for one in warnings.warnings(real, "training_sets") if one["about"] == "Training set off"]
    assert [one["sign"] for one in found] == ["set_misses_profile"]
    assert "its skills overlap the profile by 0.00" in found[0]["found"]
    assert len(signs_of(real, "training_sets")) == len(before) + 1


def test_new_questions_that_copy_the_validations_are_told_where_they_are_looked_for(real: RunFolder) -> None:
    assert ("set_too_near", "training_sets") not in signs_of(real, with_near=True)
    asked = real.dataset.split("validation")[:3]
    copies = [an_example(f"n{at}", problem=one.problem, method="stat-syn") for at, one in enumerate(asked)]
    real.training_set("copies").write("f", copies, {"method": "stat-syn"})
    found = [one for one in warnings.warnings(real, with_near=True) if one["sign"] == "set_too_near"]
    assert [one["found"] for one in found] == [
        "3 of 3 questions share 80% or more of their wording with one of them"
    ]
    assert "set_too_near" not in dict(signs_of(real))


def test_a_filter_that_flags_by_chance_is_told(real: RunFolder) -> None:
    assert signs_of(real, "difficult_questions") == []
    right = set[str]()
    for _, of in computed.difficulty(real).questions.groupby("is_difficult"):
        right |= set(of.question_id.astype(str)[::2])  # every other one, flagged or not
    rows = [row.model_copy(update={"is_correct": row.question_id in right}) for row in real.responses.read()]
    real.responses.write("other", rows, real.responses.need("").settings)
    assert signs_of(real, "difficult_questions") == [("filter_near_chance", "difficult_questions")]


def test_a_run_that_has_nothing_yet_warns_of_nothing(fresh: Workspace) -> None:
    assert warnings.warnings(fresh.run_folder("small"), with_near=True) == []


def test_a_profile_on_test_questions_is_told_with_their_number(tmp_path: Path) -> None:
    run = run_with_arms(tmp_path)
    assert "profile_on_test" not in [sign for sign, _ in signs_of(run)]
    assert difficult.asked_in_words(run) == "validation questions"
    asked = computed.question_ids(run)
    of_test = [a_response(f"t{at}-r", f"t{at}", model="other") for at in range(2)]
    run.responses.write("g", [*run.responses.read(), *of_test], {})
    found = next(one for one in warnings.warnings(run) if one["sign"] == "profile_on_test")
    assert found["found"] == (
        f"2 of the {len(asked) + 2} questions with responses are of the test split of dataset small"
    )
    assert difficult.asked_in_words(run) == "questions"
    run.responses.write("h", of_test, {})
    assert difficult.asked_in_words(run) == "test questions"


def test_a_damaged_table_is_named_once_in_place_of_what_it_would_warn_of(profiled: Workspace) -> None:
    run = profiled.run("small").folder
    (table,) = run.missing_skills().folder.glob("*.parquet")
    table.write_bytes(b"no table")
    (found,) = [one for one in warnings.warnings(run) if one["sign"] == "damaged_file"]
    assert found["found"].startswith(f"{table}: found ") and found["page"] == "missing_skill_profile"
    assert [one["sign"] for one in warnings.warnings(run, "missing_skill_profile")] == ["damaged_file"]
