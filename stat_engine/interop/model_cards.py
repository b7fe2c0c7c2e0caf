"""The card of an exported model: what the hub reads in its header, and the arm's lineage in words."""

from collections.abc import Sequence
from typing import Any

import yaml

MARK = "skill-targeted-adaptive-training"
"""A tag by which a card is known to be ours, and its folder may be replaced."""


def model_card(facts: dict[str, Any]) -> str:
    """README.md from an arm's facts, as `model_exports.facts` gathers them; an unknown fact is said to be."""
    is_merged, base = facts["is_merged"], facts["student"]
    header = {
        "base_model": base,
        "base_model_relation": "finetune" if is_merged else "adapter",
        "library_name": "transformers" if is_merged else "peft",
        "pipeline_tag": "text-generation",
        "tags": [MARK, facts["method"]],
    }
    title = f"{facts['student_name']}, arm {facts['arm']}, seed {facts['seed']}"
    kind = "Merged weights" if is_merged else "An adapter for the student's weights"
    parts = [
        f"---\n{yaml.safe_dump(header, sort_keys=False, allow_unicode=True)}---",
        f"# {title}",
        f"{kind}, made with STAT Studio (Skill-Targeted Adaptive Training, arXiv 2510.10023).",
        "## Lineage",
        _table(["", ""], _lineage(facts)),
        "## Most missed skills of the profile",
        _skills(facts),
        "## Evaluation",
        _evaluation(facts),
        *_rates(facts),
        "## Settings of the training",
        _table(["setting", "value"], [[key, _code(value)] for key, value in facts["settings"].items()]),
        "The licences and terms of the student and of the data set's questions apply.",
    ]
    return "\n\n".join(parts) + "\n"


def _lineage(facts: dict[str, Any]) -> list[list[str]]:
    labels = facts["labels"]
    sources = f"teacher {labels['teacher']}" if labels["teacher"] else "unknown"
    if labels["n_decisions"]:
        sources += f"; {labels['n_decisions']:,} decisions of people"
    parent = f" (made from {facts['parent']})" if facts["parent"] else ""
    return [
        ["Run", _code(facts["run"]) + parent],
        ["Data set", _code(facts["dataset"])],
        ["Student", f"{_code(facts['student'])}, asked with framing {_code(facts['framing'])}"],
        ["Training set", f"{_code(facts['set'])}, method {_code(facts['method'])}"],
        ["Pairs", f"{facts['n_pairs']:,}, of {facts['n_questions']:,} questions in the set"],
        *([["Went on from", f"arm {_code(facts['start'])}, by {facts['method']}"]] if facts["start"] else []),
        ["Labels", sources],
        ["Weights, SHA-256", _code(facts["weights"])],
    ]


def _skills(facts: dict[str, Any]) -> str:
    if not facts["skills"]:
        return "None are known: the set was not built from a profile, or its run holds none."
    rows = [[row["subject"], row["skill"], f"{row['n_missing']:,}"] for row in facts["skills"]]
    return _table(["Subject", "Skill", "Questions that miss it"], rows) + f"\n\n{facts['skills_from']}"


def _evaluation(facts: dict[str, Any]) -> str:
    if not facts["evaluations"]:
        return "This arm is not evaluated."
    rows = [
        [row["benchmark"], row["what"], _share(row), f"{row['n_questions']:,}"]
        for row in facts["evaluations"]
    ]
    note = "Intervals are Wilson's 95% over questions; a single seed says nothing of how seeds vary."
    return _table(["Benchmark", "Model", "Accuracy [95%]", "Questions"], rows) + f"\n\n{note}"


def _rates(facts: dict[str, Any]) -> list[str]:
    choice = facts["learning_rate"]
    if not choice:
        return []
    rows = [[f"{row['learning_rate']:g}", _share(row), f"{row['n_questions']:,}"] for row in choice["rates"]]
    said = f"{choice['learning_rate']:g} was {choice['note']}."
    table = _table(["Learning rate", "Validation accuracy [95%]", "Questions"], rows)
    return ["## Choice of the learning rate", table, said]


def _share(row: dict[str, Any]) -> str:
    return f"{row['accuracy']:.1%} [{row['ci_low']:.1%}, {row['ci_high']:.1%}]"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)


def _code(value: object) -> str:
    return f"`{str(value).replace('`', '')}`"
