"""Trainings of a run, on pairs or from rewards: their curves, those that are finished, those under way."""

import time
from pathlib import Path
from typing import Any

import pandas as pd

from stat_engine.errors import NotThereYet
from stat_engine.method.sft.metrics import METRICS, PACE, read_metrics
from stat_engine.records import Response
from stat_engine.store import query
from stat_engine.store.files import read_json
from stat_engine.store.run_folder import RunFolder

COLUMNS = [
    "arm", "seed", "step", "max_steps", "epoch", "loss", "learning_rate", "grad_norm", "n_tokens", "seconds",
    "memory_bytes", "reward",
]  # fmt: skip
FINISHED = [
    "arm", "seed", "set", "n_pairs", "steps", "epochs", "loss", "tokens_a_second", "seconds", "memory_bytes",
    "adapter", "start", "n_questions", "reward",
]  # fmt: skip
RECENT = 20
"""Steps that the present speed is measured over."""
SILENCE_S = 60.0
"""A fine-tuning that wrote nothing for so long, and for ten of its steps, is not at work."""


def sets(run: RunFolder) -> dict[str, int]:
    """{training set: pairs}; raises NotThereYet where there is none."""
    names = run.training_set_names()
    if not names:
        raise NotThereYet(
            f"run {run.name} has no training set yet; make them with: "
            f"stat-studio run {run.name} --until training_sets"
        )
    return {name: run.n_examples(name) for name in names}


def fine_tunings(run: RunFolder) -> list[tuple[str, int]]:
    """(arm, seed) of every fine-tuning that has begun, by name."""
    found = [
        (path.parent.parent.name, int(path.parent.name.removeprefix("seed-")))
        for path in (run.folder / "students").glob(f"*/seed-*/{METRICS}")
    ]
    return sorted(found)


def mark(run: RunFolder, arm: str, seed: int) -> tuple[int, int]:
    """Changes whenever the fine-tuning writes a step: what a cache of its curve is keyed on."""
    path = run.arm_folder(arm, seed) / METRICS
    found = path.stat() if path.exists() else None
    return (found.st_mtime_ns, found.st_size) if found else (0, 0)


def curve(run: RunFolder, arm: str, seed: int) -> pd.DataFrame:
    """One row a step of COLUMNS: loss in nats a token, tokens and seconds so far; NaN where not measured.

    `reward`: mean reward of a batch of answers, at the first step that learns from it; NaN at others."""
    folder = run.arm_folder(arm, seed)
    steps = pd.DataFrame(read_metrics(folder / METRICS))
    if "loss" not in steps:
        return pd.DataFrame(columns=COLUMNS)
    pace = pd.DataFrame(read_metrics(folder / PACE), columns=["step", "seconds", "memory_bytes"])
    rows = steps.merge(pace, on="step", how="left").assign(arm=arm, seed=seed)
    return rows.reindex(columns=COLUMNS).dropna(subset="loss").sort_values("step", ignore_index=True)


def training_metrics(run: RunFolder) -> pd.DataFrame:
    """The curves of every fine-tuning, also of one under way, one below the other."""
    curves = [curve(run, arm, seed) for arm, seed in fine_tunings(run)]
    kept = [rows for rows in curves if len(rows)]
    return pd.concat(kept, ignore_index=True) if kept else pd.DataFrame(columns=COLUMNS)


def finished(run: RunFolder) -> pd.DataFrame:
    """One row a finished fine-tuning with FINISHED; seconds, tokens and memory are NaN where not measured.

    `loss` is the last step's, nats a token; `seconds` is training alone, without loading. An arm that learned
    from rewards has `start`, `n_questions` and the last batch's mean `reward`, others have None there."""
    rows = []
    for arm in run.trained_arms():
        for seed in run.trained_seeds(arm):
            card = read_json(run.arm_folder(arm, seed) / "manifest.json") or {}
            rows.append({**_end(run, arm, seed), **_of_card(card)})
    return pd.DataFrame(rows, columns=FINISHED)


def under_way(run: RunFolder) -> list[dict[str, Any]]:
    """Fine-tunings that have begun and are not finished, the one written to last first.

    arm, seed, set, n_pairs, n_questions, reward (the last batch's mean), step, max_steps, loss,
    learning_rate, tokens_a_second, seconds, seconds_left, memory_bytes, memory_total_bytes, device,
    is_at_work; None where unknown."""
    folders = [path.parent for path in (run.folder / "students").glob("*/seed-*/plan.json")]
    left = [path for path in folders if not (path / "manifest.json").exists()]
    left.sort(key=_written, reverse=True)
    is_working = run.is_working()
    return [_progress(path, is_working and at == 0) for at, path in enumerate(left)]


def an_evaluation_question(run: RunFolder) -> str:
    """Id of one question that the student was evaluated on; empty before there is any."""
    files = run.evaluation("base", 0, run.config.evaluation.split).files()
    found = query.rows("select question_id from rows order by 1 limit 1", {"rows": (files, Response)})
    return str(found[0]["question_id"]) if found else ""


def seconds_a_pair(run: RunFolder) -> float | None:
    """Median seconds of training that one pair took in the run's finished fine-tunings; None: no measure."""
    rows = finished(run).dropna(subset="seconds")
    rows = rows[(rows.seconds > 0) & rows.start.isna()]
    return float((rows.seconds / (rows.n_pairs * rows.epochs)).median()) if len(rows) else None


def _end(run: RunFolder, arm: str, seed: int) -> dict[str, Any]:
    folder = run.arm_folder(arm, seed)
    last, pace = _last(folder / METRICS), _last(folder / PACE)
    n_tokens, seconds = last.get("n_tokens"), pace.get("seconds")
    return {
        "arm": arm,
        "seed": seed,
        "tokens_a_second": n_tokens / seconds if n_tokens and seconds else None,
        "seconds": seconds,
        "memory_bytes": pace.get("memory_bytes"),
        "adapter": str((folder / "adapter").relative_to(run.folder)),
    }


def _of_card(card: dict[str, Any]) -> dict[str, Any]:
    outcome = card.get("outcome", {})
    return {
        "set": card.get("set"),
        "n_pairs": card.get("n_pairs"),
        "steps": outcome.get("steps"),
        "epochs": card.get("settings", {}).get("epochs"),
        "loss": outcome.get("loss"),
        **{key: card.get(key) for key in ("start", "n_questions")},
        "reward": outcome.get("reward"),
    }


def _progress(folder: Path, may_work: bool) -> dict[str, Any]:
    asked, steps = read_json(folder / "plan.json") or {}, read_metrics(folder / METRICS)
    pace = read_metrics(folder / PACE)
    last, now = (steps or [{}])[-1], (pace or [{}])[-1]
    a_step = _seconds_a_step(pace)
    quiet = max(SILENCE_S, 10 * (a_step or 0))
    left = (last["max_steps"] - last["step"]) * a_step if a_step and last else None
    return {
        "arm": folder.parent.name,
        "seed": int(folder.name.removeprefix("seed-")),
        **{key: asked.get(key) for key in ("set", "n_pairs", "n_questions")},
        "reward": next((line["reward"] for line in reversed(steps) if "reward" in line), None),
        **{key: last.get(key) for key in ("step", "max_steps", "loss", "learning_rate")},
        **{key: now.get(key) for key in ("seconds", "memory_bytes", "memory_total_bytes", "device")},
        "tokens_a_second": _tokens_a_second(steps, pace),
        "seconds_left": left,
        "is_at_work": may_work and time.time() - _written(folder) < quiet,
    }


def _seconds_a_step(pace: list[dict[str, Any]]) -> float | None:
    recent = pace[-RECENT - 1 :]
    if len(recent) < 2:
        return None
    return float((recent[-1]["seconds"] - recent[0]["seconds"]) / (recent[-1]["step"] - recent[0]["step"]))


def _tokens_a_second(steps: list[dict[str, Any]], pace: list[dict[str, Any]]) -> float | None:
    tokens = {line["step"]: float(line["n_tokens"]) for line in steps if line.get("n_tokens")}
    recent = [(tokens[line["step"]], line["seconds"]) for line in pace if line["step"] in tokens][
        -RECENT - 1 :
    ]
    if len(recent) < 2 or recent[-1][1] <= recent[0][1]:
        return None
    return float((recent[-1][0] - recent[0][0]) / (recent[-1][1] - recent[0][1]))


def _last(path: Path) -> dict[str, Any]:
    lines = read_metrics(path)
    return lines[-1] if lines else {}


def _written(folder: Path) -> float:
    paths = [folder / name for name in ("plan.json", METRICS)]
    return max((path.stat().st_mtime for path in paths if path.exists()), default=0.0)
