"""The embedded domain: generated word problems whose every step uses exactly one named skill."""
