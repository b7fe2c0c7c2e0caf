from pathlib import Path

from stat_engine.store import marks
from stat_engine.store.files import write_json


def _run(root: Path, name: str, created: str, *arms: str) -> None:
    write_json(root / "runs" / name / "run.json", {"created": created})
    for arm in arms:
        (root / "runs" / name / "students" / arm).mkdir(parents=True)


def test_names_without_a_file_stand_in_the_order_of_the_runs(tmp_path: Path) -> None:
    _run(tmp_path, "b", "2026-01-01", "z", "a")
    _run(tmp_path, "a", "2026-01-02", "m", "a")
    assert marks.names(tmp_path, "run") == ["b", "a"]
    assert marks.names(tmp_path, "arm") == ["a", "z", "m"]


def test_a_name_keeps_its_place_whatever_comes_or_goes(tmp_path: Path) -> None:
    _run(tmp_path, "b", "2026-01-02", "z")
    marks.add(tmp_path, "arm", "new")
    marks.add(tmp_path, "arm", "z")
    _run(tmp_path, "a", "2026-01-01", "a")
    assert marks.names(tmp_path, "arm") == ["z", "new", "a"]
    assert len((tmp_path / "marks.jsonl").read_text().splitlines()) == 2


def test_the_student_itself_has_no_place(tmp_path: Path) -> None:
    marks.add(tmp_path, "arm", "base")
    assert marks.names(tmp_path, "arm") == [] and not (tmp_path / "marks.jsonl").exists()
