"""Make the embedded domain: dataset, student, reward model."""

from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from stat_engine.api import Workspace
from stat_engine.cli.options import MOST_SEED
from stat_engine.cli.terminal import TerminalReport, table
from stat_engine.cli.verbs import READ, Shown, Verbs
from stat_engine.numeracy.dataset import measure_leakage, write_dataset
from stat_engine.numeracy.reports import PretrainConfig, RewardModelConfig

app = Verbs(help=__doc__)
SeedOption = Annotated[int, typer.Option(min=0, max=MOST_SEED, help="Seed")]
OutOption = Annotated[Path, typer.Option(help="Folder of the checkpoint to write")]
ThreadsOption = Annotated[int, typer.Option(min=1, help="CPU threads")]


@app.verb("dataset")
def dataset(
    place: Workspace,
    out: Annotated[Path, typer.Option(help="Folder to write")] = Path("data/numeracy"),
    seed: SeedOption = 0,
) -> Shown:
    """Generate the questions, the Skill-Map and the vocabulary; the same seed gives the same bytes."""
    for name in ("questions.jsonl.gz", "skill_map.jsonl.gz", "skills.json"):
        place.output_place(out / name)
    write_dataset(out, seed)
    return Shown({"folder": str(out), "seed": seed}, [f"questions, Skill-Map and vocabulary in {out}"])


@app.verb("leakage")
def leakage(place: Workspace, seed: SeedOption = 0) -> Shown:
    """Measure the share of each weak skill's test steps that stand word for word in the pool."""
    rows = [asdict(row) for row in measure_leakage(seed)]
    columns = {"subject": "subject", "skill": "skill", "n_pool": "pool", "n_test": "test", "share": "share"}
    return Shown({"seed": seed, "skills": rows}, table(rows, columns))


@app.verb("pretrain")
def pretrain(
    place: Workspace,
    out: OutOption,
    seed: SeedOption = 0,
    steps: Annotated[
        int | None, typer.Option(min=1, help="Steps; those of the shipped student by default")
    ] = None,
    threads: ThreadsOption = 2,
) -> Shown:
    """Train the small student from scratch, and print its data, seed, time and accuracy."""
    import torch

    from stat_engine.numeracy import pretrain as student  # loads torch, which no other verb here needs

    _checkpoint(place, out)
    torch.set_num_threads(threads)
    config = PretrainConfig() if steps is None else PretrainConfig(steps=steps)
    report = student.pretrain(out, seed, config, progress=_follow("pretrain", config.steps))
    result = report.model_dump(exclude={"config"})
    return Shown(result, [*_facts(result), *_per_skill(result["accuracy"])])


@app.verb("train-reward-model")
def train_reward_model(
    place: Workspace,
    out: OutOption,
    student: Annotated[Path, typer.Option(help="Checkpoint to start from"), READ] = Path(
        "data/numeracy/student"
    ),
    seed: SeedOption = 0,
    threads: ThreadsOption = 2,
) -> Shown:
    """Train the small reward model from a student, and print its data, seed, time and accuracy."""
    import torch

    from stat_engine.numeracy import train_reward_model as trainer  # loads torch, as above

    _checkpoint(place, out)
    torch.set_num_threads(threads)
    steps = RewardModelConfig().steps
    made = trainer.train_reward_model(student, out, seed, progress=_follow("train reward model", steps))
    result = made.model_dump(exclude={"config"})
    return Shown(result, _facts(result))


def _checkpoint(place: Workspace, out: Path) -> None:
    """Check the files of a checkpoint before the work begins."""
    for name in ("model.safetensors", "config.json", "tokenizer.json", "README.md"):
        place.output_place(out / name)


def _follow(stage: str, steps: int) -> Callable[[int, float], None]:
    report = TerminalReport()
    return lambda step, loss: report.progress(stage, step, steps)


def _facts(result: dict[str, Any]) -> list[str]:
    return [
        f"{key.replace('_', ' ')}: {value}" for key, value in result.items() if not isinstance(value, dict)
    ]


def _per_skill(accuracy: dict[str, Any] | None) -> list[str]:
    if accuracy is None:
        return []
    columns = {
        "subject": "subject",
        "skill": "skill",
        "is_weak": "weak",
        "n": "questions",
        "accuracy": "accuracy",
    }
    head = ", ".join(f"{key} {accuracy[key]:.3f}" for key in ("overall", "weak", "common"))
    return [f"accuracy on {accuracy['n']:,} test questions: {head}", *table(accuracy["per_skill"], columns)]
