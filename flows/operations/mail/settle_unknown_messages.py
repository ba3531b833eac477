"""Resolve messages that are unknown, failed or expired: a person counts them as sent, or sends them again."""

import asyncio
from datetime import UTC, datetime
from enum import StrEnum

from prefect.client.schemas.objects import State
from prefect.runtime import flow_run
from prefect.states import Completed
from pydantic import BaseModel, Field
from sqlalchemy import Connection, text

from flows.form_choices import MailName
from flows.private_flow import flow
from models.database import engine

# A message that is sent again is due from now on; by its first due time it would have expired.
UPDATE_MESSAGES = text("""
    UPDATE message SET state = :to, reason = NULL, sending_by = NULL, notified_at = NULL,
           sent_at = CASE :to WHEN 'sent' THEN CAST(:now AS timestamptz) END,
           handed_at = CASE :to WHEN 'sent' THEN handed_at END,
           due_at = CASE :to WHEN 'sent' THEN due_at ELSE :now END,
           first_due_at = CASE :to WHEN 'sent' THEN first_due_at END
    WHERE state = :which AND (CAST(:template AS text) IS NULL OR template = :template)
      AND (CAST(:since AS timestamptz) IS NULL OR queued_at >= :since)
      AND (CAST(:until AS timestamptz) IS NULL OR queued_at < :until)
""")
# Only new messages notify the clock by themselves.
NOTIFY_CLOCK = text("SELECT pg_notify('tend', 'message')")


class MessageFilterState(StrEnum):
    """The status of the messages."""

    UNKNOWN = "unknown"
    FAILED = "failed"
    EXPIRED = "expired"


class Resolution(StrEnum):
    """What to do with them."""

    SENT = "count as sent"
    AGAIN = "send again"


class MessageSelection(BaseModel):
    """Which messages, and what to do with them."""

    which: MessageFilterState = Field(
        MessageFilterState.UNKNOWN, description="unknown: may have gone out. failed and expired: did not."
    )
    decision: Resolution = Field(
        Resolution.SENT, description="Sending an unknown message again may give somebody the same mail twice."
    )
    template: MailName = Field("", description="Only mails of this template; empty: of any.")
    since: datetime | None = Field(None, description="Only mails queued at or after this moment.")
    until: datetime | None = Field(None, description="Only mails queued before this moment.")


def _run_name() -> str:
    # A worker hands in what was typed, whoever calls the flow its model.
    asked = MessageSelection.model_validate(flow_run.parameters["messages"])
    name = f"{asked.decision}: {asked.which} messages"
    return f"dry run: {name}" if flow_run.parameters["dry_run"] else name


@flow(name="settle-unknown-messages", flow_run_name=_run_name)
async def settle_unknown_messages(messages: MessageSelection, dry_run: bool = True) -> State[None]:
    """Decide about mails that are unknown, failed or expired: count them as sent, or send them again.

    Unknown emails were given to the mailer, but no answer came; look at the mailer's own log before sending again.

    Args:
        messages: Which messages, and what to do with them.
        dry_run: Only say how many it would be. Take it away to do it.
    """
    count = await asyncio.to_thread(_resolve_now, messages, dry_run=dry_run)
    done = "counted as sent" if messages.decision == Resolution.SENT else "queued again"
    return Completed(message=f"{count} {messages.which} messages {'would be ' * dry_run}{done}")


def _resolve_now(messages: MessageSelection, *, dry_run: bool) -> int:
    """In one transaction, which a dry run rolls back."""
    with engine().connect() as connection:
        count = resolve_messages(connection, messages, datetime.now(UTC))
        if not dry_run:
            connection.commit()
    return count


def resolve_messages(connection: Connection, messages: MessageSelection, now: datetime) -> int:
    """Apply the decision; returns the number of messages."""
    limits = {"template": messages.template or None, "since": messages.since, "until": messages.until}
    to = "sent" if messages.decision == Resolution.SENT else "queued"
    count = connection.execute(UPDATE_MESSAGES, limits | {"to": to, "which": str(messages.which), "now": now}).rowcount
    if to == "queued":
        connection.execute(NOTIFY_CLOCK)
    return count
