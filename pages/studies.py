"""Studies: questions answered by runs that differ in one thing."""

from stat_engine.ui.shared import frame, work
from stat_engine.ui.shared.address import choice
from stat_engine.ui.studies import study

run = frame.chosen_run()
names = study.names()
if names:
    study.shown(choice("study", "Study", names))
else:
    work.at_work(None, ("study",), key="studies_work")
study.start(run, is_open=not names)
