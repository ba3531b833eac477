"""Deliver messages: render those in the outbox that are due as emails, and send them by the mailer in use."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial

from jinja2 import TemplateNotFound
from prefect import flow
from prefect.client.schemas.objects import State
from prefect.states import Completed, Failed
from sqlalchemy import RowMapping

from blocks.current_mailer import current_mailer
from blocks.mailer import Mailer, SendResult, SendStatus
from blocks.outbox import MessageUpdate, Sender, has_work, open_sender, resolve_orphans
from flows.operations.mail.delivery_pipeline import MAX_IN_FLIGHT, DeliveryPipeline
from flows.operations.mail.send_rate import BATCH_SIZE, UNLIMITED, SendRate, send_rate_of
from models import MessageKind, MessageState
from models.database import engine
from models.mail.claim import ClaimedBatch
from models.mail.rendering.email import EmailDraft, RenderContext, RenderedEmail, render_email
from models.mail.rendering.links import links_to
from models.mail.rendering.merge_fields import MissingMergeField
from models.mail.rules import MailRules
from models.playbook import Playbook, current_playbook

MAX_PER_RUN = 2_000
"""As many as are sent within a minute or so: a delivery uses one moment as now, which must not get old."""
STATES = {
    SendStatus.ACCEPTED: MessageState.SENT,
    SendStatus.REFUSED: MessageState.FAILED,
    SendStatus.UNKNOWN: MessageState.UNKNOWN,
    SendStatus.UNAVAILABLE: MessageState.QUEUED,
    SendStatus.DEFERRED: MessageState.QUEUED,
}
RETRY_AFTER = timedelta(minutes=15)
"""When a message is tried again that its receiver's server does not take now; others do not wait for it."""
REPORTED_STATES = (MessageState.SENT, MessageState.FAILED, MessageState.UNKNOWN, MessageState.QUEUED)
HELD_BACK = (MessageState.EXPIRED, MessageState.SKIPPED)


@dataclass
class DeliveryReport:
    """How many messages came to which state. Those back in `queued` are what the mailer could not take now."""

    counts: Counter[MessageState] = field(default_factory=Counter)
    waiting: int = 0
    """Due later: outside the send window, over a frequency cap, or deferred by the receiver's server."""
    unavailable_reason: str | None = None
    """Why the mailer takes nothing now; the caller pauses before the next try."""

    def add(self, updates: Sequence[MessageUpdate]) -> None:
        """Count these messages."""
        done = [one for one in updates if one.due_at is None]
        self.waiting += len(updates) - len(done)
        self.counts.update(one.state for one in done)
        self.unavailable_reason = next(
            (one.reason for one in done if one.state == MessageState.QUEUED), self.unavailable_reason
        )

    def add_not_sent(self, batch: ClaimedBatch) -> None:
        """Count those that the sending rules kept from being sent."""
        others = batch.other_states
        self.waiting += others.pop(MessageState.QUEUED, 0)
        self.counts += others

    def __str__(self) -> str:
        sent, failed, unknown, kept = (self.counts[state] for state in REPORTED_STATES)
        result = [f"{sent} sent, {failed} failed, {unknown} unknown"]
        result += [f"{self.counts[state]} {state}" for state in HELD_BACK if self.counts[state]]
        result += [f"{self.waiting} not yet due"] if self.waiting else []
        result += [f"{kept} kept for later: {self.unavailable_reason}"] if kept else []
        return ", ".join(result)


@flow(name="deliver-messages", flow_run_name="deliver what is due")
async def deliver_messages() -> State[None]:
    """Send all email that is due through the mailer in use.

    Answers and tasks go before marketing, and marketing goes by the section `mail` of the playbook: its hours, caps,
    rate and warm-up. The clock does this by itself as soon as there is mail; starting it by hand is safe at any time,
    for no message is sent twice. An email that cannot be rendered, such as for an empty merge field, is set to failed
    with the reason, and the others go out. The Prefect variable `mailer` says which mailer block sends.
    """
    mailer, playbook = await current_mailer(), await asyncio.to_thread(_playbook)
    send_rate = await send_rate_of(playbook.mail.rate)
    report = await deliver_due(mailer, datetime.now(UTC), limit=send_rate.capped(MAX_PER_RUN), send_rate=send_rate)
    if report.unavailable_reason:
        # After a failed run the clock pauses, longer each time.
        return Failed(message=str(report))
    return Completed(message=str(report))


def _playbook() -> Playbook:
    with engine().connect() as connection:
        return current_playbook(connection)


async def deliver_due(
    mailer: Mailer, now: datetime, *, limit: int = 10_000, send_rate: SendRate = UNLIMITED
) -> DeliveryReport:
    """Deliver what is due, looking at up to about `limit` messages. Several deliveries at once share the work.

    Each message is committed as `sending` before it is sent, and its status is updated after. Those of a sender that
    died in between become `unknown`, unless the mailer can look up whether they arrived. A mailer that takes nothing
    now ends the delivery: its messages are queued again and the report says why.
    """
    return await asyncio.to_thread(_deliver_due, mailer, now, limit, send_rate)


def _deliver_due(mailer: Mailer, now: datetime, limit: int, send_rate: SendRate) -> DeliveryReport:
    report = DeliveryReport()
    with engine().connect() as connection:
        if not has_work(connection, now):
            return report
        playbook = current_playbook(connection)
    context = RenderContext(
        playbook=playbook, links=links_to(playbook.company.website), at=now, own_tracking=mailer.needs_own_tracking
    )
    report.counts[MessageState.UNKNOWN] += resolve_orphans(engine(), mailer, now)
    with open_sender(engine()) as sender, DeliveryPipeline(mailer, partial(_write_results, sender, now)) as pipeline:
        rules = MailRules.from_playbook(playbook)
        while limit > 0 and report.unavailable_reason is None:
            if sender.has_due(now):
                # First how many may be sent, then which: a transactional email does not wait behind marketing.
                max_sends = send_rate.acquire()
                batch = pipeline.claim(partial(sender.claim, rules, now, size=BATCH_SIZE, max_sends=max_sends))
                if batch is None or not batch.decisions:
                    break
                send_rate.consume(len(batch.claimed))
                report.add_not_sent(batch)
                _submit(pipeline, sender, batch, context, report)
                limit -= len(batch.decisions)
                _collect(pipeline, report, leave=MAX_IN_FLIGHT - 1)
            elif not pipeline.is_empty:
                _collect(pipeline, report, leave=0)
            else:
                break
        _collect(pipeline, report, leave=0)
    return report


def _submit(
    pipeline: DeliveryPipeline, sender: Sender, batch: ClaimedBatch, context: RenderContext, report: DeliveryReport
) -> None:
    """Render a batch and hand it over. Messages that cannot be rendered are updated at once."""
    rendered = [_render(row, context) for row in sender.load(batch.claimed)]
    failed = [one for one in rendered if isinstance(one, MessageUpdate)]
    emails = [one for one in rendered if isinstance(one, RenderedEmail)]
    if failed:
        sender.update(failed, context.at)
        report.add(failed)
    if emails:
        pipeline.submit(emails)


def _collect(pipeline: DeliveryPipeline, report: DeliveryReport, *, leave: int) -> None:
    for updates in pipeline.collect(leave=leave):
        report.add(updates)


def _write_results(
    sender: Sender, now: datetime, emails: Sequence[RenderedEmail], results: Sequence[SendResult]
) -> list[MessageUpdate]:
    updates = [_message_update(email, result, now) for email, result in zip(emails, results, strict=True)]
    sender.update(updates, now)
    return updates


def _render(row: RowMapping, context: RenderContext) -> RenderedEmail | MessageUpdate:
    """The email, or a failed update with the reason. Ops write templates: an error in one affects only its emails."""
    reason = _withheld_reason(row, context.at)
    if reason is None:
        try:
            return render_email(_draft(row), context)
        except MissingMergeField as error:
            reason = str(error)
        except TemplateNotFound as error:
            reason = f"there is no template templates/mail/{error.name}; add it and send the message again"
        except Exception as error:
            reason = f"the template {row['template']} cannot be filled in: {type(error).__name__}: {error}"
    return MessageUpdate(message_id=row["message_id"], state=MessageState.FAILED, reason=reason)


def _withheld_reason(row: RowMapping, now: datetime) -> str | None:
    """Why an email to staff is not sent any more, or not at all; None when it is sent."""
    if row["kind"] == MessageKind.TASK and row["task_over"]:
        return "the task was done or closed before this went out"
    if row["offer_over"] or (row["offer_expires_at"] and row["offer_expires_at"] <= now):
        return "the offer was over before this went out"
    return None if row["to_address"] else "no address: nobody is named whom this is to"


def _draft(row: RowMapping) -> EmailDraft:
    return EmailDraft(
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


def _message_update(email: RenderedEmail, delivery: SendResult, now: datetime) -> MessageUpdate:
    return MessageUpdate(
        message_id=email.message_id,
        state=STATES[delivery.status],
        reason=delivery.reason,
        subject=email.subject,
        provider_id=delivery.provider_id,
        due_at=now + RETRY_AFTER if delivery.status is SendStatus.DEFERRED else None,
    )
