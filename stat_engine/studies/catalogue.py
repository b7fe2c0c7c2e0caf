"""The studies, each about a question that the paper asks or leaves open."""

from collections.abc import Sequence
from functools import partial

from stat_engine.api import Run
from stat_engine.config.method import TARGETED
from stat_engine.errors import StatError, shown
from stat_engine.studies import variants
from stat_engine.studies.design import Contrasts, Design, Study, Variant
from stat_engine.studies.variants import WAYS, endings, matched_length, reinforced

CONTROLS = (
    ("stat-sel", "random"), ("stat-sel", "uniform"), ("stat-sel", "math-hard"), ("stat-sel", "embed-sel"),
    ("stat-sel", "skill-shuffled"), ("stat-syn", "syn-shuffled"), ("stat-syn", "embed-syn"),
    ("stat-syn", "stat-sel"),
)  # fmt: skip
TARGETED_SYNTHESIS = ("stat-syn",)
ALL_ARMS = (
    "random", "math-augment", "math-hard", "uniform", "embed-sel", "embed-syn", *TARGETED,
)  # fmt: skip


def _students(run: Run, design: Design) -> list[Variant]:
    """One run a student; its rows are repetitions, because which student it was is not what is varied."""
    students = design.students or (run.config.student.model,)
    return [
        Variant(f"student-{at + 1}", "all", ARMS.arms(design), _set("student.model", student))
        for at, student in enumerate(students)
    ]


def _thresholds(run: Run, design: Design) -> list[Variant]:
    """The paper's grid (tables 8 and 9), less the corner where nothing is difficult."""
    arms = THRESHOLDS.arms(design)
    return [
        Variant(
            f"tau1-{tau1:g}-tau2-{tau2:g}",
            f"{tau1:g} / {tau2:g}",
            arms,
            (f"difficulty.tau1={tau1:g}", f"difficulty.tau2={tau2:g}"),
        )
        for tau1 in (0.0, 0.8, 0.85, 0.9)
        for tau2 in (0.0, 0.6, 0.7, 0.8)
        if tau1 or tau2
    ]


def _filters(run: Run, design: Design) -> list[Variant]:
    """Every filter on the same responses, five samples a question as the consistency filter needs (table 11).

    The length filter's bound is set so that it flags about as many questions as the reward filter: the
    paper's 800 words are of its own student."""
    arms = FILTERS.arms(design)
    samples = ("student.n_samples=5", f"student.temperature={run.config.student.temperature or 1.0:g}")
    asked = design.values or ("prm", "orm", "consistency", "length", "ground-truth")
    return [
        Variant(
            name,
            name,
            arms,
            (*samples, f"difficulty.filter={name}"),
            make=matched_length if name == "length" else None,
        )
        for name in asked
    ]


def _label_noise(run: Run, design: Design) -> list[Variant]:
    """The labels' error rate from 0 to 0.6, and in the teacher's place one that reads no response."""
    arms, is_embedded = LABEL_NOISE.arms(design), run.config.teacher.backend == "numeracy"

    def settings(noise: float) -> tuple[str, ...]:
        # another teacher's stored answers are used again: its name, which is in their keys, stays
        named = (f"teacher.name=noise-{noise:g}",) if is_embedded else ()
        return (f"teacher.noise={noise:g}", *named)

    noisy = [
        Variant(f"noise-{noise:g}", noise, arms, settings(noise))
        for noise in _numbers(design, (0.0, 0.2, 0.4, 0.6), 0, 1)
    ]
    # its labels are all that it can give: it writes no questions
    selected = tuple(arm for arm in arms if arm not in TARGETED_SYNTHESIS)
    second = ("teacher.backend=question-skills", "teacher.name=question-skills")
    return [*noisy, Variant("second-teacher", "second teacher", selected, second)]


def _granularity(run: Run, design: Design) -> list[Variant]:
    arms = GRANULARITY.arms(design)
    if unknown := set(design.values) - set(variants.GROUPINGS):
        raise StatError(f"--value {shown(min(unknown))}: expected one of {', '.join(variants.GROUPINGS)}")
    return [
        Variant(name.replace(" ", "-"), name, arms, make=partial(variants.regrouped, how=name))
        for name in design.values or variants.GROUPINGS
    ]


def _set_size(run: Run, design: Design) -> list[Variant]:
    arms = SET_SIZE.arms(design)
    return [
        Variant(f"pairs-{n:g}", n, arms, (f"training_set.pairs={n:g}",))
        for n in _numbers(design, (125, 250, 500, 1000, 2000), 1)
    ]


def _teacher_gap(run: Run, design: Design) -> list[Variant]:
    """The share of the embedded teacher's solutions that end in a wrong answer; of a run with other teachers,
    the run's own teacher and each of its second teachers in its place."""
    arms = TEACHER_GAP.arms(design)
    if run.config.teacher.backend != "numeracy":
        return _teachers(run, design, arms)
    return [
        Variant(f"error-{e:g}", e, arms, (f"teacher.solver_error={e:g}", f"teacher.name=error-{e:g}"))
        for e in _numbers(design, (0.0, 0.1, 0.2, 0.4), 0, 1)
    ]


def _teachers(run: Run, design: Design, arms: tuple[str, ...]) -> list[Variant]:
    teachers = {one.endpoint(): one for one in (run.config.teacher, *run.config.second_teachers)}
    if unknown := set(design.values) - set(teachers):
        raise StatError(
            f"--value {shown(min(unknown))}: expected teachers of the run ({', '.join(teachers)})"
        )
    writing = [name for name, one in teachers.items() if one.backend != "question-skills"]
    asked = design.values or writing
    if len(asked) < 2 or set(asked) - set(writing):
        raise StatError(
            "study teacher-gap compares two teachers that write and solve questions; this run has "
            f"{', '.join(writing) or 'none'}: add one with second_teachers=[{{backend: openai, model: NAME}}]"
        )
    others = "second_teachers=[]"
    return [
        Variant(name, name, arms, (f"teacher={teachers[name].model_dump_json()}", others)) for name in asked
    ]


def _rl(run: Run, design: Design) -> list[Variant]:
    arms = RL.arms(design)
    starts = ("base", *arms)
    then = partial(reinforced, starts=starts)
    return [Variant("grpo", "all", arms, then=then, reinforced=endings(starts))]


def _added(arms: tuple[str, ...]) -> Contrasts:
    """GRPO against its start, and each way in which the profile weighs it against GRPO."""
    return tuple(
        (f"{start}-{ending}", start if ending == "grpo" else f"{start}-grpo")
        for start in ("base", *arms)
        for ending in WAYS
    )


def _set(key: str, value: str) -> tuple[str, ...]:
    return (f"{key}={value}",)


def _numbers(
    design: Design, default: Sequence[float], low: float, high: float = float("inf")
) -> tuple[float, ...]:
    """The values asked for as numbers; raises StatError for one that is none or out of range."""
    if not design.values:
        return tuple(default)
    found = []
    for text in design.values:
        try:
            number = float(text)
        except ValueError:
            number = float("nan")
        if not low <= number <= high:
            raise StatError(f"--value {shown(text)}: expected a number from {low:g} to {high:g}")
        found.append(number)
    return tuple(found)


ARMS = Study(
    "arms", "Does training on the missing skills help more than any control of the same size?",
    "students", ALL_ARMS, _students, CONTROLS, takes=("students",),
)  # fmt: skip
THRESHOLDS = Study(
    "thresholds", "How much hangs on the reward filter's two thresholds?",
    "tau1 / tau2", ("stat-sel",), _thresholds, reference="0.85 / 0.7", takes=(),
)  # fmt: skip
FILTERS = Study(
    "filters", "Which filter finds the questions that are worth training on?",
    "filter", ("stat-sel",), _filters, reference="prm",
)  # fmt: skip
LABEL_NOISE = Study(
    "label-noise", "How much of the gain does a teacher that errs cost?",
    "share of labels with an error", ("stat-sel", "stat-syn"), _label_noise, reference=0.0,
)  # fmt: skip
GRANULARITY = Study(
    "granularity", "How fine should the skill vocabulary be?",
    "vocabulary", ("stat-sel",), _granularity, reference="as given",
)  # fmt: skip
SET_SIZE = Study(
    "set-size", "How does the gain grow with the size of the training set?",
    "pairs", ("random", "uniform", "stat-sel"), _set_size,
    (("stat-sel", "random"), ("stat-sel", "uniform")),
)  # fmt: skip
TEACHER_GAP = Study(
    "teacher-gap", "How strong must the teacher be that writes and solves the new questions?",
    "share of wrong solutions", ("stat-syn",), _teacher_gap, reference=0.0,
)  # fmt: skip
ROUNDS = Study(
    "rounds", "Does a second and a third round, on the profile of the trained student, go on helping?",
    "round", ("random", "stat-sel", "stat-syn"), variants.variants,
    (("stat-sel", "random"), ("stat-syn", "random"), ("stat-syn", "stat-sel")),
)  # fmt: skip
RL = Study(
    "rl", "What does GRPO add after each arm, and what if the profile weighs it?",
    "start", ("random", "stat-sel"), _rl, _added, takes=(),
)  # fmt: skip
STUDIES: dict[str, Study] = {
    study.name: study
    for study in (
        ARMS, THRESHOLDS, FILTERS, LABEL_NOISE, GRANULARITY, SET_SIZE, TEACHER_GAP, ROUNDS, RL,
    )
}  # fmt: skip
