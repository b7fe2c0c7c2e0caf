"""Settings: servers, prices, budget, keys as set or not set, reviewers, launchers, imports, this machine."""

from stat_engine.ui.settings import parts
from stat_engine.ui.shared import address, frame

PARTS = ["Servers", "Prices", "Reviewers", "Launchers", "Imports", "Machine"]

frame.on_workspace()
settings = parts.settings()
shown = address.part(PARTS, "settings_part")
parts.message()
if shown == "Servers":
    parts.show()
elif shown == "Prices":
    parts.show_prices(settings)
elif shown == "Reviewers":
    parts.show_people(settings)
elif shown == "Launchers":
    parts.show_launchers(settings)
elif shown == "Imports":
    parts.show_imports(settings)
else:
    parts.show_machine()
