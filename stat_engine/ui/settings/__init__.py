"""The Settings page: what belongs to the workspace rather than to a run."""
