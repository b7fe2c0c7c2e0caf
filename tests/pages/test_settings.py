"""The Settings page in Streamlit's own harness: what its forms write, what they refuse, and that no key shows."""

from pathlib import Path
from typing import Any

import pytest

from stat_engine import Workspace
from stat_engine.config import backends
from stat_engine.config.shipped import ROOT
from stat_engine.jobs import launchers
from stat_engine.orders import DoctorOrder, ModelsOrder, Order
from stat_engine.store.settings import change_settings, read_settings, replaced, usable_settings
from stat_engine.store.workspace import WorkspaceFolder
from stat_engine.ui.shared import work
from tests.pages.conftest import Open, texts

LAB = {"base_url": "http://127.0.0.1:9/v1", "api_key_env": "LAB_KEY"}
MARKER = "sk-marker-7f3a"


@pytest.fixture(autouse=True)
def no_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backends, "FILES", ())


@pytest.fixture
def place(tmp_path: Path) -> WorkspaceFolder:
    return WorkspaceFolder(tmp_path)


def fill(app: Any, **values: Any) -> Any:
    for key, value in values.items():
        elements = [*app.text_input, *app.number_input, *app.text_area]
        next(one for one in elements if one.key == f"settings_{key}").set_value(value)
    return app


def press(app: Any, key: str) -> Any:
    (button,) = (one for one in app.button if f"settings_{key}" in (one.key or ""))
    button.click().run()
    assert not app.exception, app.exception
    return app


def test_a_server_is_added_changed_and_removed(open_page: Open, place: WorkspaceFolder) -> None:
    app = fill(
        open_page(place, "settings.py"), server_name="lab", server_url=LAB["base_url"], server_key="LAB_KEY"
    )
    press(app, "save_server")
    (server,) = read_settings(place.root).servers.items()
    assert (server[0], server[1].base_url, server[1].api_key_env) == ("lab", *LAB.values())
    assert [text.value for text in app.text] == [LAB["base_url"]] and app.success[
        0
    ].value == "lab is saved\\."
    change_settings(place.root, lambda now: replaced(now, servers={"lab": {**LAB, "width": 7}}))
    press(app, "change_servers_0")
    press(fill(app, server_url="http://127.0.0.1:8/v1"), "save_server")
    changed = read_settings(place.root).servers["lab"]
    assert (changed.base_url, changed.width) == ("http://127.0.0.1:8/v1", 7)
    press(app, "remove_servers_0")
    assert read_settings(place.root).servers == {}


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        (
            {"server_name": "lab", "server_key": MARKER},
            "expected the name of an environment variable in capitals",
        ),
        ({"server_name": "lab", "server_url": f"http://u:{MARKER}@x"}, "without user name or password"),
        ({"server_name": "../x"}, "expected 1 to 64 letters"),
        ({"server_name": ""}, "Expected a name, found none"),
    ],
)
def test_a_server_that_cannot_be_is_refused_and_written_nowhere(
    open_page: Open, place: WorkspaceFolder, fields: dict[str, str], sentence: str
) -> None:
    app = press(fill(open_page(place, "settings.py"), **fields), "save_server")
    assert sentence in texts(app) and MARKER not in texts(app)
    assert not (place.root / "settings.json").exists()


def test_health_is_asked_of_the_engine_and_its_sentence_shown(
    open_page: Open, place: WorkspaceFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    change_settings(place.root, lambda now: replaced(now, servers={"lab": LAB}))
    asked = []

    def answer(order: Order) -> dict[str, Any]:
        asked.append(order)
        return {"servers": [{"is_up": False, "sentence": "nobody answers at http://127.0.0.1:9/v1"}]}

    monkeypatch.setattr(work, "answer", answer)
    app = press(open_page(place, "settings.py"), "check_0")
    assert asked == [ModelsOrder(url=LAB["base_url"], key_env="LAB_KEY")]
    assert "nobody answers at" in app.error[0].value


def test_prices_and_the_budget_are_kept(open_page: Open, place: WorkspaceFolder) -> None:
    app = open_page(place, "settings.py", settings_part="Prices")
    press(fill(app, price_model="gpt-4.1", price_input=2.0, price_output=8.0), "save_price")
    press(fill(app, budget=5.0), "save_budget")
    found = read_settings(place.root)
    assert (found.prices["gpt-4.1"].input, found.prices["gpt-4.1"].output, found.budget) == (2, 8, 5)
    assert "$2 a million tokens in, $8 out" in texts(app)
    press(fill(app, price_model="half", price_input=1.0), "save_price")
    assert "Half: expected a price in and a price out" in texts(app)
    assert list(read_settings(place.root).prices) == ["gpt-4.1"]
    press(app, "remove_prices_0")
    press(fill(app, budget=None), "save_budget")
    assert (read_settings(place.root).prices, read_settings(place.root).budget) == ({}, None)


def test_reviewers_are_kept_one_a_line_and_offered_on_the_labels_page(
    open_page: Open, finished: Workspace, place: WorkspaceFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = open_page(place, "settings.py", settings_part="Reviewers")
    press(fill(app, reviewers="Ada\n\nGrace\n"), "save_reviewers")
    assert read_settings(place.root).reviewers == ["Ada", "Grace"]
    assert app.text_area[0].value == "Ada\nGrace"
    monkeypatch.delenv("STAT_REVIEWER", raising=False)
    settings = read_settings(place.root)
    monkeypatch.setattr("stat_engine.views.servers.usable_settings", lambda _: (settings, None))
    labels = open_page(finished, "skill_labels.py")
    assert labels.selectbox(key="labels_given_name").options == ["Ada", "Grace"]


def test_launchers_are_added_with_their_place_for_the_command_and_removed(
    open_page: Open, place: WorkspaceFolder
) -> None:
    app = open_page(place, "settings.py", settings_part="Launchers")
    press(fill(app, launcher_name="gpu", launcher_template="srun"), "save_launcher")
    assert "expected a command with {command} in it, once" in texts(app)
    assert launchers(place.root) == {}
    press(fill(app, launcher_template="srun {command}"), "save_launcher")
    assert launchers(place.root) == {"gpu": "srun {command}"}
    press(app, "remove_launchers_0")
    assert launchers(place.root) == {}


def test_the_machine_is_told_by_doctor(
    open_page: Open, place: WorkspaceFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    check = {"what": "torch", "state": "missing", "found": "not installed", "fix": "make install"}
    monkeypatch.setattr(work, "answer", lambda order: {"checks": [check]} if order == DoctorOrder() else None)
    app = open_page(place, "settings.py", settings_part="Machine")
    assert app.code[0].value == str(place.root.resolve())
    assert app.dataframe[0].value.to_dict("records") == [check]
    assert "Missing: torch" in texts(app)


def test_a_damaged_settings_file_is_said(open_page: Open, place: WorkspaceFolder) -> None:
    (place.root / "settings.json").write_text("{")
    assert "found a damaged file, expected JSON" in texts(open_page(place, "settings.py"))


def test_a_key_in_the_environment_shows_on_no_page(
    open_page: Open, fresh: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LAB_KEY", MARKER)
    monkeypatch.setenv("OPENAI_API_KEY", MARKER)
    change_settings(fresh.root, lambda now: replaced(now, servers={"lab": LAB}))
    fresh.run("small").configure(
        ["teacher.backend=openai", "teacher.model=m", "teacher.server.api_key_env=LAB_KEY"]
    )
    app = open_page(fresh, "settings.py")
    (keys,) = (frame.value for frame in app.dataframe if "variable" in frame.value.columns)
    assert dict(zip(keys.variable, keys.state, strict=True)) == {
        "OPENAI_API_KEY": "set", "HF_TOKEN": "not set", "LAB_KEY": "set",
    }  # fmt: skip
    for page in sorted(path.name for path in (ROOT / "pages").glob("*.py")):
        assert MARKER not in str(open_page(fresh, page)), page
    assert not [p for p in _files(fresh.root) if MARKER.encode() in p.read_bytes()]


def _files(root: Path) -> list[Path]:
    return [path for path in root.rglob("*") if path.is_file()]


def test_the_limit_of_a_compressed_file_is_kept(open_page: Open, place: WorkspaceFolder) -> None:
    app = open_page(place, "settings.py", settings_part="Imports")
    press(fill(app, unpacked=2.5), "save_unpacked")
    assert read_settings(place.root).max_unpacked_gb == 2.5
    press(fill(app, unpacked=0.0), "save_unpacked")
    assert "Max_unpacked_gb: found 0.0, input should be greater than 0" in texts(app)
    assert read_settings(place.root).max_unpacked_gb == 2.5


@pytest.mark.parametrize("page", ["settings.py", "overview.py", "jobs.py", "skill_labels.py"])
def test_pages_go_on_without_damaged_settings_and_name_them(
    open_page: Open, finished: Workspace, place: WorkspaceFolder, monkeypatch: pytest.MonkeyPatch, page: str
) -> None:
    (place.root / "settings.json").write_text("{")
    found = usable_settings(place.root)
    monkeypatch.setattr("stat_engine.views.servers.usable_settings", lambda _: found)
    app = open_page(finished, page)
    assert found[1] is not None and found[1] in texts(app).replace("\\", "")
