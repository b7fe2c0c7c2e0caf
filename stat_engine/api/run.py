"""A run: bring its stages up to date, change its settings, train and evaluate its arms."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stat_engine import config as configuration
from stat_engine import method as stages
from stat_engine import report as reports
from stat_engine import views
from stat_engine.api.findings import Findings
from stat_engine.config import RunConfig
from stat_engine.errors import Reviewed, StatError
from stat_engine.method.stage import kept_and_stale, stage_range
from stat_engine.store import allocations, cards
from stat_engine.store.run_folder import RunFolder
from stat_engine.store.settings import check_destination, keep_thresholds, where_thresholds_are_from
from stat_engine.store.workspace import WorkspaceFolder

if TYPE_CHECKING:
    from stat_engine.method.context import RunContext
    from stat_engine.method.estimate import Estimate
    from stat_engine.models.paid_calls.account import Report
    from stat_engine.orders import GrpoOrder, TrainOrder
    from stat_engine.views.training_plan import GrpoPlan, Plan


class Run(Findings):
    """One run: everything the pages and the command line can do with it."""

    def __init__(self, workspace: WorkspaceFolder, folder: RunFolder, report: Report | None = None) -> None:
        super().__init__(workspace, folder)
        self._report = report

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
        seen = self.folder.under(self.under(overrides))
        return stages.estimate.estimate(self._quiet(seen), stage_range(first, last))

    def configure(self, overrides: Sequence[str]) -> None:
        """Put `key=value` settings in force.

        Raises Reviewed where people's decisions depend on what would change."""
        config, seen = self.under(overrides), self._before(overrides)
        before = seen.config
        if seen is self.folder and config == before:
            return
        if any(stage.is_reviewed for stage in kept_and_stale(before, config)[1]):
            self._refuse_when_reviewed()
        self.folder.save_config(config)
        try:
            keep_thresholds(self._workspace.root, self.name, before, config)
        except (OSError, StatError):  # as on a full disk: both change, or none
            self.folder.save_config(before)
            raise

    def fork(self, name: str, overrides: Sequence[str] = (), saves_thresholds: bool = False) -> Run:
        """A copy under a new name that keeps everything up to what the settings change.

        With `saves_thresholds`, changed thresholds are saved for the next run, as `configure` saves them."""
        tree = configuration.override(self.config.model_dump(), list(overrides))
        config = configuration.validate(tree, f"run {name}")
        configuration.read_framing_of(config)
        kept, _ = kept_and_stale(self.config, config)
        names, folders = [stage.name for stage in kept], [name for stage in kept for name in stage.folders]
        # a decision names a response, not a label, so decisions are copied with the responses
        decisions = ["label_events.jsonl", "verdict_events.jsonl"] if "responses" in names else []
        # the student's own answers to the test questions do not depend on its profile
        is_asked_alike = self.config.evaluation.decides() == config.evaluation.decides()
        base = ["evaluations/base"] if "step_rewards" in names and is_asked_alike else []
        with self.folder.lock():  # what is copied must not change under the copying
            folder = self._workspace.new_run(name, config, self.folder, [*folders, *decisions, *base])
        if saves_thresholds:
            keep_thresholds(self._workspace.root, name, self.config, config)
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

    def build(self, method: str, name: str, **settings: Any) -> dict[str, Any]:
        """Build a training set; keywords replace the run's training_set settings.

        With pairs_by_skill, {subject: {skill: pairs}}, a targeted set has these numbers, and `pairs` is
        their sum unless it is given. `read_allocation` reads them from a file."""
        chosen = self.set_config(method, **settings).training_set
        stages.training_sets.build.build_training_set(self.context(), method, name, chosen)
        summary = views.training_sets.summary(self.folder, name)
        return {**summary, "notes": [*summary["notes"], *self.folder.pool_dataset.audit_findings()]}

    def read_allocation(self, file: Path) -> dict[str, dict[str, int]]:
        """{subject: {skill: pairs}} from a JSON file, checked against the profile."""
        return allocations.read_allocation(self.folder, file)

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
            train = stages.sft.arm.train
            cards = [train(context, row["set"], row["arm"], row["seed"], row["n_pairs"]) for row in rows]
        for arm in dict.fromkeys(["base", *(row["arm"] for row in rows)]) if order.evaluate else []:
            self.evaluate(arm)
        return cards

    def plan_training(self, order: TrainOrder) -> Plan:
        """What an order will do: trainings with pairs, steps and seconds; see `views.training_plan`."""
        return views.training_plan.plan(self.folder, order)

    def reinforce(
        self, start: str = "base", arm: str | None = None, seed: int = 0, settings: Sequence[str] = ()
    ) -> dict[str, Any]:
        """GRPO from an arm, or the student itself, under `grpo.key=value` settings; the new arm's card."""
        from stat_engine.orders import GrpoOrder  # two dozen models that `stat-studio status` would build

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

    def plan_grpo(self, order: GrpoOrder) -> GrpoPlan:
        """What a GRPO order will do: questions, answers, steps and seconds; see `views.training_plan`."""
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
        return reports.models.export_model(self.context(), arm, chosen, Path(to), merge)

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

    def write_report(self, out: Path) -> Path:
        """Write the comparison as one file: HTML that works offline, or Markdown, by the file's ending."""
        return reports.write(self.folder, out)

    def note(self, text: str) -> str:
        """Replace the run's note; an empty one clears it."""
        return cards.set_note(self.folder, text)

    def tags(self, add: Sequence[str] = (), remove: Sequence[str] = ()) -> list[str]:
        """Add tags and remove others; returns all of them, in the order in which they were added."""
        if not (add or remove):
            return list(self.folder.card.get("tags", []))
        return cards.change_tags(self.folder, add, remove)

    def starting_notes(self) -> list[str]:
        """Sentences on where settings of a new run are from that nobody gave."""
        stand_in = (
            "teacher question-skills: a stand-in that names each difficult question's own mapped skills"
        )
        saved = where_thresholds_are_from(self._workspace.root, self.config)
        is_stand_in = self.config.teacher.backend == "question-skills"
        return [*([stand_in] if is_stand_in else []), *([saved] if saved else [])]

    def ask_servers(self, overrides: Sequence[str] = ()) -> list[dict[str, Any]]:
        """One row a server of the run under `key=value` settings: whether it is up and what it serves."""
        from stat_engine.models.servers.server import ask  # its client is for verbs that use the network

        servers = views.servers.run_servers(self.under(overrides))
        for server, _ in servers.values():
            check_destination(self._workspace.root, server)
        return [ask(server, part, wanted) for part, (server, wanted) in servers.items()]

    def _refuse_when_reviewed(self) -> None:
        n = len(self.folder.label_log.events())
        if n:
            raise Reviewed(
                f"run {self.name} has {n} label decisions that depend on the settings to be changed; "
                f"keep them and change a copy: stat-studio run {self.name} --fork NEW key=value"
            )
