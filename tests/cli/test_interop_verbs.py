"""Verbs that exchange files with other tools: import lm-eval, import hub, export-steps."""

from pathlib import Path

from stat_engine import Workspace
from tests.cli.conftest import Verb
from tests.factories import a_label
from tests.formats.files import write_jsonl
from tests.formats.test_hub import RATED
from tests.formats.test_inspect_logs import a_sample as an_inspect_sample
from tests.formats.test_inspect_logs import log_file
from tests.formats.test_lm_eval import a_sample
from tests.reviewing import append


def test_lm_eval_makes_a_run_whose_labels_can_be_reviewed_and_exported(stat: Verb, tmp_path: Path) -> None:
    root = tmp_path / "w"
    path = write_jsonl(tmp_path / "samples_x.jsonl", [a_sample(0), a_sample(1, exact_match=0)])
    said = stat(
        "import", "lm-eval", path, "--dataset", "d", "--run", "r", "--model", "m", "--json", workspace=root
    )
    assert (said.status, said.json["n_questions_made"], said.json["models"]) == (0, 2, {"m": 2}), said.err
    again = stat("import", "lm-eval", path, "--dataset", "d", "--run", "r", "--filter", "x", workspace=root)
    assert (again.status, again.err.count("\n")) == (2, 1)

    run = Workspace(root).run_folder("r")
    (first, second) = run.responses.read()
    run.missing_skills().write(
        "f",
        [a_label(second.response_id, second.question_id, "s", evidence_step=0)],
        run.stage_settings("missing_skills"),
    )
    out = tmp_path / "steps.jsonl"
    none = stat("export-steps", "r", "--out", out, workspace=root)
    assert (none.status, none.err.count("\n"), out.exists()) == (2, 1, False)
    append(run.label_log, second.response_id, "accept", "me")
    exported = stat("export-steps", "r", "--out", out, "--json", workspace=root).json
    assert (exported["n_responses"], exported["files"]) == (1, [str(out)])
    assert first.response_id != second.response_id and out.read_text().count("\n") == 1


def test_hub_presets_go_into_a_dataset_or_a_run_of_their_name(stat: Verb, tmp_path: Path) -> None:
    root = tmp_path / "w"
    row = {"question": "1+1?", "answer": "2\n#### 2"}
    said = stat(
        "import", "hub", "GSM8K", "--file", write_jsonl(tmp_path / "g.jsonl", [row]), "--split", "test",
        "--json", workspace=root,
    )  # fmt: skip
    assert (said.status, said.json["by_split"]) == (0, {"test": 1}), said.err
    rated = write_jsonl(tmp_path / "p.jsonl", [RATED])
    said = stat("import", "hub", "processbench", "--file", rated, "--json", workspace=root)
    assert (said.json["run"], said.json["dataset"], said.json["n_new_responses"]) == (
        "processbench", "processbench", 1,
    )  # fmt: skip
    assert Workspace(root).dataset_names() == ["gsm8k", "processbench"]
    unknown = stat("import", "hub", "imagenet", workspace=root)
    assert (unknown.status, unknown.err.count("\n")) == (2, 1)


def test_every_import_reads_columns_of_other_names(stat: Verb, tmp_path: Path) -> None:
    root = tmp_path / "w"
    gsm = write_jsonl(tmp_path / "g.jsonl", [{"ask": "1+1?", "worked": "2\n#### 2", "gold": [2.0]}])
    said = stat(
        "import", "hub", "gsm8k", "--file", gsm, "--split", "test", "--dataset", "d", "--column", "problem=ask",
        "--column", "solution=worked", "--column", "answer=gold", workspace=root,
    )  # fmt: skip
    assert said.status == 0, said.err
    assert [(q.problem, q.answer) for q in Workspace(root).dataset("d").questions.values()] == [("1+1?", "2")]

    samples = write_jsonl(
        tmp_path / "samples_x.jsonl", [a_sample(0, doc={"ask": "1+1?"}, exact_match=0, math_verify=1)]
    )
    way = ("import", "lm-eval", samples, "--dataset", "d", "--run", "r", "--skip-unknown")
    refused = stat(*way, workspace=root)
    assert (refused.status, "--column problem=FIELD" in refused.err) == (2, True)
    said = stat(*way, "--column", "problem=ask", "--metric", "exact_match", "--json", workspace=root)
    assert (said.status, said.json["n_responses"], said.json["n_correct"]) == (0, 1, 0), said.err

    pairs = write_jsonl(tmp_path / "set.jsonl", [{"ask": "1+1?", "say": "2", "answer": "not this"}])
    way = ("import", "training-set", pairs, "--run", "r", "--column", "problem=ask")
    assert stat(*way, "--column", "solution=say", workspace=root).status == 0
    examples = Workspace(root).run_folder("r").training_set("set").read()
    assert [(e.problem, e.solution) for e in examples] == [("1+1?", "2")]
    unknown = stat(*way, "--column", "skill=say", workspace=root)
    assert (unknown.status, "expected one of problem, solution, messages" in unknown.err) == (2, True)


def test_inspect_logs_make_a_run(stat: Verb, tmp_path: Path) -> None:
    root, log = (
        tmp_path / "w",
        log_file(tmp_path, [an_inspect_sample(), an_inspect_sample(epoch=2, text="3")]),
    )
    way = ("import", "inspect", log, "--dataset", "d", "--run", "r", "--scorer", "other", "--json")
    said = stat(*way, workspace=root)
    assert (said.status, said.json["models"], said.json["n_correct"]) == (0, {"openai/m": 2}, 0), said.err
    named = stat(*way, "--model", "mine", "--column", "problem=x", workspace=root)
    assert (named.status, "--column problem=x" in named.err) == (2, True)
