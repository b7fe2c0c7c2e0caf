from collections.abc import Sequence

import pytest

from stat_engine.config import StudentConfig
from stat_engine.models.base import Completion, Prompt, Sampling
from stat_engine.models.framing import FramedStudent, frame


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
