"""Notify staff, once per message, of messages whose status has been unknown for longer than `mail.unknown_for`."""

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from prefect.client.schemas.objects import State
from prefect.events import emit_event
from prefect.states import Completed
from sqlalchemy import Connection, text

from flows.private_flow import flow
from models.database import engine
from models.playbook import current_playbook
from models.playbook.section import write_duration

OLDEST = text("""
    SELECT min(coalesce(handed_at, queued_at)) FROM message WHERE state = 'unknown' AND notified_at IS NULL
""")

# They stay unknown: a late delivery event still resolves them, and nothing is sent again without a person.
MARK_NOTIFIED = text("""
    UPDATE message SET notified_at = :now
    WHERE state = 'unknown' AND notified_at IS NULL AND coalesce(handed_at, queued_at) <= :until RETURNING template
""")

EVENT = "tend.message-unknown"


@dataclass(frozen=True)
class UnknownNotice:
    """The messages that staff are notified of."""

    messages: int
    templates: tuple[str, ...]
    after: timedelta

    def __str__(self) -> str:
        if not self.messages:
            return "no message has been unknown for long"
        return (
            f"{self.messages} unknown for more than {write_duration(self.after)}: look whether the provider's log has "
            "them, and resolve them with settle-unknown-messages"
        )


@flow(name="ask-about-unknown-messages", flow_run_name="ask about unknown messages")
async def ask_about_unknown_messages() -> State[None]:
    """Notify staff of emails whose status is still unknown after the time that the playbook says (`mail.unknown_for`).

    The clock runs this when it is due. Each email is named once, in the event `tend.message-unknown`, which automations
    can use; the page Messages lists them. They are not sent again: they may have gone out.
    """
    notice = await asyncio.to_thread(notify_now, datetime.now(UTC))
    if notice.messages:
        payload = {"messages": notice.messages, "templates": list(notice.templates), "says": str(notice)}
        emit_event(EVENT, resource={"prefect.resource.id": "tend.outbox"}, payload=payload)
    return Completed(message=str(notice))


def notify_now(now: datetime) -> UnknownNotice:
    """Mark the messages as notified; the caller emits the event."""
    with engine().begin() as connection:
        after = current_playbook(connection).mail.unknown_for
        templates = connection.execute(MARK_NOTIFIED, {"now": now, "until": now - after}).scalars().all()
    return UnknownNotice(len(templates), tuple(sorted(set(templates))), after)


def next_notice(connection: Connection) -> datetime | None:
    """When the next message will have been unknown for too long; None when no message is unknown."""
    oldest = connection.execute(OLDEST).scalar()
    return oldest and oldest + current_playbook(connection).mail.unknown_for
