import shutil
from pathlib import Path

import pytest
from stat_engine.models.transformers_student import TransformersStudent

from stat_engine.errors import StatError
from stat_engine.models.base import Sampling
from stat_engine.models.checkpoints import identity, locate

PROBLEMS = ["What is 3+4?", "Compute 12*3 and then add 45 to the result of that.", "7"]


@pytest.fixture(scope="module")
def student(tiny_checkpoint: Path) -> TransformersStudent:
    return TransformersStudent("tiny", str(tiny_checkpoint))


def test_a_left_padded_greedy_batch_equals_single_prompts(student: TransformersStudent) -> None:
    greedy = Sampling(temperature=0, top_p=1, max_tokens=12)
    together = student.respond(PROBLEMS, greedy, seed=0)
    assert together == [student.respond([problem], greedy, seed=0)[0] for problem in PROBLEMS]


def test_sampling_gives_n_responses_that_the_seed_fixes(student: TransformersStudent) -> None:
    sampling = Sampling(temperature=1, top_p=1, max_tokens=12, n_samples=3)
    first = student.respond(PROBLEMS, sampling, seed=0)
    assert [len(samples) for samples in first] == [3, 3, 3]
    assert first == student.respond(PROBLEMS, sampling, seed=0)
    assert first != student.respond(PROBLEMS, sampling, seed=1)
    assert len({completion.text for completion in first[1]}) > 1


def test_a_response_cut_at_the_limit_says_so_and_counts_its_tokens(student: TransformersStudent) -> None:
    sampling = Sampling(temperature=1, top_p=1, max_tokens=5, n_samples=20)
    completions = [c for samples in student.respond(PROBLEMS, sampling, seed=3) for c in samples]
    assert all(c.n_tokens == 5 for c in completions if c.finish_reason == "length")
    assert all(c.n_tokens < 5 for c in completions if c.finish_reason == "stop")
    assert {"length"} <= {c.finish_reason for c in completions}


def test_weights_come_from_safetensors_only(tiny_checkpoint: Path, tmp_path: Path) -> None:
    folder = tmp_path / "pickled"
    shutil.copytree(tiny_checkpoint, folder)
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")
    with pytest.raises(StatError, match=r"found no \*.safetensors file"):
        TransformersStudent("pickled", str(folder))


def test_a_tokenizer_without_a_chat_template_is_refused_by_name(
    tiny_checkpoint: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "bare"
    shutil.copytree(tiny_checkpoint, folder)
    (folder / "chat_template.jinja").unlink()
    with pytest.raises(StatError, match="its tokenizer has no chat template"):
        TransformersStudent("bare", str(folder))


@pytest.mark.parametrize("model", ["data/nowhere", "/nowhere/at/all", "./x", "a/b/c", "word"])
def test_a_checkpoint_that_is_nowhere_is_refused_before_anything_loads(model: str) -> None:
    with pytest.raises(StatError, match="no such folder, and not a hub id"):
        locate(model)


def test_the_identity_of_a_checkpoint_is_that_of_its_files(tiny_checkpoint: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(tiny_checkpoint, copy)
    assert identity(str(copy)) == identity(str(tiny_checkpoint))
    (copy / "config.json").write_text((copy / "config.json").read_text() + " ")
    assert identity(str(copy)) != identity(str(tiny_checkpoint))
    assert identity("owner/name") != identity("owner/other")
