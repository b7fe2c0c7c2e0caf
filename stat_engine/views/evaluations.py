"""A run's evaluation tables as one grid: a row a question, a column an arm, each cell its share right.

Everything on the compare page is made from this grid. DuckDB reads the two columns it needs and averages
over seeds and samples: 180,000 responses take a tenth of a second."""

from dataclasses import dataclass
from typing import Any

import pandas as pd

from stat_engine import derived
from stat_engine.errors import NotThereYet, StatError
from stat_engine.records import Question, Response, SkillMapEntry
from stat_engine.store import query
from stat_engine.store.run_folder import RunFolder

REWARDS = "_step_rewards"
"""How the folder of a benchmark's step rewards ends, which is no benchmark itself."""


@dataclass(frozen=True)
class Evaluations:
    """What the arms of a run did on one benchmark."""

    benchmark: str
    seeds: dict[str, list[int]]
    """By arm, the base first."""
    shares: pd.DataFrame
    """Index question_id, sorted; a column an arm; share right over seeds and samples in [0, 1], an
    ungraded response counting as wrong; NaN: not asked."""

    @classmethod
    def read(cls, run: RunFolder, benchmark: str, seeds: dict[str, list[int]]) -> "Evaluations":
        """The grid of these arms and seeds; an arm without any is a column without rows."""
        return cls(benchmark, seeds, _shares(run, benchmark, seeds))

    @property
    def arms(self) -> list[str]:
        """Every evaluated arm, the base first."""
        return list(self.seeds)


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


def subjects(run: RunFolder, benchmark: str) -> "pd.Series[str]":
    """Subject of each question of the benchmark (empty: none given), by question id."""
    tables: query.Tables = {
        "questions": (run.dataset.question_table.files(), Question),
        **_base(run, benchmark),
    }
    frame = query.frame(
        "select id as question_id, coalesce(subject, '') as subject from questions "
        "where id in (select question_id from e0) order by id",
        tables,
    )
    return frame.set_index("question_id").subject


def carried(run: RunFolder, benchmark: str) -> pd.DataFrame:
    """The skills that the benchmark's questions carry: subject, skill, question_id, each once, sorted."""
    tables: query.Tables = {
        "skill_map": (run.dataset.skill_map_table.files(), SkillMapEntry),
        **_base(run, benchmark),
    }
    return query.frame(
        "select distinct subject, unnest(skills) as skill, question_id from skill_map "
        "where question_id in (select question_id from e0) order by all",
        tables,
    )


def groups(run: RunFolder) -> dict[str, Any]:
    """{"subjects": names, "skills": (subject, skill) pairs} of the run's own benchmark, sorted."""
    benchmark = run.config.evaluation.split
    members = carried(run, benchmark)[["subject", "skill"]].drop_duplicates()
    return {
        "subjects": sorted(set(subjects(run, benchmark))),
        "skills": list(members.itertuples(index=False, name=None)),
    }


def difficult_part(run: RunFolder, benchmark: str) -> set[str]:
    """The benchmark's difficult questions; none where its responses lack what the filter reads."""
    try:
        return derived.difficult_part(run, benchmark)
    except StatError:
        return set()


def missed_skills(run: RunFolder) -> list[tuple[str, str]]:
    """The profile's most missed skills, as many as the run's settings show; none without labels in force."""
    try:
        failures = derived.profile(run)
    except NotThereYet:
        return []
    top = run.config.evaluation.top_skills
    return [(failure.subject, failure.skill) for failure in failures if failure.n_missing][:top]


def _base(run: RunFolder, benchmark: str) -> query.Tables:
    return tables_of(run, benchmark, "base", run.evaluated(benchmark)["base"][:1])


def _shares(run: RunFolder, benchmark: str, seeds: dict[str, list[int]]) -> pd.DataFrame:
    """Tables are named by number, so that no arm's name enters the SQL."""
    pairs = [(arm, seed) for arm, of in seeds.items() for seed in of]
    if not pairs:
        return pd.DataFrame(columns=list(seeds), dtype=float)
    tables: query.Tables = {
        f"e{at}": (run.evaluation(arm, seed, benchmark).files(), Response)
        for at, (arm, seed) in enumerate(pairs)
    }
    number = {arm: at for at, arm in enumerate(seeds)}
    parts = " union all ".join(
        f"select {number[arm]} as arm, question_id, is_correct from e{at}"
        for at, (arm, _) in enumerate(pairs)
    )
    long = query.frame(
        "select arm, question_id, avg(cast(coalesce(is_correct, false) as integer)) as share "
        f"from ({parts}) group by all",
        tables,
    )
    grid = long.pivot(index="question_id", columns="arm", values="share").sort_index()
    return grid.reindex(columns=range(len(seeds))).set_axis(list(seeds), axis="columns")
