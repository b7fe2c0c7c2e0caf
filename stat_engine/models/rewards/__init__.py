"""Reward models: one forward pass for each response, or a server's prompt log-probabilities."""
