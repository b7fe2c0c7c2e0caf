"""Trainings of a run, on pairs or with rewards: their curves, the finished ones, the running ones."""

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypedDict

import pandas as pd

from stat_engine.errors import NotThereYet
from stat_engine.method.sft.metrics import METRICS, PACE, read_metrics
from stat_engine.records import Response
from stat_engine.store import query
from stat_engine.store.checked_json import ArmCard, read_checked
from stat_engine.store.run_folder import RunFolder

COLUMNS = [
    "arm", "seed", "step", "max_steps", "epoch", "loss", "learning_rate", "grad_norm", "n_tokens", "seconds",
    "memory_bytes", "reward",
]  # fmt: skip
"""Of one optimizer step: loss in nats a token, tokens and seconds since the start, bytes of memory; NaN where
not measured. `reward`: mean of a batch of answers, at the first step that learns from it; NaN at others."""
FINISHED = [
    "arm", "seed", "set", "n_pairs", "steps", "epochs", "loss", "tokens_a_second", "seconds", "memory_bytes",
    "adapter", "start", "n_questions", "reward",
]  # fmt: skip
"""`loss` is the last step's, in nats a token; `seconds` of training alone, without loading; NaN where not
measured. `start`, `n_questions` and the last batch's mean `reward` are of arms that learned from rewards."""
RECENT = 20
"""Steps that the present speed is measured over."""
SILENCE_S = 60.0
"""A fine-tuning that wrote nothing for so long, and for ten of its steps, has stopped."""


class UnderWay(TypedDict):
    """A fine-tuning that has begun and is not finished; null where not known yet."""

    arm: str
    seed: int
    set: str | None
    n_pairs: int | None
    """Null too for one that learns from rewards, as `n_questions` for one on pairs."""
    n_questions: int | None
    reward: float | None
    """Mean of the last batch of answers."""
    step: int | None
    max_steps: int | None
    loss: float | None
    """Of the last step, nats a token."""
    learning_rate: float | None
    tokens_a_second: float | None
    """Over the last steps, at most RECENT."""
    seconds: float | None
    """Since the start."""
    seconds_left: float | None
    memory_bytes: int | None
    memory_total_bytes: int | None
    """Of the device."""
    device: str | None
    is_at_work: bool
    """Whether a process of the run is working and this one wrote something lately."""


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
    """One row a step, with COLUMNS."""
    folder = run.arm_folder(arm, seed)
    steps = pd.DataFrame(read_metrics(folder / METRICS))
    if "loss" not in steps:
        return pd.DataFrame(columns=COLUMNS)
    pace = pd.DataFrame(read_metrics(folder / PACE), columns=["step", "seconds", "memory_bytes"])
    rows = steps.merge(pace, on="step", how="left").assign(arm=arm, seed=seed)
    return rows.reindex(columns=COLUMNS).dropna(subset="loss").sort_values("step", ignore_index=True)


def finished(run: RunFolder) -> pd.DataFrame:
    """One row a finished fine-tuning, with FINISHED."""
    rows = []
    for arm in run.trained_arms():
        for seed in run.trained_seeds(arm):
            rows.append(_end(run, arm, seed) | _of_card(run.arm_card(arm, seed)))
    return pd.DataFrame(rows, columns=FINISHED)


def under_way(run: RunFolder) -> list[UnderWay]:
    """Fine-tunings that have begun and are not finished, the one written to last first."""
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


def _end(run: RunFolder, arm: str, seed: int) -> dict[str, object]:
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


def _of_card(card: Mapping[str, Any]) -> dict[str, object]:
    outcome = card.get("outcome", {})
    return {
        "set": card.get("set"),
        "n_pairs": card.get("n_pairs"),
        "steps": outcome.get("steps"),
        "epochs": card.get("settings", {}).get("epochs"),
        "loss": outcome.get("loss"),
        "start": card.get("start"),
        "n_questions": card.get("n_questions"),
        "reward": outcome.get("reward"),
    }


def _progress(folder: Path, may_work: bool) -> UnderWay:
    asked, steps = read_checked(folder / "plan.json", ArmCard) or {}, read_metrics(folder / METRICS)
    pace = read_metrics(folder / PACE)
    last, now = (steps or [{}])[-1], (pace or [{}])[-1]
    a_step = _seconds_a_step(pace)
    quiet = max(SILENCE_S, 10 * (a_step or 0))
    left = (last["max_steps"] - last["step"]) * a_step if a_step and last else None
    return {
        "arm": folder.parent.name,
        "seed": int(folder.name.removeprefix("seed-")),
        "set": asked.get("set"),
        "n_pairs": asked.get("n_pairs"),
        "n_questions": asked.get("n_questions"),
        "reward": next((line["reward"] for line in reversed(steps) if "reward" in line), None),
        "step": last.get("step"),
        "max_steps": last.get("max_steps"),
        "loss": last.get("loss"),
        "learning_rate": last.get("learning_rate"),
        "tokens_a_second": _tokens_a_second(steps, pace),
        "seconds": now.get("seconds"),
        "seconds_left": left,
        "memory_bytes": now.get("memory_bytes"),
        "memory_total_bytes": now.get("memory_total_bytes"),
        "device": now.get("device"),
        "is_at_work": may_work and time.time() - _written(folder) < quiet,
    }


def _seconds_a_step(pace: Sequence[Mapping[str, Any]]) -> float | None:
    recent = pace[-RECENT - 1 :]
    if len(recent) < 2:
        return None
    return float((recent[-1]["seconds"] - recent[0]["seconds"]) / (recent[-1]["step"] - recent[0]["step"]))


def _tokens_a_second(steps: Sequence[Mapping[str, Any]], pace: Sequence[Mapping[str, Any]]) -> float | None:
    tokens = {line["step"]: float(line["n_tokens"]) for line in steps if line.get("n_tokens")}
    recent = [(tokens[line["step"]], line["seconds"]) for line in pace if line["step"] in tokens][
        -RECENT - 1 :
    ]
    if len(recent) < 2 or recent[-1][1] <= recent[0][1]:
        return None
    return float((recent[-1][0] - recent[0][0]) / (recent[-1][1] - recent[0][1]))


def _last(path: Path) -> Mapping[str, Any]:
    lines = read_metrics(path)
    return lines[-1] if lines else {}


def _written(folder: Path) -> float:
    paths = [folder / name for name in ("plan.json", METRICS)]
    return max((path.stat().st_mtime for path in paths if path.exists()), default=0.0)
