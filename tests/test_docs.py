"""The documentation says what the code does: every verb and option, every file it names."""

import re
import shlex
from collections.abc import Iterator

import pytest
from markdown.extensions.toc import slugify

from scripts import cli_reference
from stat_engine.config.shipped import ROOT

REFERENCE = (ROOT / "docs" / "cli.md").read_text()
VERBS = dict(cli_reference.verbs())


def section(verb: str) -> str:
    found = re.search(rf"^## {re.escape(verb)}\n(.*?)(?=^## |\Z)", REFERENCE, re.DOTALL | re.MULTILINE)
    assert found, f"docs/cli.md has no section for {verb}"
    return found.group(1)


def test_the_reference_is_what_the_verbs_say() -> None:
    assert cli_reference.page() == REFERENCE, "run: python scripts/cli_reference.py"


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_is_documented_with_its_help_its_options_and_an_example(verb: str) -> None:
    text, command = section(verb), VERBS[verb]
    assert text.strip().startswith(command.help)
    options = {option for p in command.params if p.param_type_name == "option" for option in p.opts}
    documented = set(re.findall(r"^\| `(--[a-z0-9-]+)` \| \S", text, re.MULTILINE))
    assert documented == options - {"--help", "--workspace", "--json"}
    assert re.search(rf"^{re.escape(verb)}( |$)", text, re.MULTILINE), "no example"


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_takes_a_workspace_and_all_but_the_app_json(verb: str) -> None:
    options = {option for p in VERBS[verb].params for option in p.opts}
    assert "--workspace" in options
    assert ("--json" in options) == (verb != "stat-studio app")


TEXTS = {
    str(path.relative_to(ROOT)): path.read_text()
    for path in sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
}
"""Every page of the documentation by its path."""
FENCED = re.compile(r"^```(\w*)\n(.*?)^```", re.DOTALL | re.MULTILINE)


def anchors(text: str) -> set[str]:
    headings = re.findall(r"^#+ (.*)$", FENCED.sub("", text), re.MULTILINE)
    return {slugify(heading.replace("`", ""), "-") for heading in headings}


@pytest.mark.parametrize("page", TEXTS)
def test_links_lead_to_files_and_headings_that_exist(page: str) -> None:
    links = re.findall(r"\]\((?!https?:)([^)#]*)(?:#([^)]*))?\)", FENCED.sub("", TEXTS[page]))
    broken = []
    for path, anchor in links:
        to = ((ROOT / page).parent / path).resolve() if path else ROOT / page
        if not to.exists() or (anchor and anchor not in anchors(to.read_text())):
            broken.append((path, anchor))
    assert broken == []


def commands(text: str) -> Iterator[list[str]]:
    """The words of every `stat-studio` command in a page, in blocks and in the running text."""
    for language, block in FENCED.findall(text):
        for line in block.replace("\\\n", " ").splitlines() if not language else []:
            found = re.match(r"(?:\S*/)?stat-studio (.*)", line.strip())
            if found:
                yield shlex.split(found[1].split(" && ")[0], comments=True)
    for inline in re.findall(r"`stat-studio ([^`]*)`", FENCED.sub("", text)):
        words = shlex.split(inline.split(" && ")[0])
        several = next((word for word in words[:2] if "|" in word), "")
        if words[0].islower():  # VERB stands for all of them
            for one in several.split("|"):  # a|b for two commands
                yield [one if word == several else word for word in words]


@pytest.mark.parametrize("page", TEXTS)
def test_commands_in_the_texts_name_verbs_and_options_that_exist(page: str) -> None:
    groups, unknown = {verb.split()[1] for verb in VERBS}, []
    for words in commands(TEXTS[page]):
        options = {word.split("=")[0] for word in words if word.startswith("--")} - {"--help"}
        names = [" ".join(["stat-studio", *words[:k]]) for k in (2, 1)]
        verb = next((VERBS[name] for name in names if name in VERBS), None)
        known = {o for p in verb.params for o in p.opts} if verb else {"--version", "--debug"}
        is_known = verb or words[0].startswith("--") or (words[0] in groups and len(words) == 1)
        if not is_known or options - known:
            unknown.append(" ".join(words))
    assert unknown == []


def test_the_texts_hold_commands_to_check() -> None:
    assert sum(len(list(commands(text))) for text in TEXTS.values()) > 100


@pytest.mark.parametrize(
    "page",
    [
        page
        for page in TEXTS
        if page.startswith("docs/") and not re.search(r"table\.md|^docs/examples/", page)
    ],
)
def test_every_page_starts_with_a_command(page: str) -> None:
    assert "```" in "".join(TEXTS[page].splitlines(keepends=True)[:12])


def test_the_readme_is_short() -> None:
    assert TEXTS["README.md"].count("\n") <= 150


def test_the_texts_avoid_words_that_the_glossary_rules_out() -> None:
    words = re.compile(
        r"held against|told (apart|from)|of one's own|\bat work\b|last words|steer by|stands out|near-cop(y|ies)"
        r"|taken up where|hangs? on\b"
    )
    generated = re.compile(r"glossary\.md|table\.md|architecture\.md")  # lists them, or made from the code
    texts = {page: text for page, text in TEXTS.items() if not generated.search(page)}
    assert {page: found[0] for page, text in texts.items() if (found := words.search(text))} == {}


def test_the_code_says_things_in_plain_words() -> None:
    """Its docstrings, comments, messages and pages; the prompts' words decide the keys of stored answers."""
    words = re.compile(
        r"held against|told (apart|from)|of one's own|\bat work\b|last words|\bsteers?\b|\banew\b|undisturbed"
        r"|came (of|to) nothing|(what|how) \w+ (came|comes|become|became) (of|to)\b|(right|taken) from a copy"
        r"|kept aside|flatters|\bto be had\b|cannot be told|\bas ever\b"
    )
    files = [
        path
        for path in (ROOT / "stat_engine").rglob("*.py")
        if not {"prompts", "templates"} & set(path.relative_to(ROOT).parts)
    ]
    texts = {
        str(path.relative_to(ROOT)): path.read_text() for path in [*files, *(ROOT / "pages").glob("*.py")]
    }
    assert {file: found[0] for file, text in texts.items() if (found := words.search(text))} == {}


def test_nothing_names_a_machine_or_a_registry() -> None:
    words = re.compile(r"/work/|/root/|files\.pythonhosted|pypi\.org")
    files = [
        *ROOT.glob("*.md"),
        *ROOT.glob("docs/*.md"),
        *(ROOT / "stat_engine").rglob("*.py"),
        ROOT / "Makefile",
    ]
    assert [str(path) for path in files if words.search(path.read_text())] == []
