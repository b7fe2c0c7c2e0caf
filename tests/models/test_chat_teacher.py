from collections.abc import Generator, Iterator, Sequence
from pathlib import Path
from typing import Any

from stat_engine.config import DomainConfig, StudentConfig, TeacherConfig
from stat_engine.models.base import (
    Answer,
    Completion,
    Meter,
    Sampling,
    Step,
    StreamingModel,
    TeacherRequest,
    Wanted,
)
from stat_engine.models.servers.server import Call
from stat_engine.models.teachers import ChatTeacher, on_this_machine
from stat_engine.models.worker import make_language_model

CONFIG = TeacherConfig(backend="openai", model="m", seed=5, writing_temperature=0.9, max_tokens=99)
LABEL = TeacherRequest(
    task="missing_skills",
    problem="What is 1+1?",
    steps=("1+1=3", "Answer: 3"),
    skills=("addition",),
    subject="number_theory",
)


def teacher(calls: list[Call], domain: str = "mathematics") -> ChatTeacher:
    def answering(asked: Sequence[Call], meter: Meter | None) -> Iterator[list[tuple[int, Answer]]]:
        calls.extend(asked)
        yield [(at, Answer(f"raw {at}", 7, 3, "stop")) for at in range(len(asked))]

    return ChatTeacher("m", {"model": "m"}, CONFIG, DomainConfig(name=domain), answering)


def text(prompt: Any) -> str:
    return "\n".join(message["content"] for message in prompt)


def test_the_student_response_goes_in_numbered_with_the_subjects_skills() -> None:
    calls: list[Call] = []
    (answers,) = teacher(calls).answer([LABEL])
    assert answers == [(0, Answer("raw 0", 7, 3, "stop"))]
    sent = text(calls[0].prompt)
    assert "[0] 1+1=3\n[1] Answer: 3" in sent and "skills of number theory:\n\n- addition" in sent
    assert "expert in mathematics" in sent


def test_labels_are_asked_cold_and_writing_warm_with_a_seed_a_repeat() -> None:
    calls: list[Call] = []
    solve = TeacherRequest(task="solve", problem="p", repeat=2)
    list(teacher(calls).answer([LABEL, solve]))
    assert [(call.model, call.sampling, call.seed) for call in calls] == [
        ("m", Sampling(0.0, 1.0, 99), 5),
        ("m", Sampling(0.9, 1.0, 99), 7),
    ]


def test_asking_again_shows_the_first_answer_and_names_what_was_wrong() -> None:
    calls: list[Call] = []
    again = TeacherRequest(
        **{**LABEL.__dict__, "previous": "<skill>knitting</skill>", "complaint": "'knitting'"}
    )
    list(teacher(calls).answer([again]))
    prompt: Any = calls[0].prompt
    assert [message["role"] for message in prompt] == ["system", "user", "assistant", "user"]
    assert prompt[2]["content"] == "<skill>knitting</skill>" and "'knitting'" in prompt[3]["content"]


def test_what_decides_an_answer_is_in_the_prompt_part_of_its_key() -> None:
    own = teacher([])
    first: Any = own.prompt(LABEL)
    assert sorted(first) == ["max_tokens", "messages", "prompt_version", "temperature"]
    unseen = TeacherRequest(**{**LABEL.__dict__, "mapped_skills": ("addition",), "failing_step": 0})
    assert own.prompt(unseen) == first  # what is not sent decides nothing
    assert teacher([], domain="chemistry").prompt(LABEL) != first


def test_a_proposal_without_a_skill_stresses_none() -> None:
    calls: list[Call] = []
    near = TeacherRequest(task="propose_question", problem="", references=("a?", "b?"))
    skilled = TeacherRequest(task="propose_question", problem="", references=("a?",), skills=("area",))
    list(teacher(calls).answer([near, skilled]))
    assert "(1) a?\n\n(2) b?" in text(calls[0].prompt) and "to stress this skill" not in text(calls[0].prompt)
    assert "to stress this skill: area" in text(calls[1].prompt)


def test_an_empty_response_is_shown_as_such() -> None:
    calls: list[Call] = []
    list(teacher(calls).answer([TeacherRequest(task="judge", problem="p", solution="s")]))
    assert "(the response is empty)" in text(calls[0].prompt)


def test_a_model_on_this_machine_answers_in_place_and_is_loaded_once() -> None:
    loads: list[int] = []

    class Model(StreamingModel):
        name = "student"

        def stream(self, wanted: Wanted) -> Generator[Step]:
            for at, prompt in enumerate(wanted.prompts):
                text = f"{prompt} at {wanted.sampling.temperature}"
                yield Step(4, {(at, 0): Completion(text, 4, "length")})

    def load() -> Model:
        loads.append(1)
        return Model()

    answering = on_this_machine(load)
    warm, cold = Sampling(1.0, 1.0, 9), Sampling(0.0, 1.0, 9)
    calls = [Call("a", "", warm, 0), Call("b", "", cold, 0), Call("c", "", warm, 0)]
    found = dict(pair for batch in answering(calls, None) for pair in batch)
    assert found == {
        0: Answer("a at 1.0", None, 4, "length"),
        1: Answer("b at 0.0", None, 4, "length"),
        2: Answer("c at 1.0", None, 4, "length"),
    }
    list(answering(calls, None))
    assert loads == [1]


def test_a_model_on_this_machine_hands_over_each_answer_and_samples_it_by_its_own_prompt(
    tiny_checkpoint: Path,
) -> None:
    config = StudentConfig(model=str(tiny_checkpoint), name="tiny")
    answering = on_this_machine(lambda: make_language_model(config))
    warm = Sampling(1.0, 1.0, 12)
    calls = [Call(f"What is {at}+1?", "", warm, 3) for at in range(6)]
    batches = [batch for batch in answering(calls, None) if batch]
    assert sorted(at for batch in batches for at, _ in batch) == list(range(6))
    together = dict(pair for batch in batches for pair in batch)
    left = dict(pair for batch in answering(calls[4:], None) for pair in batch)
    assert left == {0: together[4], 1: together[5]}
