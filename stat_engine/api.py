"""The engine from a notebook: `Workspace().run("demo").profile()` is a frame.

The command line calls the same functions; the pages call the views below them. Views and stages are imported
when they are first used: `stat-studio status` loads neither pandas nor models."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stat_engine import config as configuration
from stat_engine import method as stages
from stat_engine import report, skill_map, views
from stat_engine.config import RunConfig
from stat_engine.errors import Reviewed, StatError
from stat_engine.method.stage import kept_and_stale, stage_range
from stat_engine.orders import GrpoOrder, TrainOrder
from stat_engine.records import TrainingExample
from stat_engine.store.run_folder import RunFolder
from stat_engine.store.settings import keep_thresholds
from stat_engine.store.workspace import WorkspaceFolder

if TYPE_CHECKING:
    import pandas as pd

    from stat_engine.method.context import RunContext
    from stat_engine.method.estimate import Estimate
    from stat_engine.models.paid_calls.account import Report
    from stat_engine.views.evaluations import Group


class Run:
    """One run: everything the pages and the command line can do with it."""

    def __init__(self, workspace: WorkspaceFolder, folder: RunFolder, report: Report | None = None) -> None:
        self.folder = folder
        self._workspace = workspace
        self._report = report

    @property
    def name(self) -> str:
        """The run's name."""
        return self.folder.name

    @property
    def config(self) -> RunConfig:
        """The configuration in force."""
        return self.folder.config

    def context(self) -> RunContext:
        """What the pipeline's stages work with, under the configuration now in force."""
        return self._context(self.folder)

    def _context(self, seen: RunFolder) -> RunContext:
        report = self._report or stages.context.Silent()
        return stages.context.RunContext(self._workspace, seen, report)

    def _under(self, order: TrainOrder | GrpoOrder) -> RunContext:
        """The context of a training, with the order's settings in place of the run's."""
        return self._context(self.folder.under(views.training_plan.config_of(self.folder, order)))

    def _quiet(self, seen: RunFolder) -> RunContext:
        """A context for estimates, which report no progress."""
        return stages.context.RunContext(self._workspace, seen, stages.context.Silent())

    def run(self, first: str | None = None, last: str | None = None) -> None:
        """Bring the stages from `first` to `last` up to date."""
        stages.pipeline.run_pipeline(self.context(), first, last)

    def estimate(
        self, overrides: Sequence[str] = (), first: str | None = None, last: str | None = None
    ) -> list[Estimate]:
        """The teacher calls that bringing the stages from `first` to `last` up to date, under `key=value`
        settings, will make; by default all stages.

        Nothing is asked, and the settings are put in force nowhere."""
        tree = configuration.override(self.config.model_dump(), list(overrides))
        seen = self.folder.under(configuration.validate(tree, f"run {self.name}"))
        return stages.estimate.estimate(self._quiet(seen), stage_range(first, last))

    def changes(self, overrides: Sequence[str]) -> dict[str, Any]:
        """What `key=value` settings would change, and which stages would be stale; nothing is changed."""
        tree = configuration.override(self.config.model_dump(), list(overrides))
        return views.status.changes(self.folder, configuration.validate(tree, f"run {self.name}"))

    def configure(self, overrides: Sequence[str]) -> None:
        """Put `key=value` settings in force.

        Raises Reviewed where people's decisions hang on what would change."""
        config = configuration.validate(
            configuration.override(self.config.model_dump(), list(overrides)), f"run {self.name}"
        )
        if config == self.config:
            return
        if any(stage.is_reviewed for stage in kept_and_stale(self.config, config)[1]):
            self._refuse_when_reviewed()
        keep_thresholds(self._workspace.root, self.name, self.config, config)
        self.folder.save_config(config)

    def fork(self, name: str, overrides: Sequence[str] = ()) -> Run:
        """A copy under a new name that keeps everything up to what the settings change."""
        config = configuration.validate(
            configuration.override(self.config.model_dump(), list(overrides)), f"run {name}"
        )
        kept, _ = kept_and_stale(self.config, config)
        names, folders = [stage.name for stage in kept], [name for stage in kept for name in stage.folders]
        # a decision names a response, not a label, so decisions are copied with the responses
        decisions = ["label_events.jsonl"] if "responses" in names else []
        # the student's own answers to the test questions do not depend on its profile
        is_asked_alike = self.config.evaluation.decides() == config.evaluation.decides()
        base = ["evaluations/base"] if "step_rewards" in names and is_asked_alike else []
        with self.folder.lock():  # what is copied must not change under the copying
            folder = self._workspace.new_run(name, config, self.folder, [*folders, *decisions, *base])
        return Run(self._workspace, folder, self._report)

    def round(
        self,
        arm: str,
        seed: int = 0,
        dataset: str | None = None,
        name: str | None = None,
        overrides: Sequence[str] = (),
    ) -> Run:
        """The next round: a run whose student is this arm, on another dataset's questions if one is named.

        Training questions are still drawn from the first round's pool. Raises StatError as `plan_round` of
        `stat_engine.method.rounds` does; nothing of the new run is started."""
        planned = stages.rounds.plan_round(self.context(), arm, seed, dataset, name, overrides)
        return Run(self._workspace, stages.rounds.make_round(self.context(), planned), self._report)

    def plan_round(
        self,
        arm: str,
        seed: int = 0,
        dataset: str | None = None,
        name: str | None = None,
        overrides: Sequence[str] = (),
    ) -> tuple[dict[str, Any], list[Estimate]]:
        """What `round` would make, as `rounds.in_numbers` says it, and the teacher calls that bringing it up
        to date will make; nothing is made or asked."""
        context = self.context()
        planned = stages.rounds.plan_round(context, arm, seed, dataset, name, overrides)
        root = self._workspace.root
        seen = RunFolder(root / "runs" / planned.run, root / "datasets").under(planned.config)
        calls = stages.estimate.estimate(self._quiet(seen), stage_range())
        return stages.rounds.in_numbers(context, planned), calls

    def difficult(self, **thresholds: Any) -> dict[str, object]:
        """Counts of difficult questions; keywords replace the run's difficulty settings."""
        return views.difficult.summary(self.folder, self.difficulty_config(thresholds))

    def difficulty_config(self, thresholds: dict[str, Any]) -> configuration.DifficultyConfig:
        """The run's difficulty settings with the given ones (None: as they are) replaced."""
        changes = [f"difficulty.{key}={value}" for key, value in thresholds.items() if value is not None]
        return configuration.validate(
            configuration.override(self.config.model_dump(), changes), "difficult"
        ).difficulty

    def questions(self) -> pd.DataFrame:
        """One row a question, difficult ones first."""
        return views.difficult.questions(self.folder)

    def profile(self) -> pd.DataFrame:
        """The Missing-Skill-Profile, most missed first."""
        return views.profile.profile(self.folder)

    def warnings(self) -> list[dict[str, str]]:
        """The method's failure signatures in this run, each with its figure and what to do."""
        return views.warnings.warnings(self.folder, with_near=True)

    def misfit(self) -> pd.DataFrame:
        """What is missed beside what the training pool trains, the most under-trained skill first."""
        return views.profile.misfit(self.folder)

    def profile_against(self, other: str) -> pd.DataFrame:
        """The profile beside another run's, with differences and their intervals."""
        theirs = views.profile.profile(self._workspace.run_folder(other))
        return views.profile.against(self.profile(), theirs)

    def build(self, method: str, name: str, **settings: Any) -> dict[str, Any]:
        """Build a training set; keywords replace the run's training_set settings.

        With pairs_by_skill, {subject: {skill: pairs}}, a targeted set has these numbers, and `pairs` is
        their sum unless it is given."""
        chosen = self.set_config(method, **settings).training_set
        stages.training_sets.build.build_training_set(self.context(), method, name, chosen)
        summary = views.training_sets.summary(self.folder, name)
        return {**summary, "notes": [*summary["notes"], *self.folder.pool_dataset.audit_findings()]}

    def estimate_build(self, method: str, **settings: Any) -> list[Estimate]:
        """The teacher calls that `build` with these settings will make; nothing is asked."""
        seen = self.folder.under(self.set_config(method, **settings))
        return stages.estimate.estimate_set(self._quiet(seen), method)

    def set_config(self, method: str, **settings: Any) -> RunConfig:
        """The run's configuration with these training_set settings (None: as they are) in place of its own.

        Raises StatError for numbers a skill with a method that does not aim at skills."""
        tree = self.config.model_dump()
        given = {key: value for key, value in settings.items() if value is not None}
        numbers = given.get("pairs_by_skill")
        if (
            numbers is not None
            and stages.training_sets.select.canonical(method) not in configuration.TARGETED
        ):
            aiming = ", ".join(configuration.TARGETED)
            raise StatError(f"method {method} aims at no skill; an allocation is for {aiming}")
        if numbers is not None:
            given.setdefault("pairs", max(1, sum(n for of in numbers.values() for n in of.values())))
        return configuration.validate({**tree, "training_set": {**tree["training_set"], **given}}, "build")

    def training_set(self, name: str) -> pd.DataFrame:
        """A training set as people left it, one row an example with its lineage."""
        import pandas as pd  # verbs without a frame start without it

        rows = [example.model_dump() for example in self.folder.examples(name)]
        return pd.DataFrame(rows, columns=list(TrainingExample.model_fields))

    def train(self, set_name: str, arm: str | None = None, seed: int = 0) -> dict[str, Any]:
        """Fine-tune the student on a set, as an arm named like the set unless another name is given."""
        with self.folder.lock():
            return stages.sft.arm.train(self.context(), set_name, arm or set_name, seed)

    def train_arms(self, order: TrainOrder) -> list[dict[str, Any]]:
        """Fine-tune every arm and seed of an order, building first what it names as methods; their cards.

        With `order.evaluate` the student itself and the arms are graded afterwards."""
        self.plan_training(order)  # what would be refused is refused before anything is built
        for method in order.methods:
            name = configuration.METHOD_ALIASES.get(method, method)
            if self.folder.training_set(name).manifest() is None:
                self.build(method, name)
        rows = self.plan_training(views.training_plan.built(order))["trainings"]
        with self.folder.lock():
            context = self._under(order)
            keys = ("set", "arm", "seed", "n_pairs")
            cards = [stages.sft.arm.train(context, *(row[key] for key in keys)) for row in rows]
        for arm in dict.fromkeys(["base", *(row["arm"] for row in rows)]) if order.evaluate else []:
            self.evaluate(arm)
        return cards

    def plan_training(self, order: TrainOrder) -> dict[str, Any]:
        """What an order will do: trainings with pairs, steps and seconds; see `views.training_plan`."""
        return views.training_plan.plan(self.folder, order)

    def reinforce(
        self, start: str = "base", arm: str | None = None, seed: int = 0, settings: Sequence[str] = ()
    ) -> dict[str, Any]:
        """GRPO from an arm, or the student itself, under `grpo.key=value` settings; the new arm's card."""
        order = GrpoOrder(run=self.name, start=start, seeds=(seed,), arm=arm, settings=tuple(settings))
        return self.reinforce_arms(order)[0]

    def reinforce_arms(self, order: GrpoOrder) -> list[dict[str, Any]]:
        """GRPO from an order's start, once a seed, as an arm of its own; the arms' cards.

        With `order.evaluate` the student itself, the start and the arm are graded afterwards."""
        rows = self.plan_grpo(order)["trainings"]
        with self.folder.lock():
            context = self._under(order)
            cards = [stages.grpo.reinforce_arm(context, r["start"], r["arm"], r["seed"]) for r in rows]
        for arm in dict.fromkeys(["base", order.start, rows[0]["arm"]]) if order.evaluate else []:
            self.evaluate(arm)
        return cards

    def plan_grpo(self, order: GrpoOrder) -> dict[str, Any]:
        """What a GRPO order will do: questions, answers, steps and seconds; see `views.grpo_plan`."""
        return views.training_plan.grpo_plan(self.folder, order)

    def try_arms(
        self, arms: Sequence[str], question: str = "", question_id: str = "", seed: int | None = None
    ) -> dict[str, Any]:
        """Ask arms (`base`: the student itself) one question, one's own or one of the dataset by id."""
        context = self.context()
        asked = (
            stages.evaluation.known_question(context, question_id)
            if question_id
            else stages.evaluation.own_question(question)
        )
        return {"run": self.name, **stages.evaluation.try_arms(context, asked, arms, seed)}

    def export_model(
        self, arm: str, to: Path | str, seed: int | None = None, merge: bool = False
    ) -> dict[str, Any]:
        """Write a trained arm to a folder: safetensors, tokenizer, model card; see `model_exports`.

        The first trained seed unless another is named; `merge`: whole weights in place of the adapter."""
        chosen = seed if seed is not None else (self.folder.trained_seeds(arm) or [0])[0]
        return report.models.export_model(self.context(), arm, chosen, Path(to), merge)

    def evaluate(self, arm: str | None = None, benchmarks: Sequence[str] = ()) -> list[tuple[str, int]]:
        """Grade an arm, all its trained seeds, on the named benchmarks; `base` is the student itself.

        By default the student itself and every trained arm, on every benchmark; what is graded already is
        not graded again. Returns the (arm, seed) pairs."""
        with self.folder.lock():
            context = self.context()
            arms = [arm] if arm else ["base", *self.folder.trained_arms()]
            seeds = {of: [0] if of == "base" else self.folder.trained_seeds(of) or [0] for of in arms}
            return stages.evaluation.evaluate(
                context, [(of, seed) for of in arms for seed in seeds[of]], benchmarks
            )

    def accuracy_by(self, group: Group = "skill", benchmark: str | None = None) -> pd.DataFrame:
        """Accuracy of every arm in each skill, subject or level, with intervals and gain over the base."""
        return views.compare.by_group(self.folder, group, benchmark)

    def gains_by(self, group: Group = "skill", benchmark: str | None = None) -> pd.DataFrame:
        """Gain of every arm over the base in each skill, subject or level, with corrected p-values."""
        return views.differences.skill_gains(self.folder, only_missed=False, benchmark=benchmark, group=group)

    def benchmarks(self) -> pd.DataFrame:
        """Arms x benchmarks, a row a cell, with what could not be graded."""
        return views.benchmarks.benchmark_table(self.folder)

    def smallest_effects(
        self,
        benchmark: str | None = None,
        n_questions: int | None = None,
        discordance: float | None = None,
        power: float = 0.8,
        level: float = 0.05,
    ) -> list[dict[str, Any]]:
        """The smallest difference from the student that each benchmark can show; see `views.power`."""
        return views.benchmarks.smallest_effects(
            self.folder, benchmark, n_questions, discordance, power, level
        )

    def compare(self, benchmark: str | None = None) -> pd.DataFrame:
        """One row an arm, best first."""
        import pandas as pd  # as above

        return pd.DataFrame(views.compare.compare(self.folder, benchmark)["arms"])

    def _refuse_when_reviewed(self) -> None:
        n = len(self.folder.label_log.events())
        if n:
            raise Reviewed(
                f"run {self.name} has {n} label decisions that hang on the settings to be changed; "
                f"keep them and change a copy: stat-studio run {self.name} --fork NEW key=value"
            )


class Workspace(WorkspaceFolder):
    """A folder of datasets and runs; `STAT_WORKSPACE` or `workspace/` unless another is given."""

    def run(self, name: str, report: Report | None = None) -> Run:
        """A run that is there; raises NotThereYet naming those that are."""
        return Run(self, self.run_folder(name), report)

    def new(self, name: str, config: RunConfig) -> Run:
        """Make a run; raises StatError where the name is taken or the dataset is not there."""
        return Run(self, self.new_run(name, config))

    def runs(self) -> pd.DataFrame:
        """One row a run."""
        return views.status.runs(self)

    def split(
        self, dataset: str, n_validation: int, of: str, seed: int, is_dry: bool = False
    ) -> dict[str, Any]:
        """Draw Q_val and Q_test from a split of the dataset and store their ids; dry: only say how many.

        `runs` are those whose questions are then others: what they hold was made with the split before."""
        folder = self.need_dataset(dataset)
        if of == "train":
            raise StatError("--from train: the pool stays whole, so that no training question is tested on")
        ids = [question.id for question in folder.questions.values() if question.split == of]
        if not ids:
            raise StatError(f"dataset {dataset} has no questions with split {of}")
        validation, test = stages.split.split(ids, n_validation, seed)
        made_by: dict[str, object] = {"from": of, "seed": seed}
        before = {name: {question.id for question in folder.split(name)} for name in ("validation", "test")}
        if not is_dry:
            folder.forget_splits()
            folder.save_split("validation", validation, made_by)
            folder.save_split("test", test, made_by)
        is_other = before != {"validation": set(validation), "test": set(test)}
        runs = [run.name for run in skill_map.editing.runs_of(self, dataset)] if is_other else []
        return {
            "dataset": dataset, "validation": len(validation), "test": len(test), **made_by, "runs": runs,
        }  # fmt: skip
