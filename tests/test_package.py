"""The program as a package: what the wheel holds, and that it works where there is no checkout."""

import json
import os
import re
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import psutil
import pytest

from stat_engine import __version__
from stat_engine.cli import main
from stat_engine.config.shipped import ROOT, shipped_root
from tests.conftest import SMALL
from tests.pages.browsing import CHROMIUM, browser_page, is_local, served, settled

PREPARE = f"""
import sys
from stat_engine import Workspace
from stat_engine.numeracy.demo import prepare
workspace = Workspace(sys.argv[1])
prepare(workspace, "demo", {SMALL!r})
dataset = workspace.dataset("numeracy")
for name, n in (("validation", 60), ("test", 100)):
    ids = [question.id for question in dataset.split(name)]
    dataset.save_split(name, ids[:n], {{"from": "test", "seed": 0}})
"""
"""The demo's run and dataset, cut small; `stat-studio demo` goes on from there."""
THEME = "rgb(244, 246, 248)"
"""`secondaryBackgroundColor` of the light theme in .streamlit/config.toml."""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from this checkout."""
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(ROOT)]
    done = subprocess.run(build, capture_output=True, text=True, check=False, cwd=folder)
    assert done.returncode == 0, done.stdout + done.stderr
    (made,) = folder.glob("*.whl")
    return made


def below(folder: str, inside: str) -> set[str]:
    """The files of a folder of the checkout, as they are named in the wheel."""
    files = [path for path in (ROOT / folder).rglob("*") if path.is_file() and path.suffix != ".pyc"]
    return {f"{inside}/{path.relative_to(ROOT / folder)}" for path in files}


def test_the_wheel_holds_the_engine_the_pages_the_theme_the_presets_and_the_embedded_project(
    wheel: Path,
) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = {name for name in archive.namelist() if ".dist-info/" not in name}
    assert names == {
        *below("stat_engine", "stat_engine"),
        *below("pages", "stat_engine/shipped/pages"),
        *below("data", "stat_engine/shipped/data"),
        "stat_engine/shipped/.streamlit/config.toml",
        "stat_engine/shipped/app.py",
    }
    assert "stat_engine/shipped/data/numeracy/student/model.safetensors" in names
    assert "stat_engine/prompts/missing_skills.md" in names


def test_the_version_is_that_of_the_wheel_and_of_the_latest_entry_in_the_changelog(
    wheel: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "argv", ["stat-studio", "--version"])
    main()
    assert capsys.readouterr().out == f"stat-studio {__version__}\n"
    assert wheel.name == f"stat_studio-{__version__}-py3-none-any.whl"
    latest = re.search(r"^## (\S+)", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert latest and latest.group(1) == __version__


def test_a_checkout_has_its_files_at_its_top_level() -> None:
    assert shipped_root() == Path(__file__).parents[1]


class Installed:
    """The wheel in an environment of its own, outside the checkout."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.bin = folder, folder / "environment" / "bin"
        # without what the tests set: neither the checkout nor another workspace may be found
        self.environment = {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "STAT_WORKSPACE")}

    def run(self, program: str, *arguments: object) -> str:
        done = subprocess.run(
            [str(self.bin / program), *map(str, arguments)],
            cwd=self.folder, env=self.environment, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return done.stdout


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """The dependencies are those of this interpreter, by a line in a .pth file: nothing is downloaded."""
    there = Installed(tmp_path_factory.mktemp("installed"))
    venv.create(there.folder / "environment", with_pip=True)
    install = ["-m", "pip", "install", "--quiet", "--no-deps", "--no-index", "--disable-pip-version-check"]
    there.run("python", *install, wheel)
    own = Path(there.run("python", "-c", "import sysconfig; print(sysconfig.get_path('purelib'))").strip())
    (own / "dependencies.pth").write_text(sysconfig.get_path("purelib"))
    found = there.run("python", "-c", "import stat_engine; print(stat_engine.__file__)")
    assert Path(found.strip()) == own / "stat_engine" / "__init__.py"
    return there


@pytest.mark.slow
def test_the_installed_program_runs_the_demo_in_a_job_and_a_verb_of_numeracy(installed: Installed) -> None:
    assert installed.run("stat-studio", "--version") == f"stat-studio {__version__}\n"
    installed.run("python", "-c", PREPARE, "demo-workspace")
    place = ["--workspace", "demo-workspace"]
    for name in ("datasets", "random", "streamlit"):  # a researcher's own files, in the folder of the work
        (installed.folder / f"{name}.py").write_text("raise ImportError('not this one')")
    compared = json.loads(installed.run("stat-studio", "demo", "--json", *place))
    assert {(row["arm"], row["n_pairs"]) for row in compared["arms"]} == {
        ("random", 40), ("stat-sel", 40), ("stat-syn", 40),
    }  # fmt: skip
    job = json.loads(installed.run("stat-studio", "run", "demo", "--detach", "--json", *place))["id"]
    installed.run("stat-studio", "jobs", "log", job, "--follow", *place)
    ended = json.loads(installed.run("stat-studio", "jobs", "log", job, "--json", *place))
    assert (ended["state"], ended["last_words"]) == ("done", None)
    installed.run("stat-studio", "new", "own", "--config", "data/presets/numeracy-grpo.yaml", *place)
    installed.run("stat-studio", "numeracy", "dataset", "--out", "made")
    for name in ("questions.jsonl.gz", "skill_map.jsonl.gz", "skills.json"):
        made = (installed.folder / "made" / name).read_bytes()
        assert made == (ROOT / "data" / "numeracy" / name).read_bytes()


@pytest.mark.slow
@pytest.mark.skipif(CHROMIUM is None, reason="no chromium on this machine")
def test_the_installed_program_opens_its_pages_in_its_theme(installed: Installed) -> None:
    folder = installed.folder / "elsewhere"
    (folder / ".streamlit").mkdir(parents=True)
    (folder / ".streamlit" / "config.toml").write_text('server.address = "0.0.0.0"\ntheme.base = "dark"\n')
    outside: list[str] = []
    with (
        served(
            installed.folder / "pages-workspace",
            program=[str(installed.bin / "stat-studio")],
            folder=folder,
            environment=installed.environment,
        ) as address,
        browser_page() as page,
    ):
        page.on("request", lambda request: None if is_local(request.url) else outside.append(request.url))
        page.goto(address)
        settled(page, "Overview")
        for title in ("Settings", "Skills and data", "Jobs"):
            page.get_by_role("link", name=title, exact=True).first.click()
            settled(page, title)
            assert page.get_by_test_id("stException").count() == 0
        sidebar = page.get_by_test_id("stSidebar")
        assert sidebar.evaluate("element => getComputedStyle(element).backgroundColor") == THEME
        port = int(address.rsplit(":", 1)[1])
        listening = [c.laddr for c in psutil.net_connections("tcp") if c.status == psutil.CONN_LISTEN]
        assert {at.ip for at in listening if at.port == port} == {"127.0.0.1"}
    assert outside == []
