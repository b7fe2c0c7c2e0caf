"""`python -m stat_engine.cli`: the same as `stat-studio`."""

from stat_engine.cli import main

main()
