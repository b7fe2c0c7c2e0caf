"""From a launcher's template and the worker's command to the program that is started, without a shell.

The template is split into words as a shell would. Where `{command}` is a word of its own, the command's
words replace it, as `srun` expects. ssh, and a shell's `-c`, take one text instead: there, and where
`{command}` is only part of a word, the command is quoted for the shell that will read it."""

import shlex
import shutil
from collections.abc import Sequence
from pathlib import Path

from stat_engine.errors import StatError, shown
from stat_engine.store.files import safe_name
from stat_engine.store.settings import WorkspaceSettings, change_settings, usable_settings

PLACE = "{command}"
RESERVED = ("device", "teacher")
"""Lanes of this machine; a launcher's lane has the launcher's name."""


def launchers(root: Path) -> dict[str, str]:
    """The workspace's launchers: name -> template; none where its settings are damaged."""
    return usable_settings(root)[0].launchers


def set_launcher(root: Path, name: str, template: str | None) -> dict[str, str]:
    """Give a launcher its template, or take it out; returns all. Raises StatError for a bad one."""
    if template is None:
        need_launcher(root, name)
    else:
        check_launcher(name, template)

    def change(settings: WorkspaceSettings) -> WorkspaceSettings:
        others = {key: value for key, value in settings.launchers.items() if key != name}
        added = {name: template} if template is not None else {}
        return settings.model_copy(update={"launchers": others | added})

    return change_settings(root, change).launchers


def check_launcher(name: str, template: str) -> None:
    """Raise StatError for a name or a template that a launcher cannot have."""
    safe_name(name, "launcher")
    if name in RESERVED:
        raise StatError(
            f"launcher {name}: {' and '.join(RESERVED)} are lanes of this machine; choose another"
        )
    command(template, [])


def command(template: str, worker: Sequence[str]) -> list[str]:
    """The worker's command inside the template; raises StatError for a template that is none."""
    if template.count(PLACE) != 1:
        raise StatError(f"launcher {shown(template)}: expected a command with {PLACE} in it, once")
    try:
        words = shlex.split(template)
    except ValueError as error:
        reason = str(error).lower()
        raise StatError(f"launcher {shown(template)}: {reason}, expected a shell command") from None
    at = next(at for at, word in enumerate(words) if PLACE in word)
    if at == 0:
        raise StatError(f"launcher {shown(template)}: expected a program before {PLACE}, as in srun {PLACE}")
    is_word = words[at] == PLACE and not _takes_text(words[:at])
    placed = list(worker) if is_word else [words[at].replace(PLACE, shlex.join(worker))]
    return [*words[:at], *placed, *words[at + 1 :]]


def need_launcher(root: Path, name: str) -> str:
    """A launcher's template; raises StatError naming those that are there."""
    found = launchers(root)
    if name not in found:
        there = ", ".join(found) or "none yet"
        raise StatError(
            f"no launcher {name} (there: {there}); "
            f"make one with: stat-studio jobs launcher {name} 'srun {PLACE}'"
        )
    return found[name]


def launch_command(root: Path, name: str, worker: Sequence[str]) -> list[str]:
    """The worker's command through a launcher; raises StatError where it cannot start here."""
    words = command(need_launcher(root, name), worker)
    if shutil.which(words[0]) is None:
        raise StatError(f"launcher {name}: no program {shown(words[0])} on this machine")
    return words


def _takes_text(before: Sequence[str]) -> bool:
    """Whether what stands before the command hands it to a shell."""
    last = before[-1]
    is_shell_text = last.startswith("-") and not last.startswith("--") and last.endswith("c")
    return is_shell_text or any(Path(word).name == "ssh" for word in before)
