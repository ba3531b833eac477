"""Emails on their way to a mailer: each is noted before it goes out, and its result is written as soon as it is known.

So whatever ends the process, only what is being handed over at that moment can have gone out unseen.
"""

import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from blocks.send_result import SendResult, SendStatus
from models.mail.rendering.email import RenderedEmail
from models.stop_request import is_stop_requested

Clock = Callable[[], datetime]

STOP_CHECK_SECONDS = 0.1
"""How often those who wait look whether the delivery is to stop."""


@dataclass(frozen=True)
class SendAttempt:
    """An email and its result, with the moment at which the result was known."""

    email: RenderedEmail
    result: SendResult
    at: datetime


class SendLog(Protocol):
    """Keeps what becomes of each email. Called by one thread at a time."""

    def record(self, attempts: Sequence[SendAttempt], begun: RenderedEmail | None) -> bool:
        """Write these results, and durably that `begun` is being handed over from now on.

        Gives whether it may be handed over: not when it is no longer this sender's.
        """

    def withdraw(self, email: RenderedEmail) -> None:
        """Note that an email that was begun has not gone out, as the provider said."""

    def release(self, emails: Sequence[RenderedEmail], closed_by: SendResult | None) -> None:
        """Queue these emails again, which were not handed over; `closed_by` says why, if the mailer or a rule did."""


class SendLogInMemory:
    """For emails that are no messages of the outbox: keeps their results in memory, by key."""

    def __init__(self) -> None:
        self.results: dict[str, SendResult] = {}

    def record(self, attempts: Sequence[SendAttempt], begun: RenderedEmail | None) -> bool:
        self.results |= {one.email.key: one.result for one in attempts}
        return True

    def withdraw(self, email: RenderedEmail) -> None:
        return

    def release(self, emails: Sequence[RenderedEmail], closed_by: SendResult | None) -> None:
        return


class EmailFeed:
    """An iterator over the emails to send, which any number of threads of the mailer may share.

    It waits for emails that are added later. It ends when there are no more, when the mailer takes nothing now, or when
    the delivery is to stop.
    """

    def __init__(self, log: SendLog, clock: Clock, stop: threading.Event | None = None) -> None:
        self.closed_by: SendResult | None = None
        """Why nothing is handed over any more."""
        self._stop = stop or threading.Event()
        self._log = log
        self._clock = clock
        self._writing = threading.Lock()
        self._state = threading.Lock()
        # Two, so that what one thread has done does not wake all others that wait for something to do.
        self._has_more = threading.Condition(self._state)
        self._has_progressed = threading.Condition(self._state)
        self._waiting: deque[RenderedEmail] = deque()
        self._taken: dict[str, RenderedEmail] = {}
        self._begun: dict[str, RenderedEmail] = {}
        self._attempts: list[SendAttempt] = []
        self._has_ended = False

    @property
    def is_stopping(self) -> bool:
        """Whether the delivery is to end, or the process."""
        return self._stop.is_set() or is_stop_requested()

    # For the delivery

    def add(self, emails: Sequence[RenderedEmail]) -> None:
        """Let the mailer have these, after those that wait."""
        with self._state:
            self._waiting.extend(emails)
            self._has_more.notify(len(emails))

    def end(self) -> None:
        """No more emails come."""
        with self._state:
            self._has_ended = True
            self._notify_all()

    @property
    def is_open(self) -> bool:
        """Whether emails are still handed over."""
        return self.closed_by is None and not self._has_ended and not self.is_stopping

    @property
    def is_idle(self) -> bool:
        """Whether all emails have their results, written down."""
        return not (self._waiting or self._taken or self._begun or self._attempts)

    def wait_for_room(self, size: int) -> bool:
        """Wait until fewer than `size` emails wait for the mailer; gives whether emails are still handed over."""
        return self._wait_until(lambda: len(self._waiting) < size)

    def wait_until_idle(self) -> bool:
        """Wait until all emails have their results; gives whether emails are still handed over."""
        return self._wait_until(lambda: self.is_idle)

    def finish(self) -> None:
        """Write what is not written, and queue again what was not begun. The mailer has returned."""
        with self._writing:
            self._flush()
            left = [*self._taken.values(), *self._waiting]
            self._waiting.clear()
            self._taken.clear()
            if left or self.closed_by is not None:
                self._log.release(left, self.closed_by)

    def _wait_until(self, is_true: Callable[[], bool]) -> bool:
        with self._state:
            while self.is_open and not is_true():
                self._has_progressed.wait(STOP_CHECK_SECONDS)
        return self.is_open

    # For the mailer

    def __iter__(self) -> Iterator[RenderedEmail]:
        return self

    def __next__(self) -> RenderedEmail:
        while True:
            with self._state:
                if self.closed_by is not None or self.is_stopping:
                    raise StopIteration
                if self._waiting:
                    return self._take()
            self._write_attempts()
            with self._state:
                if self._has_ended and not self._waiting:
                    raise StopIteration
                if not self._waiting and self.closed_by is None:
                    self._has_more.wait(STOP_CHECK_SECONDS)

    def ready(self) -> list[RenderedEmail]:
        """All emails that are ready, for mailers that take many at once; empty when there are no more."""
        first = next(self, None)
        if first is None:
            return []
        with self._state:
            return [first, *(self._take() for _ in range(len(self._waiting)))]

    def begin(self, email: RenderedEmail) -> bool:
        """Note that the email is being handed over from now on: if the process dies, it may have gone out.

        False: leave it, because the delivery is to stop or the email is no longer ours. It is not to be recorded then.
        """
        with self._writing:
            if self.is_stopping or self.closed_by is not None:
                return False
            is_ours = self._log.record(self._attempts, email)
            self._attempts = []
            if is_ours and self.closed_by is not None:
                # The results before it say that nothing more should go out.
                self._log.withdraw(email)
                return False
            with self._state:
                del self._taken[email.key]
                if is_ours:
                    self._begun[email.key] = email
                self._has_progressed.notify_all()
            return is_ours

    def put_back(self, email: RenderedEmail) -> None:
        """The provider did not take this one, which was begun, and wants it a little later: it is the next again."""
        with self._writing:
            self._log.withdraw(email)
        with self._state:
            del self._begun[email.key]
            self._waiting.appendleft(email)
            self._has_more.notify()

    def record(self, email: RenderedEmail, result: SendResult) -> None:
        """The result of an email. It is written with the next one that is begun, or at once when there is none.

        Nothing is handed over any more after one that says that the provider is unavailable.
        """
        with self._writing:
            self._attempts.append(SendAttempt(email, result, self._clock()))
        with self._state:
            self._taken.pop(email.key, None)
            self._begun.pop(email.key, None)
            self._has_progressed.notify_all()
        if result.status is SendStatus.UNAVAILABLE:
            self.close(result)

    def close(self, result: SendResult) -> None:
        """Hand nothing over any more: the provider takes nothing now."""
        with self._state:
            self.closed_by = self.closed_by or result
            self._notify_all()

    def _take(self) -> RenderedEmail:
        email = self._waiting.popleft()
        self._taken[email.key] = email
        self._has_progressed.notify_all()
        return email

    def _notify_all(self) -> None:
        self._has_more.notify_all()
        self._has_progressed.notify_all()

    def _write_attempts(self) -> None:
        with self._writing:
            self._flush()
        with self._state:
            self._has_progressed.notify_all()

    def _flush(self) -> None:
        if self._attempts:
            self._log.record(self._attempts, None)
            self._attempts = []
