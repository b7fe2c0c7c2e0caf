"""The base of every section of a configuration: frozen, strict, and hashed without irrelevant settings."""

from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict, model_validator


class Section(BaseModel):
    """Base of the sections: frozen, unknown keys refused; a bare word means `backend`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    OPERATIONAL: ClassVar[frozenset[str]] = frozenset()
    """Settings that decide how the work is done and not what comes out: ports, widths, devices."""

    @model_validator(mode="before")
    @classmethod
    def _bare_word_is_the_backend(cls, value: Any) -> Any:
        return {"backend": value} if isinstance(value, str) and "backend" in cls.model_fields else value

    def decides(self) -> dict[str, Any]:
        """The settings that decide the outcome: what a stage's manifest holds and hashes."""
        return self.model_dump(exclude=set(self.OPERATIONAL))
