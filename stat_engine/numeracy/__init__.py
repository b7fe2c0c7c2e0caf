"""The embedded domain: generated word problems in which every step uses exactly one named skill."""
