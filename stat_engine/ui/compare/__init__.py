"""The Compare page: arms against the student and against each other, with the questions that differ.

Charts are in `charts/`, figures in `views/`."""
