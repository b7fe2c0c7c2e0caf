"""Reward models: one forward pass a response, or a server's prompt log-probabilities."""
