"""Stage 3, the training sets: `build` makes one by any method; the other files are its steps."""
