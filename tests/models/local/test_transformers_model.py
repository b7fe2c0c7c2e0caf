import shutil
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch

from stat_engine.config import StudentConfig
from stat_engine.errors import StatError
from stat_engine.models.base import NO_ROOM, Completion, Message, Partial, Prompt, Sampling
from stat_engine.models.checkpoints import identity, locate
from stat_engine.models.local.loading import TokenBudget
from stat_engine.models.local.transformers_model import TransformersModel
from tests.models.tiny_models import save_adapter

QUESTIONS = ["What is 3+4?", "Compute 12*3 and then add 45 to the result of that.", "7"]
PROMPTS: list[Prompt] = [[Message(role="user", content=question)] for question in QUESTIONS]
GREEDY = Sampling(temperature=0, top_p=1, max_tokens=12)


def configured(folder: Path, **settings: Any) -> StudentConfig:
    return StudentConfig(model=str(folder), **settings)


def changed(checkpoint: Path, folder: Path, **settings: Any) -> Path:
    """A copy of a checkpoint with other generation settings."""
    from transformers import GenerationConfig

    shutil.copytree(checkpoint, folder)
    GenerationConfig(**settings).save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def student(tiny_checkpoint: Path) -> TransformersModel:
    return TransformersModel(configured(tiny_checkpoint))


def own_tokens(student: TransformersModel, prompt: Prompt, is_text: bool = False) -> list[int]:
    """What transformers itself writes for a prompt."""
    tokenizer, model = student._tokenizer, student._model
    text = (
        prompt
        if is_text
        else tokenizer.apply_chat_template(prompt, tokenize=False, add_generation_prompt=True)
    )
    batch = tokenizer(text, return_tensors="pt", add_special_tokens=is_text)
    output = model.generate(
        input_ids=batch["input_ids"],
        attention_mask=batch["attention_mask"],
        max_new_tokens=12,
        do_sample=False,
    )
    written: list[int] = output[0, batch["input_ids"].shape[1] :].tolist()
    return written


def text_of(student: TransformersModel, tokens: list[int]) -> str:
    return str(student._tokenizer.decode(tokens, skip_special_tokens=True)).strip()


@pytest.mark.parametrize("scheduler", ["ragged", "continuous"])
def test_greedy_answers_are_those_of_transformers_generate(tiny_checkpoint: Path, scheduler: str) -> None:
    student = TransformersModel(configured(tiny_checkpoint, scheduler=scheduler, token_budget=256))
    together = student.complete(PROMPTS, GREEDY, seed=0)
    expected = [text_of(student, own_tokens(student, prompt)) for prompt in PROMPTS]
    assert [samples[0].text for samples in together] == expected


def test_greedy_answers_are_those_of_single_prompts(student: TransformersModel) -> None:
    together = student.complete(PROMPTS, GREEDY, seed=0)
    assert together == [student.complete([prompt], GREEDY, seed=0)[0] for prompt in PROMPTS]


def test_a_text_is_continued_as_it_stands_with_what_the_tokenizer_adds(student: TransformersModel) -> None:
    texts: list[Prompt] = ["Problem: 3+4\n\nSolution:", "7"]
    found = student.complete(texts, GREEDY, seed=0)
    assert [samples[0].text for samples in found] == [
        text_of(student, own_tokens(student, text, is_text=True)) for text in texts
    ]


def test_a_text_gets_the_tokenizers_own_beginning_and_a_conversation_only_its_templates(
    tiny_checkpoint: Path, tmp_path: Path
) -> None:
    from tokenizers.processors import TemplateProcessing
    from transformers import AutoTokenizer

    folder = tmp_path / "begins"
    shutil.copytree(tiny_checkpoint, folder)
    tokenizer = AutoTokenizer.from_pretrained(folder)
    bos = tokenizer.bos_token_id
    tokenizer.backend_tokenizer.post_processor = TemplateProcessing(
        single="<bos> $A", special_tokens=[("<bos>", bos)]
    )
    tokenizer.save_pretrained(folder)
    student = TransformersModel(configured(folder))
    (text, _), (conversation, _) = student._placed(["7", PROMPTS[2]], 9).values()
    assert text == (bos, *tokenizer("7", add_special_tokens=False)["input_ids"])
    assert conversation.count(bos) == 1


def test_sampling_gives_n_completions_that_the_seed_fixes(student: TransformersModel) -> None:
    sampling = Sampling(temperature=1, top_p=0.95, max_tokens=12, n_samples=3)
    first = student.complete(PROMPTS, sampling, seed=0)
    assert [len(samples) for samples in first] == [3, 3, 3]
    assert first == student.complete(PROMPTS, sampling, seed=0)
    assert first != student.complete(PROMPTS, sampling, seed=1)
    assert len({completion.text for completion in first[1]}) > 1


def test_what_shares_a_batch_does_not_change_what_is_sampled(tiny_checkpoint: Path) -> None:
    sampling = Sampling(temperature=1, top_p=1, max_tokens=12, n_samples=3)
    wide, narrow = (TransformersModel(configured(tiny_checkpoint, token_budget=n)) for n in (4096, 256))
    narrow._budget = TokenBudget(60)
    together = wide.complete(PROMPTS, sampling, seed=5)
    assert together == narrow.complete(PROMPTS, sampling, seed=5)
    assert together[0] == wide.complete(PROMPTS[:1], sampling, seed=5)[0]
    fewer = Sampling(temperature=1, top_p=1, max_tokens=12, n_samples=1)
    assert [samples[:1] for samples in together] == wide.complete(PROMPTS, fewer, seed=5)


def test_an_answer_cut_at_the_limit_says_so_and_counts_its_tokens(student: TransformersModel) -> None:
    sampling = Sampling(temperature=1, top_p=1, max_tokens=5, n_samples=20)
    completions = [c for samples in student.complete(PROMPTS, sampling, seed=3) for c in samples]
    assert all(c.n_tokens == 5 for c in completions if c.finish_reason == "length")
    assert all(c.n_tokens < 5 for c in completions if c.finish_reason == "stop")
    assert {"length"} <= {c.finish_reason for c in completions}


@pytest.mark.parametrize("as_list", [False, True])
def test_end_tokens_are_those_of_the_checkpoints_generation_settings(
    student: TransformersModel, tiny_checkpoint: Path, tmp_path: Path, as_list: bool
) -> None:
    [[plain]] = student.complete(PROMPTS[:1], GREEDY, seed=0)
    written = own_tokens(student, PROMPTS[0])
    assert plain.n_tokens == len(written) == 12
    end = written[4]
    folder = changed(tiny_checkpoint, tmp_path / "ends", eos_token_id=[3, end] if as_list else end)
    [[ended]] = TransformersModel(configured(folder)).complete(PROMPTS[:1], GREEDY, seed=0)
    n = written.index(end)
    assert ended == Completion(text_of(student, written[:n]), n, "stop")


def test_a_checkpoints_repetition_penalty_is_left_aside(
    student: TransformersModel, tiny_checkpoint: Path, tmp_path: Path
) -> None:
    folder = changed(tiny_checkpoint, tmp_path / "penalty", eos_token_id=3, repetition_penalty=9.0)
    other = TransformersModel(configured(folder))
    assert other.complete(PROMPTS, GREEDY, seed=0) == student.complete(PROMPTS, GREEDY, seed=0)


@pytest.mark.parametrize("scheduler", ["ragged", "continuous"])
def test_a_stop_text_ends_an_answer_and_is_not_part_of_it(tiny_checkpoint: Path, scheduler: str) -> None:
    student = TransformersModel(configured(tiny_checkpoint, scheduler=scheduler, token_budget=256))
    [[plain]] = student.complete(PROMPTS[:1], GREEDY, seed=0)
    stop = plain.text[5:8]
    sampling = Sampling(temperature=0, top_p=1, max_tokens=12, stop=("nowhere", stop))
    [[stopped]] = student.complete(PROMPTS[:1], sampling, seed=0)
    assert stopped.text == plain.text[: plain.text.index(stop)].strip()
    assert stopped.finish_reason == "stop" and 0 < stopped.n_tokens < 12


def test_an_answer_ends_with_the_models_context(student: TransformersModel) -> None:
    prompt = "7" * 250
    n = len(student._tokenizer(prompt)["input_ids"])
    [[answer]] = student.complete([prompt], Sampling(temperature=0, top_p=1, max_tokens=99), seed=0)
    assert answer.n_tokens == 256 - n and answer.finish_reason == "length"


def test_a_prompt_longer_than_the_context_has_an_empty_answer_and_stops_no_other(
    student: TransformersModel,
) -> None:
    sampling = Sampling(temperature=1, top_p=1, max_tokens=12, n_samples=2)
    first, none, last = student.complete(["7", "7" * 300, "8"], sampling, seed=0)
    assert none == [NO_ROOM, NO_ROOM]
    assert first == student.complete(["7"], sampling, seed=0)[0] and len(last) == 2
    assert student.complete(["7" * 300], sampling, seed=0) == [[NO_ROOM, NO_ROOM]]


def test_no_prompts_give_no_completions(student: TransformersModel) -> None:
    assert student.complete([], GREEDY, seed=0) == []


def test_the_configured_adapter_and_then_the_given_one_are_merged(
    student: TransformersModel, tiny_checkpoint: Path, tmp_path: Path
) -> None:
    from stat_engine.models.local.loading import load_model

    one, two = (
        save_adapter(load_model(str(tiny_checkpoint)), tmp_path / name, seed)
        for seed, name in enumerate("ab")
    )
    base = student._model.state_dict()
    first, second, both = (
        TransformersModel(configured(tiny_checkpoint, adapter=mine), given)._model.state_dict()
        for mine, given in [(str(one), None), (None, two), (str(one), two)]
    )
    assert list(base) == list(both)
    name = "model.layers.0.self_attn.q_proj.weight"
    assert not torch.equal(first[name], second[name]) and not torch.equal(first[name], base[name])
    assert torch.allclose(both[name] - base[name], first[name] + second[name] - 2 * base[name], atol=1e-5)


def test_a_closed_model_holds_no_weights(tiny_checkpoint: Path) -> None:
    import weakref

    student = TransformersModel(configured(tiny_checkpoint))
    weights = weakref.ref(student._model.get_input_embeddings())
    student.close()
    assert weights() is None


def test_weights_come_from_safetensors_only(tiny_checkpoint: Path, tmp_path: Path) -> None:
    folder = tmp_path / "pickled"
    shutil.copytree(tiny_checkpoint, folder)
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")
    with pytest.raises(StatError, match=r"found no \*.safetensors file"):
        TransformersModel(configured(folder))


def test_a_tokenizer_without_a_chat_template_continues_texts_only(
    tiny_checkpoint: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "bare"
    shutil.copytree(tiny_checkpoint, folder)
    (folder / "chat_template.jinja").unlink()
    with pytest.raises(StatError, match="its tokenizer has no chat template"):
        TransformersModel(configured(folder))
    student = TransformersModel(configured(folder, framing="base"))
    assert len(student.complete(["3+4="], GREEDY, seed=0)) == 1
    with pytest.raises(
        StatError, match="found a conversation to continue, but its tokenizer has no chat template"
    ):
        student.complete(PROMPTS, GREEDY, seed=0)


def test_code_that_a_checkpoint_brings_is_run_only_where_the_configuration_says_so(
    tiny_checkpoint: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from transformers import AutoModelForCausalLM, AutoTokenizer

    asked = []
    for loader in (AutoModelForCausalLM, AutoTokenizer):
        load = loader.from_pretrained

        def noted(*args: Any, load: Any = load, **given: Any) -> Any:
            asked.append(given.pop("trust_remote_code"))
            return load(*args, **given)

        monkeypatch.setattr(loader, "from_pretrained", noted)
    TransformersModel(configured(tiny_checkpoint))
    TransformersModel(configured(tiny_checkpoint, trust_remote_code=True))
    assert asked == [False, False, True, True]


def test_the_dtype_and_threads_are_those_of_the_configuration(tiny_checkpoint: Path) -> None:
    before = torch.get_num_threads()
    try:
        student = TransformersModel(configured(tiny_checkpoint, dtype="bfloat16", threads=2))
        assert (student._model.dtype, torch.get_num_threads()) == (torch.bfloat16, 2)
    finally:
        torch.set_num_threads(before)


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


def test_a_model_without_stated_context_takes_prompts_of_any_length(
    student: TransformersModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = SimpleNamespace(get_text_config=SimpleNamespace)
    monkeypatch.setattr(student._model, "config", config)
    assert student._placed(["7" * 300], 9)[0][1] == 9


def test_answers_that_are_known_are_not_made_again_and_change_no_other(student: TransformersModel) -> None:
    sampling = Sampling(temperature=1, top_p=0.95, max_tokens=12, n_samples=2)
    whole = student.complete(PROMPTS, sampling, seed=3)
    known = {(0, 1): Completion("as it was", 3, "stop"), (2, 0): Completion("this too", 2, "stop")}
    made: list[tuple[int, int]] = []
    partial = Partial(known, made.extend)
    left = student.complete(PROMPTS, sampling, 3, partial)
    assert left[0] == [whole[0][0], known[0, 1]] and left[2] == [known[2, 0], whole[2][1]]
    assert [row for at, row in enumerate(left) if at not in (0, 2)] == [
        row for at, row in enumerate(whole) if at not in (0, 2)
    ]
    every = {(at, sample) for at in range(len(PROMPTS)) for sample in range(2)}
    assert sorted(made) == sorted(every - known.keys())
