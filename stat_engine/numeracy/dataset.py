"""The shipped questions: a pool to draw training sets from, and a test, uniform over the skills."""

import gzip
import io
import json
from collections.abc import Iterable
from pathlib import Path
from random import Random

from stat_engine.numeracy.generate import generate
from stat_engine.numeracy.problem import Problem, solution_text
from stat_engine.numeracy.skills import SKILLS

N_POOL = 6000
N_TEST = 2100


def split_problems(seed: int) -> dict[str, list[Problem]]:
    """The problems of "train" (the pool) and of "test"; no question text stands in both."""
    test = list(generate(N_TEST, seed, "uniform"))
    Random(seed).shuffle(test)
    pool = list(generate(N_POOL, seed, "pool", exclude={problem.problem for problem in test}))
    return {"train": pool, "test": test}


def write_dataset(folder: Path, seed: int = 0) -> None:
    """Write `questions.jsonl.gz`, `skill_map.jsonl.gz` and `skills.json`; the same seed, the same bytes."""
    folder.mkdir(parents=True, exist_ok=True)
    rows = [
        (f"numeracy/{split}/{i + 1:05d}", split, problem)
        for split, problems in split_problems(seed).items()
        for i, problem in enumerate(problems)
    ]
    questions = (_question(*row) for row in rows)
    skill_map: Iterable[dict[str, object]] = (
        {"id": i, "subject": p.subject, "skills": list(p.skills)} for i, _, p in rows
    )
    _write_lines(folder / "questions.jsonl.gz", questions)
    _write_lines(folder / "skill_map.jsonl.gz", skill_map)
    (folder / "skills.json").write_text(json.dumps(SKILLS, indent=1) + "\n", encoding="utf-8")


def _question(question_id: str, split: str, problem: Problem) -> dict[str, object]:
    reference, *others = (solution_text(steps) for steps in problem.solutions)
    return {
        "id": question_id,
        "split": split,
        "subject": problem.subject,
        "level": problem.level,
        "problem": problem.problem,
        "solution": reference,
        "answer": problem.answer,
        "other_solutions": others,
    }


def _write_lines(path: Path, rows: Iterable[dict[str, object]]) -> None:
    """JSON lines, gzipped without a time or a name, so that equal rows give equal bytes."""
    buffer = io.BytesIO()
    with gzip.GzipFile(filename="", fileobj=buffer, mode="wb", mtime=0) as packed:
        for row in rows:
            packed.write((json.dumps(row, ensure_ascii=False) + "\n").encode("utf-8"))
    path.write_bytes(buffer.getvalue())
