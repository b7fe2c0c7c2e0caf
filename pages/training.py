"""Training: start arms, follow their curves, try them."""

from stat_engine.ui.shared import frame
from stat_engine.ui.training import finished, form, live, rewards

run = frame.chosen_run()
form.train(run)
rewards.reinforce(run)
live.followed(run)
finished.table(run)
finished.export(run)
finished.side_by_side(run)
