"""When a page was shown whose form is sent now: what changed since then is not changed once more by it."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import Depends, Form

FIELD = "shown_at"


def read_shown_at(shown_at: Annotated[str, Form()] = "") -> datetime | None:
    """The moment; None where the form says none."""
    try:
        at = datetime.fromisoformat(shown_at)
    except ValueError:
        return None
    return at if at.tzinfo else at.replace(tzinfo=UTC)


ShownAt = Annotated[datetime | None, Depends(read_shown_at)]
