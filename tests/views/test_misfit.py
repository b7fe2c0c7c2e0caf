import json
from pathlib import Path

import pytest

from stat_engine import Workspace
from stat_engine.formats import into_dataset
from stat_engine.stats import newcombe
from stat_engine.store.run_folder import RunFolder
from stat_engine.views.profile import distance, misfit
from tests.factories import a_label
from tests.reviewing import labels_of, run_to_review

POOL = {"p0": ["addition"], "p1": ["addition", "area"], "p2": ["slopes"], "p3": ["addition"], "p4": ["area"]}


@pytest.fixture
def run(tmp_path: Path) -> RunFolder:
    """Area is missed three times and powers once; five pool questions, of which p4 is held out for test."""
    run_to_review(tmp_path, [*labels_of(3), a_label("r03", "q03", "powers")])
    workspace = Workspace(tmp_path / "workspace")
    rows = [{"id": id, "split": "train", "subject": "Algebra", "problem": id} for id in POOL]
    entries = [{"id": id, "subject": "Algebra", "skills": skills} for id, skills in POOL.items()]
    for name, values in (("q", rows), ("m", entries)):
        (tmp_path / f"{name}.jsonl").write_text("\n".join(map(json.dumps, values)))
    into_dataset.import_questions(workspace, "small", tmp_path / "q.jsonl")
    skills = tmp_path / "skills.json"
    into_dataset.import_skill_map(workspace, "small", tmp_path / "m.jsonl", skills, skip_unknown=False)
    found = workspace.run_folder("small")
    found.dataset.save_split("test", ["p4"], {"from": "train", "seed": 0})
    return found


def test_shares_of_what_is_missed_and_of_what_the_pool_trains(run: RunFolder) -> None:
    found = misfit(run)
    columns = [
        "skill",
        "n_missing",
        "missed_share",
        "n_pool",
        "n_pool_questions",
        "pool_rate",
        "pool_share",
        "gap",
    ]
    assert found[columns].values.tolist() == [
        ["area", 3, 0.75, 1, 4, 0.25, 0.2, pytest.approx(0.55)],
        ["powers", 1, 0.25, 0, 4, 0.0, 0.0, 0.25],
        ["slopes", 0, 0.0, 1, 4, 0.25, 0.2, -0.2],
        ["addition", 0, 0.0, 3, 4, 0.75, 0.6, -0.6],
    ]
    area = found.iloc[0]
    assert (area.gap_low, area.gap_high) == newcombe(3, 4, 1, 5)
    assert distance(found) == pytest.approx(0.8)


def test_without_a_pool_there_is_no_share_and_no_distance(tmp_path: Path) -> None:
    found = misfit(run_to_review(tmp_path, labels_of(2)))
    assert found.pool_share.isna().all() and list(found.n_pool_questions) == [0, 0]
    assert distance(found) is None


def test_the_demos_pool_is_the_training_split(finished: Workspace) -> None:
    folder = finished.run("small").folder
    pool = {q.id for q in folder.dataset.split("train")}
    carried = [s for id, entry in folder.dataset.skill_map.items() if id in pool for s in set(entry.skills)]
    found = misfit(folder)
    assert (found.n_pool.sum(), set(found.n_pool_questions)) == (len(carried), {len(pool)})
    assert found.missed_share.sum() == pytest.approx(1) and found.pool_share.sum() == pytest.approx(1)
