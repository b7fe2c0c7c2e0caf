"""Results of a run as tables for a notebook. Nothing here writes or starts anything."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from stat_engine import api, views
from stat_engine import config as configuration
from stat_engine.config import RunConfig
from stat_engine.errors import StatError, shown
from stat_engine.method.stage import stage_range
from stat_engine.records import TrainingExample
from stat_engine.store import disk
from stat_engine.store.files import write_json
from stat_engine.store.outputs import output_place
from stat_engine.store.run_folder import RunFolder
from stat_engine.store.settings import check_key_names, usable_settings
from stat_engine.store.workspace import WorkspaceFolder

if TYPE_CHECKING:
    import pandas as pd

    from stat_engine.method.difficulty import Counts
    from stat_engine.stats import Correction
    from stat_engine.views.benchmarks import SmallestEffect
    from stat_engine.views.compare import Comparison, OneArm
    from stat_engine.views.differences import Direction, Flip, Flips
    from stat_engine.views.difficult import Change, Page, QuestionFilter, QuestionInSteps
    from stat_engine.views.evaluations import Group
    from stat_engine.views.filters import FilterRow
    from stat_engine.views.rounds import Rounds
    from stat_engine.views.status import Changes, Spent, Status
    from stat_engine.views.warnings import RunWarning


class Findings:
    """A run's settings, how far it is, and what its stages found."""

    def __init__(self, workspace: WorkspaceFolder, folder: RunFolder) -> None:
        self.folder = folder
        self._workspace = workspace

    @property
    def name(self) -> str:
        """The run's name."""
        return self.folder.name

    @property
    def config(self) -> RunConfig:
        """The current configuration."""
        return self.folder.config

    def under(self, overrides: Sequence[str]) -> RunConfig:
        """The configuration with `key=value` settings; nothing is put in force.

        Raises StatError for one that does not fit, and for another dataset where responses are there."""
        if not overrides:
            return self.config
        config = self._valid(overrides)
        before = self._before(overrides).config
        check_key_names(usable_settings(self._workspace.root)[0], config.servers(), before.servers())
        if config.student.framing != before.student.framing:
            configuration.read_framing_of(config)
        there = self._workspace.dataset_names()
        for key, name in _datasets_of(config).items():
            if name not in there and name not in _datasets_of(before).values():
                raise StatError(
                    f"run {self.name}: setting {key}: no dataset {shown(name)} in the workspace (there: "
                    f"{', '.join(there) or 'none yet'})"
                )
        if config.dataset != before.dataset and self.folder.responses.manifest() is not None:
            raise StatError(
                f"run {self.name}: setting dataset: its responses are to questions of {before.dataset}; "
                f"make a run on the other one: stat-studio new NAME --dataset {config.dataset}"
            )
        return config

    def _valid(self, overrides: Sequence[str]) -> RunConfig:
        tree = configuration.override(self.folder.settings, list(overrides))
        return configuration.validate(tree, f"run {self.name}")

    def _before(self, overrides: Sequence[str]) -> RunFolder:
        """The run as it is; where its card has a bad setting, with those of the new settings that mend it."""
        mends = self._mends(overrides)
        return self.folder.under(self._valid(mends)) if mends else self.folder

    def _mends(self, overrides: Sequence[str]) -> list[str]:
        """Those of the settings without which the card's configuration is not valid."""
        needed = list(overrides)
        for one in overrides:
            fewer = [other for other in needed if other != one]
            with suppress(StatError):
                self._valid(fewer)
                needed = fewer
        return needed

    def changes(self, overrides: Sequence[str]) -> Changes:
        """What `key=value` settings would change, and which stages would be stale; nothing is changed."""
        config = self.under(overrides)
        found = views.status.changes(self._before(overrides), config)
        was, now = configuration.flat(self.folder.settings), configuration.flat(config.model_dump())
        for key in (one.partition("=")[0] for one in self._mends(overrides)):
            found["changed"][key] = [was.get(key), now.get(key)]
        return found

    def differences(self, other: str) -> dict[str, list[Any]]:
        """{setting: [here, there]} of the settings in which another run differs."""
        theirs = self._workspace.run_folder(other).config
        return {key: list(pair) for key, pair in configuration.differences(self.config, theirs).items()}

    def kept(self, config: RunConfig) -> list[str]:
        """Stages with an outcome that a copy under this configuration would keep."""
        return views.status.kept(self.folder, config)

    def stages(self, first: str | None = None, last: str | None = None) -> list[str]:
        """The stages from `first` to `last`; raises StatError for an unknown name or an empty range."""
        return [stage.name for stage in stage_range(first, last)]

    def status(self) -> Status:
        """How far the run is: its `stages` with state, done and total."""
        return views.status.status(self.folder)

    def cost(self) -> Spent:
        """Its paid calls by endpoint and task, their sums, the budget and what is left of it (USD)."""
        return views.status.summary(self._workspace, self.folder)

    def disk(self) -> dict[str, int]:
        """Bytes on disk by part."""
        return disk.used_by_run(self.folder.folder)

    def warnings(self) -> list[RunWarning]:
        """The method's failure signatures in this run, each with its figure and what to do."""
        return views.warnings.warnings(self.folder, with_near=True)

    @property
    def labels(self) -> api.Labels:
        """The labels of the run's teacher, and people's decisions on them."""
        return api.Labels(self.folder)

    @property
    def verdicts(self) -> api.Verdicts:
        """The verdicts on the run's responses, and what people overruled."""
        return api.Verdicts(self.folder)

    def disagreements(self) -> pd.DataFrame:
        """One row a response of which its file and the run's grader say different things, with the rule.

        Raises NotThereYet where no response came with a verdict."""
        return self.verdicts.disagreements()

    def examples(self, set_name: str) -> api.Examples:
        """The examples of a training set, and what people may change in it."""
        return api.Examples(self.folder, set_name)

    def training_set(self, name: str) -> pd.DataFrame:
        """A training set as people left it, one row an example with its lineage."""
        import pandas as pd  # verbs without a frame start without it

        examples = [example.model_dump() for example in self.folder.examples(name)]
        return pd.DataFrame(examples, columns=list(TrainingExample.model_fields))

    def allocation(self, allocation: str | None = None, pairs: int | None = None) -> pd.DataFrame:
        """One row a skill: in how many questions it is missing, and its pairs in a targeted set.

        `allocation` is proportional or lower-bound, the run's own by default; raises StatError for others."""
        if allocation not in (None, "proportional", "lower-bound"):
            raise StatError(f"--allocation {shown(allocation)}: expected proportional or lower-bound")
        return views.training_sets.plan(self.folder, allocation, pairs)  # type: ignore[arg-type]

    def write_allocation(self, plan: pd.DataFrame, file: Path) -> None:
        """Write an allocation as JSON, to be edited and given to `build` as `pairs_by_skill`."""
        write_json(output_place(file), views.training_sets.as_allocation(plan))

    def difficult(self, **thresholds: Any) -> Counts:
        """Counts of difficult questions; keywords replace the run's difficulty settings."""
        return views.difficult.summary(self.folder, self.difficulty_config(thresholds))

    def difficulty_config(self, thresholds: dict[str, Any]) -> configuration.DifficultyConfig:
        """The run's difficulty settings with the given ones (None: as they are) replaced."""
        changes = [f"difficulty.{key}={value}" for key, value in thresholds.items() if value is not None]
        return configuration.validate(
            configuration.override(self.config.model_dump(), changes), "difficult"
        ).difficulty

    def difficulty_change(self, **thresholds: Any) -> Change:
        """How many questions become difficult or easy under other difficulty settings."""
        return views.difficult.change(self.folder, self.difficulty_config(thresholds))

    def difficulty_grid(self, is_paper: bool = False) -> pd.DataFrame | None:
        """The reward filter against correctness under many thresholds; None where no answer can be graded.

        `is_paper`: only under the 16 pairs of the paper's table 8."""
        found = views.filters.grid(self.folder)
        return views.filters.of_paper(found) if is_paper and found is not None else found

    def difficulty_filters(self) -> list[FilterRow]:
        """The reward filter and the other filters: difficult questions, and quality against correctness."""
        return views.filters.compared(self.folder)

    def difficulty_warning(self, **thresholds: Any) -> str | None:
        """A sentence where the filter could not judge some questions; keywords as in `difficult`."""
        return views.difficult.warning(self.folder, self.difficulty_config(thresholds))

    def thresholds(self, tau1: float | None = None, tau2: float | None = None) -> tuple[float, float]:
        """The thresholds given, the run's own in place of None."""
        own = self.config.difficulty
        return own.tau1 if tau1 is None else tau1, own.tau2 if tau2 is None else tau2

    def questions(self) -> pd.DataFrame:
        """One row a question, difficult ones first."""
        return views.difficult.questions(self.folder)

    def page_of_questions(
        self,
        wanted: QuestionFilter,
        sort: str,
        first: int = 0,
        limit: int = 50,
        tau1: float | None = None,
        tau2: float | None = None,
    ) -> Page:
        """A page of questions: `n` in all that the filter leaves, and `rows`, a frame."""
        at = self.thresholds(tau1, tau2)
        return views.difficult.page(self.folder, *at, wanted, sort, first, limit)

    def question(self, id: str, tau1: float | None = None, tau2: float | None = None) -> QuestionInSteps:
        """One question with its responses, step by step, and their labels."""
        return views.difficult.question_at(self.folder, id, *self.thresholds(tau1, tau2))

    def profile(self) -> pd.DataFrame:
        """The Missing-Skill-Profile, most missed first."""
        return views.profile.profile(self.folder)

    def corrected_profile(self, subject: str | None = None) -> tuple[dict[str, Any], pd.DataFrame]:
        """The profile's summary with `teacher_error`, and its rows, corrected for that error where known."""
        found = views.agreement.corrected(self.folder)
        frame = views.profile.profile(self.folder, subject)
        error = {key: value for key, value in found.items() if key != "skills"}
        summary = {**views.profile.summary(self.folder), "teacher_error": error}
        return summary, views.agreement.with_correction(frame, found)

    def ranked(
        self,
        frame: pd.DataFrame,
        by: Literal["count", "rate", "lower-bound", "gain"] = "count",
        min_questions: int = 1,
    ) -> pd.DataFrame:
        """Rows of the profile with the largest quantity first, of skills that so many questions carry.

        By "gain" they have column `gain`: the accuracy to be gained at most, a fraction; null: not graded."""
        rows = views.profile.with_gain(self.folder, frame) if by == "gain" else frame
        if by == "count":
            return rows[rows.n_questions >= min_questions].reset_index(drop=True)
        quantity: views.profile.Quantity = "lower bound" if by == "lower-bound" else by
        return views.profile.ranked(rows, quantity, min_questions)

    def of_subject(self, frame: pd.DataFrame, subject: str | None) -> pd.DataFrame:
        """The rows of one subject; all where none is named. Raises StatError for a subject without a row."""
        return frame if subject is None else views.profile.of_subject(frame, subject)

    def misfit(self) -> pd.DataFrame:
        """What is missed beside what the training pool trains, the most under-trained skill first."""
        return views.profile.misfit(self.folder)

    def misfit_distance(self) -> float | None:
        """Share of what the pool trains that would have to be other skills, in [0, 1]; None: no profile."""
        return views.profile.distance(self.misfit())

    def weak_skills(self, correction: Correction = "holm") -> pd.DataFrame:
        """One row a skill, the surest first: whether it fails more often than the student's other skills."""
        return views.profile.weak(self.profile(), correction)

    def profile_against(self, other: str) -> pd.DataFrame:
        """The profile beside another run's, with differences and their intervals."""
        theirs = views.profile.profile(self._workspace.run_folder(other))
        return views.profile.against(self.profile(), theirs)

    def questions_lacking(self, skill: str, subject: str | None = None) -> tuple[str, str, pd.DataFrame]:
        """Subject, skill, and one row a difficult question that lacks it; SKILL may be SUBJECT/SKILL."""
        of, name = views.profile.skill_of(skill, views.profile.profile(self.folder, subject))
        return of, name, views.profile.lacking_rows(self.folder, of, name)

    def compare(self, benchmark: str | None = None) -> pd.DataFrame:
        """One row an arm, best first."""
        import pandas as pd  # as above

        return pd.DataFrame(views.compare.compare(self.folder, benchmark)["arms"])

    def comparison(self, benchmark: str | None = None) -> Comparison:
        """The student itself and every arm on a benchmark, with intervals, paired tests and a verdict."""
        return views.compare.compare(self.folder, benchmark)

    def differences_from(self, reference: str = "base", benchmark: str | None = None) -> pd.DataFrame:
        """One row an arm: its difference from the reference arm, with interval and p-value."""
        return views.compare.differences(self.folder, reference, benchmark)

    def arm_result(self, arm: str, benchmark: str | None = None) -> OneArm:
        """One arm's accuracy on a benchmark, over its seeds."""
        return views.compare.arm(self.folder, arm, benchmark)

    def accuracy_by(self, group: Group = "skill", benchmark: str | None = None) -> pd.DataFrame:
        """Accuracy of every arm in each skill, subject or level, with intervals and gain over the base."""
        return views.compare.by_group(self.folder, group, benchmark)

    def gains_by(self, group: Group = "skill", benchmark: str | None = None) -> pd.DataFrame:
        """Gain of every arm over the base in each skill, subject or level, with corrected p-values."""
        return views.differences.skill_gains(self.folder, only_missed=False, benchmark=benchmark, group=group)

    def gains(
        self,
        reference: str = "base",
        only_missed: bool = True,
        correction: Correction = "benjamini-hochberg",
        benchmark: str | None = None,
        group: Group = "skill",
    ) -> pd.DataFrame:
        """Gain of every arm over a reference arm, a row a cell of arm and group, with corrected p-values."""
        of = views.differences.skill_gains
        return of(self.folder, reference, only_missed, correction, benchmark, group)

    def flips(
        self,
        arm: str,
        reference: str = "base",
        direction: Direction = "both",
        subject: str | None = None,
        level: str | None = None,
        skill: tuple[str, str] | None = None,
        benchmark: str | None = None,
        offset: int = 0,
        limit: int = 50,
    ) -> Flips:
        """The questions that an arm has right more often, or less often, than a reference arm."""
        wanted = direction, subject, level, skill, benchmark, offset, limit
        return views.differences.flips(self.folder, arm, reference, *wanted)

    def flip(self, question: str, arm: str, reference: str = "base", benchmark: str | None = None) -> Flip:
        """Both arms' responses to one question."""
        return views.differences.flip(self.folder, question, arm, reference, benchmark)

    def benchmarks(self) -> pd.DataFrame:
        """Arms x benchmarks, a row a cell, with what could not be graded."""
        return views.benchmarks.benchmark_table(self.folder)

    def unreadable(self) -> list[str]:
        """Sentences on the benchmarks on which many responses hold no answer that can be read."""
        return views.benchmarks.unreadable_sentences(self.folder)

    def smallest_effects(
        self,
        benchmark: str | None = None,
        n_questions: int | None = None,
        discordance: float | None = None,
        power: float = 0.8,
        level: float = 0.05,
    ) -> list[SmallestEffect]:
        """The smallest difference from the student that each benchmark can show."""
        return views.benchmarks.smallest_effects(
            self.folder, benchmark, n_questions, discordance, power, level
        )

    def rounds(self) -> Rounds:
        """The chain of runs that this one is part of: accuracy by round, and how the profile moved."""
        return views.rounds.rounds(self.folder)


def _datasets_of(config: RunConfig) -> dict[str, str]:
    """{setting: the dataset that it names}."""
    benchmarks = {
        f"evaluation.benchmarks.{at}.dataset": of.dataset
        for at, of in enumerate(config.evaluation.benchmarks)
    }
    pool = {"pool_dataset": config.pool_dataset} if config.pool_dataset else {}
    return {"dataset": config.dataset, **pool, **benchmarks}
