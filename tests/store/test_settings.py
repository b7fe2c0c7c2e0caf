import threading
from pathlib import Path

import pytest

from stat_engine.errors import StatError
from stat_engine.store.settings import WorkspaceSettings, change_settings, read_settings


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
