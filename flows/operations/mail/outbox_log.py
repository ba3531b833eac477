"""Writes what becomes of each message while it is sent, and what that says about the mailer: pauses and bounces."""

import time
from collections.abc import Callable, Sequence
from datetime import timedelta

from sqlalchemy.exc import InterfaceError, OperationalError, PendingRollbackError

from blocks.email_feed import Clock, SendAttempt
from blocks.outbox import MessageUpdate, Sender
from blocks.send_result import SendResult, SendStatus, unavailable
from flows.operations.mail.delivery_report import DeliveryReport
from flows.operations.mail.refusal_streak import RefusalStreak
from models import MessageKind, MessageState
from models.mail.rendering.email import RenderedEmail
from models.mail.sending_notices import pause_refused_marketing, resume_sending
from models.mail.sending_pause import pause_with_retries
from models.mail.server_answer import answer_excerpt
from models.mail.tracking.refused_address import store_refused_address
from models.tables.message import PauseScope

STATES = {
    SendStatus.ACCEPTED: MessageState.SENT,
    SendStatus.REFUSED: MessageState.FAILED,
    SendStatus.BOUNCED: MessageState.FAILED,
    SendStatus.UNKNOWN: MessageState.UNKNOWN,
    SendStatus.UNAVAILABLE: MessageState.QUEUED,
    SendStatus.DEFERRED: MessageState.QUEUED,
}
DEFER_FOR = timedelta(minutes=15)
"""When a message is tried again that its receiver's server does not take now; others do not wait for it."""
ANSWERS_OF_A_MAILER_THAT_WORKS = (SendStatus.ACCEPTED, SendStatus.BOUNCED, SendStatus.DEFERRED)
CONNECTION_LOST = (OperationalError, InterfaceError, PendingRollbackError)
WRITE_AGAIN_SECONDS = (0.5, 1.0, 2.0, 4.0)
"""Results are kept while Postgres restarts, which takes it a second or two."""


class OutboxLog:
    """The log of one delivery; EmailFeed says when its methods are called.

    `close` ends the feed: it is called when the results say that nothing more should go out.
    """

    def __init__(self, sender: Sender, clock: Clock, report: DeliveryReport, streak: RefusalStreak) -> None:
        self.close: Callable[[SendResult], None] = lambda _: None
        self.tried: set[int] = set()
        """The message that is tried although all mail is paused."""
        self._sender = sender
        self._clock = clock
        self._report = report
        self._streak = streak
        self._all_is_refused = False

    def record(self, attempts: Sequence[SendAttempt], begun: RenderedEmail | None) -> bool:
        """Write these results, and that `begun` is being handed over; gives whether it may be."""
        self._pause_before_queueing(attempts)
        updates = [self._update(one) for one in attempts]
        is_ours = self._write(updates, begun)
        self._report.add(updates)
        for one in attempts:
            self._learn(one)
        return is_ours

    def withdraw(self, email: RenderedEmail) -> None:
        """It was begun and has not gone out."""
        self._sender.withdraw(email.message_id)

    def release(self, emails: Sequence[RenderedEmail], closed_by: SendResult | None) -> None:
        """Queue again what was not handed over; when the mailer takes nothing, all mail is paused before."""
        if closed_by and closed_by.status is SendStatus.UNAVAILABLE:
            self._pause(closed_by)
        reason = closed_by.reason if closed_by else None
        updates = [MessageUpdate(message_id=one.message_id, state=MessageState.QUEUED, reason=reason) for one in emails]
        self._write(updates, None)
        self._report.add(updates)

    def _update(self, attempt: SendAttempt) -> MessageUpdate:
        email, result = attempt.email, attempt.result
        is_deferred = result.status is SendStatus.DEFERRED or self._is_refused_try(attempt)
        return MessageUpdate(
            message_id=email.message_id,
            state=MessageState.QUEUED if is_deferred or self._is_refused_like_all(result) else STATES[result.status],
            reason=result.reason,
            subject=email.subject,
            provider_id=result.provider_id,
            due_at=attempt.at + DEFER_FOR if is_deferred else None,
            at=attempt.at,
            redirected_to=email.redirected_to,
        )

    def _is_refused_like_all(self, result: SendResult) -> bool:
        """It was on its way while the refusals before it turned out not to be about the emails."""
        return self._all_is_refused and result.status is SendStatus.REFUSED and result.was_tried

    def _is_refused_try(self, attempt: SendAttempt) -> bool:
        """Nobody knows yet whether it is about this email: the next try is made with another one."""
        result = attempt.result
        is_refused = result.status is SendStatus.REFUSED and result.was_tried
        return is_refused and attempt.email.message_id in self.tried

    def _write(self, updates: Sequence[MessageUpdate], begun: RenderedEmail | None) -> bool:
        try:
            if begun is None:
                return self._sender.record(updates, None, self._clock())
            return self._sender.record(updates, begun.message_id, self._clock(), begun.redirected_to)
        except CONNECTION_LOST:
            if begun is not None:
                raise
        self._write_late(updates)
        return False

    def _write_late(self, updates: Sequence[MessageUpdate]) -> None:
        """The sender's connection is gone: another one writes the results. Raises when Postgres stays away."""
        for seconds in WRITE_AGAIN_SECONDS:
            time.sleep(seconds)
            try:
                return self._sender.record_apart(updates)
            except CONNECTION_LOST:
                continue
        return self._sender.record_apart(updates)

    def _pause_before_queueing(self, attempts: Sequence[SendAttempt]) -> None:
        """So that no other sender takes meanwhile what the mailer did not take."""
        for one in attempts:
            if one.result.status is SendStatus.UNAVAILABLE:
                self._pause(one.result)

    def _pause(self, result: SendResult) -> None:
        # It is shown in Prefect, which keeps no addresses.
        reason = answer_excerpt(result.reason or "the mailer takes nothing")
        self._report.unavailable_reason = reason
        with self._sender.engine.begin() as connection:
            pause_with_retries(connection, reason, self._clock(), result.retry_after)

    def _learn(self, attempt: SendAttempt) -> None:
        """What the result says about the address, and about the mailer."""
        if attempt.result.status is SendStatus.BOUNCED:
            self._store_bounce(attempt)
        is_try = attempt.email.message_id in self.tried
        if is_try and attempt.result.status in ANSWERS_OF_A_MAILER_THAT_WORKS:
            self._resume(attempt)
        elif self._is_refused_try(attempt):
            self._report.unavailable_reason = f"still refused: {answer_excerpt(attempt.result.reason or '')}"
        elif not self._all_is_refused and self._streak.is_too_long_with(attempt):
            self._all_is_refused = True
            self._pause_what_is_refused(self._streak.end())

    def _store_bounce(self, attempt: SendAttempt) -> None:
        email, reason = attempt.email, attempt.result.reason or ""
        with self._sender.engine.begin() as connection:
            store_refused_address(connection, email.message_id, email.to_address, reason, attempt.at)

    def _resume(self, attempt: SendAttempt) -> None:
        with self._sender.engine.begin() as connection:
            resume_sending(connection, PauseScope.ALL, "the mailer, which takes mail again", attempt.at)

    def _pause_what_is_refused(self, refused: Sequence[SendAttempt]) -> None:
        """It is not about each of so many emails. If all were marketing, answers and tasks still go."""
        last = answer_excerpt(refused[-1].result.reason or "")
        reason = f"{len(refused)} mails in a row were refused, the last with: {last}"
        self._report.unavailable_reason = reason
        only_marketing = all(one.email.kind is MessageKind.MARKETING for one in refused)
        with self._sender.engine.begin() as connection:
            if only_marketing:
                pause_refused_marketing(connection, reason, self._clock())
            else:
                pause_with_retries(connection, reason, self._clock())
        ids = [one.email.message_id for one in refused]
        self._report.requeue_failed(self._sender.requeue_refused(ids, reason))
        self.close(unavailable(reason) if not only_marketing else SendResult(SendStatus.REFUSED, reason))
