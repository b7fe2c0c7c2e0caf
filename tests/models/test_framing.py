from collections.abc import Sequence
from pathlib import Path

import pytest

from stat_engine.config import StudentConfig
from stat_engine.method import grpo
from stat_engine.method.sft import fine_tuning
from stat_engine.models.base import Completion, Prompt, Sampling
from stat_engine.models.framing import FramedStudent, frame
from stat_engine.models.local.loading import load_tokenizer
from stat_engine.records import TrainingExample
from tests.factories import a_question


@pytest.mark.parametrize(
    ("framing", "roles"),
    [("plain", ["user"]), ("boxed", ["user"]), ("llama-math", ["user"]), ("qwen-math", ["system", "user"])],
)
def test_a_question_becomes_a_conversation(framing: str, roles: list[str]) -> None:
    prompt = frame("What is 1+1?", framing)
    assert not isinstance(prompt, str)
    assert [message["role"] for message in prompt] == roles
    assert "What is 1+1?" in prompt[-1]["content"]
    assert ("\\boxed{" in "".join(message["content"] for message in prompt)) == (framing != "plain")


def test_a_base_model_continues_a_text() -> None:
    assert frame("What is 1+1?", "base") == "Problem: What is 1+1?\n\nSolution:"


def test_a_prompt_file_is_a_conversation_too(tmp_path: Path) -> None:
    (tmp_path / "mine.md").write_text("## system\n\nBe brief.\n\n## user\n\nQ: {{problem}}\n\nA:")
    assert frame("What is {{1}}?", str(tmp_path / "mine.md")) == [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "Q: What is {{1}}?\n\nA:"},
    ]
    (tmp_path / "mine.md").write_text("## user\n\n{{problem}}")  # read again
    assert frame("p", str(tmp_path / "mine.md")) == [{"role": "user", "content": "p"}]


def test_fine_tuning_and_grpo_ask_as_the_student_is_asked(tiny_checkpoint: Path, tmp_path: Path) -> None:
    framing = str(tmp_path / "mine.md")
    (tmp_path / "mine.md").write_text("## system\n\nBe brief.\n\n## user\n\n{{problem}}!")
    asked = frame("What is q1?", framing)
    example = TrainingExample(
        example_id="e", question_id="q1", problem="What is q1?", solution="4", subject="", skills=[],
        method="random", answer_index=0,
    )  # fmt: skip
    student = StudentConfig(model=str(tiny_checkpoint), framing=framing)
    tokenizer = load_tokenizer(student.model, needs_chat=True, trust_remote_code=False)
    row = fine_tuning._row(example, student, tokenizer)
    prompt = row["input_ids"][: row["labels"].count(fine_tuning.NOT_LEARNED)]
    assert prompt == tokenizer.apply_chat_template(asked, add_generation_prompt=True, return_dict=False)
    assert grpo._row(a_question("q1"), framing)["prompt"] == asked


def test_the_student_asks_its_model_in_its_framing() -> None:
    seen: list[Prompt] = []

    class Model:
        name = "m"

        def complete(
            self, prompts: Sequence[Prompt], sampling: Sampling, seed: int, partial: object = None
        ) -> list[list[Completion]]:
            seen.extend(prompts)
            return [[Completion(f"{seed}", 1, "stop")] for _ in prompts]

    student = FramedStudent(Model(), StudentConfig(framing="qwen-math", name="mine"))
    answers = student.respond(["p"], Sampling(0, 1, 5), 3)
    assert (student.name, answers, seen) == (
        "mine",
        [[Completion("3", 1, "stop")]],
        [frame("p", "qwen-math")],
    )
