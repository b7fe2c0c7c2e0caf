"""Make the workspace of the trials: `python -m tests.faults.base FOLDER`.

A process of its own, because children of a process that has threads may hang."""

import json
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from stat_engine import Workspace, cli
from stat_engine.api import Run
from stat_engine.store.files import write_json
from tests.conftest import worked_workspace
from tests.faults import verbs

ON_REVIEWED = (
    "settings budget=5 reviewers=[Ada]",
    "settings servers.old.base_url=http://127.0.0.1:9/v1 prices.gpt.input=2 prices.gpt.output=8",
    "examples copy small stat-sel own", "examples copy reviewed stat-sel own",
    "examples edit reviewed own {pair} --solution text --author ada", "label accept reviewed {shown} --author ada",
    "verdict reviewed {question} 0 correct --author ada", "import lm-eval {files}/samples.jsonl --dataset theirs --run theirs",
    "label export reviewed --out {files}/labels.jsonl", "skills export numeracy --out {files}/skills.json",
    "study set-size reviewed --value 10 --arm random --seed 0 --name sizes",
    "round reviewed --arm random --name next", "jobs launcher void 'true {command}'",
    "run half --until responses --detach --launcher void", "evaluate small --detach --launcher void",
)  # fmt: skip
"""What people, jobs and other tools left in the workspace."""


def make(base: Path) -> None:
    """A finished run `small`; copies `reviewed` (all of it used), `half` (nothing done) and `demo`; files to import."""
    workspace = worked_workspace(base / "workspace")
    small, files = workspace.run("small"), base / "files"
    small.fork("half", ["student.seed=1"])
    small.fork("reviewed")
    small.fork("demo", ["arms=[random]", "seeds=[1]", "training_set.pairs=20"])
    files.mkdir()
    words = _words(small)
    rows = _questions(small) | _samples(small) | {"responses.jsonl": _responses(workspace.run("half"))}
    for name, of in rows.items():
        _write_rows(files / name, of)
    (files / "inspect.json").write_text(json.dumps(_inspect_log()))
    for line in ON_REVIEWED:
        _do(line, workspace, {**words, "files": str(files)})
    _write_rows(
        files / "rewards.jsonl",
        [
            {"problem_id": of.question_id, "sample": of.sample, "step_rewards": [0.9] * len(of.steps)}
            for of in workspace.run("theirs").folder.responses.read()
        ],
    )
    _bad_files(files)
    write_json(base / "words.json", words)


def _do(line: str, workspace: Workspace, words: Mapping[str, str]) -> None:
    if status := cli.execute([*verbs.arguments(line, words), "--workspace", str(workspace.root)]):
        raise SystemExit(f"{line}: ended with {status}")


def _words(small: Run) -> dict[str, str]:
    folder = small.folder
    shown = next(one for one in folder.own_labels() if one.evidence_step is not None)
    entries = list(folder.dataset.skill_map_table.read())
    subject, skill = entries[0].subject, entries[0].skills[0]
    return {
        "label": next(iter(folder.own_labels())).response_id,
        "shown": shown.response_id,
        "question": next(question.id for _, question in folder.held_out()),
        "pair": next(iter(folder.training_set("stat-sel").read())).example_id,
        "subject": subject, "skill": skill, "skilled": entries[0].question_id,
        "other": next(name for e in entries if e.subject == subject for name in e.skills if name != skill),
    }  # fmt: skip


def _questions(small: Run) -> dict[str, list[dict[str, Any]]]:
    questions = list(small.folder.dataset.questions.values())[:50]
    entries = list(small.folder.dataset.skill_map_table.read())[:50]
    return {
        "questions.jsonl": [{"id": f"new/{q.id}", "problem": q.problem, "answer": q.answer} for q in questions],
        "map.jsonl": [{"id": e.question_id, "subject": e.subject, "skills": e.skills} for e in entries],
        "set.jsonl": [{"problem": q.problem, "solution": q.solution or "It is 3."} for q in questions],
        "gsm8k.jsonl": [{"question": q.problem, "answer": f"It is so.\n#### {q.answer}"} for q in questions],
    }  # fmt: skip


def _samples(small: Run) -> dict[str, list[dict[str, Any]]]:
    """Samples of lm-evaluation-harness: of a task of its own, and of the run's test questions."""
    own = [(f"{number}+1?", str(number + 1)) for number in range(20)]
    test = [(q.problem, str(q.answer)) for q in small.folder.dataset.split("test")]
    return {"samples.jsonl": _as_samples(own), "evaluation.jsonl": _as_samples(test)}


def _as_samples(asked: list[tuple[str, str]]) -> list[dict[str, Any]]:
    return [
        {
            "doc_id": at, "doc": {"question": problem, "answer": answer}, "target": answer,
            "arguments": {"gen_args_0": {"arg_0": f"Question: {problem}\nAnswer:", "arg_1": {"until": ["\n\n"]}}},
            "resps": [[f"It is so.\nThe answer is {answer}."]], "filtered_resps": [answer],
            "filter": "strict-match", "metrics": ["exact_match"], "exact_match": float(at % 3 > 0),
        }
        for at, (problem, answer) in enumerate(asked)
    ]  # fmt: skip


def _responses(half: Run) -> list[dict[str, Any]]:
    return [
        {"problem_id": q.id, "model": "m", "response": "It is 3."}
        for split, q in half.folder.held_out() if split == "validation"
    ]  # fmt: skip


def _inspect_log() -> dict[str, Any]:
    message = {"role": "assistant", "content": "It is 2", "source": "generate"}
    samples = [
        {
            "id": f"q/{at}", "epoch": 1, "input": f"{at}+1?", "target": str(at + 1),
            "messages": [{"role": "user", "content": f"{at}+1?"}, message],
            "output": {"model": "m", "choices": [{"message": message, "stop_reason": "stop"}], "completion": "It is 2"},
            "scores": {"match": {"value": "C" if at == 1 else "I", "answer": "2"}}, "metadata": {}, "attachments": {},
        }
        for at in range(20)
    ]  # fmt: skip
    return {
        "version": 2,
        "status": "success",
        "eval": {"model": "openai/m", "task": "t"},
        "samples": samples,
    }


def _write_rows(path: Path, rows: list[dict[str, Any]]) -> None:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))


def _bad_files(files: Path) -> None:
    (files / "folder").mkdir()
    (files / "empty").write_text("")
    (files / "binary").write_bytes(bytes(range(256)) * 4)
    (files / "cut.jsonl").write_text('{"id": "a", "problem": "b"}\n{"id": "b", "pro')
    (files / "list.jsonl").write_text("[1, 2]\n")
    (files / "numbers.jsonl").write_text("1\n2\n")
    (files / "twice.jsonl").write_text('{"id": "a", "id": "b", "problem": "c"}\n')
    (files / "nul.jsonl").write_bytes(b'{"id": "a", "problem": "b\0"}\n')


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    shutil.rmtree(folder, ignore_errors=True)
    make(folder)
