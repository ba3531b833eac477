"""Notes an email in the moment before its request goes out, and lets one thread at a time do so.

So when the process dies, all noted requests but one are whole on their way, and SendGrid's events tell of them.
"""

import threading
from types import TracebackType
from typing import Any, Self

from blocks.email_feed import EmailFeed
from models.mail.rendering.email import RenderedEmail

# What httpcore tells of a request, whichever version of HTTP it speaks: connecting comes before.
BEGINS = ".send_request_headers.started"
IS_WRITTEN = ".send_request_body.complete"


class LeftAlone(Exception):
    """The email is not to be sent: nothing of its request has gone out."""


class NotedRequest:
    """One request. Used as a context around it, and as the trace that httpx calls while it is made."""

    def __init__(self, emails: EmailFeed, email: RenderedEmail, writing: threading.Lock) -> None:
        self._emails = emails
        self._email = email
        self._writing = writing
        self._is_writing = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._end_writing()

    def trace(self, event: str, info: dict[str, Any]) -> None:
        """Called by httpx at each stage. Raises LeftAlone, which ends the request before it is sent."""
        # A proxy is asked for the connection by a request of its own.
        if event.endswith(BEGINS) and info["request"].method == b"POST":
            self._writing.acquire()
            self._is_writing = True
            if not self._emails.begin(self._email):
                raise LeftAlone
        elif event.endswith(IS_WRITTEN):
            self._end_writing()

    def _end_writing(self) -> None:
        if self._is_writing:
            self._is_writing = False
            self._writing.release()
