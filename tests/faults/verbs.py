"""The verbs of the trials, each with arguments that fit the trials' workspace: what writes, what reads, what is left out.

A verb may stand in both tables. `test_verbs.py` compares them with the command line itself. `{label}`, `{shown}`,
`{question}`, `{pair}` and `{files}` stand for a response with a label, one with a label that people decided on, a
validation question, an example of the set stat-sel, and the folder of files to import."""

import shlex
from collections.abc import Iterator, Mapping
from typing import Any

from stat_engine.cli import Later, program
from tests.reinforcing import TINY

WRITES: Mapping[str, tuple[str, ...]] = {
    "demo": ("",),
    "new": ("made",),
    "fork": ("small made difficulty.tau1=0.8",),
    "note": ("small text",),
    "tag": ("small one two",),
    "run": (
        "half --until responses", "half --until step_rewards", "half --until profile",
        "half --until responses --detach --launcher void",
    ),
    "round": ("small --arm random --name made",),
    "set": ("small difficulty.tau1=0.8",),
    "settings": (
        "budget=7 reviewers=[Ada,Grace]",
        "servers.lab.base_url=http://127.0.0.1:9/v1 servers.lab.api_key_env=LAB_KEY",
        "--remove budget",
    ),
    "verdict": ("small {question} 0 correct --author ada", "reviewed {question} 0 undo --author ada"),
    "profile": ("small --csv {files}/out.csv",),
    "label accept": ("small {label} --author ada", "small --status pending --author ada"),
    "label edit": ("small {label} --none --author ada",),
    "label discard": ("small {label} --author ada",),
    "label note": ("small {label} text --author ada",),
    "label undo": ("reviewed {shown} --author ada",),
    "label export": (
        "small --out {files}/out.jsonl", "small --format label-studio --out {files}/out.json",
        "small --format argilla --out {files}/out",
    ),
    "label import": ("small {files}/labels.jsonl --author ada",),
    "build": (
        "small --method stat-sel --name made --pairs 20", "small --method uniform --name made --pairs 20",
        "small --method stat-syn --name made --pairs 10",
    ),
    "allocation": ("small --pairs 20 --out {files}/out.json",),
    "examples edit": ("small own {pair} --solution text --author ada",),
    "examples drop": ("small own {pair} --author ada",),
    "examples undo": ("reviewed own {pair} --author ada",),
    "examples copy": ("small stat-sel made",),
    "train": ("small --set random --seed 1",),
    "grpo": (f"small --start base --arm made {' '.join(TINY)}",),
    "evaluate": ("small --arm random",),
    "report": ("small --out {files}/out.html", "small --out {files}/out.md"),
    "study": ("set-size small --value 10 --arm random --seed 0 --name made",),
    "study-report": ("sizes --to {files}/out",),
    "split": ("numeracy --validation 40 --from test --seed 1",),
    "skills label": ("numeracy --split train --per-subject 5",),
    "skills discover": (
        "numeracy --split train --per-subject 10 --clusters spelling --out {files}/out.json",
        "numeracy --split train --per-subject 10 --clusters spelling --relabel validation --drop",
    ),
    "skills propagate": ("numeracy --split train --per-subject 20",),
    "skills export": ("numeracy --out {files}/out.json",),
    "skills import": ("{files}/skills.json --dataset numeracy --note again",),
    "skills restore": ("numeracy 1",),
    "skills rename": ("numeracy {skill} --subject {subject} --to made",),
    "skills merge": ("numeracy {skill} {other} --subject {subject} --into {other}",),
    "skills split": ("numeracy {skill} --subject {subject} --to made --question {skilled}",),
    "skills move": ("numeracy {skill} --subject {subject} --to-subject made",),
    "import questions": ("{files}/questions.jsonl --dataset made",),
    "import skill-map": ("{files}/map.jsonl --dataset numeracy",),
    "import responses": ("{files}/responses.jsonl --run half",),
    "import step-rewards": ("{files}/rewards.jsonl --run theirs",),
    "import training-set": ("{files}/set.jsonl --run small --name made",),
    "import lm-eval": (
        "{files}/samples.jsonl --dataset made --run made",
        "{files}/evaluation.jsonl --dataset numeracy --run small --arm their",
    ),
    "import inspect": ("{files}/inspect.json --dataset made --run made",),
    "import hub": ("gsm8k --file {files}/gsm8k.jsonl --split test --dataset made",),
    "export": ("small stat-sel --format trl --out {files}/out.jsonl",),
    "export-steps": ("reviewed --out {files}/out.jsonl",),
    "export-model": ("small --arm random --to {files}/out", "small --arm random --to {files}/out --merge"),
    "jobs stop": ("evaluate-small-1",),
    "jobs resume": ("run-half-1",),
    "jobs launcher": ("made 'srun {command}'", "void"),
    "clean": (
        "--whole-run half", "--whole-run theirs", "--checkpoints --unfinished", "--jobs --days 0",
    ),
    "numeracy dataset": ("--out {files}/out",),
}  # fmt: skip
READS: Mapping[str, tuple[str, ...]] = {
    "doctor": ("",), "runs": ("",), "diff": ("reviewed half",), "run": ("reviewed --dry-run",), "status": ("reviewed",),
    "warnings": ("reviewed",), "cost": ("reviewed",), "round": ("reviewed --arm random --name made --dry-run",),
    "rounds": ("reviewed",), "show": ("reviewed",), "set": ("reviewed sft.epochs=2 --dry-run",), "settings": ("",),
    "models servers": ("reviewed",), "difficult": ("reviewed --filters --grid",), "questions": ("reviewed",),
    "question": ("reviewed {question}",), "disagreements": ("theirs",), "verdicts": ("reviewed",),
    "profile": ("reviewed --weak", "reviewed --misfit"), "agreement": ("reviewed",),
    "label list": ("reviewed",), "label history": ("reviewed {shown}",),
    "label accept": ("reviewed --status pending --author ada --dry-run",),
    "label export": ("reviewed --out {files}/out.jsonl",),
    "build": ("reviewed --method stat-sel --dry-run",), "allocation": ("reviewed",),
    "dropped": ("reviewed --set stat-syn",), "leakage": ("reviewed stat-sel",),
    "examples list": ("reviewed own",), "examples show": ("reviewed own {pair}",),
    "train": ("reviewed --set stat-sel --seed 1 --dry-run",), "grpo": ("reviewed --start stat-sel --dry-run",),
    "try": ("reviewed --arm stat-sel --id {question}",),
    "compare": ("reviewed --by skill",), "power": ("reviewed",), "report": ("reviewed --out {files}/out.html",),
    "gains": ("reviewed",), "flips": ("reviewed --arm random",),
    "study": ("set-size reviewed --value 10 --arm random --seed 0 --name made --dry-run",),
    "studies": ("sizes",), "study-report": ("sizes --to {files}/out",),
    "split": ("numeracy --validation 40 --from test --seed 1 --dry-run",), "audit-skill-map": ("numeracy",),
    "skills export": ("numeracy --out {files}/out.json",), "skills versions": ("numeracy",),
    "skills restore": ("numeracy 1 --dry-run",),
    "skills rename": ("numeracy {skill} --subject {subject} --to made --dry-run",),
    "import questions": ("{files}/questions.jsonl --dataset numeracy --dry-run",),
    "export": ("reviewed own --out {files}/out.jsonl",), "export-steps": ("reviewed --out {files}/out.jsonl",),
    "export-model": ("reviewed --arm stat-sel --to {files}/out",),
    "jobs list": ("",), "jobs log": ("run-half-1",), "jobs events": ("run-half-1",), "jobs launchers": ("",),
    "disk": ("reviewed", ""), "clean": ("--unfinished --checkpoints --jobs --dry-run",), "verify": ("",),
}  # fmt: skip
SHOW_SIZES = {"runs", "disk", "clean", "doctor"}
"""Verbs that print the lengths of files: what they print of a damaged one differs as it should."""
LEFT_OUT: Mapping[str, str] = {
    "app": "serves pages until it is ended; what the pages read and write, these verbs do",
    "models fetch": "takes a package of 100 MB from a registry",
    "presets": "reads no file of a workspace",
    "grade": "reads no file of a workspace",
    "numeracy leakage": "reads no file of a workspace",
    "numeracy pretrain": "works for minutes, and writes one folder at its end",
    "numeracy train-reward-model": "works for minutes, and writes one folder at its end",
}
"""Verb -> why it has no trial."""


def lines(of: Mapping[str, tuple[str, ...]]) -> list[str]:
    """The verbs of a table, each with its arguments."""
    return [f"{verb} {arguments}".rstrip() for verb, several in of.items() for arguments in several]


def arguments(line: str, words: Mapping[str, str]) -> list[str]:
    """A line as words with the placeholders filled in; `{command}` of a launcher stays."""
    parts = shlex.split(line)
    for name, value in words.items():
        parts = [part.replace(f"{{{name}}}", value) for part in parts]
    return parts


def of_the_command_line(command: Any = None, name: str = "") -> Iterator[str]:
    """Every verb that the command line has."""
    for key, of in (command or program()).commands.items():
        whole = of.command if isinstance(of, Later) else of
        if hasattr(whole, "commands"):
            yield from of_the_command_line(whole, f"{name}{key} ")
        else:
            yield f"{name}{key}"
