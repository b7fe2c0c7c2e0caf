"""The stages of the method: one record a stage, in order. All that lists stages is made from these records.

Status, staleness, copies, lanes, estimates, disk use, buttons, page links and `--from/--until` read them.
To add a stage: write its file in `method/`, its record here, and its line in `pipeline.FUNCTIONS`.
Nothing here opens a file or loads a model, so pages and storage can import it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from stat_engine.config import RunConfig, Section
from stat_engine.errors import StatError
from stat_engine.records import LABEL_PARSER

Settings = Mapping[str, Any]
Layout = Literal["one table", "teacher", "arm", "arm and seed", "arm, seed and benchmark"]
"""What a stage's folder in a run is divided by: nothing, or one outcome each of these. With benchmarks, the
student itself, `base`, is among the arms."""


@dataclass(frozen=True)
class Stage:
    """What is known of a stage before it runs."""

    name: str
    """On the command line, in status, reports and logs."""
    paper_stage: int
    """1, 2 or 3: the stage of the paper that it is part of (section 3)."""
    title: str
    """Its outcome, as a heading."""
    action: str
    """What bringing a run up to it is called, on a button."""
    page: str
    """The page that shows its outcome: a file in `pages/`."""
    happens: str = ""
    """What happens in a stored stage, as a clause."""
    unit: str = ""
    """One piece of a stored stage's outcome, as it is counted; `s` makes the plural."""
    sections: tuple[str, ...] = ()
    """Fields of RunConfig that decide its outcome, besides those of the stages before it."""
    settings: Callable[[RunConfig], Settings] | None = None
    """What its manifest says of the configuration, for one table; None: its sections by name."""
    inputs: tuple[str, ...] = ()
    """Earlier stages of one table whose digests are part of the manifest's settings."""
    folders: tuple[str, ...] = ()
    """Folders of the run that it fills, the outcome first; none: it is computed from what is stored."""
    layout: Layout = "one table"
    is_reviewed: bool = False
    """People decide on its rows; once they have, nothing that the rows are made from is replaced."""
    is_replaced: bool = True
    """A stale outcome is replaced; False: it is refused, and another name or a copy of the run is needed."""
    loads_model: Callable[[RunConfig], bool] = lambda _: False
    """Whether it loads a model on the machine on which it runs."""
    trains: bool = False
    """It changes the student's weights, which a student on a server does not allow."""
    tasks: tuple[str, ...] = ()
    """Tasks of paid calls that it makes."""

    @property
    def in_sentence(self) -> str:
        """The title in the middle of a sentence; a proper noun keeps its capitals."""
        return self.title if any(map(str.isupper, self.title[1:])) else self.title.lower()

    def counted(self, n: int, of: int | None = None) -> str:
        """So many of its units, `of` how many in all where that is given: 1 label; 3 of 10 labels."""
        total = n if of is None or of == n else of
        return f"{n:,} {'' if total == n else f'of {total:,} '}{self.unit}{'s' * (total != 1)}"

    @property
    def is_one_table(self) -> bool:
        """Whether it is done when one table is: its own, or that of the run's own teacher."""
        return self.layout in ("one table", "teacher")

    def manifest_settings(self, config: RunConfig) -> dict[str, Any]:
        """What its manifest says of the configuration: another value makes the outcome stale."""
        given = self.settings(config) if self.settings else {of: _decided(config, of) for of in self.sections}
        return dict(given)


def grader_settings(config: RunConfig) -> dict[str, Any]:
    """What decides a grade; with the teacher as judge, the teacher and its prompt too."""
    grader, judge = config.domain.grader, {}
    if grader.backend == "judge":
        prompt = config.domain.prompt("judge").version
        judge = {"judge": config.teacher.decides() | {"prompt": prompt}}
    return {"grader": grader.decides()} | judge


def _label_settings(config: RunConfig) -> Settings:
    teacher, labelling = config.teacher, ("missing_skills", "self_check")
    prompts = {"prompts": config.domain.prompt_versions(labelling)} if teacher.is_prompted() else {}
    return teacher.decides() | prompts | {"parser": LABEL_PARSER, "difficulty": config.difficulty.decides()}


def _building_loads_model(config: RunConfig) -> bool:
    asks_student = config.training_set.drop_solved > 0 and config.student.is_local()
    return asks_student or config.teaches_itself() or config.embeddings.backend == "sentence-transformers"


STAGES = (
    Stage(
        name="split",
        paper_stage=1,
        title="Split",
        action="Check the split",
        page="skills_and_data",
        sections=("dataset",),
    ),
    Stage(
        name="responses",
        paper_stage=1,
        title="Responses",
        action="Answer the questions",
        page="difficult_questions",
        happens="the student answers the validation questions",
        unit="response",
        sections=("domain", "student"),
        settings=lambda config: config.student.decides() | grader_settings(config),
        folders=("responses",),
        loads_model=lambda config: config.student.is_local(),
        tasks=("respond", "judge"),
    ),
    Stage(
        name="step_rewards",
        paper_stage=1,
        title="Step rewards",
        action="Score the steps",
        page="difficult_questions",
        happens="the reward model scores every step",
        unit="scored response",
        sections=("reward_model",),
        settings=lambda config: config.reward_model.decides(),
        inputs=("responses",),
        folders=("step_rewards",),
        loads_model=lambda config: config.reward_model.is_local(),
    ),
    Stage(
        name="difficulty",
        paper_stage=1,
        title="Difficult questions",
        action="Find the difficult questions",
        page="difficult_questions",
        sections=("difficulty",),
    ),
    Stage(
        name="missing_skills",
        paper_stage=2,
        title="Missing skills",
        action="Label the missing skills",
        page="skill_labels",
        happens="the teacher says which skills the failing responses lack",
        unit="label",
        sections=("teacher", "second_teachers", "pool_dataset"),
        settings=_label_settings,
        inputs=("step_rewards",),
        folders=("missing_skills", "self_checks"),
        layout="teacher",
        is_reviewed=True,
        loads_model=lambda config: config.teaches_itself(),
        tasks=("missing_skills", "self_check"),
    ),
    Stage(
        name="profile",
        paper_stage=2,
        title="Missing-Skill-Profile",
        action="Label the missing skills",
        page="missing_skill_profile",
    ),
    Stage(
        name="training_sets",
        paper_stage=3,
        title="Training sets",
        action="Build the training sets",
        page="training_sets",
        happens="the training sets are built",
        unit="training set",
        sections=("embeddings", "training_set", "arms"),
        folders=("training_sets", "dropped_questions"),
        layout="arm",
        is_replaced=False,
        loads_model=_building_loads_model,
        tasks=("rewrite", "propose_question", "solve", "embed"),  # and "judge", which counts for responses
    ),
    Stage(
        name="sft",
        paper_stage=3,
        title="Fine-tuned students",
        action="Fine-tune the arms",
        page="training",
        happens="the student is fine-tuned on each training set",
        unit="fine-tuned student",
        sections=("sft", "seeds"),
        folders=("students",),
        layout="arm and seed",
        is_replaced=False,
        loads_model=lambda _: True,
        trains=True,
    ),
    Stage(
        name="evaluation",
        paper_stage=3,
        title="Evaluations",
        action="Train and evaluate the arms",
        page="compare",
        happens="the student and its fine-tuned copies are graded on the test questions",
        unit="evaluation",
        sections=("evaluation",),
        folders=("evaluations",),
        layout="arm, seed and benchmark",
        loads_model=lambda config: config.student.is_local() or config.reward_model.is_local(),
    ),
)
"""The method, in order."""
STORED = tuple(stage for stage in STAGES if stage.folders)
"""Those with an outcome in the run's folder; the others are computed from it whenever they are asked for."""
LISTS = frozenset({"second_teachers", "arms", "seeds"})
"""Fields that say how many there are: a change of them leaves what is there as it is."""


def stage(name: str) -> Stage:
    """The stage of this name; raises StatError where there is none."""
    found = next((one for one in STAGES if one.name == name), None)
    if found is None:
        raise StatError(f"stage {name}: expected one of {', '.join(one.name for one in STAGES)}")
    return found


def stage_range(first: str | None = None, last: str | None = None) -> tuple[Stage, ...]:
    """The stages from `first` to `last`; raises StatError for a name that is none and for an empty range."""
    begin = STAGES.index(stage(first)) if first else 0
    end = STAGES.index(stage(last)) if last else len(STAGES) - 1
    if begin > end:
        raise StatError(f"stages from {first} until {last}: the first comes after the last")
    return STAGES[begin : end + 1]


def kept_and_stale(
    old: RunConfig, new: RunConfig, with_lists: bool = True
) -> tuple[tuple[Stage, ...], tuple[Stage, ...]]:
    """The stages whose outcome a changed configuration leaves as it is, and those that become stale.

    Without `with_lists`, a change of how many teachers, arms or seeds there are is no change."""
    for at, one in enumerate(STAGES):
        fields = [field for field in one.sections if with_lists or field not in LISTS]
        if any(_decided(old, field) != _decided(new, field) for field in fields):
            return STAGES[:at], STAGES[at:]
    return STAGES, ()


def is_reviewed_after(name: str) -> bool:
    """Whether people decide on rows that are made from this stage's outcome."""
    names = [one.name for one in STAGES]
    return name in names and any(one.is_reviewed for one in STAGES[names.index(name) + 1 :])


def _decided(config: RunConfig, field: str) -> Any:
    value = getattr(config, field)
    if isinstance(value, list):
        return [item.decides() if isinstance(item, Section) else item for item in value]
    return value.decides() if isinstance(value, Section) else value
