"""Orders: requests for work as typed and validated records.

Pages, the command line and the library make the same orders; `perform.py` is the one function that
carries one out. The words of the command line are made from an order for display, and never read back."""

from stat_engine.orders.order import Order, read_order
from stat_engine.orders.work import (
    SMALLEST,
    AuditSkillMapOrder,
    BuildOrder,
    DemoOrder,
    DiscoverSkillsOrder,
    EvaluateOrder,
    ExportModelOrder,
    GrpoOrder,
    ImportOrder,
    LabelSkillsOrder,
    PropagateSkillsOrder,
    RunOrder,
    StudyOrder,
    TrainOrder,
)

__all__ = [
    "SMALLEST",
    "AuditSkillMapOrder",
    "BuildOrder",
    "DemoOrder",
    "DiscoverSkillsOrder",
    "EvaluateOrder",
    "ExportModelOrder",
    "GrpoOrder",
    "ImportOrder",
    "LabelSkillsOrder",
    "Order",
    "PropagateSkillsOrder",
    "RunOrder",
    "StudyOrder",
    "TrainOrder",
    "read_order",
]
