"""One connection to a mail server, over which emails go one after another."""

import smtplib
import socket
from collections.abc import Callable

from blocks.send_result import SendResult, SendStatus, accepted, refused, unavailable, unknown
from blocks.smtp_message import as_mime, message_id
from blocks.smtp_reply import Stage, meaning_of_reply
from models.mail.rendering.email import RenderedEmail

# The server's own "goodbye", possible at any command.
CLOSING = 421
QUIT_SECONDS = 3.0
Begin = Callable[[RenderedEmail], bool]


class ConnectionLost(Exception):
    """Nothing more can be handed over on this connection; `result` is that of the email that was on its way."""

    def __init__(self, result: SendResult) -> None:
        self.result = result
        super().__init__(result.reason)


class SmtpSession:
    """A connection that is greeted, encrypted and logged in."""

    def __init__(self, server: smtplib.SMTP) -> None:
        self.sent = 0
        """How many emails the server has answered."""
        self.takes_reply_address = True
        """False once it took the company's address as the envelope's sender and not that of the replies."""
        self._server = server

    def send(self, email: RenderedEmail, begin: Begin) -> SendResult | None:
        """One email, command by command: what a lost connection means depends on how far we were.

        `begin` is asked before its content goes; None when it said no. Raises ConnectionLost.
        """
        is_utf8 = not email.to_address.isascii()
        if is_utf8 and not self._server.has_extn("smtputf8"):
            reason = f"{email.to_address} has letters outside ASCII before the @, which this mail server does not take"
            return refused(reason, was_tried=False)
        is_8bit = self._server.has_extn("8bitmime")
        try:
            content = as_mime(email, is_8bit=is_8bit, is_utf8=is_utf8).as_bytes()
        except ValueError as error:
            return refused(f"no mail can be made of this email: {error}", was_tried=False)
        result = self._envelope(email, content, is_utf8)
        if result is None:
            if not begin(email):
                self._reset()
                return None
            result = self._content(email, content)
        self.sent += 1
        return result

    def quit(self) -> None:
        """Say goodbye, so that the server does not take it for a lost connection, and close."""
        try:
            if self._server.sock is not None:
                self._server.sock.settimeout(QUIT_SECONDS)
                self._server.quit()
        except (OSError, smtplib.SMTPException):
            pass
        finally:
            self._server.close()

    def _envelope(self, email: RenderedEmail, content: bytes, is_utf8: bool) -> SendResult | None:
        """Sender and receiver; the result if one of them is rejected."""
        try:
            code, reply = self._sender(email, self._options(content, is_utf8))
            if code != 250:
                return self._rejected(Stage.SENDER, code, reply)
            code, reply = self._server.rcpt(email.to_address)
        except (OSError, smtplib.SMTPException) as error:
            raise self._lost(unavailable(sentence(error))) from error
        return None if code in (250, 251, 252) else self._rejected(Stage.RECEIVER, code, reply)

    def _sender(self, email: RenderedEmail, options: list[str]) -> tuple[int, bytes]:
        """The address to which reports of failures come; where the server takes only the company's own, that one."""
        own, company = email.return_path or email.from_address, email.from_address
        if own != company and self.takes_reply_address:
            code, reply = self._server.mail(own, options)
            if code < 500 or meaning_of_reply(Stage.SENDER, code, _words(reply)) is SendStatus.REFUSED:
                return code, reply
            self._server.rset()
            company_code, company_reply = self._server.mail(company, options)
            self.takes_reply_address = company_code != 250
            return company_code, company_reply
        return self._server.mail(company, options)

    def _options(self, content: bytes, is_utf8: bool) -> list[str]:
        """What the content needs, of what the server offers."""
        options = [f"SIZE={len(content)}"] if self._server.has_extn("size") else []
        options += ["BODY=8BITMIME"] if not content.isascii() and self._server.has_extn("8bitmime") else []
        return options + (["SMTPUTF8"] if is_utf8 else [])

    def _content(self, email: RenderedEmail, content: bytes) -> SendResult:
        try:
            code, reply = self._server.data(content)
        except smtplib.SMTPDataError as error:
            return self._rejected(Stage.CONTENT, error.smtp_code, error.smtp_error)
        except (OSError, smtplib.SMTPException) as error:
            reason = f"the connection was lost while handing over: {sentence(error)}"
            raise self._lost(unknown(reason)) from error
        return accepted(message_id(email)) if code == 250 else self._rejected(Stage.CONTENT, code, reply)

    def _rejected(self, stage: Stage, code: int, reply: bytes | str) -> SendResult:
        """The result of a rejection. The session is reset for the next email."""
        words = _words(reply)
        result = SendResult(meaning_of_reply(stage, code, words), f"{code} {words}")
        if code == CLOSING:
            raise self._lost(result)
        try:
            self._server.rset()
        except (OSError, smtplib.SMTPException) as error:
            # What was rejected is known all the same; the next email finds the connection gone.
            self._server.close()
            if result.status is SendStatus.UNAVAILABLE:
                raise ConnectionLost(result) from error
        return result

    def _reset(self) -> None:
        try:
            self._server.rset()
        except (OSError, smtplib.SMTPException):
            self._server.close()

    def _lost(self, result: SendResult) -> ConnectionLost:
        self._server.close()
        return ConnectionLost(result)


def hello_name(server: smtplib.SMTP) -> str:
    """The name for EHLO: this machine's own if it is a whole one, else its address, as RFC 5321 asks."""
    name = socket.getfqdn()
    if "." in name and name.isascii() and not name.endswith((".local", ".localdomain", ".arpa", ".internal")):
        return name
    assert server.sock is not None
    address = server.sock.getsockname()[0]
    return f"[IPv6:{address}]" if ":" in address else f"[{address}]"


def sentence(error: Exception) -> str:
    """What went wrong, with the server's own words if it said any."""
    if isinstance(error, smtplib.SMTPResponseException):
        return f"it answered {error.smtp_code} {_words(error.smtp_error)}"
    if isinstance(error, TimeoutError):
        return "it did not answer in time"
    if isinstance(error, OSError) and error.strerror:
        # "connection refused", without Python's name of it and its number.
        return error.strerror[:1].lower() + error.strerror[1:]
    return str(error) or type(error).__name__


def _words(reply: bytes | str) -> str:
    return " ".join((reply.decode(errors="replace") if isinstance(reply, bytes) else reply).split())
