"""The whole method on the embedded domain, in one command.

Imports the shipped questions and Skill-Map, splits off the validation questions, makes the run `demo`
from `data/numeracy/demo.yaml` and brings all its stages up to date. Called again, it continues."""

from stat_engine import config as configuration
from stat_engine.api import Run, Workspace
from stat_engine.config.shipped import ROOT
from stat_engine.formats import into_dataset
from stat_engine.models.paid_calls.account import Report

DATA = ROOT / "data" / "numeracy"
N_VALIDATION = 600


def prepare(workspace: Workspace, name: str = "demo", overrides: tuple[str, ...] = ()) -> None:
    """Import the embedded dataset, split it and make the run; what is there already stays."""
    dataset = workspace.dataset("numeracy")
    if dataset.question_table.manifest() is None:
        into_dataset.import_questions(workspace, "numeracy", DATA / "questions.jsonl.gz")
    if dataset.skill_map_table.manifest() is None:
        into_dataset.import_skill_map(
            workspace, "numeracy", DATA / "skill_map.jsonl.gz", DATA / "skills.json", skip_unknown=False
        )
        dataset.save_audit(["exact, because it was made with the questions"])
    if not (dataset.folder / "splits" / "validation.json").exists():
        workspace.split("numeracy", N_VALIDATION, "test", seed=0)
    if name not in workspace.run_names():
        workspace.new(name, configuration.load(DATA / "demo.yaml", list(overrides)))


def run_demo(workspace: Workspace, report: Report) -> Run:
    """Run the demo to its end and return it."""
    prepare(workspace)
    demo = workspace.run("demo", report)
    demo.run()
    return demo
