from pathlib import Path

import pytest

from stat_engine import Workspace, views
from stat_engine.skill_map.audit import audit
from stat_engine.stats import wilson
from tests.skill_map.small import mapped_workspace


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return mapped_workspace(tmp_path)


def test_a_dataset_at_a_glance(workspace: Workspace) -> None:
    workspace.split("numeracy", 50, "test", 3)
    made_by = {"from": "test", "seed": 3}
    assert views.datasets.summary(workspace.dataset("numeracy")) == {
        "dataset": "numeracy", "n_questions": 360, "n_mapped": 360, "n_skills": 46, "n_reviews": 0,
        "parts": {"train": 240, "validation": 50, "test": 70, "none": 0},
        "splits": {"test": made_by, "validation": made_by},
    }  # fmt: skip


def test_splits_are_counted_as_a_run_meets_them(fresh: Workspace) -> None:
    dataset = fresh.dataset("numeracy")
    expected = {name: len(dataset.split(name)) for name in ("train", "validation", "test")}
    assert views.datasets.splits(dataset) == expected
    assert (expected["validation"], expected["test"]) == (60, 100)
    dataset.forget_splits()
    own = {name: len(dataset.split(name)) for name in ("train", "validation", "test")}
    assert views.datasets.splits(dataset) == own
    dataset.save_split("validation", [question.id for question in dataset.split("test")][:7], {})
    assert views.datasets.splits(dataset) == {**own, "validation": 7, "test": own["test"] - 7}


def test_a_dry_split_says_what_the_split_does_and_writes_nothing(workspace: Workspace) -> None:
    before = workspace.dataset("numeracy").version()
    told = workspace.split("numeracy", 50, "test", 0, is_dry=True)
    assert workspace.dataset("numeracy").version() == before
    assert workspace.split("numeracy", 50, "test", 0) == told
    assert (told["validation"], told["test"], told["runs"]) == (50, 70, [])


def test_the_audit_is_kept_with_its_figures_until_the_map_changes(workspace: Workspace) -> None:
    dataset = workspace.dataset("numeracy")
    assert views.datasets.audit(dataset) is None
    found = audit(dataset)
    dataset.save_audit(found["findings"], found["rows"])
    kept = views.datasets.audit(dataset)
    assert kept is not None and kept["is_current"] and kept["findings"] == found["findings"]
    rows = kept["rows"]
    assert rows[views.datasets.AUDIT_COLUMNS].to_dict("records") == found["rows"]
    first = rows.iloc[0]
    n = int(first.n_scored)
    assert (first.ci_low, first.ci_high) == wilson(round(first.hit_rate * n), n)
    dataset.save_vocabulary(type(dataset.need_skill_map())({"Algebra": ["x"]}))
    assert views.datasets.audit(dataset)["is_current"] is False  # type: ignore[index]


def test_findings_without_figures_give_an_empty_table(workspace: Workspace) -> None:
    workspace.dataset("numeracy").save_audit(["exact"])
    assert views.datasets.audit(workspace.dataset("numeracy"))["rows"].empty  # type: ignore[index]


def test_versions_are_listed_newest_first(workspace: Workspace) -> None:
    dataset = workspace.dataset("numeracy")
    lists = dataset.need_skill_map().as_lists()
    dataset.save_vocabulary(type(dataset.need_skill_map())(lists | {"Logic": ["proof"]}), made_by="edit")
    table = views.datasets.versions(dataset)
    assert list(table.version) == [2, 1]
    assert table.iloc[0].to_dict() == {
        "version": 2, "n_skills": 47, "added": ["Logic: proof"], "removed": [], "made_by": "edit", "note": "",
    }  # fmt: skip
