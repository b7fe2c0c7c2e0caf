"""Faults on purpose: kills, damaged files, full disks and bad inputs for the verbs of the command line.

    make faults                                  # all of it; `python -m tests.faults --quick` for a tenth

Each trial works on its own copy of one small finished workspace. Verbs run in forked children."""
