"""The Skill labels page: review of one label after another, with its keys, tables and files.

Decisions are checked and written by `review/`."""
