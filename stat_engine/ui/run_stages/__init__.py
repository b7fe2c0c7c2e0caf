"""The page Run stages: settings to choose and save, a new run, the stages and their start."""
