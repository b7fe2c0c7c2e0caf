"""Models on OpenAI-compatible servers: calls, retries, limits."""
