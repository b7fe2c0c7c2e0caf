"""Models on this machine: loading, decoding in shrinking batches, memory."""
