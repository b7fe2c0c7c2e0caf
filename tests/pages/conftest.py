"""Pages in Streamlit's own test harness."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from streamlit.runtime.pages_manager import PagesManager
from streamlit.testing.v1 import AppTest

from stat_engine import Workspace, jobs
from stat_engine.config.shipped import ROOT
from stat_engine.orders import Order
from stat_engine.store.workspace import WorkspaceFolder
from tests.commands import answer_here

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

Open = Callable[..., AppTest]


@pytest.fixture(autouse=True)
def as_a_server_runs_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every run goes through app.py, as in a server that has drawn it once.

    The harness forgets between runs that `st.navigation` was called, runs the file in pages/ by itself, and
    the page's way back into the frame is a second run, in which no button is pressed any more."""
    made = PagesManager.__init__

    def init(self: PagesManager, *arguments: Any, **named: Any) -> None:
        made(self, *arguments, **named)
        PagesManager.uses_pages_directory = False

    monkeypatch.setattr(PagesManager, "__init__", init)


@pytest.fixture(autouse=True)
def answers_without_a_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """Short questions of a page to the engine start no process here."""
    answer_here(monkeypatch)


@pytest.fixture
def open_page(monkeypatch: pytest.MonkeyPatch) -> Open:
    """open_page(workspace, "compare.py", run="small", ...) runs the page with this address."""

    def opened(workspace: WorkspaceFolder, page: str, **query: str) -> AppTest:
        monkeypatch.setenv("STAT_WORKSPACE", str(workspace.root))
        app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=30)
        for key, value in query.items():
            app.query_params[key] = value
        app.switch_page(f"pages/{page}").run()
        assert not app.exception, app.exception
        return app

    return opened


@pytest.fixture(scope="module")
def address(finished: Workspace) -> Iterator[str]:
    """Where the app serves the finished workspace, for the browser tests of one file."""
    from tests.pages.browsing import served  # only browser tests need the browser's package

    with served(finished.root) as at:
        yield at


@pytest.fixture(scope="module")
def browser() -> Iterator["Browser"]:
    """One browser for the tests of one file; while it runs, no other event loop can."""
    from tests.pages.browsing import running_browser

    with running_browser() as running:
        yield running


@pytest.fixture
def page(browser: "Browser") -> Iterator["Page"]:
    """A page without the cookies and storage of others."""
    from tests.pages.browsing import new_page

    opened = new_page(browser)
    yield opened
    opened.close()


@pytest.fixture
def submitted(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """Arguments of the jobs that a page starts; none of them is really started."""
    found: list[list[str]] = []

    def submit(root: Path, order: Order, **_: Any) -> dict[str, Any]:
        found.append(order.words())
        return {}

    monkeypatch.setattr(jobs, "submit", submit)
    return found


def metrics(app: AppTest) -> dict[str, str]:
    """{label: value} of the figures on the page."""
    return {metric.label: metric.value for metric in app.metric}


def texts(app: AppTest) -> str:
    """All sentences on the page."""
    elements = [*app.markdown, *app.caption, *app.info, *app.warning, *app.error]
    return "\n".join(element.value for element in elements).replace("\\", "")
