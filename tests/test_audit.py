"""The audit on a small dataset whose words give the skills away, and on one whose train labels are shifted."""

import json
from pathlib import Path

import pytest

from stat_engine import Workspace
from stat_engine.audit import audit, find_faults
from stat_engine.interop import imports

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
    imports.import_questions(workspace, "toy", root / "q.jsonl")
    imports.import_skill_map(workspace, "toy", root / "m.jsonl", None, skip_unknown=False)
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
    imports.import_skill_map(Workspace(tmp_path), "toy", path, None, skip_unknown=False)
    assert not toy.is_audited()


def test_a_map_of_one_split_cannot_be_checked_and_says_so(tmp_path: Path) -> None:
    (tmp_path / "q.jsonl").write_text(json.dumps({"id": "a", "split": "test", "problem": "x"}))
    (tmp_path / "m.jsonl").write_text(json.dumps({"id": "a", "skills": ["s"]}))
    workspace = Workspace(tmp_path)
    imports.import_questions(workspace, "one", tmp_path / "q.jsonl")
    imports.import_skill_map(workspace, "one", tmp_path / "m.jsonl", None, skip_unknown=False)
    assert find_faults(workspace.dataset("one"))[0].startswith("not checked: ")


@pytest.mark.parametrize("shift", [0, 1])
def test_equal_seeds_give_equal_figures(tmp_path: Path, shift: int) -> None:
    toy = dataset(tmp_path, shift).dataset("toy")
    assert audit(toy, seed=3) == audit(toy, seed=3)
