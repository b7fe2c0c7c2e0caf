"""Training sets: built to fit the profile, with the lineage of every example."""

from stat_engine.ui.shared import findings, frame, work
from stat_engine.ui.training_sets import build, examples, overview

run = frame.chosen_run()
sets = overview.sets(run)
work.at_work(run.name, ("build", "run"), key="sets_work")
part, name = overview.chosen(list(sets.set))
findings.of_page(run, "training_sets")
if name is None:
    overview.listed(sets)
else:
    overview.one(sets, name)

if part == overview.FIT:
    overview.fit(run)
elif name is None:
    build.build(run)
elif part == overview.DRAWN:
    examples.drawn(run, name)
elif part == overview.EXAMPLES:
    examples.examples(run, name)
elif part == overview.DROPPED:
    examples.dropped(run, name)
elif part == overview.LEAKAGE:
    overview.leakage(run, name)
else:
    overview.export(run, name)
