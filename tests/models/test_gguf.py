"""GGUF files as students: converted once, identified by the file's hash, trained and saved as any other."""

import json
import shutil
from pathlib import Path

import pytest

from stat_engine.config import StudentConfig
from stat_engine.errors import StatError
from stat_engine.models import gguf
from stat_engine.models.checkpoints import identity
from stat_engine.models.gguf import convert, with_checkpoint
from stat_engine.models.open import student_identity


def student(**settings: object) -> StudentConfig:
    return StudentConfig.model_validate({"name": "s", **settings})


def fake(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Conversions that copy nothing but note what they were asked: the test of the real one needs gguf."""
    asked: list[Path] = []

    def write(source: Path, folder: Path) -> None:
        asked.append(source)
        (folder / "model.safetensors").write_bytes(b"weights")

    monkeypatch.setattr(gguf, "_write", write)
    monkeypatch.setattr(gguf.importlib.util, "find_spec", lambda _: object())
    return asked


def gguf_file(folder: Path, name: str = "small.gguf", tail: bytes = b"1") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(b"GGUF" + tail)
    return folder / name


@pytest.mark.parametrize("way", ["file", "folder"])
def test_a_file_is_converted_once_and_named_by_its_hash(
    way: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, source = fake(monkeypatch), gguf_file(tmp_path / "in")
    config = (
        student(model=str(source))
        if way == "file"
        else student(model=str(source.parent), gguf_file=source.name)
    )
    said: list[str] = []
    first = with_checkpoint(config, tmp_path / "w", said.append)
    again = with_checkpoint(config, tmp_path / "w", said.append)
    assert first == again and first.gguf_file is None
    assert (asked, said) == ([source], ["small.gguf is converted into a safetensors checkpoint, once"])
    made = Path(first.model)
    card = json.loads((made / "gguf.json").read_text())
    assert (
        made.name == f"small-{card['sha256'][:12]}" and made.parent == (tmp_path / "w/checkpoints").resolve()
    )


def test_the_file_s_hash_is_the_student_s_identity(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake(monkeypatch)
    one = convert(gguf_file(tmp_path / "a"), tmp_path / "w")
    same = convert(gguf_file(tmp_path / "b", "renamed.gguf"), tmp_path / "w2")
    other = convert(gguf_file(tmp_path / "c", tail=b"2"), tmp_path / "w")
    assert identity(str(one)) == identity(str(same)) != identity(str(other))
    (one / "model.safetensors").touch()
    assert student_identity(student(model=str(one))) == identity(str(same))


def test_a_changed_file_is_converted_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked, source = fake(monkeypatch), gguf_file(tmp_path)
    first = convert(source, tmp_path / "w")
    source.write_bytes(b"GGUF and more")
    assert convert(source, tmp_path / "w") != first and len(asked) == 2


def test_a_killed_conversion_leaves_nothing_that_is_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, source = fake(monkeypatch), gguf_file(tmp_path)
    made = convert(source, tmp_path / "w")
    (made / "gguf.json").unlink()  # as where the folder was not written to its end
    assert convert(source, tmp_path / "w") == made and len(asked) == 2

    def killed(source: Path, folder: Path) -> None:
        raise KeyboardInterrupt

    shutil.rmtree(made)
    monkeypatch.setattr(gguf, "_write", killed)
    with pytest.raises(KeyboardInterrupt):
        convert(source, tmp_path / "w")
    assert list((tmp_path / "w").iterdir()) == []


def test_a_run_s_student_may_be_a_folder_of_the_workspace(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake(monkeypatch)
    made = convert(gguf_file(tmp_path), tmp_path / "w/checkpoints")
    config = student(model=f"checkpoints/{made.name}")
    assert with_checkpoint(config, tmp_path / "w").model == str(made.resolve())
    assert with_checkpoint(config, tmp_path / "elsewhere") is config


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"model": "nowhere.gguf"}, "student.model nowhere.gguf: no such file, expected a GGUF file"),
        ({"model": "{in}", "gguf_file": "b.gguf"}, "student.gguf_file b.gguf: not in {in} (GGUF there: a.gguf)"),
        ({"model": "{in}/a.gguf"}, "{in}/a.gguf: not a GGUF file, whose first four bytes are GGUF"),
    ],
)  # fmt: skip
def test_what_cannot_be_converted_is_a_sentence(
    settings: dict[str, str], sentence: str, tmp_path: Path
) -> None:
    (tmp_path / "a.gguf").write_bytes(b"something else")
    placed = {key: value.replace("{in}", str(tmp_path)) for key, value in settings.items()}
    with pytest.raises(StatError) as error:
        with_checkpoint(student(**placed), tmp_path / "w")
    assert str(error.value) == sentence.replace("{in}", str(tmp_path))


def test_a_missing_package_is_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gguf.importlib.util, "find_spec", lambda _: None)
    with pytest.raises(StatError, match=r"needs the package gguf; install it with: pip install"):
        convert(gguf_file(tmp_path), tmp_path / "w")


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"model": "a.gguf", "gguf_file": "b.gguf"}, "gguf_file has to be null"),
        ({"gguf_file": "../b.gguf"}, "without a folder"),
        ({"gguf_file": "b.bin"}, "ends in .gguf"),
        ({"backend": "openai", "gguf_file": "b.gguf"}, "needs backend transformers or vllm"),
    ],
)
def test_settings_that_do_not_fit_are_refused(settings: dict[str, str], sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        student(**settings)


def test_a_server_s_model_may_be_called_as_a_file(tmp_path: Path) -> None:
    config = student(backend="openai", model="llama-3.gguf")
    assert with_checkpoint(config, tmp_path) is config


def test_unset_the_setting_leaves_old_results_valid() -> None:
    config = student()
    assert "gguf_file" not in config.decides() and "gguf_file" not in config.decides_an_arm()
    assert student(gguf_file="b.gguf").decides()["gguf_file"] == "b.gguf"


def test_a_real_file_becomes_a_plain_model_that_saves_and_trains(tmp_path: Path) -> None:
    """A Llama of a few thousand weights, written as a GGUF file by the gguf package itself."""
    writer = pytest.importorskip("gguf")
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    source, weights = write_llama(writer, tmp_path / "tiny.gguf")
    made = convert(source, tmp_path / "w")
    model = AutoModelForCausalLM.from_pretrained(made, use_safetensors=True)
    assert not hasattr(model.config, "quantization_config") and model.dtype == torch.float32
    found = model.model.layers[0].mlp.down_proj.weight
    assert torch.equal(found, torch.from_numpy(weights["blk.0.ffn_down.weight"]))
    loss = model(input_ids=torch.tensor([[3, 4, 5]]), labels=torch.tensor([[3, 4, 5]])).loss
    loss.backward()
    assert found.grad is not None and torch.isfinite(loss)
    model.save_pretrained(tmp_path / "saved")
    tokenizer = AutoTokenizer.from_pretrained(made)
    assert tokenizer.chat_template == "{{ messages[0]['content'] }}" and tokenizer.eos_token == "</s>"


def write_llama(of: object, path: Path) -> tuple[Path, dict[str, object]]:
    """A GGUF file with random weights, and those weights by their GGUF names."""
    import gguf as package
    import numpy as np

    writer, rng = package.GGUFWriter(str(path), "llama"), np.random.default_rng(0)
    n, width, inner, words = 2, 32, 48, ["<unk>", "<s>", "</s>", *map(chr, range(97, 123)), "ab"]
    writer.add_context_length(64)
    writer.add_embedding_length(width)
    writer.add_block_count(1)
    writer.add_feed_forward_length(inner)
    writer.add_head_count(n)
    writer.add_head_count_kv(n)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_rope_freq_base(10000.0)
    writer.add_vocab_size(len(words))
    writer.add_tokenizer_model("gpt2")
    writer.add_token_list(words)
    writer.add_token_merges(["a b"])
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)
    writer.add_chat_template("{{ messages[0]['content'] }}")
    block = {"attn_q": (width, width), "attn_k": (width, width), "attn_v": (width, width),
             "attn_output": (width, width), "ffn_gate": (inner, width), "ffn_up": (inner, width),
             "ffn_down": (width, inner), "attn_norm": (width,), "ffn_norm": (width,)}  # fmt: skip
    shapes = {f"blk.0.{name}.weight": shape for name, shape in block.items()}
    shapes |= {"token_embd.weight": (len(words), width), "output_norm.weight": (width,)}
    shapes["output.weight"] = (len(words), width)
    weights = {name: rng.normal(size=shape).astype(np.float32) for name, shape in shapes.items()}
    for name, values in weights.items():
        writer.add_tensor(name, values)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path, weights
