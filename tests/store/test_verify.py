"""Damaged and changed tables: told at opening where that is cheap, else by `verify`, with the way out."""

from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from stat_engine import Workspace
from stat_engine.errors import StatError
from stat_engine.records import Response
from stat_engine.store import query
from stat_engine.store.files import read_json, write_json
from stat_engine.store.tables import StageTable
from stat_engine.store.verify import verify


def test_what_was_made_from_a_damaged_table_is_named(copy: Workspace) -> None:
    folder = copy.run("small").folder
    for path in (folder.step_rewards.files()[0], folder.training_set("stat-sel").files()[0]):
        path.write_bytes(b"x")
    found = {one.table: one for one in verify(copy, "small")}
    damaged = {
        table: (one.owner, one.n_rows, one.made_from_it) for table, one in found.items() if one.problem
    }
    later = ["missing_skills", "training_sets", "sft", "evaluation"]
    assert damaged == {
        "step_rewards": ("run small", None, later),
        "training_sets/stat-sel": ("run small", None, ["sft", "evaluation"]),
    }
    arms = ("random", "stat-sel", "stat-syn")
    assert {table: one.n_rows for table, one in found.items() if not one.problem} == {
        "questions": 2025, "skill_map": 2025, "responses": 120,
        "missing_skills/checker": 15, "missing_skills/noisy-checker": 15,
        "training_sets/random": 40, "training_sets/stat-syn": 40,
        **{f"dropped_questions/{arm}": {"stat-syn": 2}.get(arm, 0) for arm in arms},
        **{f"students/{arm}/seed-0": None for arm in arms},
        **{f"evaluations/{arm}/seed-0/test": 100 for arm in ("base", *arms)},
        "evaluations/base/seed-0/test_step_rewards": 100,
    }  # fmt: skip


def responses(place: Workspace) -> Path:
    return place.run("small").folder.responses.files()[0]


def flipped(path: Path) -> None:
    """Another byte in the data, the footer and the length as they were."""
    data = bytearray(path.read_bytes())
    data[200] ^= 0x55
    path.write_bytes(data)


def fewer_rows(path: Path) -> None:
    """A sound file without its last row."""
    table = pq.read_table(path)
    pq.write_table(table.slice(0, table.num_rows - 1), path)
    without_bytes(path)


def other_columns(path: Path) -> None:
    table = pq.read_table(path)
    pq.write_table(table.set_column(0, table.column_names[0], pa.array(range(table.num_rows))), path)
    without_bytes(path)


def without_bytes(path: Path) -> None:
    """A manifest of an earlier version, which does not say how long the file is."""
    card = read_json(path.parent / "manifest.json")
    assert card is not None
    del card["files"][0]["bytes"]
    write_json(path.parent / "manifest.json", card)


DAMAGES: dict[str, Callable[[Path], object]] = {
    "no file": Path.unlink,
    "0 bytes in place of": lambda path: path.write_bytes(b""),
    "100 bytes in place of": lambda path: path.write_bytes(path.read_bytes()[:100]),
    "119 rows in place of 120": fewer_rows,
    "other columns": other_columns,
}


@pytest.mark.parametrize(("found", "damage"), DAMAGES.items())
def test_a_damaged_table_is_told_at_opening_with_the_way_out(
    copy: Workspace, found: str, damage: Callable[[Path], object]
) -> None:
    path = responses(copy)
    damage(path)
    with pytest.raises(StatError) as caught:
        copy.run("small").folder.responses.files()
    assert str(caught.value).startswith(f"{path}: found {found}")
    assert str(caught.value).endswith(
        f"restore it from a copy, or remove the folder {path.parent} and make it again with: "
        "stat-studio run small --until responses"
    )


def test_a_damaged_table_without_a_known_length_is_told_by_its_footer(copy: Workspace) -> None:
    path = responses(copy)
    without_bytes(path)
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(StatError, match="found a damaged Parquet file"):
        copy.run("small").folder.responses.files()


def test_a_manifest_of_an_earlier_version_opens(copy: Workspace) -> None:
    path = responses(copy)
    without_bytes(path)
    assert copy.run("small").folder.responses.files() == [path]


def test_damaged_rows_are_named_by_whatever_reads_them(copy: Workspace) -> None:
    path = responses(copy)
    data = bytearray(path.read_bytes())
    data[4:2000] = b"\xff" * 1996
    path.write_bytes(data)
    tables: query.Tables = {"responses": ([path], Response)}
    for read in (
        lambda: list(copy.run("small").folder.responses.read()),
        lambda: query.rows("select * from responses", tables),
        lambda: query.frame("select * from responses", tables),
    ):
        with pytest.raises(StatError, match=rf"{path}: found a damaged Parquet file"):
            read()


def test_verify_reads_every_table_and_adapter_of_a_sound_workspace(finished: Workspace) -> None:
    found = list(verify(finished))
    assert [one.problem for one in found] == [None] * len(found)
    names = {(one.owner, one.table) for one in found}
    assert {("dataset numeracy", "questions"), ("run small", "responses")} <= names
    assert any(table.startswith("students/") for _, table in names)
    assert names == {(one.owner, one.table) for one in verify(finished, "small")}


def test_verify_finds_other_weights_and_a_damaged_manifest(copy: Workspace) -> None:
    (weights,) = sorted(copy.root.glob("runs/small/students/stat-syn/seed-0/adapter/*.safetensors"))
    flipped(weights)
    (copy.root / "runs/small/step_rewards/manifest.json").write_text("{}")
    problems = {one.table: str(one.problem) for one in verify(copy, "small") if one.problem}
    assert set(problems) == {"students/stat-syn/seed-0", "step_rewards"}
    assert "found other weights than its manifest names" in problems["students/stat-syn/seed-0"]
    assert ", field table: found no such field, expected it; the file is damaged" in problems["step_rewards"]


def test_a_workspace_moved_during_a_build_is_said(tmp_path: Path) -> None:
    table = StageTable(tmp_path / "w" / "runs" / "x" / "responses", Response)

    def work(index: int, batch: object) -> list[Response]:
        (tmp_path / "w").rename(tmp_path / "moved")
        return []

    with pytest.raises(StatError, match="the workspace was moved or removed while work was under way"):
        table.complete("f", [[1]], work, {})
    assert not (tmp_path / "w").exists()
