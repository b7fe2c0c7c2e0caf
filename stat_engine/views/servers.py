"""The servers that runs and the workspace's settings name, and whether the keys they need are set."""

from collections.abc import Iterator
from typing import Any

from stat_engine.config import ServerConfig
from stat_engine.config.secrets import secret
from stat_engine.errors import StatError
from stat_engine.store.settings import read_settings
from stat_engine.store.workspace import WorkspaceFolder
from stat_engine.views import backends

ALWAYS = {"OPENAI_API_KEY": "servers without a key variable of their own", "HF_TOKEN": "gated checkpoints"}
"""Variables that are looked for whatever the settings say, and what they are for."""


def servers(workspace: WorkspaceFolder) -> list[dict[str, Any]]:
    """One a server: name (null: only runs name it), base_url, api_key_env, is_key_set and used_by.

    `used_by` lists "RUN teacher" and the like. Those of the settings come first."""
    named = read_settings(workspace.root).servers.items()
    rows = [_row(name, server) for name, server in named]
    by_address: dict[tuple[str | None, str], dict[str, Any]] = {}
    for (_, server), row in zip(named, rows, strict=True):
        by_address.setdefault(_address(server), row)
    for use, server in _used(workspace):
        if _address(server) not in by_address:
            by_address[_address(server)] = _row(None, server)
            rows.append(by_address[_address(server)])
        by_address[_address(server)]["used_by"].append(use)
    return rows


def keys(workspace: WorkspaceFolder) -> list[dict[str, Any]]:
    """One a variable that some server, or a gated checkpoint, takes its key from: variable, is_set, used_by.

    Never its value. Raises StatError for a file of secrets that cannot be read."""
    uses: dict[str, list[str]] = {name: [] for name in ALWAYS}
    for row in servers(workspace):
        name = [f"server {row['name']}"] if row["name"] else []
        uses.setdefault(row["api_key_env"], []).extend([*name, *row["used_by"]])
    return [
        {"variable": name, "is_set": is_set(name), "used_by": of or [ALWAYS[name]]}
        for name, of in uses.items()
    ]


def is_set(variable: str) -> bool:
    """Whether the environment, or Streamlit's file of secrets, has a value for it."""
    return bool((secret(variable) or "").strip())


def _row(name: str | None, server: ServerConfig) -> dict[str, Any]:
    return {
        "name": name,
        "base_url": server.base_url,
        "api_key_env": server.api_key_env,
        "is_key_set": is_set(server.api_key_env),
        "used_by": [],
    }


def _address(server: ServerConfig) -> tuple[str | None, str]:
    return server.base_url, server.api_key_env


def _used(workspace: WorkspaceFolder) -> Iterator[tuple[str, ServerConfig]]:
    for name in workspace.run_names():
        try:
            config = workspace.run_folder(name).config
        except StatError:
            continue  # a run of another version; `stat-studio status` says what is wrong
        for part, (server, _) in backends.servers(config).items():
            yield f"{name} {part.replace('_', ' ')}", server
