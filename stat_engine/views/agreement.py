"""What a run's teachers agree on: pairwise agreement, kappa a skill, disagreements, self-checks."""

from dataclasses import asdict
from typing import Any

from stat_engine.errors import NotThereYet, StatError
from stat_engine.records import MissingSkill
from stat_engine.stages.agreement import (
    disagreements,
    pair_agreements,
    self_check_rate,
    skill_kappas,
)
from stat_engine.store.run_folder import RunFolder


def agreement(run: RunFolder) -> dict[str, Any]:
    """{"run", "teachers", "pairs", "skills", "disagreements", "self_checks"}; every list holds one row each.

    Raises NotThereYet where a teacher's labels are not there or not up to date, StatError where the
    run has one teacher and no self-check, so that there is nothing to compare."""
    labels = teacher_labels(run)
    checks = [
        self_check_rate(teacher, list(run.self_checks(teacher).read()))
        for teacher in labels
        if run.self_checks(teacher).manifest() is not None
    ]
    if len(labels) < 2 and not checks:
        raise StatError(
            f"run {run.name} has one teacher and no self-check, so there is nothing to compare; add one in a "
            f"copy: stat-studio run {run.name} --fork NEW teacher.self_check=true, or name second_teachers"
        )
    return {
        "run": run.name,
        "teachers": [{"teacher": name, "n_labels": len(of)} for name, of in labels.items()],
        "pairs": [asdict(pair) for pair in pair_agreements(labels)],
        "skills": [asdict(skill) for skill in skill_kappas(labels)],
        "disagreements": disagreements(labels),
        "self_checks": [asdict(check) for check in checks],
    }


def teacher_labels(run: RunFolder) -> dict[str, list[MissingSkill]]:
    """Each teacher's own labels, the run's teacher first; people's decisions are not in them."""
    config, labels = run.config, {}
    for teacher in (config.teacher, *config.second_teachers):
        name, table = teacher.endpoint(), run.missing_skills(teacher.endpoint())
        way_out = f"stat-studio run {run.name} --until missing_skills"
        manifest = table.need(way_out, f"labels by {name} of run {run.name}")
        if manifest.settings != run.label_settings(teacher):
            raise NotThereYet(
                f"labels by {name} of run {run.name} were made for other settings or step rewards; bring "
                f"them up to date with: {way_out}"
            )
        labels[name] = list(table.read())
    return labels
