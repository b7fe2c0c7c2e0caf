"""Moving a threshold over a million responses: narrow columns against the rule over the reward lists.

Baseline: the paper's rule as one DuckDB query over the lists of step rewards. Ours: the engine's rule
over the narrow columns, held in memory as a page holds them. Taking turns, best of three each."""

import tempfile
from pathlib import Path
from timeit import timeit

import duckdb
import numpy as np
import pandas as pd

from stat_engine.config import DifficultyConfig
from stat_engine.method.difficulty import find_difficult

N = 1_000_000
LIST_RULE = """
select count(distinct question_id) from (
  select question_id, coalesce(step_rewards[-1] <= 0.85, false)
      or list_sum(step_rewards) / len(step_rewards) <= 0.85
      or coalesce(list_min(step_rewards[:-2]) <= 0.7, false) as difficult
  from read_parquet(?)) where difficult
"""
COLUMNS = """
select question_id, subject, response_id, sample, final, mean, min_before_final, min_after_first,
       null::double as outcome_reward, null::boolean as is_correct, null::varchar as answer, 1 as n_words
from read_parquet(?)
"""


def write(path: Path) -> None:
    """A million responses of 2 to 12 steps, one a question."""
    duckdb.sql("select setseed(0.5)")
    duckdb.sql(f"""
      copy (select 'q' || i as question_id, 'subject ' || i % 7 as subject, 'r' || i as response_id, 0 as sample,
                   r as step_rewards, r[-1] as final, list_sum(r) / len(r) as mean,
                   list_min(r[:-2]) as min_before_final, list_min(r[2:]) as min_after_first
            from (select i, list_transform(range(2 + i % 11), lambda x: 1 - random() ** 4 / 2) as r
                  from range({N}) t(i)))
      to '{path}' (format parquet)""")


def main() -> None:
    """Print both times and the ratio, after checking that both rules flag as many questions."""
    config = DifficultyConfig()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "step_rewards.parquet"
        write(path)
        connection = duckdb.connect()
        scores: pd.DataFrame = (
            connection.execute(COLUMNS, [str(path)]).df().astype({"question_id": "category"})
        )

        def by_lists() -> int:
            return int(connection.execute(LIST_RULE, [str(path)]).fetchone()[0])

        def by_columns() -> int:
            return int(find_difficult(scores, config).questions.is_difficult.sum())

        assert by_lists() == by_columns()
        rounds = [(timeit(by_lists, number=1), timeit(by_columns, number=1)) for _ in range(3)]
        lists, columns = np.array(rounds).min(axis=0)
        print(
            f"{N:,} responses: rule over lists {lists:.3f} s, engine {columns:.3f} s, ratio {lists / columns:.2f}"
        )


if __name__ == "__main__":
    main()
