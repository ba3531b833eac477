"""Mail by SMTP: any mail server, one connection per batch."""

import smtplib
import ssl
from collections.abc import Callable, Sequence
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP, EmailPolicy
from enum import StrEnum

from pydantic import Field, SecretStr

from blocks.mailer import Mailer, SendResult, accepted, deferred, refused, unavailable, unknown
from models.mail.rendering.email import RenderedEmail

# The server's own "goodbye", possible at any command.
CLOSING = 421


class OneLineUrls(EmailPolicy):
    """Long headers go over several lines, but not a URL: Python would encode it, and no program could follow it."""

    def fold_binary(self, name: str, value: str) -> bytes:
        if name.startswith("List-"):
            return f"{name}: {value}{self.linesep}".encode("ascii")
        return super().fold_binary(name, value)


WIRE = OneLineUrls() + SMTP


class Encryption(StrEnum):
    """How the connection is protected."""

    STARTTLS = "STARTTLS (usual with port 587)"
    TLS = "TLS from the start (usual with port 465)"
    NONE = "None (only for a server on this machine)"


class SmtpMailer(Mailer):
    """Sends all mail through a mail server of yours, which must be allowed to send for the company's domain."""

    _block_type_name = "SMTP mailer"
    _block_type_slug = "smtp-mailer"
    _description = "Sends all mail through a mail server of yours, which must be allowed to send for your domain."

    host: str = Field(description="The mail server, such as smtp.example.com.")
    port: int = Field(default=587, ge=1, le=65535)
    encryption: Encryption = Encryption.STARTTLS
    username: str | None = Field(default=None, description="Empty for a server that asks for no login.")
    password: SecretStr | None = None
    timeout_seconds: float = Field(default=30, gt=0, description="How long to wait for each answer of the server.")

    def deliver(self, emails: Sequence[RenderedEmail]) -> list[SendResult]:
        """Hand over one after the other. Once the connection is lost, the rest of the batch waits for the next."""
        try:
            server = self._connect()
        except (OSError, smtplib.SMTPException) as error:
            return [unavailable(f"{self.host}:{self.port} could not be used: {_sentence(error)}")] * len(emails)
        results: list[SendResult] = []
        try:
            for email in emails:
                results.append(_send(server, email))
        except _ConnectionLost as lost:
            results.append(lost.result)
        server.close()
        rest = len(emails) - len(results)
        return results + [unavailable(f"the connection to {self.host} was lost before this email's turn")] * rest

    def _connect(self) -> smtplib.SMTP:
        tls = ssl.create_default_context()
        server: smtplib.SMTP
        if self.encryption == Encryption.TLS:
            server = smtplib.SMTP_SSL(self.host, self.port, timeout=self.timeout_seconds, context=tls)
        else:
            server = smtplib.SMTP(self.host, self.port, timeout=self.timeout_seconds)
        try:
            if self.encryption == Encryption.STARTTLS:
                server.starttls(context=tls)
            if self.username and self.password:
                server.login(self.username, self.password.get_secret_value())
            server.ehlo_or_helo_if_needed()
        except BaseException:
            server.close()
            raise
        return server


class _ConnectionLost(Exception):
    """Nothing more can be handed over on this connection."""

    def __init__(self, result: SendResult) -> None:
        self.result = result
        super().__init__(result.reason)


def as_mime(email: RenderedEmail) -> EmailMessage:
    """The email as it goes over the wire, text before HTML, named by our own id so that a copy is recognised."""
    mime = EmailMessage(policy=WIRE)
    mime["Subject"] = email.subject
    mime["From"] = Address(email.from_name, addr_spec=email.from_address)
    mime["To"] = email.to_address
    mime["Reply-To"] = email.reply_to
    mime["Date"] = email.at
    mime["Message-ID"] = f"<tend-{email.message_id or email.key}@{email.from_address.rpartition('@')[2]}>"
    for name, value in email.headers.items():
        mime[name] = value
    mime.set_content(email.text)
    mime.add_alternative(email.html, subtype="html")
    return mime


def _send(server: smtplib.SMTP, email: RenderedEmail) -> SendResult:
    """One email, command by command: what a lost connection means depends on how far we were."""
    if not email.to_address.isascii():
        return refused(f"{email.to_address} has letters outside ASCII before the @, which SMTP cannot carry")
    try:
        mime = as_mime(email)
    except ValueError as error:
        return refused(f"no mail can be made of this email: {error}")
    content = mime.as_bytes()
    try:
        code, answer = server.mail(email.from_address)
        if code != 250:
            return _rejected(server, code, answer, for_now=unavailable)
        code, answer = server.rcpt(email.to_address)
    except (OSError, smtplib.SMTPException) as error:
        raise _ConnectionLost(unavailable(_sentence(error))) from error
    if code not in (250, 251):
        return _rejected(server, code, answer)
    try:
        code, answer = server.data(content)
    except smtplib.SMTPDataError as error:
        return _rejected(server, error.smtp_code, error.smtp_error)
    except (OSError, smtplib.SMTPException) as error:
        raise _ConnectionLost(unknown(f"the connection was lost while handing over: {_sentence(error)}")) from error
    return accepted(mime["Message-ID"]) if code == 250 else _rejected(server, code, answer)


def _rejected(
    server: smtplib.SMTP, code: int, answer: bytes | str, *, for_now: Callable[[str], SendResult] = deferred
) -> SendResult:
    """The result of a rejection: 5xx is for good, 4xx for now. The session is reset for the next email."""
    text = answer.decode(errors="replace") if isinstance(answer, bytes) else answer
    reason = f"{code} {' '.join(text.split())}"
    result = refused(reason) if code >= 500 else for_now(reason)
    if code == CLOSING:
        raise _ConnectionLost(result)
    try:
        server.rset()
    except (OSError, smtplib.SMTPException) as error:
        raise _ConnectionLost(result) from error
    return result


def _sentence(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"
