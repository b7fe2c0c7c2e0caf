"""The Run stages page: settings of a run or of a new one, its stages and their start.

What a stage is stands in `method/stage.py`."""
