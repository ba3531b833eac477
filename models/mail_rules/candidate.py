"""A mail that is due, with what the rules ask about."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from models.mail_rules.zones import Whereabouts
from models.message import MessageKind, OnCap


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """One message of the outbox."""

    id: int
    kind: MessageKind
    template: str
    contact_id: int | None
    queued_at: datetime
    due_at: datetime
    was_due_at: datetime | None = None
    good_for: timedelta | None
    """None: as the playbook says. So with the two below."""
    send_window: tuple[tuple[str, str], ...] | None
    on_cap: OnCap | None
    to_address: str | None
    suppressed: str | None
    opted_out: frozenset[str]
    broken_off: str | None
    """The ending of its journey, if that came while the journey still waited for something, such as `bought`."""
    where: Whereabouts
