"""Carry out an order, for a job's worker and for the command line."""

from functools import singledispatch
from typing import Any

from stat_engine import config as configuration
from stat_engine import views
from stat_engine.api import Run, Workspace
from stat_engine.errors import StatError, shown
from stat_engine.formats import into_dataset, into_run
from stat_engine.formats.columns import checked
from stat_engine.formats.rows import Reading
from stat_engine.grading import Judge
from stat_engine.models.paid_calls.account import Report
from stat_engine.models.paid_calls.teacher import ask_through_store
from stat_engine.models.teacher_answers import judge_by
from stat_engine.numeracy.demo import run_demo
from stat_engine.orders.order import Order
from stat_engine.orders.work import (
    AuditSkillMapOrder,
    BuildOrder,
    DemoOrder,
    DiscoverSkillsOrder,
    EvaluateOrder,
    ExportModelOrder,
    GrpoOrder,
    ImportOrder,
    LabelSkillsOrder,
    PropagateSkillsOrder,
    RunOrder,
    SkillsOrder,
    StudyOrder,
    TrainOrder,
)
from stat_engine.skill_map import audit, discovery, labelling, propagation
from stat_engine.store.allocations import read_allocation
from stat_engine.store.settings import keep_thresholds
from stat_engine.studies import STUDIES
from stat_engine.studies.design import Design, Study
from stat_engine.studies.work import run_study


@singledispatch
def perform(order: Order, workspace: Workspace, report: Report) -> dict[str, Any]:
    """Do what an order asks for, telling the report how far it is; returns what its verb prints as JSON.

    Raises StatError for what the order names and is not there, before anything is changed."""
    raise StatError(f"order {order.verb}: there is nothing that carries it out")


@perform.register
def _demo(order: DemoOrder, workspace: Workspace, report: Report) -> dict[str, Any]:
    return views.compare.compare(run_demo(workspace, report).folder)


@perform.register
def _run(order: RunOrder, workspace: Workspace, report: Report) -> dict[str, Any]:
    run = prepared(order, workspace, report)
    run.run(order.first, order.until)
    return views.status.status(run.folder)


def prepared(order: RunOrder, workspace: Workspace, report: Report) -> Run:
    """The run, or its copy, with the order's settings in force."""
    run = workspace.run(order.run, report)
    if order.fork:
        copy = run.fork(order.fork, order.settings)
        keep_thresholds(workspace.root, copy.name, run.config, copy.config)
        return copy
    if order.settings:
        run.configure(order.settings)
    return run


@perform.register
def _build(order: BuildOrder, workspace: Workspace, report: Report) -> dict[str, Any]:
    run = workspace.run(order.run, report)
    return run.build(order.method, order.name or order.method, **set_settings(order, run))


def set_settings(order: BuildOrder, run: Run) -> dict[str, Any]:
    """What the order changes of the run's training_set settings; null: nothing."""
    file = order.allocation_file
    names = ("pairs", "answers_per_question", "per_skill", "rewrites", "allocation", "seed")
    return {
        **{name: getattr(order, name) for name in names},
        "allow_repeats": order.allow_repeats or None,
        "pairs_by_skill": read_allocation(run.folder, file) if file else None,
    }


@perform.register
def _train(order: TrainOrder, workspace: Workspace, report: Report) -> dict[str, Any]:
    return {"arms": workspace.run(order.run, report).train_arms(order)}


@perform.register
def _grpo(order: GrpoOrder, workspace: Workspace, report: Report) -> dict[str, Any]:
    return {"arms": workspace.run(order.run, report).reinforce_arms(order)}


@perform.register
def _evaluate(order: EvaluateOrder, workspace: Workspace, report: Report) -> dict[str, Any]:
    run = workspace.run(order.run, report)
    arms = dict.fromkeys(arm for arm, _ in run.evaluate(order.arm, order.benchmarks))
    benchmarks = order.benchmarks or run.folder.benchmark_names()
    rows = [views.compare.arm(run.folder, name, on) for name in arms for on in benchmarks]
    return {**(rows[0] if len(rows) == 1 else {}), "evaluations": rows}


@perform.register
def _export_model(order: ExportModelOrder, workspace: Workspace, report: Report) -> dict[str, Any]:
    return workspace.run(order.run, report).export_model(order.arm, order.to, order.seed, order.merge)


@perform.register
def _study(order: StudyOrder, workspace: Workspace, report: Report) -> dict[str, Any]:
    run = workspace.run(order.run, report)
    made = run_study(workspace, study_of(order), run, design_of(order), report, order.name)
    return {"study": made.name}


def study_of(order: StudyOrder) -> Study:
    """The study of the order's kind; raises StatError naming those that there are."""
    if order.kind not in STUDIES:
        raise StatError(f"study {shown(order.kind)}: expected one of {', '.join(STUDIES)}")
    return STUDIES[order.kind]


def design_of(order: StudyOrder) -> Design:
    """What the order decides about its study."""
    return Design(order.seeds, order.pairs, order.arms, order.values, order.students, order.settings)


@perform.register
def _label_skills(order: LabelSkillsOrder, workspace: Workspace, report: Report) -> dict[str, Any]:
    dataset, adviser = workspace.need_dataset(order.dataset), _adviser(order, workspace, report)
    choice = labelling.Choice(order.split, order.per_subject, order.seed)
    return labelling.label_skill_map(dataset, adviser, choice, order.check)


@perform.register
def _discover_skills(order: DiscoverSkillsOrder, workspace: Workspace, report: Report) -> dict[str, Any]:
    dataset, adviser = workspace.need_dataset(order.dataset), _adviser(order, workspace, report)
    choice = labelling.Choice(order.split, order.per_subject, order.seed)
    method = discovery.Method(order.clusters, order.distance, order.relabel, order.drop)
    return discovery.discover(dataset, adviser, choice, method, order.out)


@perform.register
def _propagate_skills(order: PropagateSkillsOrder, workspace: Workspace, report: Report) -> dict[str, Any]:
    dataset, adviser = workspace.need_dataset(order.dataset), _adviser(order, workspace, report)
    choice = labelling.Choice(order.split, order.per_subject, order.seed)
    return propagation.propagate(dataset, adviser, choice, propagation.Doubt(order.threshold, order.doubtful))


def _adviser(order: SkillsOrder, workspace: Workspace, report: Report) -> labelling.Adviser:
    """The teacher that a file and settings name; the embedded one for numeracy where they name none."""
    workspace.need_dataset(order.dataset)
    tree = configuration.override(configuration.read_tree(order.config), list(order.settings))
    if order.dataset != "numeracy" and "teacher" not in tree:
        raise StatError(
            f"dataset {order.dataset}: no teacher to ask; name one, as in teacher.backend=openai "
            "teacher.model=NAME, or give --config FILE"
        )
    chosen = configuration.validate(tree | {"dataset": order.dataset}, str(order.config or "settings"))
    ask = ask_through_store(workspace, chosen.teacher, chosen, None, report)
    return labelling.Adviser(ask, chosen.teacher.endpoint(), report)


@perform.register
def _import(order: ImportOrder, workspace: Workspace, report: Report) -> dict[str, Any]:
    return read_file(order, workspace, Reading(checked(order.kind, columns_of(order))))


def read_file(order: ImportOrder, workspace: Workspace, reading: Reading) -> dict[str, Any]:
    """Import the order's file as `reading` says; a preview reads without writing."""
    if order.kind == "questions":
        return into_dataset.import_questions(workspace, order.dataset, order.file, reading, order.split)
    if order.kind == "skill-map":
        of = (order.file, order.vocabulary, order.skip_unknown, reading)
        return into_dataset.import_skill_map(workspace, order.dataset, *of)
    folder = workspace.run_folder(order.run)
    read = into_run.import_responses if order.kind == "responses" else into_run.import_step_rewards
    return read(folder, order.file, order.skip_unknown, judge_of(workspace, order.run), reading)


def columns_of(order: ImportOrder) -> dict[str, str]:
    """{field of ours: the file's column}; raises StatError for a pair without both."""
    pairs = [pair.partition("=") for pair in order.columns]
    for ours, sign, _ in pairs:
        if not (sign and ours.strip()):
            raise StatError(f"--column {ours}: expected OURS=THEIRS")
    return {ours.strip(): theirs for ours, _, theirs in pairs}


def judge_of(workspace: Workspace, run: str) -> Judge | None:
    """The run's teacher as judge, opened when it is first asked; None for a run that is to be made."""
    return judge_by(workspace.run(run).context().ask) if run in workspace.run_names() else None


@perform.register
def _audit(order: AuditSkillMapOrder, workspace: Workspace, report: Report) -> dict[str, Any]:
    folder = workspace.need_dataset(order.dataset)
    found = audit.audit(folder, order.seed)
    folder.save_audit(found["findings"], found["rows"])
    return found
