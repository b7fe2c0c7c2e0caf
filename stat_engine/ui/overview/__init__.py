"""The Overview page: the three stages of a run, its result, and the runs of the workspace.

Work is started through `shared/work.py`."""
