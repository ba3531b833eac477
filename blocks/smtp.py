"""Mail by SMTP: any mail server, email by email over one connection."""

import smtplib
import ssl
from enum import StrEnum
from typing import Any

from pydantic import Field, PrivateAttr, SecretStr

from blocks.email_feed import EmailFeed
from blocks.mailer import Mailer, logo
from blocks.send_result import SendResult, SendStatus, unavailable
from blocks.smtp_session import Begin, ConnectionLost, SmtpSession, hello_name, sentence
from models.mail.rendering.email import RenderedEmail

MOST_PER_CONNECTION = 100
"""Many servers end a connection after so many mails."""


class Encryption(StrEnum):
    """How the connection is protected."""

    STARTTLS = "STARTTLS (usual with port 587)"
    TLS = "TLS from the start (usual with port 465)"
    NONE = "None (only for a server on this machine)"


class SmtpMailer(Mailer):
    """Sends all mail through a mail server of yours, which must be allowed to send for the company's domain."""

    _block_type_name = "Tend: SMTP mailer"
    _logo_url = logo("smtp")
    _block_type_slug = "smtp-mailer"
    _description = "Sends all mail through a mail server of yours, which must be allowed to send for your domain."

    host: str = Field(description="The mail server, such as smtp.example.com.")
    port: int = Field(default=587, ge=1, le=65535)
    encryption: Encryption = Encryption.STARTTLS
    username: str | None = Field(default=None, description="Empty for a server that asks for no login.")
    password: SecretStr | None = None
    timeout_seconds: float = Field(default=30, gt=0, description="How long to wait for each answer of the server.")

    _takes_reply_address: bool = PrivateAttr(default=True)

    def hand_over(self, emails: EmailFeed) -> None:
        """One after the other over one connection, opened anew after a hundred or when it is lost."""
        session: SmtpSession | None = None
        try:
            for email in emails:
                result, session = self._send(session, email, emails.begin)
                if result is not None:
                    emails.record(email, result)
                if session is None:
                    emails.close(unavailable(f"the connection to {self.host} was lost: {result and result.reason}"))
        except _Unreachable as error:
            emails.close(unavailable(str(error)))
        finally:
            if session is not None:
                session.quit()

    def _send(
        self, session: SmtpSession | None, email: RenderedEmail, begin: Begin
    ) -> tuple[SendResult | None, SmtpSession | None]:
        """The result, and the session unless it was lost. A session that only ended between two emails is replaced."""
        if session is not None and session.sent >= MOST_PER_CONNECTION:
            session.quit()
            session = None
        while True:
            is_new = session is None
            session = session or self._connect()
            try:
                result = session.send(email, begin)
            except ConnectionLost as lost:
                if is_new or lost.result.status is not SendStatus.UNAVAILABLE:
                    return lost.result, None
                session = None
            else:
                self._takes_reply_address = session.takes_reply_address
                return result, session

    def _connect(self) -> SmtpSession:
        """Raises _Unreachable, with the server's words if it said any."""
        try:
            session = SmtpSession(self._open())
        except (OSError, smtplib.SMTPException) as error:
            raise _Unreachable(f"{self.host}:{self.port} could not be used: {sentence(error)}") from error
        session.takes_reply_address = self._takes_reply_address
        return session

    def _open(self) -> smtplib.SMTP:
        tls = ssl.create_default_context()
        # The name for EHLO is known once there is a connection.
        about: dict[str, Any] = {"timeout": self.timeout_seconds, "local_hostname": "localhost"}
        server: smtplib.SMTP
        if self.encryption == Encryption.TLS:
            server = smtplib.SMTP_SSL(self.host, self.port, context=tls, **about)
        else:
            server = smtplib.SMTP(self.host, self.port, **about)
        try:
            server.local_hostname = hello_name(server)
            if self.encryption == Encryption.STARTTLS:
                server.starttls(context=tls)
            if self.username and self.password:
                server.login(self.username, self.password.get_secret_value())
            server.ehlo_or_helo_if_needed()
        except BaseException:
            server.close()
            raise
        return server


class _Unreachable(Exception):
    """No session could be opened."""
