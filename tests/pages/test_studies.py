"""The page Studies in Streamlit's own harness, with values asserted against the engine's."""

import shutil
from pathlib import Path

import pytest

from stat_engine import Workspace, views
from stat_engine.method.context import Silent
from stat_engine.studies import STUDIES, Design, run_study
from tests.pages.conftest import Open, texts

DESIGN = Design(seeds=(0,), arms=("random",), values=("8", "16"))


@pytest.fixture(scope="module")
def studied(finished: Workspace, tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    root: Path = tmp_path_factory.mktemp("pages") / "workspace"
    shutil.copytree(finished.root, root)
    workspace = Workspace(root)
    run_study(workspace, STUDIES["set-size"], workspace.run("small"), DESIGN, Silent())
    return workspace


def test_without_a_study_the_form_says_what_one_takes(open_page: Open, finished: Workspace) -> None:
    app = open_page(finished, "studies.py")
    assert [box.label for box in app.selectbox if box.key == "studies_kind"] == ["Study"]
    app.selectbox(key="studies_kind").set_value("label-noise").run()
    app.button(key="studies_plan").click().run()
    assert "5 runs with 27 fine-tunings" in texts(app)
    assert [b.label for b in app.button if b.key == "studies_start"] == ["Start the study"]


def test_a_study_shows_its_question_and_the_engines_figures(open_page: Open, studied: Workspace) -> None:
    app = open_page(studied, "studies.py", study="set-size")
    assert STUDIES["set-size"].question in texts(app)
    assert "2 of 2 runs are done" in texts(app)
    expected = views.studies.table(studied, "set-size")
    shown = next(frame.value for frame in app.dataframe if "accuracy" in frame.value.columns)
    assert shown.accuracy.tolist() == expected.accuracy.tolist()
    assert shown.arm.tolist() == expected.arm.tolist()


def test_every_study_of_the_engine_stands_in_the_form() -> None:
    from stat_engine.ui.studies.study import KINDS

    assert list(KINDS) == list(STUDIES)
