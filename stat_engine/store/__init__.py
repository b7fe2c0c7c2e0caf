"""The workspace on disk: datasets, runs, tables, logs, stored answers and settings.

Files are written to a temporary name and renamed, and a manifest is written last. Nothing here computes
results."""
