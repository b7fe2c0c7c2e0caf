"""Tables and counts for pages and commands, read from a run's folder. Nothing here writes."""

from typing import TYPE_CHECKING

from stat_engine import on_demand

if TYPE_CHECKING:
    from stat_engine.views import (
        agreement,
        benchmarks,
        compare,
        datasets,
        differences,
        difficult,
        evaluations,
        examples,
        filters,
        label_history,
        labels,
        lacking,
        lineage,
        marks,
        next_steps,
        places,
        profile,
        reasons,
        rounds,
        runs,
        search,
        servers,
        status,
        studies,
        training,
        training_plan,
        training_sets,
        verdicts,
        warnings,
    )
else:
    __getattr__ = on_demand(__name__)

__all__ = [
    "agreement",
    "benchmarks",
    "compare",
    "datasets",
    "differences",
    "difficult",
    "evaluations",
    "examples",
    "filters",
    "label_history",
    "labels",
    "lacking",
    "lineage",
    "marks",
    "next_steps",
    "places",
    "profile",
    "reasons",
    "rounds",
    "runs",
    "search",
    "servers",
    "settings",
    "status",
    "studies",
    "training",
    "training_plan",
    "training_sets",
    "verdicts",
    "warnings",
]
