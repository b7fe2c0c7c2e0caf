"""The base of every order: a verb, fields that are validated when it is made, and its command line."""

from collections.abc import Iterator
from typing import Any, ClassVar, Self

from pydantic import BaseModel, ConfigDict, ValidationError

from stat_engine.errors import StatError, shown


class Order(BaseModel):
    """Work that is asked for. A subclass names its verb, and its fields are the verb's options."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    verb: ClassVar[str]
    """The verb of `stat-studio` that asks for the same, as in `skills label`."""
    positional: ClassVar[tuple[str, ...]] = ("run",)
    """Fields that stand without an option's name, in this order, directly behind the verb."""
    option_names: ClassVar[dict[str, str]] = {}
    """Field -> name of its option, where the two differ."""
    kinds: ClassVar[dict[str, type["Order"]]] = {}
    """Verb -> its order."""

    settings: tuple[str, ...] = ()
    """`key=value`, each one text whatever stands in it."""

    def __init__(self, **fields: Any) -> None:
        """Raises StatError for a field that is unknown or out of its range."""
        try:
            super().__init__(**fields)
        except ValidationError as error:
            first = error.errors()[0]
            place = ".".join(map(str, first["loc"]))
            raise StatError(
                f"order {self.verb}: field {place}: found {shown(str(first['input']))}, "
                f"{first['msg'].lower()}"
            ) from None

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if "verb" in vars(cls):
            cls.kinds[cls.verb] = cls

    @property
    def of_run(self) -> str | None:
        """The run whose files the work fills; None for work on no run."""
        run: str | None = getattr(self, "fork", None) or getattr(self, "run", None)
        return run

    @property
    def path(self) -> tuple[str, ...]:
        """The verb's words, as in ("skills", "label")."""
        return tuple(self.verb.split())

    def options(self) -> Iterator[tuple[str, Any]]:
        """(option's name, value) of the fields that differ from their defaults."""
        for name, field in type(self).model_fields.items():
            value = getattr(self, name)
            if name not in (*self.positional, "settings") and value != field.default:
                yield self.option_names.get(name, name.replace("_", "-")), value

    def words(self) -> list[str]:
        """The order as a command line, without the program: the options that differ from their defaults."""
        arguments = [word for name in self.positional for word in _argument(getattr(self, name))]
        options = [word for name, value in self.options() for word in _option(name, value)]
        return [*self.path, *arguments, *options, *self.settings]

    def record(self) -> dict[str, Any]:
        """The order as JSON, for a job's card; `read_order` reads it back."""
        return {"verb": self.verb, **self.model_dump(mode="json")}

    def but(self, **changes: Any) -> Self:
        """The same order with some fields changed; validated like a new one."""
        return type(self)(**{**self.model_dump(), **changes})


def read_order(record: dict[str, Any]) -> Order:
    """The order that `Order.record` wrote. Raises StatError for an unknown verb and for a bad field."""
    fields = dict(record)
    verb = fields.pop("verb", None)
    if verb not in Order.kinds:
        raise StatError(
            f"order: field verb: found {shown(str(verb))}, expected one of {', '.join(Order.kinds)}"
        )
    return Order.kinds[verb](**fields)


def _argument(value: Any) -> list[str]:
    """The words of a field without an option's name; a leading dash would read as an option."""
    texts = [str(one) for one in value] if isinstance(value, tuple) else [str(value)]
    return [f" {text}" if text.startswith("-") else text for text in texts]


def _option(name: str, value: Any) -> list[str]:
    if isinstance(value, bool):
        return [f"--{name}"] if value else []
    if isinstance(value, list | tuple):
        return [word for one in value for word in _option(name, one)]
    text = str(value)
    return [f"--{name}={text}"] if text.startswith("-") else [f"--{name}", text]
