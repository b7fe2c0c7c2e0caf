"""Students, reward models, teachers and embeddings: local, on servers, or in a separate process.

`base.py` has the protocols, `open.py` opens the backend that a configuration names. Nothing here knows
runs or stages."""
