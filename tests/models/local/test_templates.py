"""Templates as published models have them; the prompts and endings of each are what its own file writes."""

import datetime
from pathlib import Path
from typing import Any

import pytest

from stat_engine.config import SftConfig, StudentConfig
from stat_engine.errors import StatError
from stat_engine.method.sft.faults import check
from stat_engine.models.base import Message
from stat_engine.models.framing import frame
from stat_engine.models.local.loading import load_tokenizer, prompt_tokens, render
from stat_engine.models.local.templates import answered_text, check_template, trained_tokens
from stat_engine.models.local.transformers_model import TransformersModel
from tests.factories import an_example

LOOP = "{%- for m in messages -%}"
CHATML = LOOP + "{{ '<|im_start|>' + m.role + '\n' + m.content + '<|im_end|>\n' }}{%- endfor -%}"
R1 = (
    LOOP + "{%- if m.role == 'user' -%}{{ '<|User|>' + m.content }}{%- else -%}"
    "{%- set text = m.content.split('</think>') | last -%}{{ '<|Assistant|>' + text + eos_token }}"
    "{%- endif -%}{%- endfor -%}"
    "{%- if add_generation_prompt -%}{{ '<|Assistant|><think>\n' }}{%- endif -%}"
)
QWEN3 = (
    LOOP
    + "{{ '<|im_start|>' + m.role + '\n' }}{%- if m.role == 'assistant' -%}{{ '<think>\n\n</think>\n\n' }}"
    "{%- endif -%}{{ m.content + '<|im_end|>\n' }}{%- endfor -%}"
    "{%- if add_generation_prompt -%}{{ '<|im_start|>assistant\n' }}{%- endif -%}"
)
MAGISTRAL = R1.replace("<think>\n", "[THINK]").replace("</think>", "[/THINK]")
OTHER_HEADER = CHATML + "{%- if add_generation_prompt -%}{{ '<|im_start|>assistant (now)\n' }}{%- endif -%}"
NO_SYSTEM = (
    LOOP + "{%- if m.role == 'system' -%}{{ raise_exception('System role not supported') }}{%- endif -%}"
)
NO_SYSTEM += "{{ m.content }}{%- endfor -%}"
DAY = "{{ strftime_now('%A, %d %B %Y') }}{{ date_string }}" + CHATML
PROMPT = [Message(role="user", content="What is 3+4?")]


@pytest.fixture
def tokenizer(tiny_checkpoint: Path) -> Any:
    return load_tokenizer(str(tiny_checkpoint))


def student(checkpoint: Path, folder: Path, template: str, **settings: Any) -> StudentConfig:
    """The tiny checkpoint with another template, and without weights that could be loaded."""
    loaded = load_tokenizer(str(checkpoint))
    loaded.chat_template = template
    loaded.save_pretrained(folder)
    (folder / "config.json").write_bytes((checkpoint / "config.json").read_bytes())
    (folder / "model.safetensors").write_bytes(b"")
    return StudentConfig(model=str(folder), **settings)


@pytest.mark.parametrize(
    ("template", "framing", "said"),
    [
        (NO_SYSTEM, "qwen-math", "refuses framing qwen-math: 'System role not supported'; .*student.framing=boxed"),
        ("{{ raise_exception('tools only') }}", "plain", "tools only'; set student.framing=base"),
        ("{{ messages[0]['content'] + 1 }}", "boxed", "refuses framing boxed: .*; set student.framing=base"),
        ("{% for %}", "plain", "refuses framing plain: .*; set student.framing=base"),
        (LOOP + "{{ m.content[0].text }}{%- endfor -%}", "plain", "(refuses framing|leaves the question out)"),
        (LOOP + "{{ m.content | upper }}{%- endfor -%}", "plain", "leaves the question out of the prompt"),
        (
            LOOP + "{%- if m.role == 'user' -%}{{ m.content }}{%- endif -%}{%- endfor -%}", "plain",
            "changes the answers of an earlier turn",
        ),
    ],
)  # fmt: skip
def test_a_template_that_does_not_work_is_one_sentence_before_weights_load(
    tiny_checkpoint: Path, tmp_path: Path, template: str, framing: str, said: str
) -> None:
    config = student(tiny_checkpoint, tmp_path, template, framing=framing)
    with pytest.raises(StatError, match=said):
        TransformersModel(config)
    with pytest.raises(StatError, match=said):
        check(config, [an_example("q1")], SftConfig())


@pytest.mark.parametrize(
    ("template", "between"),
    [
        (R1, "\n</think>\n\n"),
        (MAGISTRAL, "\n[/THINK]\n\n"),
        (QWEN3, "<think>\n\n</think>\n\n"),
        (OTHER_HEADER, ""),
        (CHATML, "<|im_start|>assistant\n"),
    ],
)
def test_what_is_trained_continues_what_is_asked(tokenizer: Any, template: str, between: str) -> None:
    tokenizer.chat_template = template
    check_template(tokenizer, "owner/name", "plain")
    asked = render(tokenizer, PROMPT, is_open=True)
    text = answered_text(tokenizer, PROMPT, "3+4=7", "owner/name")
    assert text.startswith(f"{asked}{between}3+4=7")
    assert text.endswith(render(tokenizer, [*PROMPT, Message(role="assistant", content="3+4=7")])[-5:])
    tokens, n = trained_tokens(tokenizer, PROMPT, "3+4=7", "owner/name")
    assert tokens[:n] == prompt_tokens(tokenizer, PROMPT, "owner/name")


def test_a_pair_ends_with_an_end_where_the_template_writes_none(tokenizer: Any) -> None:
    tokenizer.chat_template = LOOP + "{{ m.content }}{%- endfor -%}"
    tokens, n = trained_tokens(tokenizer, PROMPT, "3+4=7", "owner/name")
    assert tokens[-1] == tokenizer.eos_token_id and tokens.count(tokenizer.eos_token_id) == 1 and n > 0


def test_a_text_to_continue_is_trained_on_with_one_end(tokenizer: Any) -> None:
    prompt = frame("What is 3+4?", "base")
    tokens, n = trained_tokens(tokenizer, prompt, "3+4=7", "owner/name")
    assert tokens == [*tokenizer(f"{prompt} 3+4=7")["input_ids"], tokenizer.eos_token_id]
    assert tokens[:n] == tokenizer(prompt)["input_ids"]


def test_equal_prompts_are_equal_on_another_day(tokenizer: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from transformers.utils import chat_template_utils

    class Later(datetime.datetime):
        @classmethod
        def now(cls, tz: Any = None) -> "Later":
            return cls(2031, 1, 2)

    tokenizer.chat_template = DAY
    today = render(tokenizer, PROMPT)
    directly = tokenizer.apply_chat_template(PROMPT, tokenize=False)
    monkeypatch.setattr(chat_template_utils, "datetime", Later)
    assert render(tokenizer, PROMPT) == today == directly
    assert today.startswith("Friday, 26 July 202426 Jul 2024")
