import threading
from pathlib import Path

import pytest

from stat_engine.config import RunConfig
from stat_engine.errors import DamagedFile, StatError
from stat_engine.store.settings import (
    WorkspaceSettings,
    change_settings,
    changed,
    compose,
    keep_thresholds,
    read_settings,
    replaced,
    usable_settings,
    where_thresholds_are_from,
)


def with_launcher(name: str) -> WorkspaceSettings:
    return WorkspaceSettings(launchers={name: "srun {command}"})


def test_a_workspace_without_settings_has_the_defaults_and_gets_no_file(tmp_path: Path) -> None:
    assert read_settings(tmp_path) == WorkspaceSettings(launchers={})
    assert list(tmp_path.iterdir()) == []


def test_changed_settings_are_read_again(tmp_path: Path) -> None:
    changed = change_settings(tmp_path, lambda _: with_launcher("gpu"))
    assert read_settings(tmp_path) == changed == with_launcher("gpu")


def test_two_changes_at_once_both_count(tmp_path: Path) -> None:
    def add(name: str) -> None:
        change_settings(
            tmp_path, lambda old: WorkspaceSettings(launchers={**old.launchers, name: "srun {command}"})
        )

    threads = [threading.Thread(target=add, args=(f"gpu{n}",)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(read_settings(tmp_path).launchers) == [f"gpu{n}" for n in range(8)]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (
            '{"launchers": {"gpu": 3}}',
            "settings.json, launchers.gpu: found 3, input should be a valid string",
        ),
        ('{"lunch": 1}', "settings.json, lunch: found 1, extra inputs are not permitted"),
        ("[]", "settings.json, the file: found [], input should be"),
        ("{", "settings.json: found a damaged file, expected JSON"),
    ],
)
def test_a_file_that_is_no_settings_is_refused(tmp_path: Path, text: str, sentence: str) -> None:
    (tmp_path / "settings.json").write_text(text)
    with pytest.raises(StatError) as caught:
        read_settings(tmp_path)
    assert sentence in str(caught.value)


LAB = {"lab": {"base_url": "http://127.0.0.1:8000/v1", "api_key_env": "LAB_KEY"}}
PRICES = {"gpt-4.1": {"input": 2.0, "output": 8.0}}


def kept(root: Path, **values: object) -> WorkspaceSettings:
    return change_settings(root, lambda now: replaced(now, **values))


def test_settings_are_put_in_and_taken_out_by_key() -> None:
    now = changed(
        WorkspaceSettings(),
        ["servers.lab.base_url=http://127.0.0.1:8000/v1", "servers.lab.api_key_env=LAB_KEY", "budget=5",
         "prices.gpt-4.1.input=2", "prices.gpt-4.1.output=8", "reviewers=[Ada, ' Grace  H. ', Ada]"],
        [],
    )  # fmt: skip
    assert now == WorkspaceSettings.model_validate(
        {"servers": LAB, "prices": PRICES, "budget": 5, "reviewers": ["Ada", "Grace H."]}
    )
    then = changed(now, [], ["servers.lab", "prices.gpt-4.1", "budget", "reviewers.Ada"])
    assert then == WorkspaceSettings(reviewers=["Grace H."])


@pytest.mark.parametrize(
    ("override", "sentence"),
    [
        ("budget=0", "setting budget: found 0, input should be greater than 0"),
        ("prices.m.input=-1", "setting prices.m.input: found -1, input should be greater than or equal to 0"),
        ("servers.a/b.base_url=http://x", "setting servers: server name 'a/b': expected 1 to 64 letters"),
        (
            "servers.a.base_url=http://me:pw@x/v1",
            "setting servers.a.base_url: expected an address without user",
        ),
        ("reviewers=['']", "expected names of 1 to 80 characters"),
    ],
)
def test_a_setting_that_does_not_fit_is_refused(override: str, sentence: str) -> None:
    with pytest.raises(StatError) as caught:
        changed(WorkspaceSettings(), [override], [])
    assert sentence in str(caught.value)


def test_taking_out_what_is_not_there_names_what_is() -> None:
    settings = WorkspaceSettings.model_validate({"servers": LAB, "reviewers": ["Ada"]})
    with pytest.raises(StatError) as caught:
        changed(settings, [], ["servers.x"])
    assert str(caught.value) == (
        "--remove servers.x: found no such setting, expected one of budget, max_unpacked_gb, servers.lab, reviewers.Ada"
    )


@pytest.mark.parametrize("field", ["api_key_env", "api_key", "base_url"])
def test_a_key_that_is_pasted_among_the_servers_is_not_repeated(tmp_path: Path, field: str) -> None:
    with pytest.raises(StatError) as caught:
        changed(WorkspaceSettings(), [f"servers.a.{field}=http://u:sk-marker@x"], [])
    assert "sk-marker" not in str(caught.value)
    (tmp_path / "settings.json").write_text(f'{{"servers": {{"a": {{"{field}": "http://u:sk-marker@x"}}}}}}')
    with pytest.raises(StatError) as caught:
        read_settings(tmp_path)
    assert "sk-marker" not in str(caught.value) and f"servers.a.{field}" in str(caught.value)


def test_a_new_run_starts_with_the_workspaces_prices_budget_and_named_server(tmp_path: Path) -> None:
    kept(tmp_path, servers=LAB, prices=PRICES, budget=5)
    made = compose(
        tmp_path, None, None, ["teacher.server=lab", "prices.other.input=1", "prices.other.output=1"]
    )
    assert (made.teacher.server.base_url, made.teacher.server.api_key_env) == tuple(LAB["lab"].values())
    assert made.student.server.base_url is None
    assert {model: (p.input, p.output) for model, p in made.prices.items()} == {
        "gpt-4.1": (2, 8),
        "other": (1, 1),
    }
    assert made.budget == 5


def test_what_is_given_comes_before_the_workspaces_defaults(tmp_path: Path) -> None:
    kept(tmp_path, prices=PRICES, budget=5)
    given = tmp_path / "run.yaml"
    given.write_text("budget: 7\nprices:\n  gpt-4.1: {input: 1, output: 1}\n")
    assert compose(tmp_path, None, None, ["budget=null"]).budget is None
    made = compose(tmp_path, given, None, [])
    assert (made.budget, made.prices["gpt-4.1"].input) == (7, 1)


def saved_in(root: Path, tau1: float, tau2: float, model: str = "big-prm") -> None:
    own = {"reward_model": {"model": model}}
    before = RunConfig.model_validate(own)
    now = RunConfig.model_validate(own | {"difficulty": {"tau1": tau1, "tau2": tau2}})
    keep_thresholds(root, "first", before, now)


def test_a_new_run_starts_with_the_thresholds_saved_for_its_reward_model_unless_others_are_given(
    tmp_path: Path,
) -> None:
    saved_in(tmp_path, 0.9, 0.6)
    given = tmp_path / "run.yaml"
    given.write_text("difficulty: {tau2: 0.5}\nreward_model: {model: big-prm}\n")

    def taus(path: Path | None, *settings: str) -> tuple[float, float]:
        made = compose(tmp_path, path, None, list(settings)).difficulty
        return made.tau1, made.tau2

    default = (RunConfig().difficulty.tau1, RunConfig().difficulty.tau2)
    assert taus(None) == default
    assert taus(None, "reward_model.model=big-prm") == (0.9, 0.6)
    assert taus(None, "reward_model.model=big-prm", "reward_model.backend=imported") == default
    assert taus(None, "reward_model.model=big-prm", "difficulty.tau1=0.2") == (0.2, 0.6)
    assert taus(given) == (0.9, 0.5)
    made = compose(tmp_path, None, None, ["reward_model.model=big-prm"])
    assert where_thresholds_are_from(tmp_path, made) == (
        "tau1 = 0.9 and tau2 = 0.6: the thresholds saved for reward model big-prm in run first"
    )
    assert where_thresholds_are_from(tmp_path, RunConfig()) is None


def test_only_changed_thresholds_of_a_scored_run_are_kept_and_can_be_taken_out(tmp_path: Path) -> None:
    keep_thresholds(tmp_path, "r", RunConfig(), RunConfig(arms=["random"]))
    assert list(tmp_path.iterdir()) == []
    saved_in(tmp_path, 0.9, 0.6, "org/prm-2.5")
    assert changed(read_settings(tmp_path), [], ["thresholds.org/prm-2.5"]) == WorkspaceSettings()


def test_an_address_of_a_server_begins_with_http() -> None:
    for url in ("not a url", "127.0.0.1:8000/v1", "ftp://lab/v1", "http://", "http://a b"):
        with pytest.raises(StatError, match=r"servers\.lab\.base_url: expected an address that begins with"):
            changed(WorkspaceSettings(), [f"servers.lab.base_url='{url}'"], [])


def test_a_server_that_is_not_there_is_named(tmp_path: Path) -> None:
    kept(tmp_path, servers=LAB)
    with pytest.raises(
        StatError, match=r"^no server 'x' in the workspace's settings \(there: lab\); add one"
    ):
        compose(tmp_path, None, None, ["student.server=x"])


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"budget": "x"}', '{"max_unpacked_gb": Infinity}', '{"other": 1}']
)
def test_a_damaged_file_leaves_the_defaults_in_force_and_is_named(tmp_path: Path, text: str) -> None:
    path = tmp_path / "settings.json"
    path.write_text(text)
    with pytest.warns(DamagedFile) as warned:
        found, fault = usable_settings(tmp_path)
    assert (found, [str(one.message) for one in warned]) == (WorkspaceSettings(), [fault])
    assert fault is not None and fault.startswith(f"{path}") and "found " in fault
    assert fault.endswith(
        "; the defaults apply until you restore it from a copy, or remove it and give its settings again "
        "with: stat-studio settings KEY=VALUE"
    )
    with pytest.raises(StatError):
        change_settings(tmp_path, lambda now: now)
    assert path.read_text() == text
