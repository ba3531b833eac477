"""One sending of a form on a contact's page."""

from collections.abc import Mapping
from datetime import datetime
from hashlib import sha256
from typing import Any, NamedTuple

from sqlalchemy import Connection

from models.access.audit import Change
from models.events.emit import NewEvent, emit
from models.playbook import Playbook
from web.frame.typed_text import UnreadableText, validate_text

SOURCE = "ops"
LONGEST_NOTE = 10_000


class Changed(UnreadableText):
    """Somebody changed the same meanwhile; the form shows what, and its next sending decides."""


class Act(NamedTuple):
    """One sending of a form."""

    connection: Connection
    playbook: Playbook
    contact_id: int
    given: Mapping[str, str]
    by: str
    now: datetime
    changes: list[Change]
    """What the audit says of it: each act adds from what to what something went."""

    def typed(self, name: str, what: str, longest: int = 200) -> str:
        """What was typed into a field of the form. Raises UnreadableText when it cannot be stored."""
        return validate_text(self.given.get(name, ""), what, longest=longest)

    def key(self, act: str) -> str:
        """Names this one sending: the same words from the same showing of the page are sent twice."""
        sent = sha256(repr(sorted(self.given.items())).encode(errors="replace")).hexdigest()[:32]
        return f"{SOURCE}:{act}:{self.contact_id}:{sent}"

    def tell(self, name: str, act: str, data: Mapping[str, Any], topic: str | None = None) -> bool:
        """Emit an event that says who did it; false when this sending was told before."""
        event = NewEvent(
            name=name,
            topic=topic,
            contact_id=self.contact_id,
            source=SOURCE,
            key=self.key(act),
            data={"by": self.by, **data},
        )
        return emit(self.connection, [event], self.now) != [None]

    def number(self, name: str) -> int:
        """The number of a row that was chosen; 0, which no row has, for anything else."""
        given = self.given.get(name, "")
        return int(given) if given.isdecimal() and given.isascii() and len(given) < 19 else 0
