"""Calls that cost money: the store of raw answers in front of a teacher or a student, and the budget.

Nothing here parses an answer; `method/` does."""
