"""The pages' widgets: one folder for each page, named as the page, and `shared/` for what several use.

No reading of files, no statistics and no model here: that is done in `views/`, and by jobs."""
