"""Intervals, paired tests, corrections and power, computed by scipy; docstrings name the sources."""

from stat_engine.stats.bootstrap import paired_bootstrap
from stat_engine.stats.corrections import Correction, corrected
from stat_engine.stats.paired import bonett_price, mcnemar, paired_difference
from stat_engine.stats.power import chance_discordance, minimum_effect, power_of
from stat_engine.stats.proportions import (
    clopper_pearson,
    fisher_greater,
    newcombe,
    rogan_gladen,
    shrunken_lower_bound,
    wilson,
)
from stat_engine.stats.samples import clustered, effective_n, pass_at_k

__all__ = [
    "Correction", "bonett_price", "chance_discordance", "clopper_pearson", "clustered", "corrected",
    "effective_n", "fisher_greater", "mcnemar", "minimum_effect", "newcombe", "paired_bootstrap",
    "paired_difference", "pass_at_k", "power_of", "rogan_gladen", "shrunken_lower_bound", "wilson",
]  # fmt: skip
