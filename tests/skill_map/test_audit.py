"""The audit on a small dataset whose words give the skills away, and on one whose train labels are shifted."""

import json
import random
from pathlib import Path

import pytest

from stat_engine import Workspace
from stat_engine.formats import into_dataset
from stat_engine.skill_map.audit import audit, find_faults

WORDS = {"area": "square field", "speed": "train hour", "money": "coin price", "age": "years older"}


def dataset(root: Path, shift: int) -> Workspace:
    """Four skills with words of their own; the train labels moved on by `shift` skills."""
    workspace, skills = Workspace(root), list(WORDS)
    rows = [(split, at, skills[at % 4]) for split in ("train", "test") for at in range(80)]
    questions = [
        {"id": f"{split}{at}", "split": split, "subject": "s", "problem": f"A {WORDS[skill]} of {at}?"}
        for split, at, skill in rows
    ]
    labels = [
        {"id": f"{split}{at}", "skills": [skills[(at + (shift * (at % 3) if split == "train" else 0)) % 4]]}
        for split, at, _ in rows
    ]
    for name, content in (("q", questions), ("m", labels)):
        (root / f"{name}.jsonl").write_text("\n".join(map(json.dumps, content)))
    into_dataset.import_questions(workspace, "toy", root / "q.jsonl")
    into_dataset.import_skill_map(workspace, "toy", root / "m.jsonl", None, skip_unknown=False)
    return workspace


def test_a_map_whose_splits_agree_is_trusted(tmp_path: Path) -> None:
    found = audit(dataset(tmp_path, shift=0).dataset("toy"))
    assert found["findings"] == ["the splits' labels agree with one another"]
    assert [row["hit_rate"] for row in found["rows"]] == [1.0, 1.0]


def test_shifted_labels_of_one_split_are_found_and_named(tmp_path: Path) -> None:
    (finding,) = find_faults(dataset(tmp_path, shift=1).dataset("toy"))
    assert finding.startswith("the train labels are not to be trusted in s: ")


def test_findings_hold_for_the_map_they_were_made_of(tmp_path: Path) -> None:
    toy = dataset(tmp_path, shift=0).dataset("toy")
    assert "not audited" in toy.audit_findings()[0]
    toy.save_audit(find_faults(toy))
    assert toy.audit_findings() == ["Skill-Map of toy: the splits' labels agree with one another"]
    path = tmp_path / "more.jsonl"
    path.write_text(json.dumps({"id": "train0", "skills": ["speed"]}))
    into_dataset.import_skill_map(Workspace(tmp_path), "toy", path, None, skip_unknown=False)
    assert not toy.is_audited()


def test_a_map_of_one_split_cannot_be_checked_and_says_so(tmp_path: Path) -> None:
    (tmp_path / "q.jsonl").write_text(json.dumps({"id": "a", "split": "test", "problem": "x"}))
    (tmp_path / "m.jsonl").write_text(json.dumps({"id": "a", "skills": ["s"]}))
    workspace = Workspace(tmp_path)
    into_dataset.import_questions(workspace, "one", tmp_path / "q.jsonl")
    into_dataset.import_skill_map(workspace, "one", tmp_path / "m.jsonl", None, skip_unknown=False)
    assert find_faults(workspace.dataset("one"))[0].startswith("not checked: ")


@pytest.mark.parametrize("shift", [0, 1])
def test_equal_seeds_give_equal_figures(tmp_path: Path, shift: int) -> None:
    toy = dataset(tmp_path, shift).dataset("toy")
    assert audit(toy, seed=3) == audit(toy, seed=3)


def of_one_split(root: Path, shift: int) -> Workspace:
    """The train questions alone mapped."""
    workspace = dataset(root, shift)
    toy = workspace.dataset("toy")
    toy.save_skill_map(
        [entry for id, entry in toy.skill_map.items() if id.startswith("train")], {"made_by": "test"}
    )
    return workspace


def test_a_map_of_one_split_is_held_against_shuffled_labels(tmp_path: Path) -> None:
    found = audit(of_one_split(tmp_path, shift=0).dataset("toy"))
    (row,) = found["rows"]
    assert (row["fitted_on"], row["scored_on"], row["n_fitted"], row["n_scored"]) == (
        "train",
        "train",
        80,
        80,
    )
    assert (row["hit_rate"], row["ceiling"]) == (1.0, 1.0) and row["shuffled"] < 0.5
    assert found["findings"] == [
        "mapped in one split only (train): the labels fit their questions better than shuffled ones, which is "
        f"all that one split can show (s 1.00 against {row['shuffled']:.2f})"
    ]


def test_labels_that_do_not_fit_the_only_mapped_split_are_found(tmp_path: Path) -> None:
    workspace = of_one_split(tmp_path, shift=0)
    toy = workspace.dataset("toy")
    entries = list(toy.skill_map.values())
    skills = [entry.skills for entry in entries]
    random.Random(0).shuffle(skills)
    moved = [e.model_copy(update={"skills": of}) for e, of in zip(entries, skills, strict=True)]
    toy.save_skill_map(moved, {"made_by": "test"})
    (finding,) = find_faults(toy)
    assert finding.startswith("the train labels are not to be trusted: within their own split")
