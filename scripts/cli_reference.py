"""Write the help lines and option tables of docs/cli.md from the verbs themselves; the other text is kept.

python scripts/cli_reference.py           # rewrites the page
python scripts/cli_reference.py --check   # exits with 1 where the page is not current
"""

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))  # the verbs of this checkout, whichever is installed
from stat_engine.cli import Later, program  # noqa: E402

PAGE = ROOT / "docs" / "cli.md"
SHARED = {"--workspace", "--json"}
"""Options of every verb, which the head of the page describes."""
HEADING = re.compile(r"^## (stat-studio .*)\n", re.MULTILINE)
TABLE = re.compile(r"^\| option \|.*\n(?:\|.*\n)*\n?", re.MULTILINE)
FENCED = re.compile(r"^```.*?^```\n\n?", re.DOTALL | re.MULTILINE)


def verbs(command: Any = None, name: str = "stat-studio") -> Iterator[tuple[str, Any]]:
    """Every verb by its words, in the order of the help."""
    command = command or program()
    for key, of in getattr(command, "commands", {}).items():
        yield from verbs(of.command if isinstance(of, Later) else of, f"{name} {key}")
    if not hasattr(command, "commands"):
        yield name, command


def table(command: Any) -> str:
    """The options of a verb as a Markdown table; nothing where it has only those that every verb has."""
    options = [one for one in command.params if one.param_type_name == "option" and not SHARED & {*one.opts}]
    if not options:
        return ""
    rows = [f"| `{one.opts[0]}` | {one.help} | {default(one)} |" for one in options]
    return "\n".join(["| option | meaning | default |", "| --- | --- | --- |", *rows]) + "\n\n"


def default(option: Any) -> str:
    """A default as the table shows it; nothing for none, for an empty text and for a flag."""
    if option.required:
        return "required"
    is_nothing = option.default in (None, "") or option.default is False
    return "" if is_nothing else f"`{option.default}`"


def section(name: str, command: Any, text: str) -> str:
    """A verb's section: its help, then what stood there, with a current table behind the examples."""
    rest = TABLE.sub("", text.split("\n\n", 1)[1] if "\n\n" in text else "").strip("\n") + "\n\n"
    example = FENCED.match(rest)
    end = example.end() if example else 0
    parts = f"## {name}\n\n{command.help.strip()}\n\n", rest[:end], table(command), rest[end:]
    return "".join(parts).rstrip("\n") + "\n"


def page() -> str:
    """The whole page; raises SystemExit for a section of a verb that is not there."""
    head, *found = HEADING.split(PAGE.read_text(encoding="utf-8"))
    sections = {name: text.lstrip("\n") for name, text in zip(found[::2], found[1::2], strict=True)}
    current = dict(verbs())
    unknown = sorted(sections.keys() - current.keys())
    if unknown:
        sys.exit(
            f"{PAGE.name} describes {', '.join(unknown)}, which is no verb; remove or rename its section"
        )
    return "\n".join(
        [head.rstrip("\n") + "\n", *(section(n, c, sections.get(n, "")) for n, c in current.items())]
    )


if __name__ == "__main__":
    text = page()
    if "--check" in sys.argv:
        sys.exit(PAGE.read_text(encoding="utf-8") != text)
    PAGE.write_text(text, encoding="utf-8")
