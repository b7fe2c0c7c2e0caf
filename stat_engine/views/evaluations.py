"""A run's evaluations as one grid: a row for each question, a column for each arm.

A cell is the arm's share of correct answers. Everything on the compare page is made from this grid.
DuckDB reads the three columns it needs and counts over samples: 180,000 responses take a tenth of a
second."""

from collections.abc import Mapping, Set
from dataclasses import dataclass, field
from typing import Literal, TypedDict, get_args

import pandas as pd

from stat_engine.config.method import REWARDS
from stat_engine.errors import NotThereYet, StatError, pass_over
from stat_engine.method import computed
from stat_engine.method.accuracy import Accuracy, accuracy, worth
from stat_engine.records import Question, Response, SkillMapEntry
from stat_engine.skills import Skill
from stat_engine.stats import pass_at_k
from stat_engine.store import query
from stat_engine.store.run_folder import RunFolder

Group = Literal["skill", "subject", "level"]
KEYS = ["subject", "skill", "level"]
"""What identifies a group of questions; empty where the group has no such key."""
FIELDS = ["subject", "level"]
"""As text; empty: none given."""
MEMBERS = [*KEYS, "question_id"]
OVERRULED = (
    "case when list_contains($1::varchar[], response_id) then true "
    "when list_contains($2::varchar[], response_id) then false else is_correct end as is_correct"
)
"""A response's verdict in SQL, with people's in place of the stored one; parameters as of `by_verdict`."""
CARRIED = ["subject", "skill", "question_id"]


class Groups(TypedDict):
    """The groups of a benchmark's questions."""

    subjects: list[str]
    """Sorted; empty text for questions without one."""
    levels: list[str]
    """As text, easiest first; empty text for questions without one."""
    skills: list[Skill]
    """(subject, skill)"""


@dataclass(frozen=True)
class Evaluations:
    """What the arms of a run did on one benchmark."""

    benchmark: str
    seeds: dict[str, list[int]]
    """By arm, the base first."""
    shares: pd.DataFrame
    """Index question_id, sorted; a column an arm; the benchmark's metric in [0, 1], mean over seeds: the
    share right over samples, or pass@k; an unreadable response counts as not right; NaN: not asked."""
    by_seed: dict[str, pd.DataFrame] = field(default_factory=dict)
    """By arm, the same with a column a seed."""
    samples: dict[str, float] = field(default_factory=dict)
    """By arm, the draws that a question's share rests on within a seed."""
    counts: dict[str, tuple[int, int]] = field(default_factory=dict)
    """By arm: responses whose verdict is not known (no answer found, or grading gave none), and all."""

    @classmethod
    def read(cls, run: RunFolder, benchmark: str, seeds: dict[str, list[int]]) -> "Evaluations":
        """The grid of these arms and seeds; an arm without any is a column without rows."""
        of, rows = run.benchmark(benchmark), _counted(run, benchmark, seeds)
        k = of.k if of.metric == "pass@k" else 1
        rows["share"] = pass_at_k(rows.n, rows.n_right, k)
        grid = rows.pivot(index="question_id", columns=["arm", "seed"], values="share").sort_index()
        by_seed, samples, counts = {}, {}, {}
        for at, (arm, numbers) in enumerate(seeds.items()):
            own = rows[rows.arm == at]
            pairs = pd.MultiIndex.from_product([[at], range(len(numbers))])
            by_seed[arm] = grid.reindex(columns=pairs).set_axis(numbers, axis="columns")
            samples[arm] = float(own.n.mean()) / k if len(own) else 1.0
            counts[arm] = (int(own.n_unreadable.sum()), int(own.n.sum()))
        shares = pd.DataFrame({arm: of_arm.mean(axis=1) for arm, of_arm in by_seed.items()}, dtype=float)
        return cls(benchmark, seeds, shares, by_seed, samples, counts)

    @property
    def arms(self) -> list[str]:
        """Every evaluated arm, the base first."""
        return list(self.seeds)

    def accuracy(self, arm: str, ids: Set[str] | None = None) -> Accuracy:
        """An arm's accuracy on these questions, by default all; samples count for what they are worth."""
        shares, seeds = self.shares[arm], self.by_seed[arm]
        if ids is not None:
            chosen = shares.index.isin(ids)
            shares, seeds = shares[chosen], seeds[chosen]
        if self.samples[arm] <= 1:
            return accuracy(shares)
        return accuracy(shares, worth((seeds[seed] for seed in seeds), self.samples[arm]))


def benchmarks(run: RunFolder) -> list[str]:
    """The benchmarks on which the student itself is evaluated, the run's own first."""
    own = run.config.evaluation.split
    found = {path.parent.name for path in (run.folder / "evaluations").glob("base/seed-*/*/manifest.json")}
    return sorted(
        (name for name in found if not name.endswith(REWARDS)), key=lambda name: (name != own, name)
    )


def evaluations(run: RunFolder, benchmark: str | None = None) -> Evaluations:
    """The grid of one benchmark, the run's own unless named; raises as `evaluated` does."""
    return Evaluations.read(run, benchmark or run.config.evaluation.split, evaluated(run, benchmark))


def evaluated(run: RunFolder, benchmark: str | None = None) -> dict[str, list[int]]:
    """{arm: seeds} of one benchmark, the run's own unless named, the base first.

    Raises NotThereYet before the base is evaluated, and names the benchmarks there are for another one."""
    own = run.config.evaluation.split
    seeds = run.evaluated(benchmark or own)
    if "base" in seeds:
        return seeds
    if benchmark in (None, own):
        raise NotThereYet(
            f"run {run.name} has no evaluation yet; make one with: stat-studio run {run.name}, "
            f"or: stat-studio evaluate {run.name} --arm base"
        )
    there = ", ".join(benchmarks(run)) or "none yet"
    raise StatError(f"run {run.name}: found benchmark {benchmark!r}, expected one of: {there}")


def need_arm(of: Evaluations, arm: str) -> str:
    """The arm's name, if it is evaluated; raises StatError naming those that are."""
    if arm not in of.seeds:
        raise StatError(f"found arm {arm!r}, expected one of: {', '.join(of.arms)}")
    return arm


def tables_of(run: RunFolder, benchmark: str, arm: str, seeds: list[int]) -> query.Tables:
    """{"e0": responses of the first seed, ...}: an arm's evaluations for a query."""
    return {
        f"e{at}": (run.evaluation(arm, seed, benchmark).files(), Response) for at, seed in enumerate(seeds)
    }


def fields(run: RunFolder, benchmark: str) -> pd.DataFrame:
    """FIELDS of each question of the benchmark, by question id."""
    tables: query.Tables = {
        "questions": (run.dataset_of(benchmark).question_table.files(), Question),
        **_base(run, benchmark),
    }
    frame = query.frame(
        "select id as question_id, coalesce(subject, '') as subject, coalesce(cast(level as varchar), '') as "
        "level from questions where id in (select question_id from e0) order by id",
        tables,
    )
    return frame.set_index("question_id")


def members(run: RunFolder, benchmark: str, group: Group = "skill") -> pd.DataFrame:
    """Which question of the benchmark belongs to which group, with MEMBERS.

    Of skills a question may belong to several; levels are text, easiest first. Raises StatError for
    a group that is none."""
    if group not in get_args(Group):
        raise StatError(f"found group {group!r}, expected one of: {', '.join(get_args(Group))}")
    if group == "skill":
        return carried(run, benchmark).assign(level="")[MEMBERS]
    other = "level" if group == "subject" else "subject"
    found = fields(run, benchmark).reset_index().assign(**{"skill": "", other: ""})
    if group == "level":
        found = found.sort_values("level", key=pd.to_numeric, kind="stable")
    return found[MEMBERS]


def carried(run: RunFolder, benchmark: str) -> pd.DataFrame:
    """The skills that the benchmark's questions carry, each once, sorted, with CARRIED."""
    tables: query.Tables = {
        "skill_map": (run.dataset_of(benchmark).skill_map_table.files(), SkillMapEntry),
        **_base(run, benchmark),
    }
    return query.frame(
        "select distinct subject, unnest(skills) as skill, question_id from skill_map "
        "where question_id in (select question_id from e0) order by all",
        tables,
    )


def groups(run: RunFolder, benchmark: str | None = None) -> Groups:
    """The groups that a benchmark's questions fall into; of the run's own benchmark by default."""
    benchmark = benchmark or run.config.evaluation.split
    skills = carried(run, benchmark)[["subject", "skill"]].drop_duplicates()
    of = fields(run, benchmark)
    return {
        "subjects": sorted(set(of.subject)),
        "levels": list(of.level.sort_values(key=pd.to_numeric).unique()),
        "skills": list(zip(skills.subject, skills.skill, strict=True)),
    }


def difficult_part(run: RunFolder, benchmark: str) -> set[str]:
    """The benchmark's difficult questions; none where its responses lack what the filter reads."""
    try:
        return computed.difficult_part(run, benchmark)
    except StatError as error:
        pass_over(error)
        return set()


def is_difficult_known(run: RunFolder, benchmark: str) -> bool:
    """Whether the student's own responses to the benchmark have what the filter reads."""
    try:
        computed.difficult_part(run, benchmark)
    except StatError:
        return False
    return computed.has_difficult_part(run, benchmark)


def missed_skills(run: RunFolder) -> list[Skill]:
    """The profile's most missed skills, as many as the run's settings show; none without current labels."""
    try:
        failures = computed.profile(run)
    except NotThereYet:
        return []
    top = run.config.evaluation.top_skills
    return [(failure.subject, failure.skill) for failure in failures if failure.n_missing][:top]


def _base(run: RunFolder, benchmark: str) -> query.Tables:
    return tables_of(run, benchmark, "base", run.evaluated(benchmark)["base"][:1])


def _counted(run: RunFolder, benchmark: str, seeds: dict[str, list[int]]) -> pd.DataFrame:
    """Responses of each arm and seed, both by number, to each question: n, n_right, n_unreadable.

    Tables are named by number too, so that no arm's name enters the SQL."""
    pairs = [(at, of, arm, seed) for at, arm in enumerate(seeds) for of, seed in enumerate(seeds[arm])]
    if not pairs:
        columns = ["arm", "seed", "question_id", "n", "n_right", "n_unreadable"]
        return pd.DataFrame(
            {name: pd.Series(dtype=object if name == "question_id" else int) for name in columns}
        )
    tables: query.Tables = {
        f"e{number}": (run.evaluation(arm, seed, benchmark).files(), Response)
        for number, (_, _, arm, seed) in enumerate(pairs)
    }
    overruled = run.verdicts()
    is_correct = OVERRULED if overruled else "is_correct"
    parts = " union all ".join(
        f"select {at} as arm, {of} as seed, question_id, {is_correct}, answer from e{number}"
        for number, (at, of, _, _) in enumerate(pairs)
    )
    return query.frame(
        "select arm, seed, question_id, count(*) as n, count_if(coalesce(is_correct, false)) as n_right, "
        "count_if(is_correct is null or (answer is null and not is_correct)) as n_unreadable "
        f"from ({parts}) group by all",
        tables,
        by_verdict(overruled) if overruled else (),
    )


def by_verdict(overruled: Mapping[str, bool]) -> list[list[str]]:
    """The parameters of OVERRULED: ids of responses that people call correct, and incorrect."""
    return [[id for id, is_correct in overruled.items() if is_correct is wanted] for wanted in (True, False)]
