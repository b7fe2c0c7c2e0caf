"""The Skills and data page: which dataset, which part of it, and each part."""
