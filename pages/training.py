"""Training: start arms, follow their curves, try them."""

from stat_engine.ui.shared import frame
from stat_engine.ui.training import form, rewards, trainings

run = frame.chosen_run()
form.train(run)
rewards.reinforce(run)
trainings.followed(run)
trainings.table(run)
trainings.export(run)
trainings.side_by_side(run)
