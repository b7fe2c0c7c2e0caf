"""Skill-Targeted Adaptive Training, stage by stage. `pipeline.py` is the place to start.

A stage's pure part takes rows and gives rows; the part that gathers its inputs takes a `RunContext`.
Storage, models and other tools' formats have rooms of their own."""
