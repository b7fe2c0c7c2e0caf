"""The shipped questions."""

import gzip
import json
from pathlib import Path

import pytest

from stat_engine.numeracy.dataset import N_POOL, N_TEST, write_dataset
from stat_engine.numeracy.skills import SKILLS

SHIPPED = Path(__file__).parents[2] / "data" / "numeracy"
PACKED = ("questions.jsonl.gz", "skill_map.jsonl.gz")


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("numeracy")
    write_dataset(folder, seed=0)
    return folder


def rows(path: Path) -> list[dict]:
    return [json.loads(line) for line in gzip.decompress(path.read_bytes()).splitlines()]


def test_the_shipped_data_is_what_the_code_writes(written: Path) -> None:
    for name in PACKED:
        shipped = gzip.decompress((SHIPPED / name).read_bytes())
        assert shipped == gzip.decompress((written / name).read_bytes())
    assert json.loads((SHIPPED / "skills.json").read_text()) == SKILLS


def test_equal_seeds_give_equal_bytes(written: Path, tmp_path: Path) -> None:
    write_dataset(tmp_path, seed=0)
    for name in PACKED:
        assert (tmp_path / name).read_bytes() == (written / name).read_bytes()


def test_splits_have_their_sizes_and_share_no_question(written: Path) -> None:
    questions = rows(written / "questions.jsonl.gz")
    splits = [row["split"] for row in questions]
    assert (splits.count("train"), splits.count("test")) == (N_POOL, N_TEST)
    assert questions[0]["id"] == "numeracy/train/00001"
    assert len({row["problem"] for row in questions}) == len({row["id"] for row in questions})
    assert len(questions) == N_POOL + N_TEST == len({row["problem"] for row in questions})


def test_the_skill_map_names_skills_of_the_questions_own_subject(written: Path) -> None:
    questions = rows(written / "questions.jsonl.gz")
    entries = rows(written / "skill_map.jsonl.gz")
    assert [(e["id"], e["subject"]) for e in entries] == [(q["id"], q["subject"]) for q in questions]
    assert all(e["skills"] and set(e["skills"]) <= set(SKILLS[e["subject"]]) for e in entries)


def test_every_question_has_other_answers(written: Path) -> None:
    for row in rows(written / "questions.jsonl.gz"):
        answers = [row["solution"], *row["other_solutions"]]
        assert len(set(answers)) == len(answers) >= 3
        assert {text.rsplit("\n", 1)[1] for text in answers} == {f"Answer: {row['answer']}"}
