"""Compare: what training on each set did, against the student itself and against every control."""

from stat_engine import report
from stat_engine.errors import StatError
from stat_engine.ui.compare import differences, rounds
from stat_engine.ui.compare import result as result_module
from stat_engine.ui.shared import data, frame, warnings

run = frame.chosen_run()
try:
    result = data.view("compare", run)
except StatError as error:
    frame.missing(error, run, until="evaluation")

result = result_module.on_benchmark(run, result)
result_module.headline(result)
warnings.of_page(run, "compare")
report.downloads(run)
part = result_module.chosen_part()

if part == result_module.PARTS[0]:
    result_module.benchmarks_table(run, result)
    result_module.accuracies_and_differences(run, result)
elif part == result_module.PARTS[1]:
    differences.circles(run, result)
    differences.gain_map(run, result)
elif part == result_module.PARTS[2]:
    differences.flipped(run, result)
else:
    rounds.rounds(run, next((arm["arm"] for arm in result["arms"]), None))
