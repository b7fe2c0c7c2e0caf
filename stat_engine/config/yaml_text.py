"""YAML from people's files: bounded in size and depth, without aliases that multiply or keys given twice."""

from typing import Any

import yaml

MOST_CHARACTERS = 1_000_000
MOST_DEEP = 50
MOST_NODES = 100_000
"""Values of a text once its aliases are put in full."""


def read_yaml(text: str) -> Any:
    """The value of a YAML text, read without constructing objects.

    Raises yaml.YAMLError for a text beyond the limits, a key given twice and text that is no YAML, and
    ValueError for a value that is none, as the date 2026-13-01."""
    if len(text) > MOST_CHARACTERS:
        raise yaml.YAMLError(f"found {len(text):,} characters, expected at most {MOST_CHARACTERS:,}")
    _check_shape(text)
    node = yaml.compose(text, Loader=yaml.SafeLoader)
    if node is None:
        return None
    _check_keys(node)
    return yaml.safe_load(text)


def _check_shape(text: str) -> None:
    """Go through the parser's events, which need no recursion, and count depth and values."""
    sizes: dict[str, int] = {}
    open_at: list[tuple[str | None, int]] = []
    n = 0
    for event in yaml.parse(text, Loader=yaml.SafeLoader):
        if isinstance(event, yaml.AliasEvent):
            if event.anchor not in sizes:
                raise _refused(event.start_mark, f"alias *{event.anchor} stands for no earlier value")
            n += sizes[event.anchor]
        elif isinstance(event, yaml.CollectionStartEvent):
            n += 1
            open_at.append((event.anchor, n))
        elif isinstance(event, yaml.CollectionEndEvent):
            anchor, before = open_at.pop()
            if anchor:
                sizes[anchor] = n - before + 1
        elif isinstance(event, yaml.ScalarEvent):
            n += 1
            if event.anchor:
                sizes[event.anchor] = 1
        if len(open_at) > MOST_DEEP:
            raise _refused(event.start_mark, f"values are nested more than {MOST_DEEP} deep")
        if n > MOST_NODES:
            raise _refused(event.start_mark, f"more than {MOST_NODES:,} values, aliases put in full")


def _check_keys(root: yaml.Node) -> None:
    todo, seen = [root], set[int]()
    while todo:
        node = todo.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        if isinstance(node, yaml.SequenceNode):
            todo += node.value
        elif isinstance(node, yaml.MappingNode):
            keys = set[tuple[str, str]]()
            for key, value in node.value:
                todo.append(value)
                if isinstance(key, yaml.ScalarNode) and key.value != "<<":
                    if (key.tag, key.value) in keys:
                        raise _refused(key.start_mark, f"key {key.value[:60]} is given twice")
                    keys.add((key.tag, key.value))


def _refused(mark: Any, what: str) -> yaml.YAMLError:
    return yaml.YAMLError(f"line {mark.line + 1}: {what}")
