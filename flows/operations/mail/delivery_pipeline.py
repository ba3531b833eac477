"""Lets the mailer send in a thread of its own, while the next batch is claimed and rendered."""

from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import Self

from blocks.email_feed import EmailFeed
from blocks.mailer import Mailer
from blocks.send_result import SendResult, SendStatus

ENDED = SendResult(SendStatus.UNKNOWN, None)
"""Ends a feed without saying anything of the mailer."""


class DeliveryPipeline:
    """Runs the mailer until the block ends; then waits for what is being handed over. Raises what the mailer raised."""

    def __init__(self, mailer: Mailer, feed: EmailFeed) -> None:
        self._mailer = mailer
        self._feed = feed
        self._thread = ThreadPoolExecutor(1, "mail-sending")
        self._sending: Future[None] | None = None

    def __enter__(self) -> Self:
        self._sending = self._thread.submit(self._send)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """After an error nothing more is handed over."""
        if error is None:
            self._feed.end()
        else:
            self._feed.close(ENDED)
        self._thread.shutdown()
        self._feed.finish()
        if error is None and self._sending is not None:
            self._sending.result()

    def _send(self) -> None:
        try:
            self._mailer.hand_over(self._feed)
        finally:
            # So that nobody waits for a mailer that has returned or raised.
            self._feed.end()
