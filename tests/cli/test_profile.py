"""The verb `profile` with what stands beside the profile, its values against the views'."""

from pathlib import Path

import pandas as pd
import pytest

from stat_engine import Workspace, views
from tests.cli.conftest import Verb, assert_refused
from tests.conftest import with_an_empty_copy


@pytest.fixture(scope="module")
def pair(finished: Workspace, tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """The finished run with a copy whose teacher found nothing."""
    return with_an_empty_copy(finished, tmp_path_factory.mktemp("pair"))


def test_one_subject_is_written_as_csv(stat: Verb, pair: Workspace, tmp_path: Path) -> None:
    file = tmp_path / "out" / "profile.csv"
    said = stat("profile", "small", "--subject", "Algebra", "--csv", file, "--json", workspace=pair.root)
    expected = views.profile.profile(pair.run("small").folder, "Algebra")
    assert said.json["file"] == str(file)
    assert [row["skill"] for row in said.json["skills"]] == list(expected.skill)
    pd.testing.assert_frame_equal(pd.read_csv(file), expected)
    assert said.json["teacher_error"]["source"] is None


def test_the_misfit_is_that_of_the_page(stat: Verb, pair: Workspace) -> None:
    folder = pair.run("small").folder
    expected = views.profile.misfit(folder)
    result = stat("profile", "small", "--misfit", "--json", workspace=pair.root).json
    assert result["distance"] == views.profile.distance(expected)
    assert [row["gap"] for row in result["skills"]] == list(expected.gap)
    assert "would have to be other skills" in stat("profile", "small", "--misfit", workspace=pair.root).out


def test_two_runs_are_compared(stat: Verb, pair: Workspace) -> None:
    result = stat("profile", "small", "--against", "empty", "--json", workspace=pair.root).json
    top = result["skills"][0]
    assert (result["run"], result["against"], top["other_n_missing"]) == ("small", "empty", 0)
    expected = pair.run("small").profile_against("empty")
    pd.testing.assert_frame_equal(pd.DataFrame(result["skills"]), expected)
    assert stat("profile", "small", "--against", "empty", workspace=pair.root).out.startswith(
        "small minus empty\n"
    )


def test_the_questions_of_a_skill_are_listed(stat: Verb, pair: Workspace) -> None:
    folder = pair.run("small").folder
    subject, skill = views.profile.profile(folder).iloc[0][["subject", "skill"]]
    result = stat("profile", "small", "--skill", f"{subject}/{skill}", "--json", workspace=pair.root).json
    ids = [row["question_id"] for row in result["questions"]]
    assert ids == views.profile.questions_lacking(folder, subject, skill) != []


def test_two_tables_at_once_and_a_place_that_cannot_be_written_are_refused(
    stat: Verb, pair: Workspace, tmp_path: Path
) -> None:
    said = stat("profile", "small", "--misfit", "--against", "empty", workspace=pair.root)
    assert (said.status, said.err.count("\n")) == (2, 1)
    (tmp_path / "file").write_text("")
    said = stat("profile", "small", "--csv", tmp_path / "file" / "p.csv", workspace=pair.root)
    assert said.status == 2 and "cannot be written" in said.err


def test_the_profile_is_ranked_and_cut_as_on_the_page(stat: Verb, pair: Workspace) -> None:
    run = pair.run("small").folder
    frame = views.profile.profile(run)
    for sort, quantity in (("rate", "rate"), ("lower-bound", "lower bound"), ("gain", "gain")):
        how = ("--sort", sort, "--min-questions", "2", "--json")
        said = stat("profile", "small", *how, workspace=pair.root).json
        ranked = views.profile.ranked(views.profile.with_gain(run, frame), quantity, 2)  # type: ignore[arg-type]
        shown = [(row["subject"], row["skill"]) for row in said["skills"]]
        assert shown == list(zip(ranked.subject, ranked.skill, strict=True))
    refused = stat("profile", "small", "--misfit", "--sort", "rate", workspace=pair.root)
    assert_refused(refused, "--sort and --min-questions rank the profile itself")
