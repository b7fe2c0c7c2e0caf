#!/usr/bin/env bash
# The scorers of reasoning-gym (score_answer of a dataset), used as graders and as rewards in reinforcement learning.
# Expected: 1.0 for right answers alone; a wrong one gets less.
# Found with reasoning_gym 0.1.25: in four tasks plainly wrong answers get the full score, with no warning:
#   game_of_life_halting  every text that is not empty (it compares bool("False") with bool("True"))
#   puzzle24              3*8*1*1 for every question: four numbers are asked for, not those of the question
#   coin_flip             "0", since one equal first character is the whole of the shorter text
#   gsm_symbolic          the right number with the wrong sign (the pattern starts at a word boundary, after "-")
# Why it matters here: these tasks are a cheap way to a domain with one skill a task. Accuracy of such a skill is
# too high, its questions are never found difficult, and GRPO learns the constant answer.
# Source: games/game_of_life_halting.py, games/puzzle24.py, probability/coin_flip.py and
# arithmetic/gsm_symbolic/gsm_symbolic.py of the package.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m pip install -q --target "$folder" reasoning_gym==0.1.25 2>/dev/null
cd "$folder" && PYTHONPATH="$folder" python3 - <<'PYTHON'
from importlib.metadata import version

import reasoning_gym

WRONG = {  # task: (what is answered, a wrong answer made from the right one)
    "game_of_life_halting": ("the other truth value", lambda right: "False" if right == "True" else "True"),
    "puzzle24": ("24 from other numbers", lambda right: "3*8*1*1"),
    "coin_flip": ("0", lambda right: "0"),
    "gsm_symbolic": ("the wrong sign", lambda right: f"-{right}"),
    "products": ("the wrong sign (a control)", lambda right: f"-{right}"),
}
print("reasoning_gym", version("reasoning_gym"))
full = {}
for task, (what, wrong) in WRONG.items():
    data = reasoning_gym.create_dataset(task, seed=1, size=50)
    rows = [row for row in data if row["answer"] not in ("0", "1", "3*8*1*1")]  # -0 is 0
    full[task] = sum(data.score_answer(wrong(row["answer"]), row) == 1.0 for row in rows) / len(rows)
    print(f"{task}: {what}: full score for {full[task]:.0%} of {len(rows)} questions")
assert full["game_of_life_halting"] == full["puzzle24"] == full["gsm_symbolic"] == 1, "changed"
assert full["coin_flip"] > 0.9 and full["products"] == 0, "changed"
PYTHON
