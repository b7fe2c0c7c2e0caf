"""The verbs on what the arms differ in give what the views give."""

from pathlib import Path

import pytest

from stat_engine import views
from stat_engine.store.run_folder import RunFolder
from tests.cli.conftest import Verb
from tests.evaluating import evaluate, run_with_arms


@pytest.fixture
def run(tmp_path: Path) -> RunFolder:
    return run_with_arms(tmp_path)


def test_compare_keeps_its_keys_and_gains_differences_and_the_table(
    stat: Verb, tmp_path: Path, run: RunFolder
) -> None:
    result = stat(
        "compare", "small", "--reference", "random", "--json", workspace=tmp_path / "workspace"
    ).json
    expected = views.compare.compare(run)
    assert {key: result[key] for key in expected} == expected
    assert result["differences"] == views.compare.differences(run, "random").to_dict("records")
    assert len(result["table"]) == 4 * 2  # no difficult part: the student's answers are not scored
    assert (
        "against random"
        in stat("compare", "small", "--reference", "random", workspace=tmp_path / "workspace").out
    )


def test_gains_mark_what_is_significant(stat: Verb, tmp_path: Path, run: RunFolder) -> None:
    result = stat(
        "gains", "small", "--correction", "holm", "--all-skills", "--level", "0.6", "--json",
        workspace=tmp_path / "workspace",
    ).json  # fmt: skip
    cells = views.differences.skill_gains(run, "base", False, "holm")
    assert [cell["p_adjusted"] for cell in result["cells"]] == cells.p_adjusted.tolist()
    assert [cell["is_significant"] for cell in result["cells"]] == (cells.p_adjusted <= 0.6).tolist()


def test_flips_list_questions_and_show_one(stat: Verb, tmp_path: Path, run: RunFolder) -> None:
    place = tmp_path / "workspace"
    listed = stat(
        "flips", "small", "--arm", "stat-sel", "--skill", "Algebra/addition", "--json", workspace=place
    ).json
    assert [row["question_id"] for row in listed["rows"]] == ["t0", "t2"]
    one = stat("flips", "small", "--arm", "stat-sel", "--question", "t6", "--json", workspace=place).json
    assert [len(side["responses"]) for side in one["sides"]] == [1, 2]
    refused = stat("flips", "small", "--arm", "stat-sel", "--skill", "addition", workspace=place)
    assert (refused.status, refused.err) == (
        2,
        "stat-studio: --skill: found 'addition', expected SUBJECT/SKILL\n",
    )


def test_rounds_and_report_say_what_they_did(stat: Verb, tmp_path: Path, run: RunFolder) -> None:
    place = tmp_path / "workspace"
    assert stat("rounds", "small", "--json", workspace=place).json == views.rounds.rounds(run)
    done = stat("report", "small", "--out", tmp_path / "r.md", "--json", workspace=place).json
    assert done == {
        "run": "small",
        "file": str(tmp_path / "r.md"),
        "bytes": (tmp_path / "r.md").stat().st_size,
    }


def test_groups_and_benchmarks_can_be_chosen(stat: Verb, tmp_path: Path, run: RunFolder) -> None:
    place = tmp_path / "workspace"
    evaluate(run, "base", 0, "rwrw", "extra")
    evaluate(run, "random", 0, "rrrr", "extra")
    by = stat("compare", "small", "--by", "level", "--benchmark", "extra", "--json", workspace=place).json
    assert [(row["arm"], row["level"], row["accuracy"]) for row in by["groups"]] == [
        ("base", "1", 0.5), ("random", "1", 1.0),
    ]  # fmt: skip
    gains = stat("gains", "small", "--by", "subject", "--json", workspace=place).json
    assert [cell["gain"] for cell in gains["cells"]] == views.differences.skill_gains(
        run, group="subject"
    ).gain.tolist()
    assert "extra" in stat("compare", "small", workspace=place).out
    flipped = stat(
        "flips", "small", "--arm", "random", "--benchmark", "extra", "--json", workspace=place
    ).json
    assert (flipped["n_gained"], flipped["n_questions"]) == (2, 4)


def test_power_says_what_cannot_be_seen(stat: Verb, tmp_path: Path, run: RunFolder) -> None:
    place = tmp_path / "workspace"
    given = ("--questions", "400", "--discordance", "0.06")
    found = stat("power", "small", *given, "--json", workspace=place).json
    assert found == {"run": "small", "benchmarks": views.benchmarks.smallest_effects(run, None, 400, 0.06)}
    said = stat("power", "small", *given, workspace=place).out
    assert said.startswith("Smallest detectable difference on 400 questions of test: 3.4 points ")
