"""Runs the fake SendGrid as a server on this machine, in a thread of the calling process."""

import asyncio
import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from deployments.sendgrid_double.account import AcceptedMail
from deployments.sendgrid_double.app import SendGridApp
from deployments.sendgrid_double.failures import Failure
from deployments.sendgrid_double.settings import FakeSettings

HOST = "127.0.0.1"
START_SECONDS = 30.0


@dataclass(frozen=True)
class FakeSendGrid:
    """A running fake, as code in its process sees it."""

    url: str
    app: SendGridApp

    @property
    def accepted(self) -> Sequence[AcceptedMail]:
        """The accepted mails, in order."""
        return self.app.account.accepted

    @property
    def public_key(self) -> str | None:
        """The key that verifies the signature of its events; None when they are not signed."""
        return self.app.signature.public_key if self.app.signature else None

    @property
    def requests(self) -> int:
        """How many requests were answered, cut or left hanging."""
        return self.app.account.answers.total()

    def reset(self) -> None:
        """Forget all mails, counts and planned failures."""
        self.app.account.reset()
        self.app.failures.reset()

    def fail(self, kind: str, *, times: int = 1, accepts: bool = False, reset_seconds: float = 1.0) -> None:
        """Let the next requests fail like this."""
        self.app.failures.plan([Failure(kind, accepts, reset_seconds)] * times)


class _Connection(H11Protocol):
    """Gives the app its transport, because ASGI has no message that cuts a connection."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.app_state = {**self.app_state, "transport": transport}


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.is_up = threading.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.is_up.set()


@contextmanager
def run_fake(settings: FakeSettings | None = None) -> Iterator[FakeSendGrid]:
    """Run a fake that accepts requests until the block ends; its mails are forgotten then."""
    settings = settings or FakeSettings()
    app = SendGridApp(settings)
    listener = _listen(settings.port)
    server = _Server(
        uvicorn.Config(
            app,
            http=_Connection,
            log_config=None,
            access_log=False,
            date_header=False,  # the app's own is to the second
            timeout_keep_alive=75,
            # Requests that hang on purpose are not waited for.
            timeout_graceful_shutdown=1,
        )
    )
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, name="sendgrid fake", daemon=True)
    thread.start()
    if not server.is_up.wait(START_SECONDS):
        raise RuntimeError(f"the fake SendGrid did not start within {START_SECONDS:.0f} s")
    try:
        yield FakeSendGrid(f"http://{HOST}:{listener.getsockname()[1]}", app)
    finally:
        server.should_exit = True
        thread.join()


def _listen(port: int) -> socket.socket:
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((HOST, port))
    except OSError:
        listener.close()
        raise
    return listener
