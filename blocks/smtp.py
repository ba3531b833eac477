"""Mail by SMTP: any mail server, one connection per batch."""

import smtplib
import ssl
from collections.abc import Callable, Sequence
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP, EmailPolicy
from enum import StrEnum

from pydantic import Field, SecretStr

from blocks.mailer import Delivery, Mailer, accepted, deferred, later, refused, unknown
from models.mail.rendering.email import Letter

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

    def deliver(self, letters: Sequence[Letter]) -> list[Delivery]:
        """Hand over one after the other. Once the connection is lost, the rest of the batch waits for the next."""
        try:
            server = self._connect()
        except (OSError, smtplib.SMTPException) as error:
            return [later(f"{self.host}:{self.port} could not be used: {_sentence(error)}")] * len(letters)
        deliveries: list[Delivery] = []
        try:
            for letter in letters:
                deliveries.append(_hand_over(server, letter))
        except _ConnectionLost as lost:
            deliveries.append(lost.delivery)
        server.close()
        rest = len(letters) - len(deliveries)
        return deliveries + [later(f"the connection to {self.host} was lost before this letter's turn")] * rest

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

    def __init__(self, delivery: Delivery) -> None:
        self.delivery = delivery
        super().__init__(delivery.because)


def as_mime(letter: Letter) -> EmailMessage:
    """The letter as it goes over the wire, text before HTML, named by our own id so that a copy is recognised."""
    mime = EmailMessage(policy=WIRE)
    mime["Subject"] = letter.subject
    mime["From"] = Address(letter.from_name, addr_spec=letter.from_address)
    mime["To"] = letter.to_address
    mime["Reply-To"] = letter.reply_to
    mime["Date"] = letter.at
    mime["Message-ID"] = f"<tend-{letter.message_id or letter.key}@{letter.from_address.rpartition('@')[2]}>"
    for name, value in letter.headers.items():
        mime[name] = value
    mime.set_content(letter.text)
    mime.add_alternative(letter.html, subtype="html")
    return mime


def _hand_over(server: smtplib.SMTP, letter: Letter) -> Delivery:
    """One letter, command by command: what a lost connection means depends on how far we were."""
    if not letter.to_address.isascii():
        return refused(f"{letter.to_address} has letters outside ASCII before the @, which SMTP cannot carry")
    try:
        mime = as_mime(letter)
    except ValueError as error:
        return refused(f"no mail can be made of this letter: {error}")
    content = mime.as_bytes()
    try:
        code, answer = server.mail(letter.from_address)
        if code != 250:
            return _not_taken(server, code, answer, for_now=later)
        code, answer = server.rcpt(letter.to_address)
    except (OSError, smtplib.SMTPException) as error:
        raise _ConnectionLost(later(_sentence(error))) from error
    if code not in (250, 251):
        return _not_taken(server, code, answer)
    try:
        code, answer = server.data(content)
    except smtplib.SMTPDataError as error:
        return _not_taken(server, error.smtp_code, error.smtp_error)
    except (OSError, smtplib.SMTPException) as error:
        raise _ConnectionLost(unknown(f"the connection was lost while handing over: {_sentence(error)}")) from error
    return accepted(mime["Message-ID"]) if code == 250 else _not_taken(server, code, answer)


def _not_taken(
    server: smtplib.SMTP, code: int, answer: bytes | str, *, for_now: Callable[[str], Delivery] = deferred
) -> Delivery:
    """5xx is for good, 4xx for now. The server forgets the letter, so that the next one begins cleanly."""
    text = answer.decode(errors="replace") if isinstance(answer, bytes) else answer
    because = f"{code} {' '.join(text.split())}"
    delivery = refused(because) if code >= 500 else for_now(because)
    if code == CLOSING:
        raise _ConnectionLost(delivery)
    try:
        server.rset()
    except (OSError, smtplib.SMTPException) as error:
        raise _ConnectionLost(delivery) from error
    return delivery


def _sentence(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"
