"""Which mailer sends: the Prefect variable `mailer` names a block; without it, the local mailbox.

Ops fill in a block (Blocks > SMTP mailer or SendGrid mailer) and set the variable (Variables > mailer) to its
address, such as `smtp-mailer/office`. A change takes effect within a minute, without a restart.
"""

import time
from typing import Any

from httpx import TransportError
from prefect.blocks.core import Block
from prefect.exceptions import PrefectHTTPStatusError
from prefect.variables import Variable
from pydantic import ValidationError

from blocks.local_mailbox import LocalMailbox
from blocks.mailer import Mailer
from blocks.sendgrid import SendGridMailer
from blocks.smtp import SmtpMailer
from models.access.demo import is_demo

# Prefect knows a saved block by its class, which must have been imported.
MAILERS = (LocalMailbox, SendGridMailer, SmtpMailer)
VARIABLE = "mailer"
# Asking Prefect for variable and block costs about a tenth of a second.
CACHE_SECONDS = 60.0


class NoSuchMailer(ValueError):
    """The variable `mailer` does not name a mailer block."""

    def __init__(self, address: Any) -> None:
        super().__init__(
            f"The Prefect variable `{VARIABLE}` is {address!r}, which is no saved mailer block. Expected an address "
            "such as `smtp-mailer/office` or `sendgrid-mailer/main`. Correct it on the page Variables, or delete "
            "it to use the local mailbox."
        )


class InvalidMailer(ValueError):
    """The block that the variable `mailer` names is not filled in as it has to be."""

    def __init__(self, address: str, faults: ValidationError) -> None:
        # Without the values that were found: one may be a key.
        problems = "; ".join(f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in faults.errors())
        super().__init__(f"The mailer block {address} cannot be used: {problems}. Correct it on the page Blocks.")


class RealMailInDemo(ValueError):
    """The variable `mailer` names a mailer that reaches people, and everybody in the demo is invented."""

    def __init__(self, address: str) -> None:
        super().__init__(
            f"The Prefect variable `{VARIABLE}` of the demo is {address!r}, which sends real mail, and its people are "
            "invented: their mail waits. Delete the variable on the page Variables; real mail goes out from ./tend up."
        )


class MailerNotKnown(RuntimeError):
    """Prefect does not answer, and it alone knows which mailer sends. Mail waits until it does."""


class _Cache:
    """The mailer of this process, kept with its connections until the choice changes."""

    mailer: Mailer | None = None
    until: float = 0.0


async def current_mailer() -> Mailer:
    """The mailer that ops have chosen; the one of last time while Prefect is away.

    Raises NoSuchMailer, InvalidMailer, and RealMailInDemo. A process that has never asked before cannot know the
    mailer without Prefect, and raises MailerNotKnown.
    """
    if _Cache.mailer is None or time.monotonic() >= _Cache.until:
        try:
            chosen = await _load_mailer()
        except (TransportError, PrefectHTTPStatusError, MailerNotKnown) as error:
            if _Cache.mailer is None:
                raise MailerNotKnown(MailerNotKnown.__doc__) from error
        else:
            if _Cache.mailer is None or not _has_equal_settings(chosen, _Cache.mailer):
                _Cache.mailer = chosen
        _Cache.until = time.monotonic() + CACHE_SECONDS
    return _Cache.mailer


def _has_equal_settings(one: Mailer, other: Mailer) -> bool:
    """Whether ops have set nothing else meanwhile; open connections do not count."""
    return type(one) is type(other) and one.model_dump() == other.model_dump()


async def _load_mailer() -> Mailer:
    try:
        address = await Variable.aget(VARIABLE)
    except ValueError as error:
        # Where no address of a server is set, Prefect's client asks nobody.
        raise MailerNotKnown(MailerNotKnown.__doc__) from error
    if not address:
        return LocalMailbox()
    try:
        block = await Block.aload(str(address))
    except ValueError as error:
        raise NoSuchMailer(address) from error
    except RuntimeError as error:
        if isinstance(error.__cause__, ValidationError):
            raise InvalidMailer(str(address), error.__cause__) from None
        raise
    if not isinstance(block, MAILERS):
        raise NoSuchMailer(address)
    if is_demo() and not isinstance(block, LocalMailbox):
        raise RealMailInDemo(str(address))
    return block
