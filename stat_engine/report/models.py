"""Export an arm to a folder: safetensors, the tokenizer, and a model card with its lineage.

Without `merge` it holds the adapter for the student's weights; with it the student's weights with the
adapter merged, which any loader of checkpoints reads. The folder is written completely or not at all."""

import json
import os
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

from stat_engine.errors import Damaged, NotThereYet, StatError
from stat_engine.method.accuracy import accuracy
from stat_engine.method.context import RunContext
from stat_engine.method.sft.arm import arm_adapter
from stat_engine.method.sft.faults import told
from stat_engine.models.local.loading import end_tokens, load_model, load_tokenizer
from stat_engine.models.local.merging import merge_adapter
from stat_engine.models.local.saving import save_model
from stat_engine.store.checked_json import ArmCard, read_checked
from stat_engine.store.files import read_json
from stat_engine.store.outputs import output_place
from stat_engine.store.run_folder import RunFolder
from stat_engine.views import evaluations, training_sets
from stat_engine.views import profile as profiles

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
        _skills_section(facts),
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


def _skills_section(facts: dict[str, Any]) -> str:
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


TOP_SKILLS = 10
"""Skills that a card names, as many as the paper's figures show."""


def export_model(context: RunContext, arm: str, seed: int, to: Path, merge: bool = False) -> dict[str, Any]:
    """Write a trained arm to the folder `to`; run, arm, seed, folder, is_merged, files, n_bytes.

    Raises StatError for an arm that is not trained, a student on a server, an adapter of a student that has
    one already (only `merge` fits both), a folder that holds something else, and a full disk."""
    if arm == "base":
        raise StatError("arm base is the student itself, which is there already; choose a trained --arm")
    adapter, _ = arm_adapter(context, arm, seed)
    student = context.config.student
    own = ", ".join(student.adapters())
    if own and not merge:
        raise StatError(
            f"student of run {context.run.name} is {student.model} with adapter {own}: the arm's adapter "
            "alone fits neither; add --merge"
        )
    _refuse_strangers(output_place(to))
    known = facts(context.run, arm, seed) | {"is_merged": merge}
    made = to.with_name(f".{to.name}.{os.getpid()}.tmp")
    try:
        made.mkdir(parents=True)
        with told(to.parent, "a machine with room for the whole student"):
            _write(context, adapter, made, merge)
            (made / "README.md").write_text(model_card(known), encoding="utf-8")
        if to.exists():
            shutil.rmtree(to)
        made.replace(to)
    finally:
        shutil.rmtree(made, ignore_errors=True)
    files = sorted(path.name for path in to.iterdir())
    n_bytes = sum(path.stat().st_size for path in to.iterdir())
    return {
        "run": context.run.name, "arm": arm, "seed": seed, "folder": str(to), "is_merged": merge,
        "files": files, "n_bytes": n_bytes,
    }  # fmt: skip


def facts(run: RunFolder, arm: str, seed: int) -> dict[str, Any]:
    """What the run's files say of a trained arm, for its card; `evaluations` is empty before there is one."""
    config, card = run.config, read_checked(run.arm_folder(arm, seed) / "manifest.json", ArmCard) or {}
    name = card.get("set") or run.trained_set(card.get("start", arm))  # GRPO goes on from an arm
    manifest = run.training_set(name).manifest()
    built = manifest.settings if manifest else {}
    skills, said = _skills(run, built)
    return {
        "run": run.name, "parent": run.card.get("parent"), "dataset": config.dataset, "arm": arm,
        "seed": seed, "student": config.student.model, "student_name": config.student.name,
        "framing": Path(config.student.framing).name, "set": name if manifest else "none",
        "start": card.get("start"),
        "method": card.get("method") or "imported", "n_pairs": card.get("n_pairs") or 0,
        "n_questions": training_sets.summary(run, name)["n_questions"] if manifest else 0,
        "weights": card.get("weights"), "settings": card.get("settings", {}),
        "learning_rate": card.get("learning_rate"), "skills": skills, "skills_from": said,
        "labels": {
            "teacher": _teacher(built.get("teacher")), "n_decisions": built.get("label_events", 0),
        },
        "evaluations": _evaluations(run, arm, seed),
    }  # fmt: skip


def _skills(run: RunFolder, built: dict[str, Any]) -> tuple[list[dict[str, Any]], str]:
    """The profile that the set was built from, else the run's own, and which of both it is."""
    if built.get("profile"):
        frozen = [dict(zip(("subject", "skill", "n_missing"), row, strict=True)) for row in built["profile"]]
        return frozen[:TOP_SKILLS], "The profile that the training set was built from."
    try:
        own = profiles.profile(run)
    except NotThereYet:
        return [], ""
    missed = own[own.n_missing > 0][["subject", "skill", "n_missing"]].head(TOP_SKILLS)
    rows = [dict(zip(missed.columns, row, strict=True)) for row in missed.itertuples(index=False, name=None)]
    return rows, "The run's profile; this training set was not built from it."


def _teacher(section: dict[str, Any] | None) -> str | None:
    if not section:
        return None
    name = section.get("name") or section.get("backend")
    return f"{name} ({section['model']})" if section.get("model") else str(name)


def _evaluations(run: RunFolder, arm: str, seed: int) -> list[dict[str, Any]]:
    """Accuracies of the student, of this seed, and of all seeds where there are several, by benchmark."""
    rows = []
    for benchmark in evaluations.benchmarks(run):
        of = run.evaluated(benchmark)
        seeds = of.get(arm, [])
        wanted = {"the student itself": ("base", of["base"]), f"this model, seed {seed}": (arm, [seed])}
        if len(seeds) > 1:
            wanted[f"mean of {len(seeds)} seeds"] = (arm, seeds)
        for what, (name, which) in wanted.items() if seed in seeds else ():
            grid = evaluations.Evaluations.read(run, benchmark, {name: which})
            at = accuracy(grid.shares[name])
            rows.append(
                {
                    "benchmark": benchmark, "what": what, "accuracy": at.accuracy, "ci_low": at.ci_low,
                    "ci_high": at.ci_high, "n_questions": at.n_questions,
                }
            )  # fmt: skip
    return rows


def _refuse_strangers(to: Path) -> None:
    """A folder may be replaced where it is empty or an earlier export."""
    if not to.exists():
        return
    card = to / "README.md"
    is_ours = card.is_file() and MARK in card.read_text(encoding="utf-8", errors="replace")
    if not to.is_dir() or (any(to.iterdir()) and not is_ours):
        raise StatError(
            f"{to}: found something else there, expected no such folder, an empty one, or an export"
        )


def _adapter_config(path: Path) -> dict[str, Any]:
    config = read_json(path)
    if not isinstance(config, dict):
        raise Damaged(f"{path}: found no JSON object, expected an adapter's settings; restore it from a copy")
    return config


def _write(context: RunContext, adapter: Path, folder: Path, merge: bool) -> None:
    student = context.config.student
    tokenizer = load_tokenizer(student.model, needs_chat=False, trust_remote_code=student.trust_remote_code)
    if merge:
        model = load_model(student.model, dtype=student.dtype, trust_remote_code=student.trust_remote_code)
        for one in (*student.adapters(), str(adapter)):
            model = merge_adapter(model, one, student.model)
        model.generation_config.eos_token_id = end_tokens(model, tokenizer)
        save_model(model, folder)
    else:
        shutil.copy2(adapter / "adapter_model.safetensors", folder)
        config = _adapter_config(adapter / "adapter_config.json")
        config["base_model_name_or_path"] = student.model
        text = json.dumps(config, indent=2, sort_keys=True) + "\n"
        (folder / "adapter_config.json").write_text(text, encoding="utf-8")
    tokenizer.save_pretrained(str(folder))
