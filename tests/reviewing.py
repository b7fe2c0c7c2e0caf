"""A small run to review: labels of made-up responses, written as a teacher's, no model asked."""

from collections.abc import Sequence
from pathlib import Path

from stat_engine import Workspace
from stat_engine.config import RunConfig
from stat_engine.records import LabelAction, LabelEvent, MissingSkill
from stat_engine.store.files import append_lines
from stat_engine.store.label_log import Decision, LabelLog, _event
from stat_engine.store.run_folder import RunFolder
from tests.factories import a_label, a_response, import_mapped, rewards

SKILLS = {
    "Algebra": ["addition", "area", "powers", "slopes"],
    "Geometry": ["angles", "area", "circles"],
}
TEACHER = "first"
TWO_TEACHERS = {"teacher": {"name": TEACHER}, "second_teachers": [{"name": "second"}]}


def run_to_review(
    root: Path,
    labels: Sequence[MissingSkill],
    second: Sequence[MissingSkill] = (),
    problem: str = "What is 1 + 1?",
    steps: Sequence[str] = ("1+1=3", "Answer: 3"),
    **settings: object,
) -> RunFolder:
    """A run `small` whose teacher said just these labels; each response has the same question and steps."""
    workspace = Workspace(root / "workspace")
    _dataset(workspace, root, sorted({label.question_id for label in labels}), problem)
    config = {
        "dataset": "small",
        "training_set": {"pairs": 100},
        "sft": {"epochs": 1},
        **TWO_TEACHERS,
        **settings,
    }
    run = workspace.new("small", RunConfig.model_validate(config)).folder
    ids = [(label.response_id, label.question_id) for label in labels]
    made = [a_response(id, question, response="\n".join(steps), steps=list(steps)) for id, question in ids]
    run.responses.write("f", made, run.stage_settings("responses"))
    scored = [rewards(id, question, *[0.1] * len(steps)) for id, question in ids]
    run.step_rewards.write("f", scored, run.stage_settings("step_rewards"))
    config_now = run.config
    for teacher, said in ((config_now.teacher, labels), (config_now.second_teachers[0], second)):
        named = [label.model_copy(update={"teacher": teacher.endpoint()}) for label in said]
        if named:
            run.missing_skills(teacher.endpoint()).write(
                "f", named, run.stage_settings("missing_skills", teacher)
            )
    return run


def labels_of(n: int, *skills: str) -> list[MissingSkill]:
    """Labels of responses r00, r01 ... to questions q00, q01 ..., each lacking these skills."""
    return [
        a_label(f"r{at:02d}", f"q{at:02d}", *(skills or ("area",)), reason="It adds wrongly.",
                evidence_step=0, evidence_quote="1+1=3")
        for at in range(n)
    ]  # fmt: skip


def _dataset(workspace: Workspace, root: Path, ids: Sequence[str], problem: str) -> None:
    rows = [
        {"id": id, "split": "validation", "subject": "Algebra", "problem": f"{problem} ({id})",
         "solution": "1+1=2", "answer": "2"}
        for id in ids
    ]  # fmt: skip
    entries = [{"id": id, "subject": "Algebra", "skills": ["addition", "area"]} for id in ids]
    import_mapped(workspace, "small", root, rows, entries, SKILLS)


def append(
    log: LabelLog,
    response_id: str,
    action: LabelAction,
    author: str,
    skills: list[str] | None = None,
    seen: str | None = None,
    note: str | None = None,
) -> LabelEvent:
    """Write one decision whatever others decided in the meantime, as two machines without a lock would."""
    event = _event(Decision(response_id, action, seen, skills, note=note), author, None)
    append_lines(log.path, event.model_dump_json())
    return event
