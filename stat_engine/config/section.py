"""The base of every section of a configuration: frozen, strict, and hashed without irrelevant settings."""

import re
from typing import Annotated, Any, ClassVar, get_args

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    ValidationInfo,
    field_validator,
    model_validator,
)

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
"""What may become a folder or a file of the workspace."""
MOST = 2**32 - 1
"""No setting is a larger number."""


def _named(text: str) -> str:
    if not NAME.fullmatch(text):
        raise ValueError("expected 1 to 64 letters, digits, '.', '_' or '-', the first a letter or digit")
    return text


def _not_blank(text: str) -> str:
    if not text.strip() or not text.isprintable():
        raise ValueError("expected text of one line that is not blank")
    return text


Name = Annotated[str, AfterValidator(_named)]
"""A name that becomes a folder or a file, or that refers to a dataset, a run or an arm."""
Text = Annotated[str, AfterValidator(_not_blank)]
"""A line of text that is not blank."""
Seed = Annotated[int, Field(ge=0, le=MOST)]
"""What NumPy, torch and Python all take as a seed."""


class Section(BaseModel):
    """Base of the sections: frozen, unknown keys refused; a bare word means `backend`.

    A number is a finite one of at most MOST, and true and false are no numbers."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    OPERATIONAL: ClassVar[frozenset[str]] = frozenset()
    """Settings that decide how the work is done and not what comes out: ports, widths, devices."""

    @model_validator(mode="before")
    @classmethod
    def _bare_word_is_the_backend(cls, value: Any) -> Any:
        return {"backend": value} if isinstance(value, str) and "backend" in cls.model_fields else value

    @field_validator("*", mode="before")
    @classmethod
    def _truth_is_no_number(cls, value: Any, info: ValidationInfo) -> Any:
        takes = cls.model_fields[str(info.field_name)].annotation
        if _holds_truth(value) and not _takes_truth(takes):
            raise ValueError("expected no true or false here")
        return value

    @field_validator("*")
    @classmethod
    def _numbers_are_not_huge(cls, value: Any) -> Any:
        if isinstance(value, int | float) and abs(value) > MOST:
            raise ValueError(f"expected at most {MOST:,}")
        return value

    def decides(self) -> dict[str, Any]:
        """The settings that decide the outcome: what a stage's manifest holds and hashes."""
        return self.model_dump(exclude=set(self.OPERATIONAL))


def _holds_truth(value: Any) -> bool:
    """Whether a value, or one inside it, is true or false."""
    if isinstance(value, dict):
        return any(map(_holds_truth, value.values()))
    if isinstance(value, list | tuple):
        return any(map(_holds_truth, value))
    return isinstance(value, bool)


def _takes_truth(kind: Any) -> bool:
    """Whether a field may hold one; a section inside it checks its own fields."""
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return True
    return kind in (bool, Any) or any(map(_takes_truth, get_args(kind)))
