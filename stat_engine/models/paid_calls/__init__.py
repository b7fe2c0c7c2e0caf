"""Calls that cost money: stored answers of a teacher or a student on a server, prices and the budget.

Nothing here parses an answer; `method/` does."""
