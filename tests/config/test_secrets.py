from pathlib import Path

import pytest

from stat_engine.config import backends
from stat_engine.errors import StatError


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, Path]:
    near, far = tmp_path / "near.toml", tmp_path / "far.toml"
    monkeypatch.setattr(backends, "FILES", (near, far))
    monkeypatch.delenv("MY_KEY", raising=False)
    return near, far


def test_the_environment_comes_first_then_the_nearer_file(
    files: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    near, far = files
    assert backends.secret("MY_KEY") is None
    far.write_text('MY_KEY = "far"')
    assert backends.secret("MY_KEY") == "far"
    near.write_text('MY_KEY = "near"')
    assert backends.secret("MY_KEY") == "near"
    monkeypatch.setenv("MY_KEY", "environment")
    assert backends.secret("MY_KEY") == "environment"


def test_a_damaged_file_is_named_and_not_quoted(files: tuple[Path, Path]) -> None:
    files[0].write_text('MY_KEY = "planted-secret')
    with pytest.raises(StatError, match="expected TOML with secrets") as error:
        backends.secret("MY_KEY")
    assert "planted-secret" not in str(error.value)
