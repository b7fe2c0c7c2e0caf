#!/usr/bin/env bash
# Entries of reasoning-gym, whose README shows them as question, answer and metadata.
# Expected: `answer` is a solution, as text, so that it serves as the target of SFT and as the reference to compare with.
# Found with reasoning_gym 0.1.25: in five tasks it is None, and score_answer gives 0 to the entry's own `answer`;
# only the scorer knows what is right. Written to JSON or Parquet these rows look like questions with a lost answer.
# Why it matters here: a data set made of many tasks (one skill a task) then has skills without any training pair.
# Source: logic/propositional_logic.py, games/rush_hour.py, games/boxnet.py, algorithmic/graph_color.py and
# cognition/rubiks_cube.py of the package, where the entry is made with "answer": None.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m pip install -q --target "$folder" reasoning_gym==0.1.25 2>/dev/null
cd "$folder" && PYTHONPATH="$folder" python3 - <<'PYTHON'
from importlib.metadata import version

import reasoning_gym

WITHOUT = ("boxnet", "graph_color", "propositional_logic", "rubiks_cube", "rush_hour")
print("reasoning_gym", version("reasoning_gym"))
for task in (*WITHOUT, "gcd"):
    data = reasoning_gym.create_dataset(task, seed=1, size=20)
    rows = list(data)
    n_none = sum(row["answer"] is None for row in rows)
    own = sum(data.score_answer(row["answer"], row) == 1.0 for row in rows)
    print(f"{task}: {n_none} of {len(rows)} entries have no answer; {own} score 1.0 with their own")
    assert (n_none, own) == ((20, 0) if task in WITHOUT else (0, 20)), "changed"
PYTHON
