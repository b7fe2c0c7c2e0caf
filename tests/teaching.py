"""A teacher over real HTTP: the embedded checker behind an OpenAI-compatible server on loopback.

It reads the prompts that the package sends, so a run against it goes the whole way of a run against a
hosted teacher: rendering, sending, storing, parsing, paying."""

import re
from collections.abc import Callable
from typing import get_args

from stat_engine.models.base import Task, TeacherRequest
from stat_engine.numeracy.teacher import NumeracyTeacher
from stat_engine.prompts import read_prompt
from tests.models.fault_server import Asked, Said, chat

SETTINGS = (
    "teacher.backend=openai", "teacher.model=checker-1", "teacher.name=served", "second_teachers=[]",
    "prices={checker-1: {input: 1000, output: 1000}}",
)  # fmt: skip
"""Each answer of the server has 7 tokens in and 3 out, so a call costs 0.01 USD."""
CALL_COST = 0.01


def settings_for(url: str) -> list[str]:
    """Settings of a run whose teacher is the server at this address."""
    return [*SETTINGS, f"teacher.server.base_url={url}", "teacher.server.retries=2", "teacher.server.width=8"]


def teach(asked: Asked, before: int) -> Said:
    """The checker's answer to a prompt."""
    return chat(answer_to([str(message["content"]) for message in asked.body["messages"]]))


def counting(limit: int) -> Callable[[Asked, int], Said]:
    """The checker for `limit` requests, and then an answer that ends the work."""
    n = 0

    def script(asked: Asked, before: int) -> Said:
        nonlocal n
        n += 1
        return teach(asked, before) if n <= limit else Said(b"{}", 401)

    return script


def answer_to(contents: list[str]) -> str:
    """What the checker says to a conversation."""
    request = read_request(contents)
    ((_, answer),) = next(iter(NumeracyTeacher().answer([request])))
    return answer.text


def read_request(contents: list[str]) -> TeacherRequest:
    """The request that a prompt was made from, as far as the checker needs it."""
    task, user = task_of(contents[0]), contents[1]
    if task in ("solve", "rewrite") and "\n\nSolve this" in user:
        return TeacherRequest(task="solve", problem=user.split("\n\nSolve this")[0])
    skill = re.search(r"to stress this skill: (.*)", user)
    listed = re.findall(r"^- (.*)$", user, re.MULTILINE)
    subject = re.search(r"(?:skills|questions) of ([^:\n]*):", user)
    return TeacherRequest(
        task=task,
        problem=part(user, "question"),
        steps=tuple(re.findall(r"^\[\d+\] (.*)$", part(user, "response"), re.MULTILINE)),
        skills=(skill[1],) if skill else tuple(listed),
        subject=subject[1] if subject else "",
        solution=part(user, "solution") or part(user, "reference"),
        references=tuple(re.findall(r"^\(\d+\) (.*)$", part(user, "examples"), re.MULTILINE)),
        repeat=len(contents),
        proposed=tuple(re.findall(r"^\(\d+\) (.*)$", part(user, "written"), re.MULTILINE)),
    )


def task_of(system: str) -> Task:
    """A task whose system text this is; `solve` and `rewrite` share theirs."""
    files = {task: read_prompt(task).sections for task in get_args(Task)}
    found = [
        task for task, of in files.items() if of["system"].replace("{{domain}}", "mathematics") == system
    ]
    assert found, system
    return found[0]


def part(text: str, name: str) -> str:
    """What stands between a prompt's tags; empty where there are none."""
    found = re.search(rf"<{name}>\n(.*?)\n</{name}>", text, re.DOTALL)
    return found[1] if found else ""
