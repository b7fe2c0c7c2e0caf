"""docs/domains.md says what works: its example in a domain other than mathematics, command by command."""

import re
import shlex
from collections import Counter
from pathlib import Path

import pytest
import yaml

from stat_engine import Workspace
from stat_engine.config import load
from stat_engine.config.shipped import ROOT
from tests.cli.conftest import Verb, stat  # noqa: F401

GUIDE = (ROOT / "docs" / "domains.md").read_text()


def commands() -> list[list[str]]:
    """The arguments of each `stat-studio` line of the guide's one block of commands."""
    blocks = re.findall(r"^```\n(.*?)^```", GUIDE, re.DOTALL | re.MULTILINE)
    (block,) = [block for block in blocks if block.startswith("stat-studio ")]
    return [shlex.split(line)[1:] for line in block.splitlines()]


def test_the_guide_s_commands_lead_from_files_to_a_training_set(
    stat: Verb,  # noqa: F811
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(ROOT)
    for arguments in commands():
        said = stat(*arguments, workspace=tmp_path)
        assert said.status == 0, f"{arguments}: {said.err}"
    run = Workspace(tmp_path).run("py")
    right = {r.question_id: r.is_correct for r in run.folder.responses.read()}
    assert [id for id, is_correct in sorted(right.items()) if not is_correct] == [
        "val/01", "val/02", "val/03", "val/05",
    ]  # fmt: skip
    missing = {row.skill: (row.n_missing, row.n_questions) for row in run.profile().itertuples()}
    assert missing == {
        "looping": (2, 2), "recursion": (2, 2), "edge_cases": (2, 2), "dictionaries": (1, 2),
        "slicing": (0, 1), "sorting": (0, 1),
    }  # fmt: skip
    built = run.training_set("functions")
    assert len(built) > 0 and Counter(built.missing_skill).keys() <= {s for s, (n, _) in missing.items() if n}


def test_the_guide_s_settings_are_settings() -> None:
    (block,) = re.findall(r"^```yaml\n(.*?)^```", GUIDE, re.DOTALL | re.MULTILINE)
    for section, settings in yaml.safe_load(block).items():
        known = load().model_dump()[section]
        assert set(settings) <= set(known), section
