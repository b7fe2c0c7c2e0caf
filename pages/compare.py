"""Compare: what training on each set did, against the student itself and against every control."""

from stat_engine.ui.compare import differences, result, rounds
from stat_engine.ui.shared import findings, frame

run = frame.chosen_run()
found = result.of_run(run)
findings.headline(found)
findings.of_page(run, "compare")
result.downloads(run)
part = result.chosen_part()

if part == result.PARTS[0]:
    result.benchmarks_table(run, found)
    result.accuracies_and_differences(run, found)
elif part == result.PARTS[1]:
    differences.circles(run, found)
    differences.gain_map(run, found)
elif part == result.PARTS[2]:
    differences.flipped(run, found)
else:
    rounds.rounds(run, next((arm["arm"] for arm in found["arms"]), None))
