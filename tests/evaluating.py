"""A small run with evaluated arms, written as if models had answered: r right, w wrong, a letter a question."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from stat_engine import Workspace
from stat_engine.config import RunConfig
from stat_engine.records import MissingSkill, Response, step_reward
from stat_engine.store.files import write_json
from stat_engine.store.run_folder import RunFolder
from tests.factories import a_label, a_response, import_mapped

SKILLS = {"Algebra": ["addition", "area"], "Geometry": ["angles", "area"]}
ARMS = {
    "base": ["wwwwwwrr"], "random": ["rwwwwwrr"], "stat-sel": ["rrrrrrrr", "rrrrrrwr"], "stat-syn": ["rrrwwwrr"],
}  # fmt: skip
"""By arm, a string a seed: questions t0, t1, ..., the first half Algebra, the others Geometry."""


def run_with_arms(
    root: Path,
    arms: Mapping[str, Sequence[str]] = ARMS,
    name: str = "small",
    difficult: str = "",
    problem: str = "What is 1 + 1?",
    missed: Sequence[tuple[str, str]] = (("Algebra", "addition"), ("Geometry", "area")),
) -> RunFolder:
    """A run whose arms were evaluated; letters d in `difficult` are questions of the difficult part.

    Questions carry addition and area of Algebra, or angles and area of Geometry, in turn."""
    workspace = Workspace(root / "workspace")
    n = max(len(marks) for seeds in arms.values() for marks in seeds)
    if name not in workspace.run_names():
        _dataset(workspace, root, n, problem)
        config = {"dataset": "small", "student": "imported", "reward_model": "imported",
                  "teacher": "question-skills"}  # fmt: skip
        workspace.new(name, RunConfig.model_validate(config))
    run = workspace.run_folder(name)
    for arm, seeds in arms.items():
        for seed, marks in enumerate(seeds):
            evaluate(run, arm, seed, marks)
            if arm != "base":
                write_json(run.arm_folder(arm, seed) / "manifest.json", {"method": arm, "n_pairs": 100})
    if difficult:
        rows = [
            step_reward(f"base-0-t{at}", f"t{at}", [0.9, 0.1 if mark == "d" else 0.95])
            for at, mark in enumerate(difficult)
        ]
        run.benchmark_rewards("test").write("f", rows, {})
    _profile(run, missed)
    return run


def evaluate(run: RunFolder, arm: str, seed: int, marks: str, benchmark: str = "test") -> None:
    """Write one evaluation; a space stands for a question that was not asked."""
    rows = [_response(arm, seed, at, mark) for at, mark in enumerate(marks) if mark != " "]
    run.evaluation(arm, seed, benchmark).write("f", rows, {})


def _response(arm: str, seed: int, at: int, mark: str) -> Response:
    answer = "2" if mark == "r" else "3"
    return a_response(
        f"{arm}-{seed}-t{at}", f"t{at}", model=arm, response=f"{arm} says\nAnswer: {answer}", answer=answer,
        is_correct=mark == "r", steps=[f"{arm} says", f"Answer: {answer}"],
    )  # fmt: skip


def _profile(run: RunFolder, missed: Sequence[tuple[str, str]]) -> None:
    """Labels of two validation questions, the first skill missed twice."""
    asked = [a_response("v0-r", "v0"), a_response("v1-r", "v1")]
    run.responses.write("f", asked, run.stage_settings("responses"))
    run.step_rewards.write(
        "f",
        [step_reward("v0-r", "v0", [0.1]), step_reward("v1-r", "v1", [0.1])],
        run.stage_settings("step_rewards"),
    )
    by_response: dict[str, list[tuple[str, str]]] = {"v0-r": list(missed), "v1-r": list(missed[:1])}
    labels: list[MissingSkill] = []
    for id, skills in by_response.items():
        for subject in sorted({subject for subject, _ in skills}):
            named = [skill for of, skill in skills if of == subject]
            labels.append(a_label(id, id[:2], *named, subject=subject, teacher=run.config.teacher.endpoint()))
    if labels:
        run.missing_skills().write("f", labels, run.stage_settings("missing_skills"))


def _dataset(workspace: Workspace, root: Path, n: int, problem: str) -> None:
    ids = [f"t{at}" for at in range(n)]
    subjects = {id: "Algebra" if at < n / 2 else "Geometry" for at, id in enumerate(ids)}
    rows = [
        {"id": id, "split": "test", "subject": subjects[id], "level": 1 + (subjects[id] == "Geometry"), "problem": f"{problem} ({id})",
         "solution": "1+1=2", "answer": "2"}
        for id in ids
    ]  # fmt: skip
    rows += [{**rows[0], "id": id, "split": "validation"} for id in ("v0", "v1")]
    of = {"Algebra": ["addition", "area"], "Geometry": ["angles", "area"]}
    entries = [
        {"id": id, "subject": subjects[id], "skills": [of[subjects[id]][at % 2]]} for at, id in enumerate(ids)
    ]
    entries += [{"id": id, "subject": "Algebra", "skills": ["addition"]} for id in ("v0", "v1")]
    import_mapped(workspace, "small", root, rows, entries, SKILLS)
