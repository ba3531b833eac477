"""Deliver messages: what turns have put into the outbox is written as letters and handed to the mailer in force."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from jinja2 import TemplateNotFound
from prefect import flow
from prefect.client.schemas.objects import State
from prefect.states import Completed, Failed
from sqlalchemy import RowMapping

from blocks.letter import Draft, Letter, Letterhead, write_letter
from blocks.links import links_to
from blocks.mailer import Delivery, Fate, Mailer
from blocks.mailer_in_force import mailer_in_force
from blocks.merge_fields import MissingMergeField
from blocks.outbox import Sender, Settled, any_open, sending, settle_orphans
from flows.runtime.verbs.send import holds_back
from models import TO_CONTACTS, MessageKind, MessageState
from models.database import engine
from models.playbook import current

BATCH = 100
STATES = {
    Fate.ACCEPTED: MessageState.SENT,
    Fate.REFUSED: MessageState.FAILED,
    Fate.UNKNOWN: MessageState.UNKNOWN,
    Fate.LATER: MessageState.QUEUED,
}


@dataclass
class DeliveryReport:
    """How many messages came to which state. Those back in `queued` are what the mailer could not take now."""

    counts: Counter[MessageState] = field(default_factory=Counter)
    closed_because: str | None = None
    """Why the mailer takes nothing now. Whoever delivers pauses before the next try."""

    def add(self, settled: Sequence[Settled]) -> None:
        """Count these in."""
        self.counts.update(one.state for one in settled)
        self.closed_because = next(
            (one.because for one in settled if one.state == MessageState.QUEUED), self.closed_because
        )

    def __str__(self) -> str:
        sent, failed, unknown, kept = (self.counts[state] for state in STATES.values())
        sentence = f"{sent} sent, {failed} failed, {unknown} unknown"
        return f"{sentence}, {kept} kept for later: {self.closed_because}" if kept else sentence


@flow(name="deliver-messages", flow_run_name="deliver what is queued")
async def deliver_messages() -> State[None]:
    """Send all queued mail through the mailer in force.

    The clock does this by itself as soon as there is mail; starting it by hand is safe at any time, for no message
    is taken twice. A mail that cannot be written, such as for an empty merge field, is set to failed with the
    reason, and the others go out. The Prefect variable `mailer` says which mailer block sends.
    """
    report = await deliver_due(await mailer_in_force(), datetime.now(UTC))
    if report.closed_because:
        # The clock takes a failed run as the sign to pause, longer each time.
        return Failed(message=str(report))
    return Completed(message=str(report))


async def deliver_due(mailer: Mailer, now: datetime, *, limit: int = 10_000) -> DeliveryReport:
    """Deliver up to about `limit` queued messages. Several deliveries at once share the work.

    Each message is committed as `sending` before it is handed over, and settled after. Those of a sender that died
    in between become `unknown`; a mailer that can look whether they arrived settles them at once. A mailer that
    takes nothing now ends the delivery: its messages are queued again and the report says why.
    """
    return await asyncio.to_thread(_deliver_due, mailer, now, limit)


def _deliver_due(mailer: Mailer, now: datetime, limit: int) -> DeliveryReport:
    report = DeliveryReport()
    with engine().connect() as connection:
        if not any_open(connection):
            return report
        playbook = current(connection)
    head = Letterhead(
        playbook=playbook, links=links_to(playbook.company.website), at=now, track_links=mailer.track_links
    )
    report.counts[MessageState.UNKNOWN] += settle_orphans(engine(), mailer, now)
    with sending(engine()) as sender:
        last = 0
        while limit > 0 and report.closed_because is None and (rows := sender.take(after=last, size=BATCH)):
            _deliver_batch(sender, mailer, rows, head, report)
            last = rows[-1]["message_id"]
            limit -= len(rows)
    return report


def _deliver_batch(
    sender: Sender, mailer: Mailer, rows: Sequence[RowMapping], head: Letterhead, report: DeliveryReport
) -> None:
    written = [_write(row, head) for row in rows]
    failed = [one for one in written if isinstance(one, Settled)]
    letters = [one for one in written if isinstance(one, Letter)]
    # What will not be handed over is settled first: should the mailer take us down, its fate is known.
    if failed:
        sender.settle(failed, head.at)
    if letters:
        deliveries = mailer.deliver(letters)
        settled = [_settled(letter, delivery) for letter, delivery in zip(letters, deliveries, strict=True)]
        sender.settle(settled, head.at)
        report.add(settled)
    report.add(failed)


def _write(row: RowMapping, head: Letterhead) -> Letter | Settled:
    """The letter, or why there is none. Ops write the templates: whatever is wrong with one stays with its mails."""
    because = _withheld(row, head.at)
    if because is None:
        try:
            return write_letter(_draft(row), head)
        except MissingMergeField as error:
            because = str(error)
        except TemplateNotFound as error:
            because = f"there is no template templates/mail/{error.name}; add it and send the message again"
        except Exception as error:
            because = f"the template {row['template']} cannot be filled in: {type(error).__name__}: {error}"
    return Settled(message_id=row["message_id"], state=MessageState.FAILED, because=because)


def _withheld(row: RowMapping, now: datetime) -> str | None:
    """What has changed since the message was queued and now speaks against it."""
    if row["kind"] == MessageKind.TASK:
        if row["task_over"]:
            return "the task was done or closed before this went out"
    elif row["kind"] in TO_CONTACTS and holds_back(MessageKind(row["kind"]), row["suppressed"]):
        return f"{row['suppressed']} after this was queued"
    elif row["offer_over"] or (row["offer_expires_at"] and row["offer_expires_at"] <= now):
        return "the offer was over before this went out"
    return None if row["to_address"] else "no address: the contact has no email"


def _draft(row: RowMapping) -> Draft:
    return Draft(
        message_id=row["message_id"],
        key=row["key"],
        kind=MessageKind(row["kind"]),
        template=row["template"],
        to_address=row["to_address"],
        data=row["data"],
        contact=row["contact"],
        owner=row["owner"] or {},
        form=row["form"] or {},
        answers=row["answers"] or {},
        subject_template=row["subject_template"],
        task=(row["task"] or {}) and row["task"] | {"due_at": row["due_at"]},
    )


def _settled(letter: Letter, delivery: Delivery) -> Settled:
    return Settled(
        message_id=letter.message_id,
        state=STATES[delivery.fate],
        because=delivery.because,
        subject=letter.subject,
        provider_id=delivery.provider_id,
    )
