import os
import time
from pathlib import Path

import pytest

from stat_engine.errors import StatError
from stat_engine.store import files
from stat_engine.store.files import forget_upload, keep_upload, tame_name


@pytest.mark.parametrize(
    ("name", "tame"),
    [
        ("my file (1).jsonl.gz", "my_file_1_.jsonl.gz"),
        ("../../etc/passwd", "etc_passwd"),
        ("<b>x</b>.csv", "b_x_b_.csv"),
        ("...", "file"),
        ("é" * 300 + ".parquet", "parquet"),
    ],
)
def test_a_name_becomes_a_file_name_and_keeps_its_ending(name: str, tame: str) -> None:
    assert tame_name(name) == tame


def test_a_file_is_kept_once_a_token_and_forgotten(tmp_path: Path) -> None:
    path = keep_upload(tmp_path, "token-1", "a.csv", b"id\n1\n")
    assert (path, path.read_bytes()) == (tmp_path / "uploads" / "token-1" / "a.csv", b"id\n1\n")
    assert keep_upload(tmp_path, "token-1", "a.csv", b"id\n1\n") == path
    forget_upload(tmp_path, "token-1")
    forget_upload(tmp_path, "token-1")
    assert list((tmp_path / "uploads").iterdir()) == []


def test_what_a_closed_browser_left_goes_after_a_day(tmp_path: Path) -> None:
    left = keep_upload(tmp_path, "old", "a.csv", b"x").parent
    os.utime(left, (0, time.time() - files.MAX_AGE - 60))
    keep_upload(tmp_path, "new", "b.csv", b"y")
    assert sorted(path.name for path in (tmp_path / "uploads").iterdir()) == ["new"]


def test_a_file_that_is_too_large_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "MAX_UPLOAD", 3)
    with pytest.raises(StatError, match="give its path on this machine instead"):
        keep_upload(tmp_path, "t", "a.csv", b"1234")
    assert not (tmp_path / "uploads").exists()


def test_a_token_is_no_path(tmp_path: Path) -> None:
    with pytest.raises(StatError, match="upload name"):
        keep_upload(tmp_path, "../x", "a.csv", b"1")
