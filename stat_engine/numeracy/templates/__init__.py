"""The question templates, one module for each subject."""

from stat_engine.numeracy.templates import (
    algebra,
    arithmetic,
    counting,
    data_and_measures,
    geometry,
    number_theory,
)
from stat_engine.numeracy.templates.template import Template

TEMPLATES: tuple[Template, ...] = (
    *arithmetic.TEMPLATES,
    *algebra.TEMPLATES,
    *geometry.TEMPLATES,
    *number_theory.TEMPLATES,
    *counting.TEMPLATES,
    *data_and_measures.TEMPLATES,
)
