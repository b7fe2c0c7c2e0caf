import shutil
from pathlib import Path

import pandas as pd
import pytest

from stat_engine import Workspace, views
from stat_engine.errors import StatError
from stat_engine.method import computed
from stat_engine.method.profile import build_profile
from stat_engine.records import Response, StepReward
from stat_engine.review import Decision, decide
from stat_engine.stats import clopper_pearson, newcombe
from stat_engine.store.run_folder import RunFolder
from stat_engine.store.tables import read_records
from stat_engine.store.workspace import WorkspaceFolder
from stat_engine.views import lacking, profile
from tests.factories import a_label
from tests.reviewing import labels_of, run_to_review


@pytest.fixture
def run(tmp_path: Path) -> RunFolder:
    """Three questions that lack area, one that lacks powers, which its Skill-Map entry does not name."""
    return run_to_review(tmp_path, [*labels_of(3), a_label("r03", "q03", "powers")])


def test_the_profile_is_that_of_the_whole_skill_map(finished: Workspace) -> None:
    folder = finished.run("small").folder
    ids = sorted({response.question_id for response in folder.responses.read()})
    assert computed.question_ids(folder) == ids
    expected = build_profile(ids, folder.dataset.skill_map, folder.labels())
    assert computed.profile(folder) == expected
    rows = profile.profile(folder)
    assert [tuple(row) for row in rows.to_numpy()] == [
        (f.subject, f.skill, f.n_missing, f.n_questions, f.failure_rate, f.ci_low, f.ci_high)
        for f in expected
    ]


def test_a_subject_that_the_profile_does_not_have_is_named_with_those_it_has(run: RunFolder) -> None:
    assert list(profile.profile(run, "Algebra").skill) == ["area", "powers", "addition"]
    with pytest.raises(StatError, match="subject 'Geometry': expected one of Algebra"):
        profile.profile(run, "Geometry")


def test_a_subject_counts_the_questions_that_lack_any_skill(run: RunFolder) -> None:
    decide(run, Decision("r00", "discard"), "ada")
    low, high = clopper_pearson(3, 4)
    assert profile.by_subject(run).to_dict("records") == [
        {
            "subject": "Algebra",
            "n_lacking": 3,
            "n_questions": 4,
            "share": 0.75,
            "ci_low": low,
            "ci_high": high,
        }
    ]


def test_the_profile_says_what_it_rests_on(run: RunFolder) -> None:
    decide(run, Decision("r00", "accept"), "ada")
    assert profile.basis(run) == {
        "teacher": "first", "n_labelled": 4, "n_decisions": 1,
        "warning": "the profile is sparse: 4 missing skills over 2 skills, 2.0 a skill; below 3 the counts are mostly chance",
    }  # fmt: skip


def test_two_profiles_stand_side_by_side_with_newcombes_interval(run: RunFolder, tmp_path: Path) -> None:
    ours = profile.profile(run)
    (tmp_path / "other").mkdir()
    other = run_to_review(tmp_path / "other", [*labels_of(1), *labels_of(4, "slopes")[1:]])
    found = profile.against(ours, profile.profile(other))
    assert list(found.columns) == profile.AGAINST_COLUMNS
    assert found[["skill", "n_missing", "n_questions", "other_n_missing", "other_n_questions"]].values.tolist() == [
        ["area", 3, 4, 1, 4], ["slopes", 0, 0, 3, 3], ["powers", 1, 1, 0, 0], ["addition", 0, 4, 0, 4],
    ]  # fmt: skip
    area, slopes = found.iloc[0], found.iloc[1]
    assert (area.difference, (area.difference_low, area.difference_high)) == (0.5, newcombe(3, 4, 1, 4))
    assert slopes[["failure_rate", "difference"]].isna().all()
    assert (slopes.difference_low, slopes.difference_high) == (-1, 1)


def test_runs_of_the_dataset_that_have_labels_can_be_compared_the_parent_first(
    finished: Workspace, tmp_path: Path
) -> None:
    workspace = Workspace(tmp_path / "w")
    shutil.copytree(finished.root, workspace.root)
    small = workspace.run("small")
    small.fork("second")
    child = small.fork("third")
    small.fork("bare", ["student.temperature=0.9"])
    place = WorkspaceFolder(workspace.root)
    assert profile.comparable(place, child.folder) == ["small", "second"]
    assert set(profile.comparable(place, small.folder)) == {"second", "third"}
    second = workspace.run("second").folder
    second.change_card(lambda card: {**card, "config": {**card["config"], "of_a_later_version": 1}})
    assert profile.comparable(place, small.folder) == ["third"]  # one that cannot be read stops no other


def test_the_questions_of_a_skill_come_a_page_at_a_time(run: RunFolder) -> None:
    assert profile.questions_lacking(run, "Algebra", "area") == ["q00", "q01", "q02"]
    assert profile.lacking_rows(run, "Algebra", "area", 1, 1).to_dict("records") == [
        {
            "question_id": "q01",
            "level": None,
            "problem": "What is 1 + 1? (q01)",
        }
    ]
    assert len(profile.lacking_rows(run, "Algebra", "area")) == 3


def test_a_skill_is_meant_by_its_name_or_with_its_subject(finished: Workspace) -> None:
    frame = views.profile.profile(finished.run("small").folder)
    assert (
        profile.skill_of("slopes", frame)
        == profile.skill_of("Algebra/slopes", frame)
        == ("Algebra", "slopes")
    )
    with pytest.raises(
        StatError, match="'addition' is in several subjects; expected one of Algebra/addition"
    ):
        profile.skill_of("addition", frame)
    with pytest.raises(StatError, match="'flying' is not in the profile, which has .* and others"):
        profile.skill_of("flying", frame)


def test_skills_that_fail_more_often_than_the_others_are_named() -> None:
    frame = pd.DataFrame(
        [
            ("a", "rare", 9, 10, 0.9, 0.5, 1.0),
            ("a", "usual", 10, 100, 0.1, 0.0, 0.2),
            ("b", "usual", 12, 100, 0.12, 0.0, 0.2),
        ],
        columns=views.profile.COLUMNS,
    )
    found = views.profile.weak(frame)
    assert list(found.skill) == ["rare", "usual", "usual"]
    assert list(found.is_weak) == [True, False, False]
    rates = {
        "a": 21 / 110,
        "b": 19 / 110,
    }  # of the others: a's usual skill has b's and the rare one beside it
    expected = [22 / 200, *(rates[subject] for subject in found.subject[1:])]
    assert list(found.others_rate) == pytest.approx(expected)
    assert found.p_corrected[0] == pytest.approx(3 * found.p_value[0])
    assert list(views.profile.weak(frame.iloc[:1]).is_weak) == [
        False
    ]  # there is no other skill to compare with


def test_a_skills_questions_come_with_the_labelled_response_and_its_review(run: RunFolder) -> None:
    label = run.own_labels()[0]
    decide(run, Decision(label.response_id, "accept"), "ada")
    found = lacking.responses(run, "Algebra", "area", 0, 2)
    assert list(found) == lacking.COLUMNS
    assert list(found.question_id) == ["q00", "q01"]
    assert list(found.state) == [
        "accepted" if id == label.response_id else "pending" for id in found.response_id
    ]
    known = {one.response_id: one for one in read_records(run.responses.files(), Response)}
    assert list(found.answer) == [known[id].answer for id in found.response_id]
    rewards = {one.response_id: one.mean for one in read_records(run.step_rewards.files(), StepReward)}
    assert list(found["mean"]) == [rewards[id] for id in found.response_id]
