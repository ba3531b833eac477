"""One thing that Tend needs."""

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Service:
    """One thing that Tend needs, whether it is up, and what is known about it."""

    status: str
    says: str
    facts: dict[str, Any] = field(default_factory=dict)
