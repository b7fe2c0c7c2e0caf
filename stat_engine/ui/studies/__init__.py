"""The Studies page: the form that starts a study, and a study with its runs.

Designs of studies are in `studies/` of the engine."""
