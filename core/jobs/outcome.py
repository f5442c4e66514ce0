"""How a job ended: what travels from a worker to the pages."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from core.errors import Words


@dataclass(frozen=True)
class Outcome:
    """How a job ended, and why it failed where a user can mend it; None where it did not."""

    state: Literal["done", "cancelled", "failed"]
    why: Words | None = None

    def to_json(self) -> dict[str, Any]:
        """As plain JSON values, as which it travels."""
        return {"state": self.state, "why": self.why and self.why.to_json()}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> "Outcome":
        """The inverse of to_json."""
        return cls(values["state"], values["why"] and Words.from_json(values["why"]))
