"""Other tools' files, read and written: one file for each kind, one reader of rows for all of them.

Reading (`rows`, `row`, `columns`), the meaning of a row (`questions`, `responses`, ...), where it goes
(`into_dataset`, `into_run`, `evaluations`), and exports (`exports`). No training and no grading of its
own."""
