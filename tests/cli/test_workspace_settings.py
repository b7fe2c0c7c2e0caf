"""The workspace's settings by command, and what a new run takes over from them."""

import gzip
import json
from pathlib import Path

import pytest

from stat_engine import Workspace
from stat_engine.errors import StatError
from stat_engine.store.settings import read_settings
from tests.cli.conftest import Verb


def test_settings_are_changed_and_shown(stat: Verb, tmp_path: Path) -> None:
    found = stat(
        "settings", "servers.lab.base_url=http://127.0.0.1:8000/v1", "servers.lab.api_key_env=LAB_KEY",
        "prices.gpt-4.1.input=2", "prices.gpt-4.1.output=8", "budget=5", "reviewers=[Ada]", "--json",
        workspace=tmp_path,
    ).json  # fmt: skip
    assert found["prices"] == {"gpt-4.1": {"input": 2.0, "output": 8.0}}
    assert (found["budget"], found["reviewers"]) == (5.0, ["Ada"])
    assert found["servers_in_use"][0]["name"] == "lab"
    out = stat("settings", workspace=tmp_path).out
    assert "LAB_KEY         not set" in out and "budget of a new run: $5.00" in out
    stat("settings", "--remove", "servers.lab", "--remove", "budget", workspace=tmp_path)
    assert (read_settings(tmp_path).servers, read_settings(tmp_path).budget) == ({}, None)


def test_a_launcher_without_its_place_for_the_command_is_refused(stat: Verb, tmp_path: Path) -> None:
    said = stat("settings", "launchers.gpu=srun", workspace=tmp_path)
    assert (said.status, said.err) == (
        2, "stat-studio: launcher 'srun': expected a command with {command} in it, once\n",
    )  # fmt: skip
    assert stat("settings", "launchers.gpu=srun {command}", workspace=tmp_path).status == 0
    assert read_settings(tmp_path).launchers == {"gpu": "srun {command}"}


def test_a_new_run_takes_prices_budget_and_a_named_server(stat: Verb, fresh: Workspace) -> None:
    stat("settings", "servers.lab.base_url=http://x/v1", "prices.m.input=1", "prices.m.output=2", "budget=3",
         workspace=fresh.root)  # fmt: skip
    stat(
        "new",
        "served",
        "teacher.backend=openai",
        "teacher.model=m",
        "teacher.server=lab",
        workspace=fresh.root,
    )
    config = fresh.run("served").config
    assert (config.teacher.server.base_url, config.prices["m"].output, config.budget) == ("http://x/v1", 2, 3)
    said = stat("new", "other", "teacher.backend=openai", "teacher.model=n", workspace=fresh.root)
    assert "a budget needs the prices of n" in said.err


def test_a_key_in_the_environment_stands_in_no_answer_and_no_file(
    stat: Verb, fresh: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    marker = "sk-marker-7f3a"
    monkeypatch.setenv("LAB_KEY", marker)
    monkeypatch.setenv("OPENAI_API_KEY", marker)
    args = ["servers.lab.base_url=http://127.0.0.1:9/v1", "servers.lab.api_key_env=LAB_KEY"]
    said = [stat("settings", *args, "--json", workspace=fresh.root)]
    said.append(stat("new", "r", "teacher.backend=openai", "teacher.model=m", "teacher.server=lab", "--json",
                     workspace=fresh.root))  # fmt: skip
    for words in (["show", "r"], ["status", "r"], ["doctor"], ["runs"], ["disk"], ["models", "r"]):
        said.append(stat(*words, "--json", workspace=fresh.root))
    keys = {row["variable"]: row["is_set"] for row in said[0].json["keys"]}
    assert keys["LAB_KEY"] and keys["OPENAI_API_KEY"]
    assert all(json.loads(one.out) for one in said)
    assert not [one for one in said if marker in one.out + one.err]
    files = [path for path in fresh.root.rglob("*") if path.is_file()]
    assert len(files) > 5 and not [path for path in files if marker.encode() in path.read_bytes()]


FOREIGN = "http://models.example.org/v1"


def test_a_run_alone_sends_no_key_to_an_address(
    stat: Verb, fresh: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LAB_KEY", "marker-of-a-key")
    monkeypatch.delenv("OPENAI_BASE_URL", raising=False)
    sent: list[str | None] = []
    monkeypatch.setattr(
        "stat_engine.models.servers.server.Server.models",
        lambda self: sent.append(self._config.base_url) or [],
    )
    settings = [
        "teacher.backend=openai", "teacher.model=m", f"teacher.server.base_url={FOREIGN}",
        "teacher.server.api_key_env=LAB_KEY",
    ]  # fmt: skip
    assert stat("new", "foreign", *settings, workspace=fresh.root).status == 0
    sentence = (
        f"stat-studio: {FOREIGN}: the key in LAB_KEY is not sent to an address that nobody has confirmed for it; "
        f"confirm it with: stat-studio settings servers.NAME.base_url={FOREIGN} servers.NAME.api_key_env=LAB_KEY\n"
    )
    for args in [("models", "foreign"), ("models", "--url", FOREIGN, "--key-env", "LAB_KEY")]:
        said = stat(*args, workspace=fresh.root)
        assert (said.status, said.err, sent) == (2, sentence, [])
    with pytest.raises(StatError, match="is not sent to an address"):
        fresh.run("foreign").context().ask()
    stat(
        "settings",
        f"servers.far.base_url={FOREIGN}/",
        "servers.far.api_key_env=LAB_KEY",
        workspace=fresh.root,
    )
    assert stat("models", "foreign", workspace=fresh.root).status == 0
    fresh.run("foreign").context().ask()
    stat("settings", "servers.far.api_key_env=OTHER_KEY", workspace=fresh.root)
    assert stat("models", "foreign", workspace=fresh.root).status == 2
    assert sent == [FOREIGN]


def test_only_allowed_variables_hold_keys(stat: Verb, fresh: Workspace) -> None:
    root = fresh.root
    stat("new", "demo", workspace=root)
    before = (root / "settings.json").exists()
    sentence = (
        "api_key_env 'GITHUB_TOKEN': expected a variable whose name ends in _API_KEY, _KEY or _TOKEN and"
    )
    named = "teacher.server.api_key_env=GITHUB_TOKEN"
    for args in [
        ("models", "--url", "http://127.0.0.1:9/v1", "--key-env", "GITHUB_TOKEN"), ("new", "other", named),
        ("set", "demo", named), ("set", "demo", named, "--dry-run"), ("fork", "demo", "other", named),
        ("settings", "servers.lab.api_key_env=GITHUB_TOKEN"),
    ]:  # fmt: skip
        said = stat(*args, workspace=root)
        assert (said.status, said.err[: len(sentence) + 13]) == (2, f"stat-studio: {sentence}"), args
    assert (root / "settings.json").exists() == before
    stat("settings", "key_variables=[GITHUB_TOKEN]", workspace=root)
    assert stat("set", "demo", named, workspace=root).status == 0
    stat("settings", "--remove", "key_variables.GITHUB_TOKEN", workspace=root)
    assert stat("set", "demo", "teacher.seed=5", workspace=root).status == 0, "what is stored stays"


def test_a_key_in_a_launcher_is_refused(stat: Verb, tmp_path: Path) -> None:
    launcher = "launchers.gpu=env OPENAI_API_KEY=sk-abcdefghijklmnop {command}"
    said = stat("settings", launcher, workspace=tmp_path)
    assert said.status == 2 and "a launcher holds a key" in said.err and "sk-" not in said.err
    assert not (tmp_path / "settings.json").exists()


def test_verbs_go_on_without_damaged_settings_and_name_them(stat: Verb, fresh: Workspace) -> None:
    path = fresh.root / "settings.json"
    path.write_text("{")
    try:
        for words in (["settings"], ["runs"], ["jobs", "launchers"]):
            said = stat(*words, workspace=fresh.root)
            assert said.status == 0, said.err
        shown = stat("settings", workspace=fresh.root)
        assert f"stat-studio: warning: {path}: found a damaged file" in shown.err
        for words in (["settings", "budget=5"], ["new", "more"]):
            said = stat(*words, workspace=fresh.root)
            assert (said.status, str(path) in said.err) == (2, True)
        assert path.read_text() == "{"
    finally:
        path.unlink()


def test_what_a_compressed_import_may_unpack_to_is_a_setting(
    stat: Verb, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("STAT_STUDIO_MAX_UNPACKED_GB", raising=False)
    file = tmp_path / "q.jsonl.gz"
    file.write_bytes(gzip.compress(b'{"id": "a", "problem": "x"}\n' * 40_000))
    stat("settings", "max_unpacked_gb=0.001", workspace=tmp_path)
    words = ("import", "questions", str(file), "--dataset", "new")
    said = stat(*words, workspace=tmp_path)
    assert (
        said.status,
        "expected at most 0.001 GB unpacked; stat-studio settings max_unpacked_gb=N" in said.err,
    ) == (2, True)
    monkeypatch.setenv("STAT_STUDIO_MAX_UNPACKED_GB", "1")
    assert "stands in line 1 too" in stat(*words, workspace=tmp_path).err
    monkeypatch.delenv("STAT_STUDIO_MAX_UNPACKED_GB")
    stat("settings", "--remove", "max_unpacked_gb", workspace=tmp_path)
    assert "stands in line 1 too" in stat(*words, workspace=tmp_path).err
