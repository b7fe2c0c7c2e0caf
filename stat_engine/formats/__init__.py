"""Other tools' files in and out: one file a kind, one reader of rows for all of them.

Reading (`rows`, `row`, `columns`), what a row means (`questions`, `responses`, ...), where it goes
(`into_dataset`, `into_run`, `evaluations`), what leaves (`exports`). No training, no grading of its own."""
