"""Models on this machine: loading, decoding in batches that shrink, memory."""
