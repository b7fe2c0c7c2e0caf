"""Training: launch arms, watch them learn, try them."""

from stat_engine.errors import StatError
from stat_engine.ui.shared import data, frame
from stat_engine.ui.training import finished, form, live, rewards

run = frame.chosen_run()
try:
    sizes = data.view("training_sizes", run)
except StatError as error:
    frame.missing(error, run, until="training_sets")

form.train(run, sizes, is_first=not run.trained_arms())
rewards.reinforce(run)
live.followed(run)
finished.table(run)
finished.export(run)
finished.side_by_side(run)
