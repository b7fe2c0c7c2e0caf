"""Carry out a study: write its card, then bring one run after another up to date.

A study that was killed resumes when it is started again: existing runs are reused, and complete stages do
nothing."""

from typing import Any

from stat_engine import config as configuration
from stat_engine.api import Run, Workspace
from stat_engine.errors import StatError, shown
from stat_engine.models.paid_calls.account import Report
from stat_engine.store.cards import StudyFolder
from stat_engine.store.files import safe_name
from stat_engine.studies.design import Design, Study, Variant


def run_study(
    workspace: Workspace, study: Study, run: Run, design: Design, report: Report, name: str | None = None
) -> StudyFolder:
    """Bring every run of the study up to date, made where it is missing; returns the study's folder.

    Raises StatError where the name belongs to a study of another design."""
    folder = StudyFolder(workspace, name or study.name)
    variants = checked(run, study, design)
    folder.begin(_card(folder, study, run, design, variants))
    for at, variant in enumerate(variants):
        report.progress(f"study {folder.name}", at, len(variants))
        made = _made(workspace, run, folder.name, variant, design, report)
        made.run()
        if variant.then is not None:
            variant.then(made)
    report.progress(f"study {folder.name}", len(variants), len(variants))
    return folder


def plan(
    run: Run, study: Study, design: Design, workspace: Workspace | None = None, name: str | None = None
) -> list[dict[str, Any]]:
    """One row a variant: variant, value, arms, and the fine-tunings and reinforcements that it takes.

    Nothing is made. With a workspace, raises StatError for a name that the study could not have there."""
    variants = checked(run, study, design)
    if workspace is not None:
        folder = StudyFolder(workspace, name or study.name)
        folder.check(_card(folder, study, run, design, variants))
    return [
        {
            "variant": variant.name,
            "value": variant.value,
            "arms": list(variant.arms),
            "n_trainings": len(variant.arms) * len(variant.seeds or design.seeds),
            "n_reinforced": len(variant.reinforced) * len(variant.seeds or design.seeds),
        }
        for variant in variants
    ]


def checked(run: Run, study: Study, design: Design) -> list[Variant]:
    """The study's variants; raises StatError for a choice that it does not read, and for a bad setting."""
    for name, given in (("values", design.values), ("students", design.students)):
        if given and name not in study.takes:
            raise StatError(f"study {study.name} takes no --{name[:-1]}, found {shown(given[0])}")
    variants = study.variants(run, design)
    for variant in variants:
        tree = configuration.override(run.config.model_dump(), settings_of(variant, design))
        configuration.validate(tree, f"study {study.name}, {study.varied} {variant.value}")
    return variants


def settings_of(variant: Variant, design: Design) -> list[str]:
    """`key=value` settings of a variant's run, over those of the run studied."""
    pairs = [f"training_set.pairs={design.pairs}"] if design.pairs else []
    arms = f"arms=[{','.join(variant.arms)}]"
    seeds = f"seeds=[{','.join(map(str, variant.seeds or design.seeds))}]"
    return [*design.settings, *pairs, arms, seeds, *variant.settings]


def forked(workspace: Workspace, run: Run, name: str, settings: list[str]) -> Run:
    """The run of that name; a copy of the one studied under these settings where it is not there."""
    return workspace.run(name) if name in workspace.run_names() else run.fork(name, settings)


def run_name(study: str, variant: Variant) -> str:
    """Name of a variant's run."""
    return safe_name(f"{study}-{variant.name}", "run")


def _made(
    workspace: Workspace, run: Run, study: str, variant: Variant, design: Design, report: Report
) -> Run:
    make = variant.make or forked
    made = make(workspace, run, run_name(study, variant), settings_of(variant, design))
    return workspace.run(made.name, report)


def _reference(study: Study, variants: list[Variant]) -> float | str | None:
    """The value that the others are compared with: the study's own, else the first."""
    values = [variant.value for variant in variants]
    is_there = study.reference is None or study.reference in values or not values
    return study.reference if is_there else values[0]


def _card(
    folder: StudyFolder, study: Study, run: Run, design: Design, variants: list[Variant]
) -> dict[str, Any]:
    return {
        "study": study.name,
        "question": study.question,
        "varied": study.varied,
        "run": run.name,
        "seeds": list(design.seeds),
        "pairs": design.pairs,
        "settings": list(design.settings),
        "contrasts": [list(pair) for pair in study.compared(design)],
        "reference": _reference(study, variants),
        "variants": [
            {
                "name": variant.name,
                "value": variant.value,
                "run": run_name(folder.name, variant),
                "settings": settings_of(variant, design),
                "has_base": variant.has_base,
                "reinforced": list(variant.reinforced),
            }
            for variant in variants
        ],
    }
