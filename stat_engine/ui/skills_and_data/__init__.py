"""The Skills and data page: vocabulary, Skill-Map, audit, splits and imports of a dataset.

Files are read by `formats/`, through orders."""
