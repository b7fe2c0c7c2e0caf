"""Settings: servers, prices, budget, keys as set or not set, reviewers, launchers, this machine."""

from stat_engine.ui.settings import parts, saving, servers
from stat_engine.ui.shared import address, frame

PARTS = ["Servers", "Prices", "Reviewers", "Launchers", "Machine"]

frame.on_workspace()
settings = saving.settings()
part = address.part(PARTS, "settings_part")
saving.message()
if part == "Servers":
    servers.show()
elif part == "Prices":
    parts.show_prices(settings)
elif part == "Reviewers":
    parts.show_people(settings)
elif part == "Launchers":
    parts.show_launchers(settings)
else:
    parts.show_machine()
