"""Deliver messages: what turns have put into the outbox is written as letters and handed to the mailer in force."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from jinja2 import TemplateNotFound
from prefect import flow
from prefect.client.schemas.objects import State
from prefect.states import Completed, Failed
from sqlalchemy import RowMapping

from blocks.mailer import Delivery, Fate, Mailer
from blocks.mailer_in_force import mailer_in_force
from blocks.outbox import Sender, Settled, any_open, sending, settle_orphans
from flows.operations.mail.mail_pace import AT_ONCE, FULL_SPEED, Pace, pace_of
from models import MessageKind, MessageState
from models.database import engine
from models.mail.claim import Taken
from models.mail.rendering.email import Draft, Letter, Letterhead, write_letter
from models.mail.rendering.links import links_to
from models.mail.rendering.merge_fields import MissingMergeField
from models.mail.rules import MailRules
from models.playbook import Playbook, current

IN_ONE_RUN = 2_000
"""As many as are handed over within a minute or so: a delivery goes by one moment, which shall stay true."""
STATES = {
    Fate.ACCEPTED: MessageState.SENT,
    Fate.REFUSED: MessageState.FAILED,
    Fate.UNKNOWN: MessageState.UNKNOWN,
    Fate.LATER: MessageState.QUEUED,
    Fate.DEFERRED: MessageState.QUEUED,
}
TRIED_AGAIN_AFTER = timedelta(minutes=15)
"""What only its receiver keeps from going out does not hold up others until then."""
TOLD = (MessageState.SENT, MessageState.FAILED, MessageState.UNKNOWN, MessageState.QUEUED)
HELD_BACK = (MessageState.EXPIRED, MessageState.SKIPPED)


@dataclass
class DeliveryReport:
    """How many messages came to which state. Those back in `queued` are what the mailer could not take now."""

    counts: Counter[MessageState] = field(default_factory=Counter)
    waiting: int = 0
    """To go out at another time: their hours are over, their contact has had enough, or its server wants them later."""
    closed_because: str | None = None
    """Why the mailer takes nothing now. Whoever delivers pauses before the next try."""

    def add(self, settled: Sequence[Settled]) -> None:
        """Count these in."""
        done = [one for one in settled if one.due_at is None]
        self.waiting += len(settled) - len(done)
        self.counts.update(one.state for one in done)
        self.closed_because = next(
            (one.because for one in done if one.state == MessageState.QUEUED), self.closed_because
        )

    def add_judged(self, taken: Taken) -> None:
        """Count in those that the rules for mail held back."""
        others = taken.others
        self.waiting += others.pop(MessageState.QUEUED, 0)
        self.counts += others

    def __str__(self) -> str:
        sent, failed, unknown, kept = (self.counts[state] for state in TOLD)
        told = [f"{sent} sent, {failed} failed, {unknown} unknown"]
        told += [f"{self.counts[state]} {state}" for state in HELD_BACK if self.counts[state]]
        told += [f"{self.waiting} not yet due"] if self.waiting else []
        told += [f"{kept} kept for later: {self.closed_because}"] if kept else []
        return ", ".join(told)


@flow(name="deliver-messages", flow_run_name="deliver what is due")
async def deliver_messages() -> State[None]:
    """Send all mail that is due through the mailer in force.

    Answers and tasks go before marketing, and marketing goes by the section `mail` of the playbook: its hours, caps,
    rate and warm-up. The clock does this by itself as soon as there is mail; starting it by hand is safe at any time,
    for no message is taken twice. A mail that cannot be written, such as for an empty merge field, is set to failed
    with the reason, and the others go out. The Prefect variable `mailer` says which mailer block sends.
    """
    mailer, playbook = await mailer_in_force(), await asyncio.to_thread(_playbook)
    pace = await pace_of(playbook.mail.rate)
    report = await deliver_due(mailer, datetime.now(UTC), limit=pace.at_most(IN_ONE_RUN), pace=pace)
    if report.closed_because:
        # The clock takes a failed run as the sign to pause, longer each time.
        return Failed(message=str(report))
    return Completed(message=str(report))


def _playbook() -> Playbook:
    with engine().connect() as connection:
        return current(connection)


async def deliver_due(mailer: Mailer, now: datetime, *, limit: int = 10_000, pace: Pace = FULL_SPEED) -> DeliveryReport:
    """Deliver what is due, looking at up to about `limit` messages. Several deliveries at once share the work.

    Each message is committed as `sending` before it is handed over, and settled after. Those of a sender that died
    in between become `unknown`; a mailer that can look whether they arrived settles them at once. A mailer that
    takes nothing now ends the delivery: its messages are queued again and the report says why.
    """
    return await asyncio.to_thread(_deliver_due, mailer, now, limit, pace)


def _deliver_due(mailer: Mailer, now: datetime, limit: int, pace: Pace) -> DeliveryReport:
    report = DeliveryReport()
    with engine().connect() as connection:
        if not any_open(connection, now):
            return report
        playbook = current(connection)
    head = Letterhead(playbook=playbook, links=links_to(playbook.company.website), at=now, track=mailer.track)
    report.counts[MessageState.UNKNOWN] += settle_orphans(engine(), mailer, now)
    with sending(engine()) as sender:
        rules = MailRules.of(playbook)
        while limit > 0 and report.closed_because is None and sender.finds_due(now):
            # How many may go is known before it is chosen what goes, so that an answer does not wait behind marketing.
            taken = sender.take(rules, now, size=AT_ONCE, most=pace.room())
            if not taken.verdicts:
                break
            pace.used(len(taken.going))
            report.add_judged(taken)
            _deliver_batch(sender, mailer, sender.read(taken.going), head, report)
            limit -= len(taken.verdicts)
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
        settled = [_settled(letter, told, head.at) for letter, told in zip(letters, deliveries, strict=True)]
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
    """What has changed since a mail to a colleague was queued and now speaks against it."""
    if row["kind"] == MessageKind.TASK and row["task_over"]:
        return "the task was done or closed before this went out"
    if row["offer_over"] or (row["offer_expires_at"] and row["offer_expires_at"] <= now):
        return "the offer was over before this went out"
    return None if row["to_address"] else "no address: nobody is named whom this is to"


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
        reply=row["reply"] or {},
        subject_template=row["subject_template"],
        task=(row["task"] or {}) and row["task"] | {"due_at": row["due_at"]},
    )


def _settled(letter: Letter, delivery: Delivery, now: datetime) -> Settled:
    return Settled(
        message_id=letter.message_id,
        state=STATES[delivery.fate],
        because=delivery.because,
        subject=letter.subject,
        provider_id=delivery.provider_id,
        due_at=now + TRIED_AGAIN_AFTER if delivery.fate is Fate.DEFERRED else None,
    )
