"""The students' tokenizer."""

import pytest
from transformers import AutoTokenizer, PreTrainedTokenizerBase

from stat_engine.numeracy.dataset import generate
from stat_engine.numeracy.pretrain import build_tokenizer
from stat_engine.numeracy.problem import solution_text


@pytest.fixture(scope="module")
def tokenizer(tmp_path_factory: pytest.TempPathFactory) -> PreTrainedTokenizerBase:
    folder = tmp_path_factory.mktemp("tokenizer")
    build_tokenizer().save_pretrained(folder)
    return AutoTokenizer.from_pretrained(folder)


def test_domain_text_survives_the_round_trip(tokenizer: PreTrainedTokenizerBase) -> None:
    for problem in generate(1000, 5, "uniform"):
        texts = [problem.problem, *map(solution_text, problem.solutions)]
        encoded = tokenizer(texts)["input_ids"]
        assert tokenizer.batch_decode(encoded) == texts
        assert tokenizer.unk_token_id not in {token for ids in encoded for token in ids}


def test_digits_are_single_tokens_and_padding_is_on_the_left(
    tokenizer: PreTrainedTokenizerBase,
) -> None:
    assert tokenizer.tokenize("12+3=15\nso") == ["1", "2", "+", "3", "=", "1", "5", "\n", "so"]
    assert tokenizer.padding_side == "left"


def test_the_chat_template_frames_question_and_answer(tokenizer: PreTrainedTokenizerBase) -> None:
    user = {"role": "user", "content": "What is 2+3*4?"}
    answer = {"role": "assistant", "content": "2+3*4=2+12"}
    prompt = tokenizer.apply_chat_template([user], add_generation_prompt=True, tokenize=False)
    whole = tokenizer.apply_chat_template([user, answer], tokenize=False)
    assert prompt == "<bos>What is 2+3*4?<sep>"
    assert whole == "<bos>What is 2+3*4?<sep>2+3*4=2+12<eos>"


def test_the_vocabulary_is_the_same_every_time(tokenizer: PreTrainedTokenizerBase) -> None:
    assert build_tokenizer().get_vocab() == tokenizer.get_vocab()
