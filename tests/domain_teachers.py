"""Teachers of domains whose answers are not numbers, for a server on loopback: one of Python, one of science.

They answer what the package's prompts ask, some of it badly: proposals without tests, with tests that accept
anything and with wrong ones, wrong solutions, and rewrites that change the result."""

import re
from hashlib import sha256

from tests.models.fault_server import Asked, Said, chat
from tests.teaching import part

TASKS = {
    "missing_skills": "Find the first step that goes wrong",
    "judge": "Does the response reach the result",
    "propose_question": "Write one new question",
    "rewrite": "Write this solution anew",
    "solve": "Write a solution|Solve this step by step",
}


def task_of(asked: Asked) -> str:
    """The task that a prompt is of."""
    return next(task for task, words in TASKS.items() if re.search(words, asked.text))


def named(asked: Asked, skill: str) -> Said:
    """A label that names this skill and no step."""
    return chat(
        f"<judge>incorrect</judge><reason>It is no answer.</reason><step></step><quote></quote><skill>{skill}</skill>"
    )


def number(asked: Asked) -> int:
    """A number that differs from prompt to prompt and from repeat to repeat."""
    return int(sha256(f"{asked.text} {asked.body.get('seed')}".encode()).hexdigest(), 16) % 9000 + 1000


WRONG = "    return None"


def coder(asked: Asked, before: int) -> Said:
    """A teacher of Python; the repeat index is the seed that its client sends."""
    task, repeat = task_of(asked), int(asked.body.get("seed") or 0)
    if task == "missing_skills":
        return named(asked, "recursion")
    if task == "rewrite":
        head, _, body = part(asked.text, "solution").partition("\n")
        return chat(f"<solution>{head}\n    # rewritten\n{WRONG if number(asked) % 2 else body}</solution>")
    if task == "propose_question":
        n = number(asked)
        tests = ("", f"assert add_{n}(1) == {n + 1}", "ready = True", f"assert add_{n}(1) == 0")[
            (repeat + 1) % 4
        ]
        question = f"Write a Python function `add_{n}(value)` that returns its argument plus {n}."
        return chat(f"<question>{question}</question>" + (f"<tests>{tests}</tests>" if tests else ""))
    assert task == "solve", task
    (n,) = map(int, re.findall(r"`add_(\d+)\(", part(asked.text, "question")))
    ways = (f"    return value + {n}", f"    value += {n}\n    return value", f"    return value - {n}")
    return chat(
        f"<solution>def add_{n}(value):\n{ways[repeat]}</solution>\n<tests>assert add_{n}(2) == {n + 2}</tests>"
    )


def of_science(asked: Asked, before: int) -> Said:
    """A teacher of science; a response is right for it where it shares a long word with the reference."""
    task, repeat = task_of(asked), int(asked.body.get("seed") or 0)
    if task == "missing_skills":
        return named(asked, "forces")
    if task == "judge":
        words = [set(re.findall(r"\w{6,}", part(asked.text, of).lower())) for of in ("reference", "response")]
        return chat(
            f"<reason>Compared.</reason><judge>{'correct' if words[0] & words[1] else 'incorrect'}</judge>"
        )
    if task == "rewrite":
        return chat(f"<solution>Anew. {part(asked.text, 'solution')}\n\nIn short: it is so.</solution>")
    if task == "propose_question":
        n = number(asked)
        return chat(f"<question>Why does stone number {n} fall when child {n + 1} lets go of it?</question>")
    assert task == "solve", task
    ways = ("Gravity pulls it down.", "Nothing holds it against gravity.", "A wizard wants it so.")
    return chat(f"{ways[repeat]}\n\nIn short: {ways[repeat]}")
