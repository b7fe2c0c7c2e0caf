import json
from pathlib import Path

import pytest

from stat_engine.errors import StatError
from stat_engine.models.base import Message
from stat_engine.models.local.loading import TEMPLATE_VALUES, load_tokenizer, own_ends, prompt_tokens, render

DATED = "{% if date_string is not defined %}{% set date_string = strftime_now('%d %b %Y') %}{% endif %}{{ date_string }}: {{ messages[0]['content'] }}"


def test_a_template_that_prints_the_day_prints_the_same_every_day(tiny_checkpoint: Path) -> None:
    tokenizer = load_tokenizer(str(tiny_checkpoint))
    tokenizer.chat_template = DATED
    assert render(tokenizer, [Message(role="user", content="hi")]) == f"{TEMPLATE_VALUES['date_string']}: hi"


def test_a_conversation_without_a_template_is_refused_and_a_text_is_not(tiny_checkpoint: Path) -> None:
    tokenizer = load_tokenizer(str(tiny_checkpoint))
    tokenizer.chat_template = None
    with pytest.raises(StatError, match="checkpoint tiny: found a conversation to continue"):
        prompt_tokens(tokenizer, [Message(role="user", content="What is 3+4?")], "tiny")
    assert prompt_tokens(tokenizer, "What is 3+4?", "tiny") == tokenizer("What is 3+4?")["input_ids"]


def test_a_tokenizer_without_an_end_and_padding_is_refused(tiny_checkpoint: Path, tmp_path: Path) -> None:
    load_tokenizer(str(tiny_checkpoint)).save_pretrained(tmp_path)
    config = json.loads((tmp_path / "tokenizer_config.json").read_text())
    without = {key: value for key, value in config.items() if key not in ("eos_token", "pad_token")}
    (tmp_path / "tokenizer_config.json").write_text(json.dumps(without))
    (tmp_path / "model.safetensors").write_bytes(b"")
    with pytest.raises(StatError, match="neither an end-of-sequence nor a padding token, .* name eos_token"):
        load_tokenizer(str(tmp_path))


def test_an_answer_ends_where_the_template_ends_a_turn(tiny_checkpoint: Path) -> None:
    tokenizer = load_tokenizer(str(tiny_checkpoint))
    eos = tokenizer.eos_token_id
    assert own_ends(tokenizer)[0] == eos
    end_of_turn = tokenizer.convert_tokens_to_ids("<sep>")
    tokenizer.chat_template = "{% for m in messages %}{{ m['content'] }}<sep>{% endfor %}"
    assert own_ends(tokenizer) == [eos, end_of_turn]
    tokenizer.chat_template = "{% for m in messages %}{{ m['content'] }} and so on{% endfor %}"
    assert own_ends(tokenizer) == [eos]
    tokenizer.chat_template = None
    assert own_ends(tokenizer) == [eos]
