"""Samples of lm-evaluation-harness: a run with no student of ours, and no dataset beforehand."""

import json
from pathlib import Path
from typing import Any

import pytest

from stat_engine.config import RunConfig, validate
from stat_engine.errors import InputError, StatError
from stat_engine.formats import lm_eval
from stat_engine.formats.lm_eval import SampleReading
from stat_engine.records import Question
from stat_engine.store.run_folder import RunFolder
from stat_engine.store.workspace import WorkspaceFolder
from tests.formats.files import listing, write_jsonl


def a_sample(doc_id: int = 0, **fields: Any) -> dict[str, Any]:
    return {
        "doc_id": doc_id,
        "doc": {"question": f"{doc_id}+1?", "answer": f"long way\n#### {doc_id + 1}"},
        "target": f"long way\n#### {doc_id + 1}",
        "arguments": {
            "gen_args_0": {"arg_0": f"Question: {doc_id}+1?\nAnswer:", "arg_1": {"until": ["\n\n"]}}
        },
        "resps": [[f"It is so.\nThe answer is {doc_id + 1}."]],
        "filtered_resps": [f"{doc_id + 1}"],
        "filter": "strict-match",
        "metrics": ["exact_match"],
        "doc_hash": "ab" * 32,
        "prompt_hash": "cd" * 32,
        "target_hash": "ef" * 32,
        "exact_match": 1.0,
        **fields,
    }


def config(dataset: str = "theirs") -> RunConfig:
    return validate({"dataset": dataset, "student": {"backend": "imported", "steps": "newline"}})


def bring_in(
    workspace: WorkspaceFolder,
    tmp_path: Path,
    rows: list[Any],
    dataset: str = "theirs",
    *,
    skip_unknown: bool = False,
    **how: Any,
) -> dict[str, object]:
    path = write_jsonl(tmp_path / "samples_gsm8k_2026.jsonl", rows)
    given = config(dataset), "m", SampleReading(**how), skip_unknown
    return lm_eval.import_lm_eval(workspace, path, "r2", *given)


def stored(run: RunFolder) -> list[tuple[str, int, str, bool | None]]:
    return [(r.question_id, r.sample, r.response, r.is_correct) for r in run.responses.read()]


def test_documents_make_the_dataset_and_the_run(tmp_path: Path, workspace: WorkspaceFolder) -> None:
    counts = bring_in(workspace, tmp_path, [a_sample(0), a_sample(1, exact_match=0.0)])
    assert counts == {
        "run": "r2",
        "dataset": "theirs",
        "n_questions_made": 2,
        "n_responses": 2,
        "n_new": 2,
        "n_questions": 2,
        "models": {"m": 2},
        "n_correct": 1,
        "n_ungraded": 0,
        "n_outcome_rewards": 0,
        "n_skipped": 0,
        "notes": [],
    }
    assert list(workspace.dataset("theirs").questions.values()) == [
        Question(
            id=str(n),
            split="validation",
            problem=f"{n}+1?",
            solution=f"long way\n#### {n + 1}",
            answer=str(n + 1),
        )
        for n in range(2)
    ]
    run = workspace.run_folder("r2")
    assert run.config.student.backend == "imported"
    first = next(iter(run.responses.read()))
    assert (first.model, first.steps) == ("m", ["It is so.", "The answer is 1."])
    # the metric has the last word: this text ends in the right answer
    assert [is_correct for *_, is_correct in stored(run)] == [True, False]


def test_importing_again_changes_nothing(tmp_path: Path, workspace: WorkspaceFolder) -> None:
    bring_in(workspace, tmp_path, [a_sample(0), a_sample(1)])
    before = listing(workspace.root)
    assert bring_in(workspace, tmp_path, [a_sample(0), a_sample(1)])["n_new"] == 0
    assert listing(workspace.root) == before


def test_requests_and_repeats_are_samples_graded_here(tmp_path: Path, workspace: WorkspaceFolder) -> None:
    bring_in(workspace, tmp_path, [a_sample(0, resps=[["A: 1", "A: 2"], ["A: 1.0"]], exact_match=0.5)])
    assert stored(workspace.run_folder("r2")) == [
        ("0", 0, "A: 1", True), ("0", 1, "A: 2", False), ("0", 2, "A: 1.0", True),
    ]  # fmt: skip


def test_one_filter_of_several_is_read(tmp_path: Path, workspace: WorkspaceFolder) -> None:
    rows = [a_sample(0), a_sample(0, filter="flexible-extract", exact_match=0.0)]
    before = listing(workspace.root)
    with pytest.raises(InputError) as caught:
        bring_in(workspace, tmp_path, rows)
    assert str(caught.value).endswith(
        "line 2, field filter: found 'flexible-extract' after 'strict-match', expected one filter, or "
        "--filter with the one to read"
    )
    with pytest.raises(
        InputError, match="found 'strict-match', 'flexible-extract', expected rows of filter 'x'"
    ):
        bring_in(workspace, tmp_path, rows, filter="x")
    assert listing(workspace.root) == before
    bring_in(workspace, tmp_path, rows, filter="flexible-extract")
    assert [is_correct for *_, is_correct in stored(workspace.run_folder("r2"))] == [False]


def test_a_dataset_that_is_there_is_joined_by_id_or_by_text(
    tmp_path: Path, workspace: WorkspaceFolder
) -> None:
    rows = [
        a_sample(0, doc={"problem": "as they word it", "unique_id": "q/2.json"}, exact_match=1),
        a_sample(1, doc={"problem": " Sides  of a\ntriangle? "}, exact_match=1),
        a_sample(2, doc={"problem": "Sides of a triangle?", "id": 3}, exact_match=0),
    ]
    assert bring_in(workspace, tmp_path, rows, "toy")["n_questions_made"] == 0
    assert [(id, sample) for id, sample, *_ in stored(workspace.run_folder("r2"))] == [
        ("q/2", 0), ("q/3", 0), ("q/3", 1),
    ]  # fmt: skip


def test_a_running_number_is_no_name_and_what_joins_nothing_may_be_skipped(
    tmp_path: Path, workspace: WorkspaceFolder
) -> None:
    bring_in(workspace, tmp_path, [a_sample(0)])
    other = [a_sample(0), a_sample(1), a_sample(2, doc={"question": "0+1?"})]
    with pytest.raises(
        InputError, match=r"line 2, field doc: found '1\+1\?', expected a question of the dataset"
    ):
        bring_in(workspace, tmp_path, other)
    with pytest.raises(InputError, match=r"line 1, field doc: found '7\+7\?', expected a question"):
        bring_in(workspace, tmp_path, [a_sample(0, doc={"question": "7+7?"})])
    counts = bring_in(workspace, tmp_path, other, skip_unknown=True)
    assert (counts["n_skipped"], counts["n_responses"]) == (1, 2)


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"doc": {"question": " ", "input": "from input"}}, "from input"),
        ({"doc": {"query": "x"}}, "x"),
        ({"doc": {"Problem": "x", "Solution": "s"}}, "x"),
        ({"doc": {"QUESTION": "x"}}, "x"),
        ({"doc": {"Problem Statement": "x"}}, "x"),
        ({"doc": {"body": "Two jars. ", "question": "How many?"}}, "Two jars. How many?"),
        ({"doc": {"Body": "Two jars.", "Question": "How many?"}}, "Two jars. How many?"),
        ({"doc": {"passage": "Two jars.", "question": "How many?"}}, "Two jars. How many?"),
        ({"doc": {"question": "x", "body": ""}}, "x"),
        ({"doc": {"question": "<|im_start|>user\nx<|im_end|>", "problem": "x"}}, "x"),
        ({"doc": {"prompt": "Q: 1+1?\nA: 2\n\nQ: x\nA:", "text": "x"}}, "x"),
        ({"doc": {"prompt": "Human: x\n\nAssistant:", "text": "x"}}, "x"),
        ({"doc": {"input": "### Instruction:\nx\n\n### Response:\n", "text": "x"}}, "x"),
        ({"doc": {"problem": "Problem 1: x\nInput: 1\nInput: 2"}}, "Problem 1: x\nInput: 1\nInput: 2"),
        ({"doc": {"question": "Which?", "options": ["4", "7"], "answer": "B"}}, "Which?\nA. 4\nB. 7"),
        ({"doc": {"question": "Which?", "choices": {"text": ["4", "7"], "label": ["1", "2"]}}}, "Which?\n1. 4\n2. 7"),
        ({"doc": {"question": "Which?", "options": {"A": "4", "B": "7"}}}, "Which?\nA. 4\nB. 7"),
        ({"doc": {"question": "Which?", "options": ["A)4", "B)7"]}}, "Which?\nA)4\nB)7"),
        ({"doc": {"Problem": "Which?", "options": "a ) 4 , b ) 7"}}, "Which?\na ) 4 , b ) 7"),
        ({"doc": {"query": "Which?\n(A)4 (B)7", "choices": ["(A)4", "(B)7"]}}, "Which?\n(A)4 (B)7"),
        ({"doc": {"question": "Is it 4 or 7?", "choices": ["4", "7"]}}, "Is it 4 or 7?\nA. 4\nB. 7"),
        ({"doc": {"question": "Which?\nA. 4\nB. 7", "choices": ["4", "7"]}}, "Which?\nA. 4\nB. 7"),
        ({"doc": {"question": "Which?", "opa": "4", "opb": "7"}}, "Which?\nA. 4\nB. 7"),
        ({"doc": {"Question": "Which?", "choice1": "4", "choice2": "7"}}, "Which?\nA. 4\nB. 7"),
        ({"doc": {"question": "Which?", "choices": [{"text": "4"}, {"text": "7"}]}}, "Which?\nA. 4\nB. 7"),
        ({"doc": {"query": "Q: Which? (A) 4 (B) 7\nA: Among A through B, the answer is"}}, "Which? (A) 4 (B) 7"),
        ({"doc": {"prompt": "def f():\n    \"\"\"One.\"\"\"\n"}}, "def f():\n    \"\"\"One.\"\"\"\n"),
    ],
)  # fmt: skip
def test_the_problem_is_found(
    fields: dict[str, Any], problem: str, tmp_path: Path, workspace: WorkspaceFolder
) -> None:
    bring_in(workspace, tmp_path, [a_sample(0, **fields)])
    assert workspace.dataset("theirs").questions["0"].problem == problem


def test_fields_of_the_document_are_named_where_none_is_known(
    tmp_path: Path, workspace: WorkspaceFolder
) -> None:
    doc = {"riddle": "0+1?", "worked": "It is 1", "gold": 1, "key": "r/0"}
    columns = {"problem": "riddle", "solution": "worked", "answer": "gold", "id": "key"}
    bring_in(workspace, tmp_path, [a_sample(0, doc=doc)], columns=columns)
    assert list(workspace.dataset("theirs").questions.values()) == [
        Question(id="0", split="validation", problem="0+1?", solution="It is 1", answer="1")
    ]
    with pytest.raises(
        InputError, match="field doc.no: found 'fields riddle, worked, gold, key', expected a field"
    ):
        bring_in(workspace, tmp_path, [a_sample(0, doc=doc)], columns={"problem": "no"})
    with pytest.raises(
        InputError, match="field doc.no: found fields riddle, .*the field that --column answer=no names"
    ):
        bring_in(workspace, tmp_path, [a_sample(0, doc=doc)], columns={**columns, "answer": "no"})


@pytest.mark.parametrize(
    ("target", "solution", "answer"),
    [
        ("so \\boxed{1}", "so \\boxed{1}", "1"),
        ("So $\\boxed 2$ in all 7 cases.", "So $\\boxed 2$ in all 7 cases.", "2"),
        ("Thus $\\fbox{\\frac12}$ of 9.", "Thus $\\fbox{\\frac12}$ of 9.", "\\frac12"),
        ("Step by step.\nThe answer is 11.", "Step by step.\nThe answer is 11.", "11"),
        ("long\n#### 1,600", "long\n#### 1,600", "1600"),
        ("$\\frac{1}{2}$", None, "\\frac{1}{2}"),
        (27.0, None, "27"),
        (["24"], None, "24"),
        (" Paris ", None, "Paris"),
        ("def f():\n    return 1 ** 2\n", None, "def f():\n    return 1 ** 2"),
        (3, None, "3"),
        (["a", "b"], None, None),
        ("", None, None),
    ],
)
def test_the_target_is_an_answer_or_a_solution_with_one(
    target: Any, solution: str | None, answer: str | None, tmp_path: Path, workspace: WorkspaceFolder
) -> None:
    bring_in(workspace, tmp_path, [a_sample(0, target=target)])
    question = workspace.dataset("theirs").questions["0"]
    assert (question.solution, question.answer) == (solution, answer)


def test_a_metric_under_its_newer_name_and_a_missing_one(tmp_path: Path, workspace: WorkspaceFolder) -> None:
    newer = a_sample(0, **{"exact_match,none": 0})
    del newer["exact_match"]
    graded_here = {**a_sample(1), "exact_match": None}
    bring_in(workspace, tmp_path, [newer, graded_here])
    assert [is_correct for *_, is_correct in stored(workspace.run_folder("r2"))] == [False, True]


@pytest.mark.parametrize(
    ("metrics", "metric", "verdict"),
    [
        ({"exact_match": 0, "math_verify": 1}, None, True),
        ({"exact_match": 0.0, "math_verify": 1.0}, None, True),
        ({"exact_match": None, "exact_match,none": 0, "math_verify,none": 1}, None, True),
        ({"exact_match": None, "exact_match,strict-match": 0}, None, False),
        ({"exact_match": 1, "math_verify": None}, None, True),
        ({"exact_match,flexible-extract": 1, "exact_match,strict-match": 0}, None, False),
        ({"exact_match": 0, "math_verify": 1}, "exact_match", False),
        ({"exact_match": 0, "own,none": True}, "own", True),
        ({"exact_match": 0, "own,none": True}, "own,none", True),
    ],
)  # fmt: skip
def test_math_verify_comes_before_exact_match_unless_a_metric_is_named(
    metrics: dict[str, Any], metric: str | None, verdict: bool, tmp_path: Path, workspace: WorkspaceFolder
) -> None:
    bring_in(workspace, tmp_path, [a_sample(0, **{"exact_match": None, **metrics})], metric=metric)
    assert [is_correct for *_, is_correct in stored(workspace.run_folder("r2"))] == [verdict]


def test_a_metric_that_a_row_has_not_is_refused(tmp_path: Path, workspace: WorkspaceFolder) -> None:
    with pytest.raises(
        InputError,
        match="field rouge: found no such field, expected a value of --metric; the row has 'exact_match'$",
    ):
        bring_in(workspace, tmp_path, [a_sample(0)], metric="rouge")


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"doc": "text"}, "field doc: found 'text', expected the document as a JSON object"),
        ({"doc_id": -1}, "field doc_id: found -1, expected a whole number from 0, or null"),
        ({"doc_id": None, "doc_hash": "../x"}, "field doc_hash: found '../x', expected an id that does not look like a path"),
        ({"doc_id": 0}, "field doc_id: found document '0', which stands in line 1 too, expected each only once"),
        (
            {"doc": {"a": 1}, "arguments": []},
            "field doc: found 'fields a', expected a field with the text of the question, or --column problem=FIELD",
        ),
        (
            {"doc": {"ID": "x", "riddle": "1+1?", "prompt": "<|im_start|>user"}},
            "field doc: found 'fields ID, riddle, prompt', expected a field with the text of the question, or --column problem=FIELD",
        ),
        (
            {"resps": [[["-1.5", "False"]]]},
            "field resps[0][0]: found ['-1.5', 'False'], expected generated text; a task of log-likelihoods has no responses",
        ),
        ({"resps": []}, "field resps: found no texts, expected at least one"),
        ({"resps": "x"}, "field resps: found 'x', expected a list of requests, each a list of texts"),
        ({"resps": [["a\0"]]}, "field resps[0][0]: found a NUL character, expected text without one"),
        ({"exact_match": 0.5}, "field exact_match: found 0.5, expected 0 or 1 for a single response"),
    ],
)  # fmt: skip
def test_bad_rows_are_named_and_nothing_is_imported(
    fields: dict[str, Any], message: str, tmp_path: Path, workspace: WorkspaceFolder
) -> None:
    before = listing(workspace.root)
    with pytest.raises(InputError) as caught:
        bring_in(workspace, tmp_path, [a_sample(0), {**a_sample(1), **fields}])
    assert str(caught.value) == f"{tmp_path / 'samples_gsm8k_2026.jsonl'}, line 2, {message}"
    assert listing(workspace.root) == before


def test_a_run_on_another_dataset_is_refused(tmp_path: Path, workspace: WorkspaceFolder) -> None:
    workspace.new_run("r2", config("toy"))
    with pytest.raises(StatError, match="^run r2 is on dataset toy, not theirs; choose another --run$"):
        bring_in(workspace, tmp_path, [a_sample(0)])
    assert "theirs" not in workspace.dataset_names()


@pytest.mark.parametrize("name", [".", "a;b", "", "../r2"])
def test_a_name_that_no_run_can_have_is_refused_before_the_dataset_is_made(
    tmp_path: Path, workspace: WorkspaceFolder, name: str
) -> None:
    path = write_jsonl(tmp_path / "samples.jsonl", [a_sample(0)])
    before = listing(workspace.root)
    with pytest.raises(StatError, match="^run name "):
        lm_eval.import_lm_eval(workspace, path, name, config(), "m", SampleReading())
    assert listing(workspace.root) == before


ASKED, SAID = {"role": "user", "content": "0+1?"}, {"role": "assistant", "content": "It is 1."}


@pytest.mark.parametrize(
    "resps",
    [
        [[SAID]],
        [[[SAID]]],
        [[[ASKED, SAID]]],
        [[ASKED, SAID]],
        [ASKED, SAID],
        [SAID],
        [[json.dumps([ASKED, SAID])]],
        [[json.dumps(SAID)]],
        [[str(SAID)]],  # the harness writes what is no text with Python's str
        [str([ASKED, SAID])],
        json.dumps([[SAID]]),
    ],
    ids=str,
)
def test_responses_may_be_chats(tmp_path: Path, workspace: WorkspaceFolder, resps: Any) -> None:
    bring_in(workspace, tmp_path, [a_sample(0, resps=resps, filtered_resps=resps)])
    assert stored(workspace.run_folder("r2")) == [("0", 0, "It is 1.", True)]


def test_messages_of_the_assistant_alone_are_repeats(tmp_path: Path, workspace: WorkspaceFolder) -> None:
    other = {"role": "assistant", "content": [{"type": "text", "text": "It is 2."}]}
    bring_in(workspace, tmp_path, [a_sample(0, resps=[[SAID, other]])])
    assert stored(workspace.run_folder("r2")) == [("0", 0, "It is 1.", True), ("0", 1, "It is 2.", False)]


def test_filtered_responses_stand_in_where_there_are_no_others(
    tmp_path: Path, workspace: WorkspaceFolder
) -> None:
    row = a_sample(0, filtered_resps=[[ASKED, SAID]])
    del row["resps"]
    bring_in(workspace, tmp_path, [row])
    assert stored(workspace.run_folder("r2")) == [("0", 0, "It is 1.", True)]


@pytest.mark.parametrize(
    ("target", "answer"), [("['1']", "1"), ('["1"]', "1"), ("['1', 'one']", None), ("[1, 2]", "[1, 2]")]
)
def test_a_list_of_targets_written_as_text(
    tmp_path: Path, workspace: WorkspaceFolder, target: str, answer: str | None
) -> None:
    bring_in(workspace, tmp_path, [a_sample(0, target=target)])
    assert workspace.dataset("theirs").questions["0"].answer == answer


def test_a_folder_of_results_is_searched_for_its_samples(tmp_path: Path, workspace: WorkspaceFolder) -> None:
    folder = tmp_path / "results"
    below = folder / "org__model"
    below.mkdir(parents=True)
    (below / "results_2026.json").write_text("{}")
    given = "r2", config(), "m", SampleReading()
    with pytest.raises(InputError, match="found a folder with 0 such files, expected one file samples_"):
        lm_eval.import_lm_eval(workspace, folder, *given)
    write_jsonl(below / "samples_gsm8k_2026.jsonl", [a_sample(0)])
    lm_eval.import_lm_eval(workspace, folder, *given)
    assert [text for _, _, text, _ in stored(workspace.run_folder("r2"))] == ["It is so.\nThe answer is 1."]
    write_jsonl(below / "samples_math_2026.jsonl", [a_sample(1)])
    with pytest.raises(
        InputError, match="2 such files: org__model/samples_gsm8k_2026.jsonl, org__model/samp"
    ):
        lm_eval.import_lm_eval(workspace, folder, *given)


def test_a_file_of_a_version_without_documents_is_told_so(tmp_path: Path, workspace: WorkspaceFolder) -> None:
    row = {"doc_id": 0, "prompt_0": "Q: 0+1?", "logit_0": "1", "truth": "1", "acc": "1.0"}
    with pytest.raises(
        InputError, match=r"versions before 0.4 wrote none \(prompt_0, logit_0\), so run it again"
    ):
        bring_in(workspace, tmp_path, [row])
