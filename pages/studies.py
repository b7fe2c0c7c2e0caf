"""Studies: questions answered by runs that differ in one thing."""

from stat_engine.ui import data, frame, work
from stat_engine.ui.studies import form, shown

run = frame.chosen_run()
names = list(data.workspace_view("studies").name)
if names:
    shown.shown(frame.choice("study", "Study", names))
else:
    work.at_work(None, ("study",), key="studies_work")
form.start(run, is_open=not names)
