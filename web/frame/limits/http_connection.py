"""The connection of a sender: closed when the head of a request does not come, or an answer is not taken, in time.

uvicorn waits for both as long as anybody likes. Bodies are timed in `request_limits`, where they can be answered.
"""

import asyncio
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol


class HttpConnection(H11Protocol):
    """uvicorn's, with the patience of a busy place; started by `uvicorn --http`."""

    head_seconds: float = 20
    answer_seconds: float = 60
    """How long nothing of an answer may be taken."""
    most_sending = 500
    """Connections on which a request is still coming. When there are more, the slowest goes: thousands of slow senders
    cannot take the place of a quick one.
    """

    def __init__(self, *args: Any, **named: Any) -> None:
        super().__init__(*args, **named)
        self._sending_since: float | None = None
        self._head_timer: asyncio.TimerHandle | None = None
        self._answer_timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Whoever connects is expected to ask for something."""
        super().connection_made(transport)
        self._expect_head()
        self._close_slowest()

    def connection_lost(self, exc: Exception | None) -> None:
        """Nothing is expected any more."""
        self._sending_since = None
        _cancel(self._head_timer)
        _cancel(self._answer_timer)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """A part of a request; the first one of a further request starts the time for its head."""
        if self._sending_since is None and self.conn.their_state is h11.IDLE:
            self._expect_head()
        super().data_received(data)
        if self.conn.their_state is not h11.IDLE:
            _cancel(self._head_timer)
        if self.conn.their_state not in (h11.IDLE, h11.SEND_BODY):
            self._sending_since = None

    def pause_writing(self) -> None:
        """What was sent is not taken by the other side for now."""
        super().pause_writing()
        self._answer_timer = self.loop.call_later(self.answer_seconds, self.transport.abort)

    def resume_writing(self) -> None:
        """It goes on."""
        _cancel(self._answer_timer)
        super().resume_writing()

    def _expect_head(self) -> None:
        self._sending_since = self.loop.time()
        _cancel(self._head_timer)
        self._head_timer = self.loop.call_later(self.head_seconds, self.transport.abort)

    def _close_slowest(self) -> None:
        if len(self.connections) <= self.most_sending:
            return
        sending = [one for one in self.connections if isinstance(one, HttpConnection) and one._sending_since]
        if len(sending) > self.most_sending:
            min(sending, key=lambda one: one._sending_since or 0)._cut_off()

    def _cut_off(self) -> None:
        self._sending_since = None
        self.transport.abort()


def _cancel(timer: asyncio.TimerHandle | None) -> None:
    if timer is not None:
        timer.cancel()
