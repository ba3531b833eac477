"""Hands a batch of emails to the mailer while the next is claimed and rendered, and the results of the last written."""

import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import Self, TypeVar

from blocks.mailer import Mailer, SendResult, SendStatus, unavailable
from blocks.outbox import MessageUpdate
from models.mail.rendering.email import RenderedEmail

MAX_IN_FLIGHT = 2
"""Batches that are claimed and whose results are not written: one with the mailer, one ready for it. If the process
dies, their messages are what becomes `unknown`."""
NOT_HANDED_OVER = "the delivery ended before this was handed over"

Claimed = TypeVar("Claimed")
WriteResults = Callable[[Sequence[RenderedEmail], Sequence[SendResult]], list[MessageUpdate]]


class DeliveryPipeline:
    """Batches go to the mailer one at a time and in their order, and so do their results to the database.

    Once the mailer takes nothing or has raised, no further batch is handed over: one that was ready for it comes back
    as unavailable, which queues its messages again.
    """

    def __init__(self, mailer: Mailer, write_results: WriteResults) -> None:
        self._mailer = mailer
        self._write_results = write_results
        self._posting = ThreadPoolExecutor(1, "mail-posting")
        self._writing = ThreadPoolExecutor(1, "mail-results")
        self._in_flight: deque[Future[list[MessageUpdate]]] = deque()
        self._claiming = threading.Lock()
        self._stop_reason: str | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Waits for what is with the mailer and for its results. After an error nothing more is handed over."""
        if error is not None:
            self._stop_reason = self._stop_reason or NOT_HANDED_OVER
        self._posting.shutdown()
        self._writing.shutdown()

    @property
    def is_empty(self) -> bool:
        """Whether all results have been collected."""
        return not self._in_flight

    def claim(self, claim: Callable[[], Claimed]) -> Claimed | None:
        """What `claim` gives; None once nothing is handed over any more.

        No results are written meanwhile, so what the mailer did not take is not claimed a second time.
        """
        with self._claiming:
            return claim() if self._stop_reason is None else None

    def submit(self, emails: Sequence[RenderedEmail]) -> None:
        """Hand these over as soon as the batch before them has been."""
        posted = self._posting.submit(self._post, emails)
        self._in_flight.append(self._writing.submit(self._write, emails, posted))

    def collect(self, *, leave: int) -> Iterator[list[MessageUpdate]]:
        """Results that are written, batch by batch, until no more than `leave` batches are in flight.

        Raises what the mailer raised.
        """
        while len(self._in_flight) > leave:
            yield self._in_flight.popleft().result()

    def _post(self, emails: Sequence[RenderedEmail]) -> list[SendResult]:
        if self._stop_reason is not None:
            return [unavailable(self._stop_reason)] * len(emails)
        try:
            results = self._mailer.deliver(emails)
        except BaseException:
            self._stop_reason = NOT_HANDED_OVER
            raise
        refusals = (result.reason for result in results if result.status is SendStatus.UNAVAILABLE)
        self._stop_reason = next(refusals, None)
        return results

    def _write(self, emails: Sequence[RenderedEmail], posted: Future[list[SendResult]]) -> list[MessageUpdate]:
        results = posted.result()
        with self._claiming:
            return self._write_results(emails, results)
