"""docs/domains.md says what works: its examples in domains other than mathematics, command by command."""

import re
import shlex
from collections import Counter
from pathlib import Path

import pytest
import yaml

from stat_engine import Workspace
from stat_engine.config import load
from stat_engine.config.shipped import ROOT
from stat_engine.grading import open_grader
from stat_engine.method.estimate import estimate_set
from stat_engine.records import Question
from tests.cli.conftest import Verb, stat  # noqa: F401
from tests.domain_teachers import WRONG, coder, of_science, task_of
from tests.models.fault_server import FaultServer, Script

GUIDE = (ROOT / "docs" / "domains.md").read_text()


def commands(heading: str) -> list[list[str]]:
    """The arguments of each `stat-studio` line of the block of commands below a heading."""
    (block,) = re.findall(rf"^{heading}.*?^```\n(.*?)^```", GUIDE, re.DOTALL | re.MULTILINE)
    lines = [line for line in block.splitlines() if not line.startswith("export OPENAI_BASE_URL=http://127")]
    assert all(line.startswith("stat-studio ") for line in lines)
    return [shlex.split(line)[1:] for line in lines]


def carry_out(stat: Verb, lines: list[list[str]], workspace: Path) -> None:  # noqa: F811
    for arguments in lines:
        said = stat(*arguments, workspace=workspace)
        assert said.status == 0, f"{arguments}: {said.err}"


@pytest.fixture
def at_root(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """The guide's commands name files from the repository's folder."""
    monkeypatch.chdir(ROOT)
    return monkeypatch


def taught(
    heading: str,
    script: Script,
    stat: Verb,  # noqa: F811
    folder: Path,
    patch: pytest.MonkeyPatch,
) -> FaultServer:
    """The commands below a heading, carried out with a teacher at the address that they export."""
    with FaultServer(script) as server:
        patch.setenv("OPENAI_BASE_URL", server.url)
        carry_out(stat, commands(heading), folder)
    return server


def test_the_guide_s_commands_lead_from_files_to_a_training_set(
    stat: Verb,  # noqa: F811
    tmp_path: Path,
    at_root: pytest.MonkeyPatch,
) -> None:
    carry_out(stat, commands("# Other domains"), tmp_path)
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


def test_the_guide_s_code_example_leads_to_a_trained_arm(
    stat: Verb,  # noqa: F811
    tmp_path: Path,
    at_root: pytest.MonkeyPatch,
) -> None:
    carry_out(stat, commands("# Other domains")[:2], tmp_path)
    server = taught("## Code, up to a trained arm", coder, stat, tmp_path, at_root)
    run = Workspace(tmp_path).run("coder")
    assert dict(run.profile().set_index("skill").n_missing)["recursion"] == 6
    new = {example.solution for example in run.folder.examples("stat-syn")}
    assert len(new) == 4 and all("def add_" in text and " - " not in text for text in new)
    assert {("value += " in text) for text in new} == {True, False}  # two programs of one question agree
    assert Counter(row.gate for row in run.folder.dropped_questions("stat-syn").read()) == {
        "untested": 3, "inconsistent": 1,
    }  # fmt: skip
    drawn = list(run.folder.examples("random"))
    assert len(drawn) == 4 and not any(WRONG in example.solution for example in drawn)
    assert any("# rewritten" in example.solution for example in drawn)
    assert set(run.folder.trained_arms()) == {"random", "stat-syn"}
    asked = {arm: list(run.folder.evaluation(arm, 0, "test").read()) for arm in ["base", *run.compare().arm]}
    assert {arm: len(rows) for arm, rows in asked.items()} == {"base": 4, "random": 4, "stat-syn": 4}
    assert {task_of(asked) for asked in server.asked} == {
        "missing_skills", "propose_question", "solve", "rewrite",
    }  # fmt: skip


def test_the_guide_s_free_text_example_leads_to_a_trained_arm(
    stat: Verb,  # noqa: F811
    tmp_path: Path,
    at_root: pytest.MonkeyPatch,
) -> None:
    server = taught("## Free text, up to a trained arm", of_science, stat, tmp_path, at_root)
    run = Workspace(tmp_path).run("pupil")
    new = {example.solution.partition("\n")[0] for example in run.folder.examples("stat-syn")}
    assert new == {"Gravity pulls it down.", "Nothing holds it against gravity."}
    rewritten = [one for one in run.folder.examples("random") if one.answer_index == 1]
    assert rewritten and all(one.solution.endswith("In short: it is so.") for one in rewritten)
    assert set(run.folder.trained_arms()) == {"random", "stat-syn"}
    rows = estimate_set(run.context(), "stat-syn")
    assert [row.task for row in rows] == ["propose_question", "solve", "judge"]
    # two of three solutions to each proposal are judged by the first; second proposals are foretold as first ones
    assert rows[2].n_calls == 2 * (rows[0].n_known + rows[0].n_calls)
    solved = [asked.text for asked in server.asked if task_of(asked) == "solve"]
    assert all('with the final answer in one sentence that begins with "In short:".' in one for one in solved)
    assert not any("\\boxed" in asked.text for asked in server.asked)


@pytest.mark.parametrize("file", ["run", "taught"])
def test_the_example_s_program_takes_no_early_end_for_a_pass(file: str) -> None:
    grader = open_grader(load(ROOT / "docs" / "examples" / "python" / f"{file}.yaml").domain.grader)
    question = Question(id="q", problem="Write `f(n)`.", answer="assert f(1) == 2")
    right = "```python\ndef f(n):\n    return n + 1\n```"
    ends = [
        "import os\nos._exit(0)",
        "exit()",
        "raise SystemExit(0)",
        "def f(n):\n    quit(0)",
        "",
        "1 +",
        "f = 3",
    ]
    items = [(text, question) for text in [right, *ends]]
    assert [grade.is_correct for grade in grader.grade(items)] == [True] + [False] * len(ends)


def test_the_guide_s_settings_are_settings() -> None:
    (block,) = re.findall(r"^```yaml\n(.*?)^```", GUIDE, re.DOTALL | re.MULTILINE)
    for section, settings in yaml.safe_load(block).items():
        known = load().model_dump()[section]
        assert set(settings) <= set(known), section


def test_the_guide_s_answer_formats_are_the_graders() -> None:
    rows = dict(
        re.findall(r"^\| `(\w+)` \| `([^`]*)`", GUIDE.partition("## How a final answer")[2], re.MULTILINE)
    )
    patterned = {"regex": ["domain.grader.pattern=(x)"], "command": ["domain.grader.command=[check]"]}
    for grader, words in rows.items():
        config = load(None, [f"domain.grader.backend={grader}", *patterned.get(grader, [])])
        used = config.domain.answer_format_used()
        assert used.removesuffix(" (x)") == words
    assert set(rows) == {"mathematical", "exact", "choice", "regex", "command", "judge"}
