from pathlib import Path
from typing import Any

import pytest

from stat_engine import Workspace, views
from stat_engine.config import backends, validate
from stat_engine.store.settings import change_settings, replaced

LAB = {"base_url": "http://127.0.0.1:8000/v1", "api_key_env": "LAB_KEY"}
PUBLIC = {"base_url": None, "api_key_env": "OPENAI_API_KEY"}


@pytest.fixture
def place(fresh: Workspace, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    monkeypatch.setattr(backends, "FILES", ())
    for name in ("LAB_KEY", "OPENAI_API_KEY", "HF_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    change_settings(
        fresh.root,
        lambda now: replaced(now, servers={"lab": LAB, "spare": PUBLIC | {"base_url": "http://x"}}),
    )
    tree: dict[str, Any] = {
        "teacher": {"backend": "openai", "model": "m", "server": LAB},
        "student": {"backend": "openai", "model": "s", "server": PUBLIC},
        "embeddings": {"backend": "tfidf", "server": LAB},  # asks no server
    }
    fresh.new("served", validate(tree))
    return fresh


def test_servers_of_the_settings_come_first_with_the_runs_that_use_them(place: Workspace) -> None:
    assert views.servers.servers(place) == [
        {"name": "lab", **LAB, "is_key_set": False, "used_by": ["served teacher"]},
        {"name": "spare", "base_url": "http://x", "api_key_env": "OPENAI_API_KEY", "is_key_set": False, "used_by": []},
        {"name": None, **PUBLIC, "is_key_set": False, "used_by": ["served student"]},
    ]  # fmt: skip


def test_keys_are_set_or_not_set_and_never_shown(place: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAB_KEY", "sk-marker")
    monkeypatch.setenv("HF_TOKEN", " ")
    found = views.servers.keys(place)
    assert found == [
        {"variable": "OPENAI_API_KEY", "is_set": False, "used_by": ["server spare", "served student"]},
        {"variable": "HF_TOKEN", "is_set": False, "used_by": ["gated checkpoints"]},
        {"variable": "LAB_KEY", "is_set": True, "used_by": ["server lab", "served teacher"]},
    ]
    assert "sk-marker" not in repr(found) + repr(views.servers.servers(place))


def test_a_secret_of_streamlit_counts_as_set(
    place: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "secrets.toml"
    file.write_text('LAB_KEY = "sk-marker"\n')
    monkeypatch.setattr(backends, "FILES", (file,))
    assert [row["variable"] for row in views.servers.keys(place) if row["is_set"]] == ["LAB_KEY"]
