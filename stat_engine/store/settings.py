"""The workspace's own settings, `settings.json`: servers, prices, budget, reviewers, launchers."""

import warnings
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from pydantic import Field, ValidationError, field_validator

from stat_engine import config as configuration
from stat_engine.config import Price, RunConfig, ServerConfig, keys
from stat_engine.config.backends import secret
from stat_engine.config.section import Section
from stat_engine.errors import DamagedFile, StatError, shown
from stat_engine.store.files import FROM_COPY, in_turn, read_json, safe_name, write_json

MAPS = ("launchers", "servers", "prices", "thresholds")
"""Settings that hold entries by name."""
LISTS = ("reviewers", "key_variables")
DEFAULTED = ("budget", "max_unpacked_gb")
LONGEST_NAME = 80


class Thresholds(Section):
    """Thresholds that somebody saved in a run, for whatever run scores with the same reward model next."""

    tau1: float = Field(ge=0, le=1)
    """On the final and the mean reward."""
    tau2: float = Field(ge=0, le=1)
    """On the steps before the final one."""
    run: str
    """Where they were saved."""


class WorkspaceSettings(Section):
    """Settings of a workspace; no key or password belongs here."""

    launchers: dict[str, str] = {}  # noqa: RUF012 (pydantic copies it)
    """Name -> command template that starts a job elsewhere, as in `srun --gres=gpu:1 {command}`."""
    servers: dict[str, ServerConfig] = {}  # noqa: RUF012
    """Name -> a server that new runs may name: `stat-studio new RUN teacher.server=NAME`."""
    prices: dict[str, Price] = {}  # noqa: RUF012
    """Model -> USD per million tokens; new runs start with them."""
    thresholds: dict[str, Thresholds] = {}  # noqa: RUF012
    """Reward model -> the thresholds last saved for it; new runs that score with it start with them."""
    budget: float | None = Field(None, gt=0)
    """USD that a new run's calls may cost; null: no cap."""
    max_unpacked_gb: float = Field(64, gt=0, allow_inf_nan=False)
    """Gigabytes that an imported file may unpack to; STAT_STUDIO_MAX_UNPACKED_GB takes precedence."""
    key_variables: list[str] = []  # noqa: RUF012
    """Environment variables that may hold a server's key, besides those whose names end in _KEY or _TOKEN."""
    reviewers: list[str] = []  # noqa: RUF012
    """Names that are offered to reviewers of labels."""

    @field_validator("servers")
    @classmethod
    def _servers_have_names(cls, servers: dict[str, ServerConfig]) -> dict[str, ServerConfig]:
        for name in servers:
            try:
                safe_name(name, "server")
            except StatError as error:
                raise ValueError(str(error)) from None
        return servers

    @field_validator("key_variables")
    @classmethod
    def _variables_are_names(cls, names: list[str]) -> list[str]:
        if not all(map(keys.is_name, names)):
            raise ValueError("expected names of environment variables in capitals, never a key itself")
        return list(dict.fromkeys(names))

    @field_validator("launchers")
    @classmethod
    def _launchers_hold_no_key(cls, launchers: dict[str, str]) -> dict[str, str]:
        if any(map(keys.holds_known_key, launchers.values())):
            raise ValueError("a launcher holds a key, which would be stored; expected a command without one")
        return launchers

    @field_validator("reviewers")
    @classmethod
    def _reviewers_have_names(cls, names: list[str]) -> list[str]:
        lines = [" ".join(name.split()) for name in names]
        if not all(0 < len(name) <= LONGEST_NAME for name in lines):
            raise ValueError(f"expected names of 1 to {LONGEST_NAME} characters")
        return list(dict.fromkeys(lines))


def read_settings(root: Path) -> WorkspaceSettings:
    """The workspace's settings, the defaults where it has none; raises StatError for a file that is none."""
    path = root / "settings.json"
    raw = read_json(path)
    return WorkspaceSettings() if raw is None else _checked(raw, f"{path}, ")


def usable_settings(root: Path) -> tuple[WorkspaceSettings, str | None]:
    """The settings, or the defaults with a sentence where their file is damaged, which is a warning too.

    For what may go on without them: a change, a new run's prices and budget, and an address that a key may
    be sent to need the file itself."""
    try:
        return read_settings(root), None
    except StatError as error:
        said = (
            f"{str(error).removesuffix(f'; {FROM_COPY}')}; the defaults apply until you {FROM_COPY}, "
            "or remove it and give its settings again with: stat-studio settings KEY=VALUE"
        )
        warnings.warn(said, DamagedFile, stacklevel=2)
        return WorkspaceSettings(), said


def change_settings(
    root: Path, change: Callable[[WorkspaceSettings], WorkspaceSettings]
) -> WorkspaceSettings:
    """Put changed settings in force; of two who change them at once, neither undoes the other's change."""
    with in_turn(root / ".settings.lock"):
        before = read_settings(root)
        settings = change(before)
        check_key_names(settings, settings.servers.values(), before.servers.values())
        write_json(root / "settings.json", settings.model_dump())
    return settings


def check_key_names(
    settings: WorkspaceSettings, servers: Iterable[ServerConfig], before: Iterable[ServerConfig] = ()
) -> None:
    """Raises StatError where a server names a variable that may hold no key and was not named before."""
    known = {server.api_key_env for server in before} | {ServerConfig().api_key_env}
    for name in dict.fromkeys(server.api_key_env for server in servers):
        if name not in known and not keys.may_hold_key(name, settings.key_variables):
            there = settings.key_variables
            raise StatError(
                f"api_key_env {shown(name)}: expected a variable whose name ends in _API_KEY, _KEY or _TOKEN "
                "and that holds the key of a model server; allow this one with: stat-studio settings "
                f"'key_variables=[{', '.join([*there, name])}]'"
            )


def check_destination(root: Path, server: ServerConfig) -> None:
    """Raises StatError where a key would be sent to an address that nobody has confirmed for it.

    Confirmed are this machine, the address of OPENAI_BASE_URL or else OpenAI's, and every address that the
    workspace's settings name with this variable: a run's configuration alone sends no key anywhere."""
    try:
        place = keys.origin(server.base_url)
    except ValueError:
        return  # no address; the error comes when it is asked
    if keys.is_loopback(place[1]) or not (secret(server.api_key_env) or "").strip():
        return
    settings = read_settings(root)
    check_key_names(settings, [server])
    confirmed = [(keys.origin(one.base_url), one.api_key_env) for one in settings.servers.values()]
    if place != keys.origin(None) and (place, server.api_key_env) not in confirmed:
        raise StatError(
            f"{server.base_url}: the key in {server.api_key_env} is not sent to an address that nobody has "
            f"confirmed for it; confirm it with: stat-studio settings "
            f"servers.NAME.base_url={server.base_url} servers.NAME.api_key_env={server.api_key_env}"
        )


def changed(settings: WorkspaceSettings, overrides: list[str], removed: list[str]) -> WorkspaceSettings:
    """The settings with `key=value` put in and `removed` taken out: `budget`, or as in `servers.lab`.

    Raises StatError naming what does not fit, or is not there to be taken out; never with a key's value."""
    tree = settings.model_dump()
    for key in removed:
        section, _, name = key.partition(".")
        if section in MAPS and name in tree[section]:
            del tree[section][name]
        elif section in LISTS and name in tree[section]:
            tree[section].remove(name)
        elif key in DEFAULTED:
            tree[key] = WorkspaceSettings.model_fields[key].default
        else:
            raise StatError(f"--remove {key}: found no such setting, expected one of {_removable(settings)}")
    return _checked(configuration.override(tree, overrides), "setting ")


def replaced(settings: WorkspaceSettings, **values: Any) -> WorkspaceSettings:
    """The settings with these values in place of their own; raises StatError as `changed` does."""
    return _checked(settings.model_dump() | values, "")


def compose(root: Path, path: Path | None, dataset: str | None, overrides: list[str]) -> RunConfig:
    """A new run's configuration: the dataset's defaults, the workspace's prices, budget and thresholds of
    the reward model, a file's settings and `key=value` ones, each over those before it.

    `teacher.server=NAME` takes a server of the workspace. Raises StatError for a name it has not."""
    settings = read_settings(root)
    tree, given = configuration.starting_tree(path, dataset), configuration.read_tree(path)
    prices = {model: price.model_dump() for model, price in settings.prices.items()}
    tree["prices"] = prices | dict(tree.get("prices") or {})
    if "budget" not in given:
        tree["budget"] = settings.budget
    tree = _with_servers(configuration.override(tree, overrides), settings)
    composed = configuration.validate(tree, str(path or "settings"))
    configuration.read_framing_of(composed)
    check_key_names(settings, composed.servers())
    saved = settings.thresholds.get(reward_model_of(composed) or "")
    asked = configuration.override(given, overrides).get("difficulty") or {}
    values = {name: getattr(saved, name) for name in ("tau1", "tau2") if saved and name not in asked}
    return composed.model_copy(update={"difficulty": composed.difficulty.model_copy(update=values)})


def reward_model_of(config: RunConfig) -> str | None:
    """The name under which a reward model's thresholds are kept; None where its rewards are imported."""
    own = config.reward_model
    return None if own.backend == "imported" else own.model


def keep_thresholds(root: Path, run: str, before: RunConfig, now: RunConfig) -> None:
    """Keep thresholds that are changed in a run, for the next run that scores with its reward model."""
    model, own = reward_model_of(now), now.difficulty
    if (
        usable_settings(root)[1]
        or model is None
        or (own.tau1, own.tau2) == (before.difficulty.tau1, before.difficulty.tau2)
    ):
        return
    saved = Thresholds(tau1=own.tau1, tau2=own.tau2, run=run)
    change_settings(
        root,
        lambda settings: settings.model_copy(update={"thresholds": settings.thresholds | {model: saved}}),
    )


def where_thresholds_are_from(root: Path, config: RunConfig) -> str | None:
    """A sentence where a run's thresholds are those saved for its reward model, else None."""
    model, own = reward_model_of(config), config.difficulty
    saved = usable_settings(root)[0].thresholds.get(model or "")
    if saved is None or (own.tau1, own.tau2) != (saved.tau1, saved.tau2):
        return None
    return (
        f"tau1 = {saved.tau1:g} and tau2 = {saved.tau2:g}: the thresholds saved for reward model {model} in "
        f"run {saved.run}"
    )


def _with_servers(tree: Any, settings: WorkspaceSettings) -> Any:
    """The tree with each server that is only named in place of its name."""
    if isinstance(tree, list):
        return [_with_servers(value, settings) for value in tree]
    if not isinstance(tree, dict):
        return tree
    return {
        key: _server(value, settings) if key == "server" else _with_servers(value, settings)
        for key, value in tree.items()
    }


def _server(value: Any, settings: WorkspaceSettings) -> Any:
    # a bare word over a section is read as its backend, which a server has not
    name = value.get("backend") if isinstance(value, dict) else value
    if not isinstance(name, str):
        return value
    if name not in settings.servers:
        there = ", ".join(settings.servers) or "none yet"
        raise StatError(
            f"no server {shown(name)} in the workspace's settings (there: {there}); add one with: "
            "stat-studio settings servers.NAME.base_url=URL"
        )
    return settings.servers[name].model_dump()


def _removable(settings: WorkspaceSettings) -> str:
    tree = settings.model_dump()
    entries = [f"{section}.{name}" for section in (*MAPS, *LISTS) for name in tree[section]]
    return ", ".join([*DEFAULTED, *entries])


def _checked(raw: Any, place: str) -> WorkspaceSettings:
    try:
        return WorkspaceSettings.model_validate(raw)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        at = ".".join(str(part) for part in first["loc"]) or "the file"
        message = first["msg"][0].lower() + first["msg"][1:]
        # a key that was pasted among the servers must not show in a log
        is_secret = first["loc"][:1] in (("servers",), ("key_variables",))
        is_secret = is_secret or keys.looks_like_key(str(first["input"]))
        found = "" if is_secret else f"found {shown(first['input'])}, "
        raise StatError(f"{place}{at}: {found}{message.removeprefix('value error, ')}") from None
