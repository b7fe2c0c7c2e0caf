"""Studies: one question each, answered by runs that differ in one thing.

`catalogue` lists the runs of a study, `work` makes them and brings them up to date. The results are read
from the runs themselves (`views.studies`), so every page works on each of them."""

from stat_engine.studies.catalogue import STUDIES
from stat_engine.studies.design import Design, Study, Variant
from stat_engine.studies.work import plan, run_study

__all__ = ["STUDIES", "Design", "Study", "Variant", "plan", "run_study"]
