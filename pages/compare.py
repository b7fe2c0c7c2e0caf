"""Compare: what training on each set did, against the student itself and against every control."""

from stat_engine.errors import StatError
from stat_engine.ui import comparison, data, flips, frame, gains, report, rounds, warnings

run = frame.chosen_run()
try:
    result = data.view("compare", run)
except StatError as error:
    frame.missing(error, run, until="evaluation")

result = comparison.on_benchmark(run, result)
comparison.headline(result)
warnings.of_page(run, "compare")
report.downloads(run)
part = comparison.chosen_part()

if part == comparison.PARTS[0]:
    comparison.benchmarks_table(run, result)
    comparison.accuracies_and_differences(run, result)
elif part == comparison.PARTS[1]:
    gains.circles(run, result)
    gains.gain_map(run, result)
elif part == comparison.PARTS[2]:
    flips.flipped(run, result)
else:
    rounds.rounds(run, next((arm["arm"] for arm in result["arms"]), None))
