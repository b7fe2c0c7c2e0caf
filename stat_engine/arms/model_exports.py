"""An arm as a folder of its own: safetensors, the tokenizer, and a card that tells where it comes from.

Without `merge` the adapter for the student's weights; with it the student's weights with the adapter in them,
which any loader of checkpoints reads. The folder comes whole or not at all."""

import json
import os
import shutil
from pathlib import Path
from typing import Any

from stat_engine.arms.training import arm_adapter
from stat_engine.errors import NotThereYet, StatError
from stat_engine.interop.model_cards import MARK, model_card
from stat_engine.models.local.adapters import merge_adapter
from stat_engine.models.local.loading import load_model, load_tokenizer
from stat_engine.stages.evaluate import accuracy
from stat_engine.stages.training_faults import told
from stat_engine.store.files import read_json
from stat_engine.store.run_folder import RunFolder
from stat_engine.views import evaluations, training_sets
from stat_engine.views import profile as profiles
from stat_engine.workbench import Workbench

TOP_SKILLS = 10
"""Skills that a card names, as many as the paper's figures show."""


def export_model(bench: Workbench, arm: str, seed: int, to: Path, merge: bool = False) -> dict[str, Any]:
    """Write a trained arm to the folder `to`; run, arm, seed, folder, is_merged, files, n_bytes.

    Raises StatError for an arm that is not trained, a student on a server, an adapter of a student that has
    one already (only `merge` fits both), a folder that holds something else, and a full disk."""
    if arm == "base":
        raise StatError("arm base is the student itself, which is there already; choose a trained --arm")
    adapter, _ = arm_adapter(bench, arm, seed)
    student = bench.config.student
    own = ", ".join(student.adapters())
    if own and not merge:
        raise StatError(
            f"student of run {bench.run.name} is {student.model} with adapter {own}: the arm's adapter alone "
            "fits neither; add --merge"
        )
    _refuse_strangers(to)
    known = facts(bench.run, arm, seed) | {"is_merged": merge}
    made = to.with_name(f".{to.name}.{os.getpid()}.tmp")
    try:
        made.mkdir(parents=True)
        with told(to.parent, "a machine with room for the whole student"):
            _write(bench, adapter, made, merge)
            (made / "README.md").write_text(model_card(known), encoding="utf-8")
        if to.exists():
            shutil.rmtree(to)
        made.replace(to)
    finally:
        shutil.rmtree(made, ignore_errors=True)
    files = sorted(path.name for path in to.iterdir())
    n_bytes = sum(path.stat().st_size for path in to.iterdir())
    return {
        "run": bench.run.name, "arm": arm, "seed": seed, "folder": str(to), "is_merged": merge,
        "files": files, "n_bytes": n_bytes,
    }  # fmt: skip


def facts(run: RunFolder, arm: str, seed: int) -> dict[str, Any]:
    """What the run's files say of a trained arm, for its card; `evaluations` is empty before there is one."""
    config, card = run.config, read_json(run.arm_folder(arm, seed) / "manifest.json") or {}
    name = card.get("set") or run.trained_set(card.get("start", arm))  # GRPO goes on from an arm
    manifest = run.training_set(name).manifest()
    built = manifest.settings if manifest else {}
    skills, said = _skills(run, built)
    return {
        "run": run.name, "parent": run.card.get("parent"), "dataset": config.dataset, "arm": arm,
        "seed": seed, "student": config.student.model, "student_name": config.student.name,
        "framing": config.student.framing, "set": name if manifest else "none", "start": card.get("start"),
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


def _write(bench: Workbench, adapter: Path, folder: Path, merge: bool) -> None:
    student = bench.config.student
    tokenizer = load_tokenizer(student.model, needs_chat=False, trust_remote_code=student.trust_remote_code)
    if merge:
        model = load_model(student.model, dtype=student.dtype, trust_remote_code=student.trust_remote_code)
        for one in (*student.adapters(), str(adapter)):
            model = merge_adapter(model, one, student.model)
        model.save_pretrained(str(folder))
    else:
        shutil.copy2(adapter / "adapter_model.safetensors", folder)
        config = json.loads((adapter / "adapter_config.json").read_text(encoding="utf-8"))
        config["base_model_name_or_path"] = student.model
        text = json.dumps(config, indent=2, sort_keys=True) + "\n"
        (folder / "adapter_config.json").write_text(text, encoding="utf-8")
    tokenizer.save_pretrained(str(folder))
