"""The Training sets page: builds, fit to the profile, examples with lineage, leakage and export.

Sets are built by `method/training_sets/`, as a job."""
