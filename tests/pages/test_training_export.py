"""The page Training offers a trained arm as a folder of its own, through the verb."""

from pathlib import Path

from stat_engine import Workspace
from tests.pages.conftest import Open, texts


def test_an_arm_is_exported_by_just_the_verb_that_is_shown(
    open_page: Open, finished: Workspace, submitted: list[list[str]], tmp_path: Path
) -> None:
    app = open_page(finished, "training.py", run="small")
    assert not [button for button in app.button if button.key == "training_export_start_start"]
    app.selectbox(key="training_export_arm").set_value("stat-sel")
    app.toggle(key="training_export_merge").set_value(True)
    app.text_input(key="training_export_path").input(str(tmp_path / "out")).run()
    assert not app.exception
    expected = [
        "export-model",
        "small",
        "--arm",
        "stat-sel",
        "--to",
        str(tmp_path / "out"),
        "--seed",
        "0",
        "--merge",
    ]
    assert f"stat-studio {' '.join(expected)}" in [block.value for block in app.code]
    assert "Free; an earlier export in that folder is replaced" in texts(app)
    app.button(key="training_export_start_start").click().run()
    assert submitted == [expected]
