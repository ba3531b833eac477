"""Deliver messages: render those in the outbox that are due as emails, and send them by the mailer in use."""

import asyncio
import threading
from datetime import UTC, datetime, timedelta

from jinja2 import TemplateNotFound
from prefect.client.schemas.objects import State
from prefect.states import Completed, Failed
from sqlalchemy import RowMapping

from blocks.current_mailer import InvalidMailer, MailerNotKnown, NoSuchMailer, RealMailInDemo, current_mailer
from blocks.email_feed import Clock, EmailFeed
from blocks.mailer import Mailer
from blocks.outbox import MessageUpdate, Sender, has_work, open_sender, resolve_orphans
from flows.operations.mail.delivery_pipeline import DeliveryPipeline
from flows.operations.mail.delivery_report import DeliveryReport
from flows.operations.mail.outbox_log import OutboxLog
from flows.operations.mail.refusal_streak import RefusalStreak
from flows.operations.mail.send_rate import BATCH_SIZE, UNLIMITED, SendRate, send_rate_of
from flows.private_flow import flow
from flows.run_artifacts import show_counts
from models import MessageKind, MessageState
from models.database import engine
from models.mail.claim import ClaimedBatch
from models.mail.rendering.email import EmailDraft, RenderContext, RenderedEmail, render_email
from models.mail.rendering.links import links_to
from models.mail.rendering.merge_fields import MissingMergeField
from models.mail.rendering.test_address import render_for_test
from models.mail.rules import MailRules
from models.mail.sending_pause import open_pauses, pause_with_retries, take_retry
from models.playbook import Playbook, current_playbook
from models.tables.message import PauseScope

MAX_PER_RUN = 2_000
"""As many as are sent within a minute or so, so that a run of Prefect's says soon what it did."""
SHOWN_FROM = 100
"""Mails of a delivery that has a table in Prefect: of a few, the name of its run says all."""
UNUSABLE = (NoSuchMailer, InvalidMailer, RealMailInDemo)
_streak = RefusalStreak()
"""Over all deliveries of this process: mail may come one by one."""

OF_THAT_DAY, LATEST = ("team/digest", "team/late_tasks"), timedelta(hours=12)
"""Mails that say how things stand, and how old they may become: sent again days later they would be wrong."""
NO_ADDRESS = "no address: nobody is named whom this is to"


@flow(name="deliver-messages", flow_run_name="deliver what is due")
async def deliver_messages() -> State[None]:
    """Send all email that is due through the mailer in use.

    Answers and tasks go before marketing, and marketing goes by the section `mail` of the playbook: its hours, caps,
    rate and warm-up. The clock does this by itself as soon as there is mail; starting it by hand is safe at any time,
    for no message is sent twice. An email that cannot be rendered, such as for an empty merge field, is set to failed
    with the reason, and the others go out. The Prefect variable `mailer` says which mailer block sends.
    """
    playbook = await asyncio.to_thread(_playbook)
    try:
        mailer = await current_mailer()
    except UNUSABLE as error:
        await asyncio.to_thread(_pause, str(error))
        return Failed(message=str(error))
    except MailerNotKnown as error:
        return Failed(message=str(error))
    send_rate = await send_rate_of(playbook.mail.rate)
    limit = send_rate.capped(MAX_PER_RUN)
    report = await deliver_due(mailer, limit=limit, send_rate=send_rate, streak=_streak)
    if report.counts.total() >= SHOWN_FROM:
        await show_counts(report.in_words(), key="delivery", description="Mails of the last large delivery")
    if report.unavailable_reason:
        return Failed(message=str(report))
    return Completed(message=str(report))


def _playbook() -> Playbook:
    with engine().connect() as connection:
        return current_playbook(connection)


def _pause(reason: str) -> None:
    with engine().begin() as connection:
        if not pause_with_retries(connection, reason, _now()):
            take_retry(connection, _now())


def _now() -> datetime:
    return datetime.now(UTC)


async def deliver_due(
    mailer: Mailer,
    now: datetime | None = None,
    *,
    limit: int = 10_000,
    send_rate: SendRate = UNLIMITED,
    streak: RefusalStreak | None = None,
) -> DeliveryReport:
    """Deliver what is due, looking at up to about `limit` messages. Several deliveries at once share the work.

    Each message is committed as `sending` before it is sent and noted when it is handed over, and its result is written
    before the next. Of those of a sender that died, what was handed over without an answer becomes `unknown`, unless
    the mailer can look up whether it arrived, and the others are queued again. A mailer that takes nothing now ends the
    delivery: its messages are queued again, all mail is paused, and the report says why.

    `now` stands still, for virtual time; without it the machine's clock is asked for each message. A delivery that is
    cancelled finishes what it is handing over, and queues the others again.
    """
    stop = threading.Event()
    clock = _now if now is None else lambda: now
    delivery = _Delivery(mailer, clock, send_rate, streak or RefusalStreak(), stop)
    work = asyncio.ensure_future(asyncio.to_thread(delivery.run, limit))
    try:
        return await asyncio.shield(work)
    except asyncio.CancelledError:
        stop.set()
        await asyncio.wait([work])
        raise


class _Delivery:
    """One delivery: claims, renders, feeds the mailer."""

    def __init__(
        self, mailer: Mailer, clock: Clock, send_rate: SendRate, streak: RefusalStreak, stop: threading.Event
    ) -> None:
        self._mailer = mailer
        self._clock = clock
        self._send_rate = send_rate
        self._streak = streak
        self._stop = stop
        self._report = DeliveryReport()

    def run(self, limit: int) -> DeliveryReport:
        """Deliver until nothing is due, the limit is reached or the mailer takes nothing."""
        with engine().connect() as connection:
            pause, now = open_pauses(connection).get(PauseScope.ALL), self._clock()
            if pause and (pause.retry_at is None or pause.retry_at > now):
                self._report.unavailable_reason = f"sending is paused: {pause.reason}"
            if not has_work(connection, now):
                return self._report
        self._report.counts[MessageState.UNKNOWN] += resolve_orphans(engine(), self._mailer)
        with open_sender(engine()) as sender:
            log = OutboxLog(sender, self._clock, self._report, self._streak)
            feed = EmailFeed(log, self._clock, self._stop)
            log.close = feed.close
            with DeliveryPipeline(self._mailer, feed):
                self._claim_until_done(sender, feed, log, limit)
        return self._report

    def _claim_until_done(self, sender: Sender, feed: EmailFeed, log: OutboxLog, limit: int) -> None:
        while limit > 0 and feed.is_open:
            if sender.has_due(self._clock()):
                # First how many may be sent, then which: a transactional email does not wait behind marketing.
                max_sends = self._send_rate.acquire()
                # A playbook that is applied meanwhile counts from the next batch on: it may begin the test mode.
                now, playbook = self._clock(), _playbook()
                batch = sender.claim(MailRules.from_playbook(playbook), now, size=BATCH_SIZE, max_sends=max_sends)
                if not batch.decisions:
                    break
                log.tried = set(batch.claimed) if batch.is_retry else set()
                self._send_rate.consume(len(batch.claimed))
                self._report.add_not_sent(batch)
                self._add_batch(sender, feed, batch, self._context(playbook, now))
                limit -= len(batch.decisions)
                # At a slow pace few are claimed ahead, so that an answer soon comes before them.
                feed.wait_for_room(min(BATCH_SIZE, max_sends))
            elif not feed.is_idle:
                feed.wait_until_idle()
            else:
                break

    def _context(self, playbook: Playbook, now: datetime) -> RenderContext:
        links, own_tracking = links_to(playbook.company.website), self._mailer.needs_own_tracking
        return RenderContext(playbook=playbook, links=links, at=now, own_tracking=own_tracking)

    def _add_batch(self, sender: Sender, feed: EmailFeed, batch: ClaimedBatch, context: RenderContext) -> None:
        """Render a batch and hand it to the mailer. Messages that cannot be rendered are updated at once."""
        rendered = [_render(row, context) for row in sender.load(batch.claimed)]
        failed = [one for one in rendered if isinstance(one, MessageUpdate)]
        feed.add([one for one in rendered if isinstance(one, RenderedEmail)])
        if failed:
            sender.record_apart(failed)
            self._report.add(failed)


def _render(row: RowMapping, context: RenderContext) -> RenderedEmail | MessageUpdate:
    """The email, or an update with the reason why there is none. Ops write templates: an error in one affects only its
    emails."""
    if over := withdrawal_reason(row, context.at):
        return MessageUpdate(message_id=row["message_id"], state=MessageState.WITHDRAWN, reason=over)
    reason = None if row["to_address"] else NO_ADDRESS
    if reason is None:
        try:
            return _render_draft(draft_of(row), context)
        except MissingMergeField as error:
            reason = str(error)
        except TemplateNotFound as error:
            reason = f"there is no template templates/mail/{error.name}; add it and send the message again"
        except Exception as error:
            reason = f"the template {row['template']} cannot be filled in: {type(error).__name__}: {error}"
    return MessageUpdate(message_id=row["message_id"], state=MessageState.FAILED, reason=reason)


def _render_draft(draft: EmailDraft, context: RenderContext) -> RenderedEmail:
    test_address = context.playbook.mail.test_address
    return render_for_test(draft, context, test_address) if test_address else render_email(draft, context)


def withheld_reason(row: RowMapping, now: datetime) -> str | None:
    """Why an email to staff is not sent any more, or not at all; None when it is sent."""
    return withdrawal_reason(row, now) or (None if row["to_address"] else NO_ADDRESS)


def withdrawal_reason(row: RowMapping, now: datetime) -> str | None:
    """What an email to staff was about and is over; None when it is sent."""
    if row["kind"] == MessageKind.TASK and row["task_over"]:
        return "the task was done or closed, or went to somebody else, before this went out"
    if row["template"] in OF_THAT_DAY and now - row["queued_at"] > LATEST:
        return "it told what was due on a day that is over"
    if row["offer_over"] or (row["offer_expires_at"] and row["offer_expires_at"] <= now):
        return "the offer was over before this went out"
    return None


def draft_of(row: RowMapping) -> EmailDraft:
    """The draft of a message, from a row of blocks.outbox.SELECT_MESSAGES."""
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
